import { addWords } from "./words.js";

const signed = (minutes, ahead, behind) => minutes < 0 ? ahead(-minutes) : behind(minutes);

addWords({
  en: {
    proofDays: "Compared with Customers Mail Cloud", proofOverdue: "Accepted mails without an end",
    proofUnpaired: "Failures of which one event is missing", proofTime: "Time zone and clock", proofDay: "Day", proofStored: "Stored",
    proofRepaired: "Repaired", proofLookedAt: "Compared", proofOf: (stored, vendor) => `${stored} of ${vendor}`, proofNotAsked: "?",
    proofOff: "Not compared. Set vendor.api-user, vendor.api-key and vendor.server-composition, and the events of each day are compared.",
    proofCalibration: { none: "The time zone of the vendor's lists is not known yet, so nothing is repaired.",
      believed: "Missing events are repaired.", refused: "The last day that was compared could not be repaired." },
    proofCalls: (made, allowed) => `Requests to the vendor today: ${made} of ${allowed}.`,
    proofComplete: "complete", proofOpen: "not proved",
    proofHour: (hour, events, why) => `${hour}: ${events} repaired. ${why}`,
    proofWhy: { "not-running": minutes => `Mail Events did not run for ${minutes} min`,
      "refused-secret": webhooks => `${webhooks} webhooks had a wrong secret`,
      "too-large": webhooks => `${webhooks} webhooks were too large`,
      unavailable: webhooks => `${webhooks} webhooks were answered 503`,
      "nothing-known": () => "Nothing is known here: look at the proxy, the firewall and the vendor's console", other: () => "" },
    proofCount: count => `${count} now.`, proofMost: count => `The newest ${count}.`,
    proofOverdueWhy: "Customers Mail Cloud accepted these mails long ago, and neither a success nor a failure has arrived. A mail that was"
      + " delayed is probably still on its way. Search for the others in the vendor's console.",
    proofUnpairedWhy: "A refused mail has two events: a failed delivery and a bounce. One of them has not arrived for a day. Check both"
      + " webhooks in the vendor's console.",
    proofAccepted: "Accepted", proofMessage: "Message-ID", proofDeferred: time => `last delayed ${time}`, proofNothing: "no news",
    proofNone: "Customers Mail Cloud has no result either",
    proofMissing: "Missing", proofMissingOf: { bounce: "the bounce", failed: "the failed delivery" },
    proofClock: {
      unknown: () => "Fewer than 20 events of the last 24 hours have been checked so far.",
      fits: () => "The times of the last 24 hours fit the times of receipt.",
      zone: ({ zone, probableOffset }) => `The times are wrong by whole hours: they seem to be in ${probableOffset}, and webhook.time-zone`
        + ` is ${zone}. Set webhook.time-zone to the zone in the vendor's console, or change the console.`,
      clock: ({ delayMinutes }) => signed(delayMinutes, minutes => `The times are ${minutes} min in the future.`,
        minutes => `Even the promptest events arrive ${minutes} min late.`) + " Compare the clock of this machine with a time server.",
      late: () => "All events of the last 24 hours arrived late, each by a different time. This says nothing about zone and clock.",
    },
    proofClockState: { unknown: "too few events", fits: "fits", zone: "wrong zone", clock: "wrong clock", late: "late" },
    proofDelay: "Shortest delay", proofMinutes: minutes => `${minutes} min`, proofFuture: "In the future by over an hour",
  },
  ja: {
    proofDays: "Customers Mail Cloud との照合", proofOverdue: "結果が届いていないメール", proofUnpaired: "片方のイベントが届いていない失敗",
    proofTime: "タイムゾーンと時計", proofDay: "日付", proofStored: "保存済み", proofRepaired: "補完", proofLookedAt: "照合日時",
    proofOf: (stored, vendor) => `${stored} / ${vendor}`, proofNotAsked: "?",
    proofOff: "照合していません。vendor.api-user、vendor.api-key、vendor.server-composition を設定すると、毎日のイベントを照合します。",
    proofCalibration: { none: "一覧のタイムゾーンがまだ分からないため、補完していません。", believed: "届いていないイベントを補完しています。",
      refused: "最後に照合した日は、補完できませんでした。" },
    proofCalls: (made, allowed) => `本日のリクエスト: ${made} / ${allowed} 回。`,
    proofComplete: "すべて保存済み", proofOpen: "未確認",
    proofHour: (hour, events, why) => `${hour}: ${events}件を補完。${why}`,
    proofWhy: { "not-running": minutes => `Mail Events が${minutes}分間停止`, "refused-secret": webhooks => `認証エラー${webhooks}件`,
      "too-large": webhooks => `サイズ超過${webhooks}件`, unavailable: webhooks => `503 の応答${webhooks}件`,
      "nothing-known": () => "Mail Events 側に記録なし。プロキシ、ファイアウォール、管理コンソールを確認してください", other: () => "" },
    proofCount: count => `現在${count}件。`, proofMost: count => `新しい${count}件。`,
    proofOverdueWhy: "受け付けられてから時間がたっても、成功も失敗も届いていないメールです。再送待ちのメールは、配信が続いていると考えられます。"
      + "それ以外は、管理コンソールで検索してください。",
    proofUnpairedWhy: "メールが拒否されると、deliveries の failed とバウンスの2つが届きます。その片方が1日たっても届いていません。"
      + "管理コンソールで、両方の Webhook の設定を確認してください。",
    proofAccepted: "受付日時", proofMessage: "Message-ID", proofDeferred: time => `再送待ち（${time}）`, proofNothing: "連絡なし",
    proofNone: "Customers Mail Cloud にも結果なし",
    proofMissing: "届いていないもの", proofMissingOf: { bounce: "バウンス", failed: "deliveries の failed" },
    proofClock: {
      unknown: () => "直近24時間のイベントのうち、確認済みのものは20件未満です。",
      fits: () => "直近24時間の時刻は、受信時刻と合っています。",
      zone: ({ zone, probableOffset }) => `時刻が1時間単位でずれています。届いた時刻は ${probableOffset} のものとみられますが、webhook.time-zone は`
        + ` ${zone} です。webhook.time-zone を管理コンソールのタイムゾーンに合わせるか、管理コンソールを変更してください。`,
      clock: ({ delayMinutes }) => signed(delayMinutes, minutes => `時刻が${minutes}分先になっています。`,
        minutes => `最も早いイベントでも、${minutes}分遅れて届いています。`) + "マシンの時計を時刻サーバーと比べてください。",
      late: () => "直近24時間のイベントはすべて遅れて届き、遅れがそろっていません。タイムゾーンと時計については判断できません。",
    },
    proofClockState: { unknown: "イベント不足", fits: "ずれなし", zone: "タイムゾーンのずれ", clock: "時計のずれ", late: "遅延" },
    proofDelay: "最短の遅れ", proofMinutes: minutes => `${minutes}分`, proofFuture: "1時間を超えて先の時刻",
  },
});
