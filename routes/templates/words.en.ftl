<#-- The English wording. The application provides the meaning of each cause and each status code (from causes.json). -->
<#assign
  colon = ": "
  mark = "*"
  none = "none"
  byCause = "Bounces by cause"
  action = "What to do"
  again = "Sending again"
  when = "When"
  mailSubject = "Subject"
  sender = "From"
  reply = "Server's reply"
  statusCode = "Status"
  messageId = "Message-ID"
  apiData = "apiData"
  known = "This address has bounced before."
  situation = "The situation"
  period = "Period"
  count = "Bounces"
  addresses = "Addresses"
  domains = "Domains"
  hour = "Last hour"
  day = "Last 24 hours"
  footer = "Mail Events sends this mail automatically. Its recipients are in application.properties and its wording in routes/templates/."
  audiences = {
    "list-owner": "for whoever keeps the list",
    "postmaster": "for the postmaster",
    "operators": "for the operators",
    "fallback": "for the fallback address"
  }
  columns = ["When", "Recipient", "Code", "Cause", "Enhanced code", "Its meaning", "Server's reply", "Bounced before", "Subject", "Sender",
      "Message-ID", "apiData"]
  yes = "yes"
  no = "no"
>
<#-- All mails of an incident have this subject, so no part of it may change later. The time distinguishes two incidents. -->
<#function subject alert>
  <#return alert.urgent?then("[Urgent] ", "")
      + "[Bounce] Delivery errors since " + alert.openedAt + " (" + (audiences[alert.audience]!alert.audience) + ")">
</#function>
<#function stage alert>
  <#local name = {"opened": "Ongoing", "update": "Still ongoing", "closed": "All clear"}[alert.stage]>
  <#return (alert.urgent && alert.stage != "closed")?then("Urgent – ", "") + name>
</#function>
<#-- An inbox shows this text next to the subject. -->
<#function intro alert>
  <#local cause = "(" + alert.groups[0].cause.name + (alert.groups?size > 1)?then(" and others", "") + ")">
  <#local moment = alert.openedAt == alert.lastBounceAt>
  <#switch alert.stage>
    <#on "opened">
      <#if alert.total == 1>
        <#return "1 delivery bounced at " + alert.openedAt + " " + cause + "; the incident is still open.">
      </#if>
      <#return alert.total?c + " deliveries have bounced since " + alert.openedAt + " " + cause + ".">
    <#on "update">
      <#return alert.news?c + (alert.news == 1)?then(" more delivery has", " more deliveries have") + " bounced " + cause
          + ", which makes " + alert.total?c + " since " + alert.openedAt + ".">
    <#on "closed">
      <#return alert.total?c + (alert.total == 1)?then(" delivery", " deliveries") + " bounced "
          + moment?then("at " + alert.openedAt, "from " + alert.openedAt + " to " + alert.lastBounceAt + ", in " + duration(alert.minutes))
          + " " + cause + ", and none since: it is over.">
  </#switch>
</#function>
<#function urgent alert>
  <#return "Urgent: the bounce rate of the last hour is " + alert.figures.hour.percent + " %, above its limit. "
      + "If mail is going out, pause it and look at the causes first.">
</#function>
<#function usual figures>
  <#if figures.usual == "0.0">
    <#return "Your bounces in the last hour: " + figures.recent?c + figures.unusual?then(", far more than usual", "")
        + ". In the week before there were hardly any.">
  </#if>
  <#return "Your bounces in the last hour: " + figures.recent?c + ", " + figures.unusual?then("far more than usual", "not unusual") + " ("
      + figures.usual + " in an average hour of the last week).">
</#function>
<#function attached alert>
  <#return "All " + bounces(alert.rows) + " are in the attached " + alert.file
      + "; " + (alert.listed == 1)?then("1 is", alert.listed?c + " are") + " shown here.">
</#function>
<#function counted group alert>
  <#return bounces(group.count)
      + (alert.stage == "update" || alert.stage == "closed" && group.news > 0)?then(", " + group.news?c + " new", "")>
</#function>
<#function code group>
  <#return " (code " + group.code + ")">
</#function>
<#function status bounce>
  <#return bounce.enhancedCode + (bounce.status != "")?then(" (" + bounce.status + ")", "")>
</#function>
<#function disagrees group bounce>
  <#return "The code of Customers Mail Cloud (" + group.code + ") and the server's status (" + bounce.enhancedCode
      + ") say different things. Look at the server's reply.">
