<#-- 日本語の文面。原因ごとの説明、コードの名称と意味、判定の根拠は、アプリケーションから渡される（bounce-causes.json）。 -->
<#assign
  colon = "："
  mark = "■"
  none = "なし"
  where = "宛先"
  why = "原因"
  since = "検知"
  todo = "対処"
  owner = "担当"
  factWidth = 36
  iHaveIt = "対応します"
  mute = "通知を停止"
  lessOften = "頻度を下げる"
  nothingYet = "開いた画面で確定するまで、何も変わりません。"
  onThePage = "このインシデントを画面で確認"
  details = "詳細"
  action = "対処"
  again = "送り直せば届きますか"
  when = "発生日時"
  mailSubject = "件名"
  sender = "差出人"
  vendorCode = "配信サービス"
  reply = "サーバーの応答"
  statusCode = "ステータス"
  sureness = "判定の根拠"
  removal = "解除の申請先"
  messageId = "Message-ID"
  apiData = "apiData"
  answered = "前回のお知らせ以降の回答"
  known = "以前にもエラーになったアドレスです。"
  situation = "発生状況"
  addresses = "アドレス"
  compared = "普段との比較"
  hour = "直近1時間"
  day = "直近24時間"
  audiences = {
    "list-owner": "配信リストご担当者様",
    "postmaster": "メール管理者様",
    "operators": "システム運用ご担当者様",
    "fallback": "予備通知先ご担当者様"
  }
  columns = ["発生日時", "宛先", "コード", "原因", "拡張コード", "拡張コードの意味", "サーバーの応答", "以前にもバウンス", "件名", "差出人", "Message-ID", "apiData",
      "コードの名称", "原因ID", "配信不能のアドレス"]
  yes = "はい"
  no = "いいえ"
>
<#-- 続報も最初のメールと同じ件名になる。日時と独自の audience は、別の件と区別するため。 -->
<#function subject alert>
  <#return (alert.urgency??)?then("【緊急】", "") + domain(alert.main.domain)?truncate(60, "…")
      + (alert.domains > 1)?then(" ほか" + (alert.domains - 1)?string, "") + "：" + reason(alert.main.group)
      + (alert.groups?size > 1)?then("ほか", "") + " " + bounces(alert.total)
      + "（" + (audiences[alert.audience]??)?then("", alert.audience + " ") + alert.openedAt + (alert.total == 1)?then("", "～") + "）">
</#function>
<#function stage alert>
  <#local name = {"opened": (alert.total == 1)?then("配信エラー", "発生中"), "update": "継続中", "acknowledged": (alert.acknowledgedBy == "")?then("対応者なし", "対応中"), "closed": "収束"}[alert.stage]>
  <#return (alert.urgency??)?then("緊急・", "") + name>
</#function>
<#-- 受信トレイのプレビューにも表示される。 -->
<#function intro alert>
  <#local to = destination(alert) + (alert.domains > 1)?then(" ほか" + (alert.domains - 1)?string + "ドメイン宛ての", " 宛ての")>
  <#switch alert.stage>
    <#on "opened">
      <#return to + (alert.total == 1)?then("メール", "") + bounces(alert.total) + "が配信エラー" + alert.single?then("（" + reason(alert.groups[0]) + "）", "") + "になりました。">
    <#on "update">
      <#return "新たに" + bounces(alert.news) + "が配信エラーになり、" + alert.openedAt + " からの累計は" + bounces(alert.total) + "です。">
    <#on "acknowledged">
      <#return (alert.acknowledgedBy == "")?then("「対応します」の回答が取り消され、対応者がいません。続報の送信を再開します。",
          alert.acknowledgedBy + " が " + clock(alert.acknowledgedAt, alert) + " から対応しています。次のお知らせは、1日後、収束したとき、または緊急になったときです。")>
    <#on "closed">
      <#return to + "配信エラー（計" + bounces(alert.total) + "）は収束しました。" + (alert.ending == "taken-again")?then(
          destination(alert) + " は再びメールを受け取っています。", "その後" + duration(alert.quietMinutes) + "、新たなエラーはありません。")>
  </#switch>
