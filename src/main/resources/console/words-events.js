import { addWords } from "./words.js";

addWords({
  en: {
    foundTitle: text => `Mail: ${text}`, filter: "Filter", text: "Anywhere", state_: "Status", any: "any",
    recipient: "Recipient (or part of it)", destination: "Destination domain", from: "From", until: "Until",
    apply: "Show", reset: "Remove the filter", newest: "← Newest", older: "Older →",
    filterIsLink: "The address of this page holds the filter. Save it as a bookmark, or send it to a colleague.",
    readAs: (kind, text) => `The search was for ${kind} ${text}.`,
    kindOfText: { messageId: "the Message-ID", recipient: "the recipient", domain: "the domain", text: "the text" },
    noEvents: "No events match. Check the spelling, use a shorter part of the address or the subject, or remove a part of the filter.",
    searching: time => `Events received since ${time} were looked through. The search continues …`,
    lookedThrough: time => `All events received since ${time} were looked through.`,
    causeAndReply: "Cause and reply",
    noEventsYet: "No events have arrived yet. Set up the webhook in Customers Mail Cloud, or send a first bounce by hand:",
    orSample: "Or fill the page with a day of sample mail:",
  },
  ja: {
    foundTitle: text => `メール: ${text}`, filter: "絞り込み", text: "キーワード", state_: "ステータス", any: "すべて",
    recipient: "宛先（一部でも可）", destination: "宛先ドメイン", from: "開始日時", until: "終了日時",
    apply: "表示", reset: "絞り込みを解除", newest: "← 最新", older: "以前のイベント →",
    filterIsLink: "絞り込みの条件はこのページの URL に含まれます。ブックマークに保存したり、同僚に送ったりできます。",
    readAs: (kind, text) => `${kind}「${text}」で検索しました。`,
    kindOfText: { messageId: "Message-ID", recipient: "宛先", domain: "ドメイン", text: "文字列" },
    noEvents: "該当するイベントはありません。綴りを確認するか、アドレスや件名の一部で検索するか、条件を減らしてください。",
    searching: time => `${time}以降に受信したイベントを調べました。続けて調べています…`,
    lookedThrough: time => `${time}以降に受信したすべてのイベントを調べました。`,
    causeAndReply: "原因とサーバーの応答",
    noEventsYet: "イベントはまだ届いていません。Customers Mail Cloud で Webhook を設定するか、試しにバウンスを1件送ってください。",
    orSample: "または、1日分のサンプルメールを送ってください。",
  },
});
