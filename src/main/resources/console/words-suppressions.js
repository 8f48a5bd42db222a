import { addWords } from "./words.js";

addWords({
  en: {
    download: "Download as CSV",
    suppressionsWhy: "These addresses are dead, or Customers Mail Cloud sends nothing to them, and no mail has been delivered to them"
      + " since. Do not send to them.",
    lastSuccess: "Last success", never: "none stored", leaves: "What takes it off the list",
    leavesWith: { delivery: "A mail that the address accepts",
      unblocking: "The block is lifted in the console of Customers Mail Cloud, and then the address accepts a mail" },
    first: "First bounce",
  },
  ja: {
    download: "CSV をダウンロード",
    suppressionsWhy: "配信不能と判定された宛先と、Customers Mail Cloud が送信を止めている宛先のうち、その後一度も届いていないものです。"
      + "これらの宛先には送信しないでください。",
    lastSuccess: "最後の配信成功", never: "記録なし", leaves: "リストから外れる条件",
    leavesWith: { delivery: "この宛先にメールが届くこと",
      unblocking: "Customers Mail Cloud の管理コンソールで配信停止を解除し、そのあとにメールが届くこと" },
    first: "最初のバウンス",
  },
});
