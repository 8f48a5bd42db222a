<#-- The English wording. The application provides the texts of each cause, the names and meanings of codes, and how sure a cause is (bounce-causes.json). -->
<#assign
  colon = ": "
  mark = "*"
  none = "none"
  where = "Where"
  why = "Why"
  since = "When"
  todo = "To do"
  owner = "Owner"
  factWidth = 48
  iHaveIt = "I have it"
  mute = "Mute"
  lessOften = "Less often"
  nothingYet = "Nothing changes until you confirm it on the page that opens."
  onThePage = "See this incident on the page"
  details = "Details"
  action = "What to do"
  again = "Sending again"
  when = "Bounced at"
  mailSubject = "Subject"
  sender = "From"
  vendorCode = "Vendor's code"
  reply = "Server's reply"
  statusCode = "Status"
  sureness = "How sure"
  removal = "Ask for removal"
  messageId = "Message-ID"
  apiData = "apiData"
  answered = "Answers since the last mail"
  known = "This address has bounced before."
  situation = "The situation"
  addresses = "Addresses"
  compared = "Compared"
  hour = "Last hour"
  day = "Last 24 hours"
  audiences = {
    "list-owner": "whoever keeps the list",
    "postmaster": "the postmaster",
    "operators": "the operators",
    "fallback": "the fallback address"
  }
  columns = ["Bounced at", "Recipient", "Code", "Cause", "Enhanced code", "Its meaning", "Server's reply", "Bounced before", "Subject", "Sender",
      "Message-ID", "apiData", "Name of the code", "Cause ID", "Dead address"]
  yes = "yes"
  no = "no"
>
<#-- All mails of an incident have the subject of its first mail. The time and an audience of your own distinguish two incidents. -->
<#function subject alert>
  <#return (alert.urgency??)?then("[Urgent] ", "") + domain(alert.main.domain)?truncate(60, "…")
      + (alert.domains > 1)?then(" and " + (alert.domains - 1)?string + " more", "") + ": " + reason(alert.main.group)?uncap_first
      + (alert.groups?size > 1)?then(" and others", "") + ", "
      + bounces(alert.total) + (alert.total == 1)?then(" at ", " since ") + alert.openedAt
      + (audiences[alert.audience]??)?then("", " (" + alert.audience + ")")>
</#function>
<#function stage alert>
  <#local name = {"opened": (alert.total == 1)?then("Bounce", "Ongoing"), "update": "Still ongoing", "acknowledged": (alert.acknowledgedBy == "")?then("Open again", "Acknowledged"), "closed": "All clear"}[alert.stage]>
  <#return (alert.urgency??)?then("Urgent – ", "") + name>
</#function>
<#-- An inbox shows this text next to the subject. -->
<#function intro alert>
  <#local to = " to " + destination(alert) + (alert.domains > 1)?then(" and " + counts(alert.domains - 1, "more domain"), "")>
  <#switch alert.stage>
    <#on "opened">
      <#return counts(alert.total, "mail") + to + " bounced" + alert.single?then(": " + reason(alert.groups[0])?uncap_first, "") + ".">
    <#on "update">
      <#return counts(alert.news, "more mail") + " bounced, " + alert.total?string + " in all since " + alert.openedAt + ".">
    <#on "acknowledged">
      <#return (alert.acknowledgedBy == "")?then("Nobody has it any more. You hear of further bounces again.",
          alert.acknowledgedBy + " has it since " + clock(alert.acknowledgedAt, alert)
          + ". The next mail comes in a day, when it is over, or if it becomes urgent.")>
    <#on "closed">
      <#return (alert.ending == "taken-again")?then("It is over: " + destination(alert) + " takes mail again.",
          "It is over: nothing more has bounced for " + duration(alert.quietMinutes) + ".")
          + " Before that, " + counts(alert.total, "mail") + to + " bounced.">
  </#switch>
</#function>
<#function urgent urgency>
  <#local all = (urgency.domain == "")?then("", " to " + urgency.domain)>
  <#return "Urgent: " + urgency.percent + " % of the mail" + all + " bounced"
      + (urgency.domain == "")?then(" (" + urgency.bounces?string + " of " + urgency.finished?string + ")", "") + ". The limit is " + urgency.value + " (" + urgency.setting
      + "). If mail is going out, pause it and look at the causes first.">
</#function>
<#-- The destination with the most bounces. -->
<#function destination alert>
  <#return (alert.destinations?size == 0)?then("addresses that are no longer stored", domain(alert.destinations[0].domain))>
