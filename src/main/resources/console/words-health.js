import { addWords } from "./words.js";

const place = where => where ? ` (${where})` : "";

addWords({
  en: {
    well: at => `Mail Events is well. The newest event was received at ${at}.`, notWell: "Mail Events needs attention:",
    firstWebhook: "No event has arrived yet. In the console of Customers Mail Cloud, enter the public address of this webhook. To try it, "
      + "send a bounce yourself. If a secret is set, add it to the command:",
    sampleDay: "Or send a whole day of sample mail, from the folder of Mail Events. Use a separate database, because the rows stay:",
    nothingInPeriod: at => `No mail in this period. The newest event was received at ${at}. Choose a longer period, or check in the `
      + "console of Customers Mail Cloud that the webhook is switched on.",
    health: {
      "edits-not-activated": ({ isOne }) => `${isOne ? "A saved file is" : "Saved files are"} not activated, and the previous version `
        + "keeps running. Correct the line and save again:",
      "route-failing": ({ where, since, count, isOne }) => `${where} fails since ${since}, and ${isOne ? "1 webhook waits" :
        `${count} webhooks wait`} in the spool. The log says why. Correct the step, and the webhooks are then stored by themselves.`,
      "spool-waiting": ({ count, since }) => `Webhooks in the spool: ${count}. The oldest has waited since ${since}. They are stored by `
        + "themselves once the database and the routes work again. If the number does not fall, look into the log.",
      "log-waiting": ({ count, since }) => `Webhooks in Kafka that wait to be stored: ${count}, the oldest since ${since}. If the number `
        + "does not fall, start more processes or look into the log.",
      "spool-full": ({ count }) => `The spool is full to ${count} %. When it is full, webhooks are refused while the database is down. `
        + "Empty the folder failed of the spool, or increase spool.max-size.",
      "webhooks-failed": ({ count, isOne }) => `${isOne ? "1 webhook" : `${count} webhooks`} could not be stored and `
        + `${isOne ? "is" : "are"} quarantined in the folder failed of the spool. The view “Set aside” shows the reason of each. `
        + "Correct the cause and try again.",
      "routes-suspicious": () => "Something in the activated routes is probably a mistake. Check these lines:",
      "events-rejected": ({ count, isOne, since }) => `${isOne ? "1 event was" : `${count} events were`} rejected since ${since} `
        + `(table rejected_event), because ${isOne ? "it" : "they"} could not be stored. Correct what should be stored, and send it again.`,
      "time-wrong": ({ where }) => where === "zone" ? "The times in the webhooks are wrong by whole hours. The view "
        + "“Proof” says which setting to change."
        : "The times in the webhooks are wrong by some minutes. The view “Proof” says what to check.",
      "messages-overdue": ({ count, isOne }) => `${isOne ? "1 message was" : `${count} messages were`} accepted long ago and `
        + `${isOne ? "has" : "have"} no result. The view “Proof” lists them. Look for them in the console of Customers Mail Cloud.`,
      "failures-unpaired": ({ count, isOne }) => `${isOne ? "1 failure lacks one of its" : `${count} failures lack one of their`} two `
        + "events, and the view “Proof” lists them. Check in the console of Customers Mail Cloud that both webhooks are switched on.",
      "alerts-not-sent": ({ where, count, isOne, since }) => `${isOne ? "1 alert does" : `${count} alerts do`} not get through`
        + `${place(where)}, the oldest since ${since}. It is tried again. Check the settings of this channel. The last answer was:`,
    },
  },
  ja: {
    well: at => `Mail Events は正常に動いています。最新のイベントは${at}に受信しました。`, notWell: "Mail Events に確認が必要な点があります。",
    firstWebhook: "まだイベントが届いていません。Customers Mail Cloud の管理コンソールに、この Webhook の公開 URL を登録してください。"
      + "試すには、次のコマンドでバウンスを1件送ります（シークレットを設定している場合は、コマンドに加えてください）。",
    sampleDay: "1日分のサンプルメールを送ることもできます。Mail Events のフォルダーで実行してください。データは残るため、別のデータベースを使ってください。",
    nothingInPeriod: at => `この期間のメールはありません。最新のイベントは${at}に受信しました。期間を長くするか、`
      + "Customers Mail Cloud の管理コンソールで Webhook が有効になっているかをご確認ください。",
    health: {
      "edits-not-activated": () => "保存したファイルが反映されていません（以前の版が動いています）。該当の行を直して、もう一度保存してください。",
      "route-failing": ({ where, since, count }) => `${where} が${since}から失敗しています。スプールで待っている Webhook: ${count}件。`
        + "ステップを直してください。原因はログに出ています。直れば、自動的に保存されます。",
      "spool-waiting": ({ count, since }) => `スプールで待っている Webhook: ${count}件（最も古いものは${since}から）。データベースとルートが復旧すれば、`
        + "自動的に保存されます。減らない場合は、ログをご確認ください。",
      "log-waiting": ({ count, since }) => `Kafka で待っている Webhook: ${count}件（最も古いものは${since}から）。減らない場合は、`
        + "プロセスを増やすか、ログをご確認ください。",
      "spool-full": ({ count }) => `スプールの使用率が${count}%です。満杯になると、データベースの停止中に Webhook を受け取れません。`
        + "スプールの failed フォルダーを空にするか、spool.max-size を大きくしてください。",
      "webhooks-failed": ({ count }) => `保存できなかった Webhook ${count}件を、スプールの failed フォルダーに隔離しました。理由は「保留」の画面で確認できます。`
        + "原因を取り除いてから、再試行してください。",
      "routes-suspicious": () => "有効なルートに、間違いと思われる箇所があります。次の行をご確認ください。",
      "events-rejected": ({ count, since }) => `保存できなかったイベントが${since}から${count}件あります。理由とともに記録しました（rejected_event テーブル）。`
        + "必要なものは、修正して再送してください。",
      "time-wrong": ({ where }) => where === "zone" ? "Webhook の時刻が1時間単位でずれています。直し方は「届いた通知の照合」にあります。"
        : "Webhook の時刻が数分ずれています。確認することは「届いた通知の照合」にあります。",
      "messages-overdue": ({ count }) => `受付から時間がたっても結果の届いていないメールが${count}件あります（「届いた通知の照合」に一覧があります）。`
        + "Customers Mail Cloud の管理コンソールでご確認ください。",
      "failures-unpaired": ({ count }) => `2つのイベントの片方が届いていない失敗が${count}件あります（「届いた通知の照合」に一覧があります）。`
        + "Customers Mail Cloud の管理コンソールで、両方の Webhook が有効になっているかをご確認ください。",
      "alerts-not-sent": ({ where, count, since }) => `送信できていない通知が${count}件あります${where ? `（${where}）` : ""}。最も古いものは${since}からです。`
        + "自動的に再送します。このチャネルの設定をご確認ください。最後の応答:",
    },
  },
});