</#function>
<#function urgent urgency>
  <#local all = (urgency.domain == "")?then("", urgency.domain + " 宛ての")>
  <#return "緊急：" + all + "メールの " + urgency.percent + " %" + (urgency.domain == "")?then("（" + urgency.bounces?string + "／"
      + bounces(urgency.finished) + "）", "") + "が配信エラーです（基準 " + urgency.setting + "：" + urgency.value + "）。配信中であれば一時停止し、原因をご確認ください。">
</#function>
<#-- 配信エラーが最も多い宛先 -->
<#function destination alert>
  <#return (alert.destinations?size == 0)?then("記録の残っていない宛先", domain(alert.destinations[0].domain))>
</#function>
<#function domain name>
  <#return (name != "")?then(name, "アドレスなし")>
</#function>
<#-- 各行は text と number からなる。number は空のことがある。 -->
<#function places alert>
  <#if alert.total == 1 && alert.bounces?size == 1>
    <#return [{"text": (alert.bounces[0].recipient != "")?then(alert.bounces[0].recipient, none), "number": ""}]>
  </#if>
  <#local listed = alert.destinations?map(place -> {"text": domain(place.domain), "number": (place.percent == "")?then(bounces(place.bounces),
      place.bounces?string + "／" + bounces(place.finished) + "（" + place.percent + "\xA0%）")})>
  <#return listed + (alert.elsewhere > 0)?then([{"text": "その他のドメイン", "number": bounces(alert.elsewhere)}], [])>
</#function>
<#function reasons alert>
  <#if alert.single>
    <#local group = alert.groups[0]>
    <#return [{"text": reason(group) + (group.doubt != "")?then("", "。" + group.cause.text), "number": ""}]>
  </#if>
  <#return alert.groups?map(group -> {"text": reason(group), "number": bounces((alert.stage == "update")?then(group.news, group.count))})>
</#function>
<#function reason group>
  <#return group.cause.name + (group.doubt != "")?then("の可能性", "")>
</#function>
<#-- 収束のお知らせと対応者のお知らせでは、対処を示さない。対応者がいなくなったお知らせには詳細がない。 -->
<#function advice alert>
  <#if alert.groups?size == 0 || alert.stage == "closed" || alert.stage == "acknowledged" && alert.acknowledgedBy != "">
    <#return []>
  </#if>
  <#local group = alert.groups[0]>
  <#return alert.single?then([todoFor(group)] + (group.doubt != "")?then([], [again + colon + group.cause.again]),
      [reason(group) + colon + todoFor(group)]
          + (alert.groups?size > 1 && alert.stage != "acknowledged")?then(["ほかの原因は下記をご覧ください。"], []))>
</#function>
<#-- 原因が定まらないうちは、配信リストからの削除などを勧めない。 -->
<#function todoFor group>
  <#return (group.doubt != "")?then(group.doubt, group.cause.action)>
</#function>
<#function answer given alert>
  <#local act = {"acknowledge": iHaveIt, "mute": mute, "less-often": lessOften}[given.act]>
  <#local detail = {"acknowledge": "", "mute": domain(given.domain) + "、" + given.cause + "、" + (given.until == "")?then("インシデントの終了", given.until) + "まで",
      "less-often": (given.frequency == "weekly")?then("まとめを毎週", "まとめを毎日")}[given.act]>
  <#return clock(given.at, alert) + " " + given.by + "：「" + act + "」" + given.ended?then("の終了", "") + (detail == "")?then("", "（" + detail + "）")>
</#function>
<#function acknowledged alert>
  <#return alert.acknowledgedBy + "（" + clock(alert.acknowledgedAt, alert) + " から）">
</#function>
<#function usual figures>
  <#local usual = (figures.usual == "0.0")?then("ほぼなし", figures.usual + "件")>
  <#return "ご担当分のバウンスは直近" + figures.hours?string + "時間で" + bounces(figures.recent)
      + figures.unusual?then("と、普段（" + usual + "）より大幅に多くなっています",
      (figures.usual == "")?then("です", "です（普段は" + usual + "）"))>