</#function>
<#function domain name>
  <#return (name != "")?then(name, "no address")>
</#function>
<#-- Each line has a text and a number, which may be empty. -->
<#function places alert>
  <#if alert.total == 1 && alert.bounces?size == 1>
    <#return [{"text": (alert.bounces[0].recipient != "")?then(alert.bounces[0].recipient, none), "number": ""}]>
  </#if>
  <#local listed = alert.destinations?map(place -> {"text": domain(place.domain), "number": place.bounces?string
      + (place.percent != "")?then(" of " + place.finished?string + " (" + place.percent + "\xA0%)", "")})>
  <#return listed + (alert.elsewhere > 0)?then([{"text": "other domains", "number": alert.elsewhere?string}], [])>
</#function>
<#function reasons alert>
  <#if alert.single>
    <#local group = alert.groups[0]>
    <#return [{"text": reason(group) + (group.doubt != "")?then("", ". " + group.cause.text), "number": ""}]>
  </#if>
  <#return alert.groups?map(group -> {"text": reason(group), "number": bounces((alert.stage == "update")?then(group.news, group.count))})>
</#function>
<#function reason group>
  <#return (group.doubt != "")?then("Perhaps " + group.cause.name?uncap_first, group.cause.name)>
</#function>
<#-- The all-clear and the mail that says who has the incident give no advice. The mail that says that nobody has it any more has no details below. -->
<#function advice alert>
  <#if alert.groups?size == 0 || alert.stage == "closed" || alert.stage == "acknowledged" && alert.acknowledgedBy != "">
    <#return []>
  </#if>
  <#local group = alert.groups[0]>
  <#return alert.single?then([todoFor(group)] + (group.doubt != "")?then([], [again + colon + group.cause.again]),
      [reason(group) + colon + todoFor(group)]
          + (alert.groups?size > 1 && alert.stage != "acknowledged")?then(["The other causes follow below."], []))>
</#function>
<#-- While the cause is uncertain, nobody is told to remove an address. -->
<#function todoFor group>
  <#return (group.doubt != "")?then(group.doubt, group.cause.action)>
</#function>
<#function answer given alert>
  <#local act = {"acknowledge": iHaveIt, "mute": mute, "less-often": lessOften}[given.act]>
  <#local detail = {"acknowledge": "", "mute": domain(given.domain) + ", " + given.cause?uncap_first + ", until " + (given.until == "")?then("the incident is over", given.until),
      "less-often": (given.frequency == "weekly")?then("a weekly digest", "a daily digest")}[given.act]>
  <#return clock(given.at, alert) + " " + given.by + ": " + given.ended?then("no longer ", "") + "“" + act + "”" + (detail == "")?then("", " (" + detail + ")")>
</#function>
<#function acknowledged alert>
  <#return alert.acknowledgedBy + ", since " + clock(alert.acknowledgedAt, alert)>
</#function>
<#function usual figures>
  <#local hours = (figures.hours == 1)?then("hour", figures.hours?string + " hours")>
  <#return bounces(figures.recent) + " for you in the last " + hours + figures.unusual?then(", far more than usual", "")
      + (figures.usual == "")?then("", " (" + (figures.usual == "0.0")?then("hardly any", figures.usual) + " in "
      + (figures.hours == 1)?then("an hour", hours) + " of the week before)")>
</#function>
<#function attached alert>
  <#return (alert.rows == alert.total)?then("All " + bounces(alert.rows), "The " + bounces(alert.rows) + " since the last mail")
      + (alert.rows == 1)?then(" is", " are") + " in the attached " + alert.file
      + "; " + (alert.listed == 1)?then("1 is", alert.listed?string + " are") + " shown here.">
</#function>
<#function counted group alert>
  <#return bounces(group.count) + (group.news != group.count && group.news > 0)?then(", " + group.news?string + " new", "")>
</#function>
<#function code said>
  <#return (said.code != "")?then(said.code + " (" + said.codeName + ")", none)>
</#function>
<#function status said>
  <#return said.enhancedCode + (said.status != "")?then(" (" + said.status + ")", "")>
</#function>
<#function same block>
  <#return domain(block.domain) + " × " + block.count?string>
</#function>
<#function more count>
  <#return count?string + " more like " + (count == 1)?then("this is", "these are") + " in the attached list.">
