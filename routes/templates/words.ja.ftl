<#-- 日本語の文面。原因ごとの説明、コードの名称と意味、判定の根拠は、アプリケーションから渡される（bounce-causes.json）。 -->
<#assign
  colon = "："
  mark = "■"
  none = "なし"
  byCause = "原因別の件数"
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
  known = "以前にもエラーになったアドレスです。"
  situation = "発生状況"
  period = "期間"
  count = "件数"
  addresses = "アドレス"
  domains = "宛先ドメイン"
  hour = "直近1時間"
  day = "直近24時間"
  footer = "このメールは Mail Events から自動送信しています。通知先は application.properties、文面は routes/templates/ で変更できます。"
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
<#-- 続報も同じ件名になるため、途中で変わる値は含めない。日時は、別の件と区別するため。 -->
<#function subject alert>
  <#return alert.urgent?then("【緊急】", "") + "【バウンス】配信エラーが発生しました " + alert.openedAt + "（" + (audiences[alert.audience]!alert.audience) + "）">
</#function>
<#function stage alert>
  <#local name = {"opened": "発生中", "update": "継続中", "closed": "収束"}[alert.stage]>
  <#return (alert.urgent && alert.stage != "closed")?then("緊急・", "") + name>
</#function>
<#-- 受信トレイのプレビューにも表示される。 -->
<#function intro alert>
  <#local cause = alert.groups[0].cause.name + (alert.groups?size > 1)?then("ほか", "")>
  <#local moment = alert.openedAt == alert.lastBounceAt>
  <#switch alert.stage>
    <#on "opened">
      <#if alert.total == 1>
        <#return alert.openedAt + " に、配信エラー（" + cause + "）が1件発生しました。監視を続けています。">
      </#if>
      <#return alert.openedAt + " から、配信エラー（" + cause + "）が" + alert.total?string + "件発生しています。">
    <#on "update">
      <#return alert.openedAt + " から続く配信エラー（" + cause + "）は、新たに" + alert.news?string + "件発生し、累計" + alert.total?string + "件になりました。">
    <#on "closed">
      <#return alert.openedAt + moment?then(" に発生した", " から " + alert.lastBounceAt + " まで（" + duration(alert.minutes) + "）続いた")
          + "配信エラー（" + cause + "、計" + alert.total?string + "件）は、収まりました。">
  </#switch>
</#function>
<#function urgent alert>
  <#return "緊急：直近1時間のバウンス率が" + alert.figures.hour.percent + " %に達し、基準値を超えています。配信中のメールがあれば一時停止し、原因をご確認ください。">
</#function>
<#function usual figures>
  <#local recent = "ご担当分のバウンスは直近1時間で" + figures.recent?string + "件です。">
  <#if figures.usual == "0.0">
    <#return recent + figures.unusual?then("過去1週間はほとんど発生しておらず、大幅に多い件数です。", "過去1週間は、ほとんど発生していません。")>
  </#if>
  <#return recent + "普段（過去1週間の平均で1時間あたり" + figures.usual + "件）と比べて、"
      + figures.unusual?then("大幅に多い件数です。", "特に多い件数ではありません。")>
</#function>
<#function attached alert>
  <#return "全" + alert.rows?string + "件の一覧は、添付の " + alert.file + " をご覧ください。このメールには、そのうち" + alert.listed?string + "件を掲載しています。">
</#function>
<#function counted group alert>
  <#return group.count?string + "件"
      + (alert.stage == "update" || alert.stage == "closed" && group.news > 0)?then("（うち新規" + group.news?string + "件）", "")>
</#function>
<#function code said>
  <#return (said.code != "")?then("コード " + said.code + "（" + said.codeName + "）", none)>
</#function>
<#function status said>
  <#return said.enhancedCode + (said.status != "")?then("（" + said.status?remove_ending("。") + "）", "")>
</#function>
<#function same block>
  <#return (block.reply != "")?then("同様の応答", "応答なし") + " × " + block.count?string>
</#function>
<#function more count>
  <#return "ほか" + count?string + "件は、添付の一覧に掲載しています。">
</#function>
<#function otherReplies count>
  <#return "このほか、応答の異なる" + count?string + "件を、添付の一覧に掲載しています。">
</#function>
<#function contradiction said>
  <#local reply = said.contradicts?then("応答", "ステータス（" + said.enhancedCode + "）")>
  <#return "Customers Mail Cloud のコード（" + said.code + "）とサーバーの" + reply + "の示す原因が異なります。"
      + said.contradicts?then("応答をもとに判定しました。", "サーバーの応答をご確認ください。")>
</#function>
<#function lasted alert>
  <#return alert.openedAt + (alert.openedAt == alert.lastBounceAt)?then("", " ～ " + alert.lastBounceAt)
      + "（" + duration(alert.minutes) + "）">
</#function>
<#function totals alert>
  <#return (alert.stage == "opened" || alert.news == 0)?then(alert.total?string + "件", "累計" + alert.total?string + "件（うち新規" + alert.news?string + "件）")>
</#function>
<#function seen alert>
  <#return "初めてエラー " + alert.firstTime?string + "件、以前にもエラー " + alert.known?string + "件">
</#function>
<#function bounces count>
  <#return count?string + "件">
</#function>
<#function top alert>
  <#return alert.domains?map(domain -> domain.domain + " " + bounces(domain.count))?join("、")>
</#function>
<#function rate figure>
  <#return "全体の配信結果" + figure.finished?string + "件のうち、バウンス" + figure.bounces?string + "件（" + figure.percent + " %）">
</#function>
<#function next alert>
  <#return (alert.stage == "closed")?then("再び発生した場合は、新しい件名でお知らせします。", "新たなエラーは続報で、収まったときは収束のお知らせでご連絡します。")>
</#function>
<#function times>
  <#return "日時のタイムゾーンは " + zone + " です。">
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
        "text": "データベース以外の原因で繰り返し失敗したため、Webhook を別フォルダーへ退避しました。データは失われていません。スプールの failed/ に、Webhook ごとに失敗の理由を記したファイルがあります。"
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
  digestFactWidth = 36
  digestOnThePage = "継続中のインシデントを画面で確認"
  digestTrends = "毎週増え続けている配信エラー（直近4週の件数）"
  digestNews = "過去4週間になかった配信エラー"
  digestDead = "配信不能のアドレスへの送信"
  digestNext = "お知らせする内容がないときは、まとめをお送りしません。"
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
  </#if>
  <#return "まだお知らせしていないもの " + digestCount(digest.untold)>
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
<#function digestTodo digest>
  <#local lines = []>
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
<#function digestFooter contact>
  <#return "このメールは Mail Events から自動送信しています。" + (contact != "")?then("お問い合わせ先：" + contact, "")>
</#function>