</#function>
<#function attached alert>
  <#return (alert.rows == alert.total)?then("全" + bounces(alert.rows), "前回のお知らせ以降の" + bounces(alert.rows)) + "の一覧は、添付の " + alert.file + " をご覧ください。このメールには、そのうち" + alert.listed?string + "件を掲載しています。">
</#function>
<#function counted group alert>
  <#return bounces(group.count) + (group.news != group.count && group.news > 0)?then("（うち新規" + group.news?string + "件）", "")>
</#function>
<#function code said>
  <#return (said.code != "")?then("コード " + said.code + "（" + said.codeName + "）", none)>
</#function>
<#function status said>
  <#return said.enhancedCode + (said.status != "")?then("（" + said.status?remove_ending("。") + "）", "")>
</#function>
<#function same block>
  <#return domain(block.domain) + " × " + block.count?string>
</#function>
<#function more count>
  <#return "同様のほか" + count?string + "件は、添付の一覧に掲載しています。">
</#function>
<#function otherReplies count>
  <#return "このほか、応答または宛先の異なる" + count?string + "件を、添付の一覧に掲載しています。">
</#function>
<#function contradiction said>
  <#local reply = said.contradicts?then("応答", "ステータス（" + said.enhancedCode + "）")>
  <#return "Customers Mail Cloud のコード（" + said.code + "）とサーバーの" + reply + "の示す原因が異なります。"
      + said.contradicts?then("応答をもとに判定しました。", "サーバーの応答をご確認ください。")>
</#function>
<#function lasted alert>
  <#if alert.openedAt == alert.lastBounceAt>
    <#return alert.openedAt + (alert.stage == "opened" && alert.total > 1)?then(" から", "")>
  </#if>
  <#return alert.openedAt + " ～ " + clock(alert.lastBounceAt, alert) + "（" + duration(alert.minutes) + "）">
</#function>
<#-- インシデントが始まった日の時刻では、日付を省く。 -->
<#function clock time alert>
  <#return time?remove_beginning(alert.openedAt?keep_before(" ") + " ")>
</#function>
<#function seen alert>
  <#return "初めてエラー " + alert.firstTime?string + "件、以前にもエラー " + alert.known?string + "件">
</#function>
<#function bounces count>
  <#return count?string + "件">
</#function>
<#function rate figure>
  <#return "全体の配信結果" + figure.finished?string + "件のうち、バウンス" + figure.bounces?string + "件（" + figure.percent + " %）">
</#function>
<#function next alert>
  <#if alert.stage == "closed">
    <#return "再び発生した場合は、新しい件名でお知らせします。">
  <#elseif alert.acknowledgedBy != "">
    <#return "次のお知らせは、1日後、収束したとき、または緊急になったときです。">
  </#if>
  <#return alert.allClear?then("新たなエラーは続報で、収まったときは収束のお知らせでご連絡します。", "新たなエラーがあれば、続報でお知らせします。")>
</#function>
<#function addressed alert>
  <#return (audiences[alert.audience]!alert.audience) + "へのお知らせです。">
</#function>
<#function times>
  <#return "日時のタイムゾーンは " + zone + " です。">
</#function>
<#function footer contact>
  <#return "このメールは Mail Events から自動送信しています。" + (contact != "")?then("お問い合わせ先：" + contact, "")>
</#function>
<#function duration minutes>
  <#local hours = (minutes / 60)?floor rest = minutes % 60>
  <#return (minutes == 0)?then("1分未満", (hours > 0)?then(hours?string + "時間", "") + (rest > 0)?then(rest?string + "分", ""))>