</#function>
<#function lasted alert>
  <#return alert.openedAt + (alert.openedAt == alert.lastBounceAt)?then("", " – " + alert.lastBounceAt)
      + " (" + duration(alert.minutes) + ")">
</#function>
<#function totals alert>
  <#return alert.total?c + (alert.stage == "opened" || alert.news == 0)?then("", " in all, " + alert.news?c + " new")>
</#function>
<#function seen alert>
  <#return alert.firstTime?c + " bounced for the first time, " + alert.known?c + " had bounced before">
</#function>
<#function bounces count>
  <#return count?c + (count == 1)?then(" bounce", " bounces")>
</#function>
<#function top alert>
  <#return alert.domains?map(domain -> domain.domain + " " + bounces(domain.count))?join(", ")>
</#function>
<#function rate figure>
  <#return bounces(figure.bounces) + " among " + figure.finished?c
      + (figure.finished == 1)?then(" finished delivery", " finished deliveries") + " in all (" + figure.percent + " %)">
</#function>
<#function next alert>
  <#return (alert.stage == "closed")?then("If it begins again, you hear of it under a new subject.",
      "You hear of further bounces, and when it is over.")>
</#function>
<#function times>
  <#return "All times are in " + zone + ".">
</#function>
<#function duration minutes>
  <#local hours = (minutes / 60)?floor rest = minutes % 60>
  <#local parts = (hours > 0)?then([hours?c + " h"], []) + (rest > 0)?then([rest?c + " min"], [])>
  <#return (minutes == 0)?then("less than a minute", parts?join(" "))>
</#function>
<#function notice notice>
  <#local facts = notice.facts>
  <#switch notice.what>
    <#on "failed">
      <#return {
        "subject": "[Mail Events] " + facts.webhooks?c + (facts.webhooks == 1)?then(" webhook", " webhooks") + " could not be stored",
        "text": (facts.webhooks == 1)?then("It was", "They were")
            + " retried several times. Each time something other than the database failed, so "
            + (facts.webhooks == 1)?then("it was", "they were") + " moved to failed/ in the folder of the spool. Nothing is lost. "
            + "The reason is in a file beside each webhook. "
            + "Fix the cause, then move the files ending in .json and .form one folder up. Mail Events then replays them.",
        "details": {"Folder": folder}
      }>
    <#on "filling">
      <#return {
        "subject": "[Mail Events] The spool is " + facts.percent?c + " % full",
        "text": "Webhooks that cannot be stored now are kept in the spool. Once it is full, further webhooks are refused, "
            + "and the sender may not retry them. Make sure that the database is running, move the files in failed/ elsewhere, "
            + "or raise spool.max-size.",
        "details": {"Folder": folder}
      }>
    <#on "unreachable">
      <#return {
        "subject": "[Mail Events] Alerts do not reach "
            + (facts.addresses?size == 1)?then(facts.address, facts.addresses?size?c + " addresses"),
        "text": (facts.addresses?size == 1)?then("An alert mail to this address", "Alert mails to these addresses")
            + " bounced, so the alerts are not read there. "
            + "Check that the address in alert.to (or alert.to.<audience>) in application.properties is right, "
            + "and that mail from alert.from is not refused there.",
        "details": (facts.addresses?size == 1)?then(
            {"Address": facts.address, "Server's reply": (facts.reason != "")?then(facts.reason, none)},
            {"Addresses": facts.addresses?join("\n    "), "Server's reply (the first)": (facts.reason != "")?then(facts.reason, none)})
            + {"From": facts.from}
      }>
    <#on "silent">
      <#return {
        "subject": "[Mail Events] No webhook since " + facts.since,
        "text": "For alert.silence (" + facts.duration + ") no webhook has arrived from Customers Mail Cloud. "
            + "If mail is still being sent, nobody learns of its bounces. "
            + "Check the webhook in the vendor's console (its URL and its secret), the network, "
            + "and whether the certificate has expired. Another mail follows when webhooks arrive again.",
        "details": {"Last event received": facts.since + " (" + zone + ")"}
      }>
    <#on "returned">
      <#return {
        "subject": "[Mail Events] Webhooks have been arriving again since " + facts.until,
        "text": "Webhooks from Customers Mail Cloud arrive again. The events of the time in between may still follow, or be missing. "
            + "To be sure, look at the delivery logs in the vendor's console.",
        "details": {"Silent since": facts.since + " (" + zone + ")", "Back since": facts.until + " (" + zone + ")"}
      }>
  </#switch>
</#function>
