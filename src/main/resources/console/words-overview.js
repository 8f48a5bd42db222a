import { addWords } from "./words.js";

addWords({
  en: {
    overTime: "Mail over time", period: "Period", day: "24 hours", week: "7 days", month: "31 days", causes: "Why mail bounced",
    domains: "Domains with the most bounces", pipeline: "Status of Mail Events", latest: "Latest bounces", hour: "Time",
    mainCause: "Main cause", addresses: "Addresses", figure: "Figure", value: "Value", since: time => `Since the start at ${time}`,
    failing: (route, place, since, webhooks) => `${route} fails${place ? ` at ${place}` : ""} since ${since}: `
      + (webhooks === "1" ? "1 webhook waits" : `${webhooks} webhooks wait`) + " in the spool. The log says why.",
    pipelineNames: { received: "Events received", stored: "– stored", duplicates: "– duplicates", rejected: "– rejected",
      spooled: "– spooled", "spool.webhooks": "Webhooks in the spool", "spool.oldest.age": "Age of the oldest webhook in the spool",
      "log.lag": "Webhooks in the log", "log.oldest.age": "Age of the oldest webhook in the log",
      "alert.oldest.age": "Age of the oldest bounce not yet mailed", "queue.events": "Events waiting for the database",
      "messages.overdue": "Accepted mails without an end", "failures.unpaired": "Failures of which one event is missing" },
    timeIsWrong: { zone: "The times in the webhooks are wrong by whole hours. The page \"Proof\" says which setting to change.",
      clock: "The times in the webhooks are wrong by some minutes. The page \"Proof\" says what to check." },
    notActivated: mistake => `Not activated: ${mistake.replace(/[^.?!…]$/, "$&.")} The previous version keeps running.`,
  },
  ja: {
    overTime: "配信状況の推移", period: "期間", day: "24時間", week: "7日間", month: "31日間", causes: "バウンスの原因", domains: "バウンスの多い宛先ドメイン",
    pipeline: "Mail Events の稼働状況", latest: "最近のバウンス", hour: "日時", mainCause: "主な原因", addresses: "アドレス数", figure: "項目", value: "値",
    since: time => `${time}の起動からの累計`,
    failing: (route, place, since, webhooks) => `${route} が${since}から失敗しています${place ? `（${place}）` : ""}。`
      + `スプールで待っている Webhook: ${webhooks}件。原因はログに出ています。`,
    pipelineNames: { received: "受信イベント", stored: "－ 格納", duplicates: "－ 重複", rejected: "－ 格納不可", spooled: "－ スプールへ保存",
      "spool.webhooks": "スプール中の Webhook", "spool.oldest.age": "スプール中で最も古いものの経過時間",
      "log.lag": "Kafka で待っている Webhook", "log.oldest.age": "Kafka で待っている最も古いものの経過時間",
      "alert.oldest.age": "未通知のバウンスで最も古いものの経過時間", "queue.events": "格納待ちのイベント",
      "messages.overdue": "結果が届いていないメール", "failures.unpaired": "片方のイベントが届いていない失敗" },
    timeIsWrong: { zone: "Webhook の時刻が1時間単位でずれています。直し方は「届いた通知の照合」にあります。",
      clock: "Webhook の時刻が数分ずれています。確認することは「届いた通知の照合」にあります。" },
    notActivated: mistake => `保存したファイルは反映されていません（以前の版が動いています）: ${mistake}`,
  },
});