</#function>
<#function notice notice>
  <#local facts = notice.facts>
  <#switch notice.what>
    <#on "failed">
      <#return {
        "subject": "【Mail Events】保存できない Webhook が" + facts.webhooks?string + "件あります",
        "text": "データベース以外の原因で繰り返し失敗したため、Webhook を隔離しました。データは失われていません。スプールの failed/ に、Webhook ごとに失敗の理由を記したファイルがあります。"
            + "原因を取り除いたうえで、末尾が .json と .form のファイルを一つ上のフォルダーへ移してください。自動的に再処理されます。",
        "details": {"フォルダー": folder}
      }>
    <#on "filling">
      <#return {
        "subject": "【Mail Events】スプールの使用率が " + facts.percent?string + " % です",
        "text": "現在、保存できない Webhook をスプールに蓄えています。上限に達すると、以後の Webhook を受け付けられず、送信元が再送しない限り失われます。"
            + "データベースの稼働を確認し、failed/ のファイルを別の場所へ移すか、spool.max-size を増やしてください。",
        "details": {"フォルダー": folder}
      }>
    <#on "unreachable">
      <#return {
        "subject": "【Mail Events】通知メールが " + (facts.addresses?size == 1)?then(facts.address, facts.addresses?size?string + " 件の宛先") + " に届いていません",
        "text": "バウンスをお知らせするメールが、通知先でエラーになりました。この宛先にはお知らせが届いていません。"
            + "application.properties の alert.to（または alert.to.<audience>）のアドレスが正しいか、差出人（alert.from）からのメールを受信側が拒否していないかをご確認ください。",
        "details": {"通知先": facts.addresses?join("\n    ")}
            + {(facts.addresses?size == 1)?then("サーバーの応答", "サーバーの応答（最初の宛先）"): (facts.reason != "")?then(facts.reason, none),
            "差出人": facts.from}
      }>
    <#on "refused">
      <#return {
        "subject": "【Mail Events】サーバーが " + facts.audience + " 宛ての通知を拒否しました",
        "text": "audience「" + facts.audience + "」宛ての通知を、サーバーが恒久的なエラーで拒否しました。1日のあいだ再送を試み、それでも届かない場合、この通知先へのこのメールの送信は中止します。以後の通知は引き続き送信します。"
            + "application.properties の " + facts.setting + " と、サーバーの応答の内容をご確認ください。",
        "details": {"サーバーの応答": facts.reply, "通知先": (facts.address != "")?then(facts.address, facts.channel), "設定": facts.setting}
      }>
    <#on "silent">
      <#return {
        "subject": "【Mail Events】Webhook が届いていません（" + facts.since + " 以降）",
        "text": "Customers Mail Cloud から最後にイベントを受信してから、alert.silence で設定した時間（" + facts.duration + "）が過ぎました。"
            + "メールを配信しているにもかかわらず Webhook が届いていない場合、その間のバウンスはお知らせできません。管理コンソールの Webhook 設定（URL と認証）、ネットワーク、証明書の期限をご確認ください。"
            + "受信が再開したときは、あらためてお知らせします。",
        "details": {"最後の受信": facts.since + "（" + zone + "）"}
      }>
    <#on "returned">
      <#return {
        "subject": "【Mail Events】Webhook の受信が再開しました（" + facts.until + "）",
        "text": "途絶えていた Customers Mail Cloud からの Webhook を、再び受信しています。途絶えていた間のイベントが後から届くとは限りません。必要に応じて、管理コンソールの配信履歴をご確認ください。",
        "details": {"途絶えた日時": facts.since + "（" + zone + "）", "再開した日時": facts.until + "（" + zone + "）"}
      }>
  </#switch>
</#function>
<#-- まとめのメール -->
<#assign
  comma = "、"
  digestTime = "期間"
  digestWhere = "宛先"
  digestWhy = "原因"
  digestToDo = "確認"
  digestCompared = "照合"
  digestFactWidth = 36
  digestOnThePage = "継続中のインシデントを画面で確認"
  digestTrends = "毎週増え続けている配信エラー（直近4週の件数）"
  digestNews = "過去4週間になかった配信エラー"
  digestDead = "配信不能のアドレスへの送信"
  digestNext = "お知らせする内容がないときは、まとめをお送りしません。"
  digestHowOften = "受け取る頻度を変更する"
  digestColumns = ["宛先", "期間中の送信数", "最後の送信", "配信不能になった日時", "最後のバウンス", "原因", "原因ID"]
  weekdays = ["月", "火", "水", "木", "金", "土", "日"]
