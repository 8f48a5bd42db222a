import { addWords } from "./words.js";

addWords({
  en: {
    openIncidents: "Open incidents", incident: "Incident", placesOf: "Bounces by cause and destination",
    answers: "Answers of recipients", deliveries: "Deliveries", who: "Who", answer: "Answer",
    undone: "Undone", made: "Made", told: "First sent", to: "To", acknowledged: "Takes care of the incident",
    incidentTitle: id => `Incident ${id}`, incidentOf: audience => `It concerns ${audience}.`, since_: time => `Open since ${time}.`,
    incidentOpen: "Nobody has answered that they take care of it.", incidentOver: time => `Over since ${time}.`,
    takenCareOf: who => `${who} takes care of it.`,
    noIncident: "There is no incident with this id. It may have been deleted.",
    muted_: (cause, domain, until) => `Muted for this recipient: ${cause} at ${domain}, until ${until}`,
    untilOver: "the incident is over", lessOften: { daily: "Wants a daily digest instead", weekly: "Wants a weekly digest instead" },
    mailOf: { opened: "first mail", update: "update", closed: "all-clear", ended: "end without a mail",
      acknowledged: "who takes care of it" },
    sentAt: time => `sent at ${time}`, gaveUp: time => `given up at ${time}`,
    retryAt: time => time ? `next attempt at ${time}` : "waits", opened: "Opened", last: "Last bounce", mails: "Mails",
  },
  ja: {
    openIncidents: "継続中のインシデント", incident: "インシデント", placesOf: "原因と宛先ドメイン別のバウンス", answers: "受信者の回答",
    deliveries: "配信状況", who: "回答者", answer: "回答", undone: "取り消し", made: "作成", told: "最初の送信", to: "送信先", acknowledged: "対応中",
    incidentTitle: id => `インシデント ${id}`, incidentOf: audience => `通知先: ${audience}。`, since_: time => `${time} 発生。`,
    incidentOpen: "対応中の回答はありません",
    incidentOver: time => `${time} に終了`, takenCareOf: who => `${who} が対応中`, noIncident: "該当するインシデントはありません。削除された可能性があります。",
    muted_: (cause, domain, until) => `この受信者への通知を停止: ${domain}、${cause}（${until}まで）`, untilOver: "インシデントの終了",
    lessOften: { daily: "毎日のまとめメールに変更", weekly: "毎週のまとめメールに変更" },
    mailOf: { opened: "第1報", update: "続報", closed: "収束のお知らせ", ended: "終了（メールなし）", acknowledged: "対応者のお知らせ" },
    sentAt: time => `${time} に送信`, gaveUp: time => `${time} に送信を中止`, retryAt: time => time ? `${time} に再試行` : "送信待ち", opened: "発生",
    last: "最後のバウンス", mails: "通知メール",
  },
});