</#function>
<#function otherReplies count>
  <#return bounces(count) + " with other replies or destinations " + (count == 1)?then("is", "are") + " in the attached list.">
</#function>
<#function contradiction said>
  <#local reply = said.contradicts?then("reply", "status (" + said.enhancedCode + ")")>
  <#return "The code of Customers Mail Cloud (" + said.code + ") and the server's " + reply + " say different things. "
      + said.contradicts?then("The cause follows the reply.", "Look at the server's reply.")>
</#function>
<#function lasted alert>
  <#if alert.openedAt == alert.lastBounceAt>
    <#return (alert.stage == "opened" && alert.total > 1)?then("since ", "") + alert.openedAt>
  </#if>
  <#return alert.openedAt + " – " + clock(alert.lastBounceAt, alert) + " (" + duration(alert.minutes) + ")">
</#function>
<#-- The time without the date, if it is the day on which the incident began. -->
<#function clock time alert>
  <#return time?remove_beginning(alert.openedAt?keep_before(" ") + " ")>
</#function>
<#function seen alert>
  <#return alert.firstTime?string + " bounced for the first time, " + alert.known?string + " had bounced before">
</#function>
<#function bounces count>
  <#return counts(count, "bounce")>
</#function>
<#function counts count thing>
  <#return count?string + " " + thing + (count == 1)?then("", "s")>
</#function>
<#function rate figure>
  <#return bounces(figure.bounces) + " among " + figure.finished?string
      + (figure.finished == 1)?then(" finished delivery", " finished deliveries") + " in all (" + figure.percent + " %)">
</#function>
<#function next alert>
  <#if alert.stage == "closed">
    <#return "If it begins again, you hear of it under a new subject.">
  <#elseif alert.acknowledgedBy != "">
    <#return "The next mail comes in a day, when it is over, or if it becomes urgent.">
  </#if>
  <#return alert.allClear?then("You hear of further bounces, and when it is over.", "If more mail bounces, you hear of it.")>
</#function>
<#function addressed alert>
  <#return "This mail is for " + (audiences[alert.audience]!("the audience " + alert.audience)) + ". ">
</#function>
<#function times>
  <#return "All times are in " + zone + ".">
</#function>
<#function footer contact>
  <#return "Mail Events sends this mail automatically." + (contact != "")?then(" Questions: " + contact, "")>
</#function>
<#function duration minutes>
  <#local hours = (minutes / 60)?floor rest = minutes % 60>
  <#local parts = (hours > 0)?then([hours?string + " h"], []) + (rest > 0)?then([rest?string + " min"], [])>
  <#return (minutes == 0)?then("less than a minute", parts?join(" "))>
</#function>
<#function notice notice>
  <#local facts = notice.facts>
  <#switch notice.what>
    <#on "failed">
      <#return {
        "subject": "[Mail Events] " + facts.webhooks?string + (facts.webhooks == 1)?then(" webhook", " webhooks") + " could not be stored",
        "text": (facts.webhooks == 1)?then("It was", "They were")
            + " retried several times. Each time something other than the database failed, so "
            + (facts.webhooks == 1)?then("it was", "they were") + " quarantined in failed/ in the folder of the spool. Nothing is lost. "
            + "The reason is in a file beside each webhook. "
            + "Fix the cause, then move the files ending in .json and .form one folder up. Mail Events then replays them.",
        "details": {"Folder": folder}
      }>
    <#on "filling">
      <#return {
        "subject": "[Mail Events] The spool is " + facts.percent?string + " % full",
        "text": "Webhooks that cannot be stored now are kept in the spool. Once it is full, further webhooks are refused, "
            + "and the sender may not retry them. Make sure that the database is running, move the files in failed/ elsewhere, "
            + "or raise spool.max-size.",
        "details": {"Folder": folder}
      }>
    <#on "unreachable">
      <#return {
        "subject": "[Mail Events] Alerts do not reach "
            + (facts.addresses?size == 1)?then(facts.address, facts.addresses?size?string + " addresses"),
        "text": (facts.addresses?size == 1)?then("An alert mail to this address", "Alert mails to these addresses")
            + " bounced, so the alerts are not read there. "
            + "Check that the address in alert.to (or alert.to.<audience>) in application.properties is right, "
            + "and that mail from alert.from is not refused there.",
        "details": (facts.addresses?size == 1)?then(
            {"Address": facts.address, "Server's reply": (facts.reason != "")?then(facts.reason, none)},
            {"Addresses": facts.addresses?join("\n    "), "Server's reply (the first)": (facts.reason != "")?then(facts.reason, none)})
            + {"From": facts.from}
      }>
    <#on "refused">
      <#return {
        "subject": "[Mail Events] The server refuses a mail to " + facts.audience,
        "text": "The server refused a mail to the audience " + facts.audience + " permanently. Mail Events retries it for a day. "
            + "After that, this recipient does not get this mail. Later mails are still sent. Check " + facts.setting
            + " in application.properties, and what the server's reply says.",
        "details": {"Server's reply": facts.reply, "Recipient": (facts.address != "")?then(facts.address, facts.channel),
            "Setting": facts.setting}
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
<#-- The digest -->
<#assign
  comma = ", "
  digestTime = "Period"
  digestWhere = "Where"
  digestWhy = "Why"
  digestToDo = "To do"
  digestCompared = "Vendor"
  digestFactWidth = 48
  digestOnThePage = "See the open incident on the page"
  digestTrends = "More every week (the last four weeks)"
  digestNews = "New: not seen in the four weeks before"
  digestDead = "Mail to dead addresses"
  digestNext = "If there is nothing to say, no digest is sent."
  digestHowOften = "Change how often you get mails"
  digestColumns = ["Recipient", "Mails in the period", "Last mail", "Dead since", "Last bounce", "Cause", "Cause ID"]
  weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
