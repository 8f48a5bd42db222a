import { addWords } from "./words.js";

addWords({
  en: {
    reply: "Reply of the receiving server, such as 550 5.1.1 User unknown", replyTo: "Address (optional)",
    replyCode: "Code of Customers Mail Cloud (optional)", doExplain: "Explain", orElse: "Or",
    ambiguous: name => `${name}. The reply has two meanings, so the address does not count as dead.`, because: "Because", rule: "Rule",
    source: "Source", removal: "Ask for removal",
    withoutRule: { code: "Only the code of Customers Mail Cloud says so. No rule knows the reply.",
      none: "No rule knows the reply, and no code tells the cause." },
    contradicts: "The code of Customers Mail Cloud means a different cause.",
  },
  ja: {
    reply: "受信サーバーの応答（例: 550 5.1.1 User unknown）", replyTo: "宛先のアドレス（任意）",
    replyCode: "Customers Mail Cloud のコード（任意）", doExplain: "調べる", orElse: "別の可能性",
    ambiguous: name => `${name}。この応答は2通りに読めるため、配信不能とは判定しません。`, because: "判定の理由", rule: "ルール", source: "出典", removal: "解除の申請先",
    withoutRule: { code: "Customers Mail Cloud のコードだけに基づく判定です。この応答に当てはまるルールはありません。",
      none: "この応答に当てはまるルールがなく、原因を示すコードもありません。" },
    contradicts: "Customers Mail Cloud のコードは、別の原因を示しています。",
  },
});