>
<#function digestSubject digest>
  <#return "【バウンスのまとめ】" + digestDay(digest) + "：" + digestSummary(digest)>
</#function>
<#function digestDay digest>
  <#return digest.day + "（" + weekdays[digest.weekday - 1] + "）">
</#function>
<#function digestSummary digest>
  <#if !digest.bounces??>
    <#return "件数を集計できませんでした">
  <#elseif digest.bounces.total != 0>
    <#local domains = digest.bounces.domains>
    <#local others = domains.listed?size - 1 + domains.more>
    <#return digestCount(digest.bounces.total) + "（" + digestDomain(domains.listed[0].name)?truncate(60, "…")
        + (others > 0)?then(" ほか" + others?string, "") + "）">
  <#elseif digest.file != "">
    <#return "配信不能のアドレスへの送信 " + digestCount(digest.dead.mails)>
  <#elseif digest.incident??>
    <#return "継続中のインシデントがあります">
  <#elseif digest.untold == 0 && digest.overdue == 0 && digest.compared?size != 0>
    <#return "照合 " + digestComparisons(digest.compared)>
  </#if>
  <#if digest.untold != 0>
    <#return "まだお知らせしていないもの " + digestCount(digest.untold)>
  </#if>
  <#return "結果が届いていないメール " + digest.overdue?string + "通">
</#function>
<#function digestStage digest>
  <#return digestDay(digest) + "のまとめ">
</#function>
<#function digestLength digest>
  <#return (digest.days == 7)?then("1週間", (digest.days == 1)?then("1日", digest.days?string + "日間"))>
</#function>
<#function digestIntro digest>
  <#if !digest.bounces??>
    <#return "この" + digestLength(digest) + "の配信エラーの件数は、集計できませんでした。">
  <#elseif digest.bounces.total == 0>
    <#return "この" + digestLength(digest) + "に、配信エラーはありませんでした。">
  </#if>
  <#return "この" + digestLength(digest) + "で、" + digestCount(digest.bounces.total) + "が配信エラーになりました"
      + (digest.bounces.before??)?then("（その前の" + digestLength(digest) + "は" + digestCount(digest.bounces.before!0) + "）", "") + "。">
</#function>
<#function digestPeriod digest>
  <#return digest.from + " ～ " + digest.until>
</#function>
<#function digestPlaces bounces>
  <#return bounces.domains.listed?map(place -> {"text": digestDomain(place.name), "number": digestCount(place.count)})
      + (bounces.elsewhere > 0)?then([{"text": "その他のドメイン", "number": digestCount(bounces.elsewhere)}], [])>
</#function>
<#function digestDomain domain>
  <#return (domain != "")?then(domain, "アドレスなし")>
</#function>
<#function digestCauses bounces>
  <#return bounces.causes.listed?map(cause -> {"text": cause.name, "number": digestCount(cause.count)})
      + (bounces.otherwise > 0)?then([{"text": "その他の原因", "number": digestCount(bounces.otherwise)}], [])>
</#function>
<#function digestComparison compared>
  <#return compared.day + " は " + digestStored(compared.stored, compared.vendor)>
</#function>
<#function digestStored stored vendor>
  <#if stored gt vendor>
    <#return stored?string(",##0") + "件（Customers Mail Cloud より" + (stored - vendor)?string(",##0") + "件多い）">
  </#if>
  <#return vendor?string(",##0") + "件中" + stored?string(",##0") + "件">
</#function>
<#function digestComparisons days>
  <#if days?size == 1>
    <#return digestComparison(days[0])>
  </#if>
  <#local vendor = 0>
  <#local missing = 0>
  <#list days as day>
    <#local vendor = vendor + day.vendor>
    <#local missing = missing + day.missing>
  </#list>
  <#return days?size?string + "日分 " + digestStored(vendor - missing, vendor)>