>
<#function digestSubject digest>
  <#return "[Bounce digest] " + digestDay(digest) + ": " + digestSummary(digest)>
</#function>
<#function digestDay digest>
  <#return weekdays[digest.weekday - 1] + " " + digest.day>
</#function>
<#function digestSummary digest>
  <#if !digest.bounces??>
    <#return "the bounces could not be counted">
  <#elseif digest.bounces.total != 0>
    <#local domains = digest.bounces.domains>
    <#local others = domains.listed?size - 1 + domains.more>
    <#return digestCount(digest.bounces.total) + " at " + digestDomain(domains.listed[0].name)?truncate(60, "…")
        + (others > 0)?then(" and " + others?string + " more", "")>
  <#elseif digest.file != "">
    <#return mails(digest.dead.mails) + " to dead addresses">
  <#elseif digest.incident??>
    <#return "an incident is open">
  <#elseif digest.untold == 0 && digest.overdue == 0 && digest.compared?size != 0>
    <#return digestComparisons(digest.compared)>
  </#if>
  <#if digest.untold != 0>
    <#return digestCount(digest.untold) + " not yet reported">
  </#if>
  <#return digest.overdue?string + (digest.overdue == 1)?then(" mail", " mails") + " without an end">
</#function>
<#function digestStage digest>
  <#return "Digest of " + digestDay(digest)>
</#function>
<#function digestLength digest>
  <#return (digest.days == 7)?then("week", (digest.days == 1)?then("day", digest.days?string + " days"))>
</#function>
<#function digestIntro digest>
  <#if !digest.bounces??>
    <#return "The bounces of the last " + digestLength(digest) + " could not be counted.">
  <#elseif digest.bounces.total == 0>
    <#return "Nothing bounced in the last " + digestLength(digest) + ".">
  </#if>
  <#return mails(digest.bounces.total) + " bounced in the last "
      + digestLength(digest) + (digest.bounces.before??)?then(" (" + (digest.bounces.before!0)?string + " in the " + digestLength(digest)
          + " before)", "") + ".">
</#function>
<#function digestPeriod digest>
  <#return digest.from + " – " + digest.until>
</#function>
<#function digestPlaces bounces>
  <#return bounces.domains.listed?map(place -> {"text": digestDomain(place.name), "number": digestCount(place.count)})
      + (bounces.elsewhere > 0)?then([{"text": "other domains", "number": digestCount(bounces.elsewhere)}], [])>
</#function>
<#function digestDomain domain>
  <#return (domain != "")?then(domain, "no address")>
</#function>
<#function digestCauses bounces>
  <#return bounces.causes.listed?map(cause -> {"text": cause.name, "number": digestCount(cause.count)})
      + (bounces.otherwise > 0)?then([{"text": "other causes", "number": digestCount(bounces.otherwise)}], [])>
</#function>
<#function digestComparison compared>
  <#return compared.day + ": " + digestStored(compared.stored, compared.vendor)>
