import { addWords } from "./words.js";

addWords({
  en: {
    rejectedEvents: "Rejected events", payload: "Content", arrived: "Received",
    rejectedWhy: "These events could not be stored. Correct the content and send it again: it takes the way of a webhook. An event"
      + " leaves this list only when it is stored, and it is never stored or told twice.",
    failedWebhooks: "Quarantined webhooks", webhook: "Webhook", size: "Size",
    failedWhy: "These webhooks failed too often, or could not be read. They are in the folder failed/ of this process' spool. Correct"
      + " the cause first.",
    noneRejected: "No event is rejected.", noneFailed: "No webhook is quarantined.",
    mend: "Mend and send again", send: "Send", sendingAgain: "Sending …", asItWas: "Send again as it is", mended: "The corrected content",
    sendAll: "Send all again as they are", tryAgain: "Try again", tryAll: "Try all again", moreRejected: "Older events",
    newestRejected: "The newest events", ofFailed: (shown, all) => `The newest ${shown} of ${all}.`,
    mayNotAct: "You can only look, because nobody signs in here. To send events again, set console.basic to a user and password.",
    sentAgain: (stored, duplicates) => `Sent again: ${stored} stored, ${duplicates} already stored before.`,
    allSentAgain: count => `${count} events are being sent again. Those that still cannot be stored come back to this list.`,
    replaying: "All rejected events are being sent again.",
    triedAgain: count => `${count} webhooks are being tried again. Those that still fail come back to this list after some time.`,
    isGone: "It is no longer here: somebody else has sent it again, or it was deleted.",
  },
  ja: {
    rejectedEvents: "保存できなかったイベント", payload: "内容", arrived: "受信日時",
    rejectedWhy: "内容を修正して再送すると、Webhook と同じ経路で処理します。保存できたイベントだけがこの一覧から外れます。"
      + "二重に保存したり、二重に通知したりすることはありません。",
    failedWebhooks: "隔離した Webhook", webhook: "Webhook", size: "サイズ",
    failedWhy: "何度試しても処理できなかったか、読めなかった Webhook です。応答したプロセスのスプールの failed/ フォルダーにあります。先に原因を取り除いてください。",
    noneRejected: "保存できなかったイベントはありません。", noneFailed: "隔離した Webhook はありません。",
    mend: "修正して再送", send: "送信", sendingAgain: "送信しています…", asItWas: "そのまま再送", mended: "修正した内容",
    sendAll: "すべてそのまま再送", tryAgain: "再試行", tryAll: "すべて再試行", moreRejected: "古いイベント",
    newestRejected: "新しいイベント", ofFailed: (shown, all) => `${all}件のうち、新しい${shown}件です。`,
    mayNotAct: "ログインがないため、表示のみです。再送するには、console.basic にユーザーとパスワードを設定してください。",
    sentAgain: (stored, duplicates) => `再送しました。保存: ${stored}件、保存済み: ${duplicates}件`,
    allSentAgain: count => `${count}件を再送しています。保存できないものは、この一覧に戻ります。`,
    replaying: "保存できなかったイベントをすべて再送しています。",
    triedAgain: count => `${count}件を再試行しています。失敗したものは、しばらくするとこの一覧に戻ります。`,
    isGone: "すでにありません。ほかの人が再送したか、削除されています。",
  },
});