</#function>
<#function digestEvents count day>
  <#return day + " の" + digestCount(count)>
</#function>
<#function digestTodo digest>
  <#local lines = []>
  <#local repaired = digest.compared?filter(day -> day.repaired != 0)?map(day -> digestEvents(day.repaired, day.day))>
  <#if repaired?size != 0>
    <#local lines += ["Webhook が届かなかったイベントがあり、Customers Mail Cloud から取得しました（" + repaired?join("、") + "）。届かなかった原因を確認してください。"]>
  </#if>
  <#local missing = digest.compared?filter(day -> day.missing != 0)?map(day -> digestEvents(day.missing, day.day))>
  <#if missing?size != 0>
    <#local lines += ["Customers Mail Cloud にあり、保存されていないイベントがあります（" + missing?join("、") + "）。照合の備考を確認してください。"]>
  </#if>
  <#if digest.file != "">
    <#local lines += ["配信不能のアドレス" + digestCount(digest.dead.addresses) + "に、" + digest.dead.mails?string + "通が送信されています。配信リストから削除してください。"]>
  </#if>
  <#if digest.incident??>
    <#local lines += ["インシデントが継続中です（" + digest.incident.openedAt + " から" + digestCount(digest.incident.bounces)
        + (digest.incident.acknowledgedBy != "")?then("、担当は " + digest.incident.acknowledgedBy, "") + "）。"]>
  </#if>
  <#if digest.untold != 0>
    <#local lines += ["まだお知らせしていない配信エラーが" + digestCount(digest.untold) + "あります（" + digest.untoldSince + " から）。"]>
  </#if>
  <#if digest.overdue != 0>
    <#local lines += ["受け付けられたのに配信の結果が届いていないメールが" + digest.overdue?string + "通あります。"
        + (digest.vendorHasNone != 0)?then("うち" + digest.vendorHasNone?string + "通は、Customers Mail Cloud にも結果がありません。", "")
        + "Customers Mail Cloud の管理コンソールで配信状況を確認してください。"]>
  </#if>
  <#if digest.bounces?? && digest.bounces.trends.listed?size != 0>
    <#local lines += ["毎週増え続けている配信エラーが" + (digest.bounces.trends.listed?size + digest.bounces.trends.more)?string + "種類あります。"]>
  </#if>
  <#if digest.bounces?? && digest.bounces.news.listed?size != 0>
    <#local lines += ["過去4週間になかった配信エラーが" + (digest.bounces.news.listed?size + digest.bounces.news.more)?string + "種類あります。"]>
  </#if>
  <#return lines>
</#function>
<#function digestUncounted digest>
  <#return (digest.bounces??)?then([], ["時間内に終わらなかったため、配信エラーの件数と推移を載せていません。"])
      + (digest.dead??)?then([], ["時間内に終わらなかったため、配信不能のアドレスへの送信を載せていません。"])>
</#function>
<#function digestKind domain cause>
  <#return (domain != "")?then(domain, "すべての宛先") + colon + cause>
</#function>
<#function digestWeeks weeks>
  <#return weeks?map(week -> week?string)?join(" → ") + "件">
</#function>
<#function digestDeadText digest>
  <#return "次のアドレスには届かないか、配信サービスが送信を止めています。送り続けると、送信元の評価が下がります。"
      + (digest.dead.rows?size == digest.dead.addresses)?then("全" + digestCount(digest.dead.addresses), "送信数の多い" + digestCount(digest.dead.rows?size))
      + "の一覧は、添付の " + digest.file + " をご覧ください。">
</#function>
<#function digestWrittenTo address>
  <#return address.mails?string + "通（最後は " + address.lastMailAt + "）、" + address.deadSince + " から配信不能">
</#function>
<#function digestCount count>
  <#return count?string + "件">
</#function>
<#function digestMore count>
  <#return "ほか" + digestCount(count)>
</#function>
<#function digestAddressed digest>
  <#return (audiences[digest.audience]!digest.audience) + "へのまとめです。">
</#function>
<#-- チャットのボタン。 -->
<#assign open = "画面で確認">