</#function>
<#function digestStored stored vendor>
  <#if stored gt vendor>
    <#return stored?string(",##0") + " events are stored, " + (stored - vendor)?string(",##0") + " more than the vendor has">
  </#if>
  <#return stored?string(",##0") + " of " + vendor?string(",##0") + " events are stored">
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
  <#return days?size?string + " days: " + digestStored(vendor - missing, vendor)>
</#function>
<#function digestEvents count day>
  <#return count?string + (count == 1)?then(" event", " events") + " of " + day>
</#function>
<#function digestTodo digest>
  <#local lines = []>
  <#local repaired = digest.compared?filter(day -> day.repaired != 0)?map(day -> digestEvents(day.repaired, day.day))>
  <#if repaired?size != 0>
    <#local lines += ["Find out why webhooks did not arrive: " + repaired?join(", ") + " came from the vendor's list instead."]>
  </#if>
  <#local missing = digest.compared?filter(day -> day.missing != 0)?map(day -> digestEvents(day.missing, day.day))>
  <#if missing?size != 0>
    <#local lines += ["The vendor has events that are not stored: " + missing?join(", ") + ". The remark of each day says why."]>
  </#if>
  <#if digest.file != "">
    <#local lines += ["Remove the dead addresses from your list: " + mails(digest.dead.mails) + " went to " + digest.dead.addresses?string
        + (digest.dead.addresses == 1)?then(" dead address.", " dead addresses.")]>
  </#if>
  <#if digest.incident??>
    <#local lines += ["An incident is open: " + digestCount(digest.incident.bounces) + " since " + digest.incident.openedAt
        + (digest.incident.acknowledgedBy != "")?then("; " + digest.incident.acknowledgedBy + " has it", "") + "."]>
  </#if>
  <#if digest.untold != 0>
    <#local lines += [digestCount(digest.untold) + (digest.untold == 1)?then(" has", " have") + " not been reported yet, since "
        + digest.untoldSince + "."]>
  </#if>
  <#if digest.overdue != 0>
    <#local lines += [digest.overdue?string + (digest.overdue == 1)?then(" mail was accepted and has", " mails were accepted and have")
        + " neither succeeded nor bounced." + (digest.vendorHasNone != 0)?then(" Customers Mail Cloud has no result for "
        + digest.vendorHasNone?string + " of them either.", "") + " Check their delivery in the console of Customers Mail Cloud."]>
  </#if>
  <#if digest.bounces?? && digest.bounces.trends.listed?size != 0>
    <#local count = digest.bounces.trends.listed?size + digest.bounces.trends.more>
    <#local lines += [count?string + (count == 1)?then(" kind of bounce grows", " kinds of bounces grow") + " every week."]>
  </#if>
  <#if digest.bounces?? && digest.bounces.news.listed?size != 0>
    <#local count = digest.bounces.news.listed?size + digest.bounces.news.more>
    <#local lines += [count?string + (count == 1)?then(" kind of bounce is", " kinds of bounces are") + " new."]>
  </#if>
  <#return lines>
</#function>
<#function digestUncounted digest>
  <#return (digest.bounces??)?then([], ["Counting the bounces took too long, so this digest has neither their number nor their trend."])
      + (digest.dead??)?then([], ["Finding the dead addresses that still get mail took too long, so this digest does not name them."])>
</#function>
<#function digestKind domain cause>
  <#return (domain != "")?then(domain, "all destinations") + colon + cause>
</#function>
<#function digestWeeks weeks>
  <#return weeks?map(week -> week?string)?join(" → ") + " bounces">
</#function>
<#function digestDeadText digest>
  <#return "These addresses are dead, or the vendor sends nothing to them. More mail to them harms your reputation as a sender. "
      + (digest.dead.rows?size == digest.dead.addresses)?then("All " + digest.dead.addresses?string + " are",
          "The " + digest.dead.rows?size?string + " with the most mails are") + " in the attached " + digest.file + ".">
</#function>
<#function digestWrittenTo address>
  <#return mails(address.mails) + ", the last at " + address.lastMailAt + "; dead since " + address.deadSince>
</#function>
<#function mails count>
  <#return count?string + (count == 1)?then(" mail", " mails")>
</#function>
<#function digestCount count>
  <#return count?string + (count == 1)?then(" bounce", " bounces")>
</#function>
<#function digestMore count>
  <#return count?string + " more">
</#function>
<#function digestAddressed digest>
  <#return "This digest is for " + (audiences[digest.audience]!("the audience " + digest.audience)) + ". ">
</#function>
<#-- The button in a chat. -->
<#assign open = "Open the incident">
