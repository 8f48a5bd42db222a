import { addWords } from "./words.js";

addWords({
  en: {
    overTime: "Mail over time", period: "Period", day: "24 hours", week: "7 days", month: "31 days", causes: "Why mail bounced",
    arriving: "Is mail arriving?", failing: "Where is it failing?", share: "Delivered", usualShare: "Usually delivered",
    finished: "Delivered or bounced", bouncedShare: "Bounced", otherDomains: "All other destinations", nothingBounced: "Nothing bounced.",
    shareOfAll: (share, finished, usual, usualFinished) => `${share} of ${finished} messages were delivered.`
      + (usual ? ` Usually ${usual} of about ${usualFinished}: the average of the same hours in the four weeks before.` : ""),
    noneFinished: "No message was delivered or bounced in this period.",
    once: "A refused message is reported twice, as refused and as bounced. It is one failure and counts once, as bounced. Among the "
      + "refused are only those whose bounce has not arrived.",
    clock: since => `All figures of mail count what happened since ${since}.`,
    earlier: (events, newest) => `Events received in this time that had happened earlier: ${events}, the newest at ${newest}.`,
    untold: all => `Bounces that no mail has reported yet: ${all}.`,
    untoldOf: (bounces, audience, since) => `${bounces} for ${audience} since ${since}`,
    pipeline: "Status of Mail Events", latest: "Latest bounces", hour: "Time",
    mainCause: "Main cause", figure: "Figure", value: "Value", since: time => `Since the start at ${time}`,
    pipelineNames: { received: "Events received", stored: "– stored", duplicates: "– duplicates", rejected: "– rejected",
      spooled: "– spooled", "spool.webhooks": "Webhooks in the spool", "spool.oldest.age": "Age of the oldest webhook in the spool",
      "log.lag": "Webhooks in the log", "log.oldest.age": "Age of the oldest webhook in the log",
      "alert.oldest.age": "Age of the oldest bounce not yet mailed", "queue.events": "Events waiting for the database",
      "messages.overdue": "Accepted mails without an end", "failures.unpaired": "Failures of which one event is missing" },
  },
  ja: {
    overTime: "配信状況の推移", period: "期間", day: "24時間", week: "7日間", month: "31日間", causes: "バウンスの原因",
    arriving: "メールは届いているか", failing: "どこで失敗しているか", share: "配信率", usualShare: "通常の配信率", finished: "配信完了とバウンスの合計",
    bouncedShare: "バウンス率", otherDomains: "その他の宛先ドメイン", nothingBounced: "バウンスはありません。",
    shareOfAll: (share, finished, usual, usualFinished) => `${finished}通のうち${share}が配信されました。`
      + (usual ? `通常は約${usualFinished}通のうち${usual}です（各時間帯の、それより前の4週間の平均）。` : ""),
    noneFinished: "この期間に、配信が完了したメールもバウンスしたメールもありません。",
    once: "拒否されたメールは「配信失敗」と「バウンス」の2回通知されますが、失敗は1件のため、「バウンス」として1回だけ数えます。「配信失敗」は、まだバウンスが届いていないものだけです。",
    clock: since => `メールの件数は、${since}以降に発生したイベントを、発生日時で集計したものです。`,
    earlier: (events, newest) => `この期間に受信し、それより前に発生していたイベント: ${events}件（最新は${newest}）。`,
    untold: all => `まだ通知メールを送っていないバウンス: ${all}。`,
    untoldOf: (bounces, audience, since) => `${audience} 宛て${bounces}件（${since}から）`,
    pipeline: "Mail Events の稼働状況", latest: "最近のバウンス", hour: "日時", mainCause: "主な原因", figure: "項目", value: "値",
    since: time => `${time}の起動からの累計`,
    pipelineNames: { received: "受信イベント", stored: "－ 保存", duplicates: "－ 重複", rejected: "－ 保存不可", spooled: "－ スプール",
      "spool.webhooks": "スプール中の Webhook", "spool.oldest.age": "スプール中で最も古いものの経過時間",
      "log.lag": "Kafka で待っている Webhook", "log.oldest.age": "Kafka で待っている最も古いものの経過時間",
      "alert.oldest.age": "未通知のバウンスで最も古いものの経過時間", "queue.events": "保存待ちのイベント",
      "messages.overdue": "結果が届いていないメール", "failures.unpaired": "片方のイベントが届いていない失敗" },
  },
});
