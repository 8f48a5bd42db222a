/**
 * The words of the page. Here are those that several views use. Each view adds its own from a file words-….js. The names and texts of
 * causes and of the vendor's codes are in routes/bounce-causes.json.
 */
export const WORDS = {
  en: {
    skip: "Skip to the content", search: "Find mail by address, Message-ID, domain, subject or order number", find: "Find",
    api: "The API (OpenAPI)", asTable: "As a table", none: "None.", when: "When", address: "Address", reason: "Reason",
    subject: "Subject", sender: "Sender", apiData: "apiData", cause: "Cause", bounces: "Bounces", domain: "Domain",
    audience: "Audience", kind: "Kind", events: "Events",
    status: { queued: "queued", succeeded: "delivered", deferred: "delayed", failed: "refused", bounced: "bounced", other: "other" },
    comma: ", ", chartOf: (what, total) => `Chart: ${what}. ${total}`, stateOf: "State", dead: "Dead",
    yesNo: { true: "yes", false: "no" }, whatHappened: "What happened", whatToDo: "What to do", sendAgain: "Send again?",
    vendorsCode: (code, name) => `Code ${code} of Customers Mail Cloud: ${name}`, pleaseCheck: warning => `Please check: ${warning}`,
    examples: "Examples", copy: "Copy", copied: "Copied",
    views: { overview: "Overview", events: "Mail", message: "A message", incidents: "Incidents", proof: "Proof",
      suppressions: "Suppression list", explain: "Explain a reply", routes: "Routes", aside: "Set aside" },
    navigation: "Parts of the page", loading: "Loading …", asOf: (time, zone) => `As of ${time} (${zone})`,
    renews: "Refresh every 30 seconds",
    problem: { down: "The database cannot be reached, so nothing could be looked up. Webhooks are kept in the spool meanwhile.",
      busy: "Mail Events is busy or is just starting. Try again in a moment.",
      unreachable: "Mail Events does not answer. Is it running?",
      other: code => `Mail Events could not answer (HTTP status ${code}). Its log says why.` },
    lastKnown: (problem, time) => `${problem} What you see below is the state of ${time}.`,
  },
  ja: {
    skip: "本文へ", search: "メールを検索（アドレス、Message-ID、ドメイン、件名、注文番号など）", find: "検索", api: "API（OpenAPI）", asTable: "表で見る", none: "ありません。",
    when: "日時", address: "宛先", reason: "理由", subject: "件名", sender: "差出人", apiData: "apiData", cause: "原因", bounces: "件数", domain: "ドメイン",
    audience: "通知先", kind: "種別",
    events: "イベント数",
    status: { queued: "受付", succeeded: "配信完了", deferred: "再送待ち", failed: "配信失敗", bounced: "バウンス", other: "その他" },
    comma: "、", chartOf: (what, total) => `グラフ: ${what}。${total}`, stateOf: "状態", dead: "配信不能",
    yesNo: { true: "はい", false: "いいえ" }, whatHappened: "原因", whatToDo: "対応", sendAgain: "再送",
    vendorsCode: (code, name) => `Customers Mail Cloud のコード ${code}: ${name}`, pleaseCheck: warning => `確認してください: ${warning}`,
    examples: "例", copy: "コピー", copied: "コピーしました",
    views: { overview: "概要", events: "メール", message: "メール1通の詳細", incidents: "インシデント", proof: "届いた通知の照合",
      suppressions: "サプレッションリスト", explain: "応答の原因を調べる", routes: "ルート", aside: "保留" },
    navigation: "画面の切り替え", loading: "読み込んでいます…", asOf: (time, zone) => `${time}現在（${zone}）`, renews: "30秒ごとに更新",
    problem: { down: "データベースに接続できないため、調べられませんでした。その間に届いた Webhook は、スプールに保存しています。",
      busy: "Mail Events が混み合っているか、起動中です。少し待ってから、もう一度お試しください。",
      unreachable: "Mail Events から応答がありません。起動しているかご確認ください。",
      other: code => `Mail Events が応答を返せませんでした（HTTP ステータス ${code}）。原因はログに出ています。` },
    lastKnown: (problem, time) => `${problem}下に表示しているのは、${time}の状態です。`,
  },
};

export let language = localStorage.getItem("language") || (navigator.language.startsWith("ja") ? "ja" : "en");
export let words = WORDS[language];

/** Chooses the language, also for the next visit. */
export function choose(chosen) {
  language = chosen;
  words = WORDS[language];
  localStorage.setItem("language", language);
}

/** Adds the words of a view. Two views must not have different words of the same name. */
export function addWords(added) {
  for (const [of, its] of Object.entries(added)) {
    const twice = Object.keys(its).filter(name => Object.hasOwn(WORDS[of], name));
    if (twice.length) {
      throw new Error(`These words are already in another file: ${twice}`);
    }
    Object.assign(WORDS[of], its);
  }
}
