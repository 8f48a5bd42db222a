<#-- The text part of the alert mail. It is complete in itself and says the same as the HTML part. -->
<#import "words.${language}.ftl" as words>
<#macro pairs label facts>
<#if facts?size == 1>
${label}${words.colon}${facts[0].text}${(facts[0].number != "")?then(words.colon + facts[0].number, "")}
<#else>
${label}${words.colon?trim}
<#list facts as fact>
  - ${fact.text}${words.colon}${fact.number}
</#list>
</#if>
</#macro>
<#macro conclusion said reply doubt>
   ${words.vendorCode}${words.colon}${words.code(said)}
   ${words.reply}${words.colon}${(reply != "")?then(reply, words.none)}
<#if said.enhancedCode != "">
   ${words.statusCode}${words.colon}${words.status(said)}
</#if>
<#if said.ambiguous && doubt == said.sureness>
<#-- The advice for the cause has said so. -->
<#elseif said.ambiguous>
   ! ${said.sureness}
<#elseif said.sureness != "">
   ${words.sureness}${words.colon}${said.sureness}
</#if>
<#if said.contradicts || said.disagrees>
   ! ${words.contradiction(said)}
</#if>
<#if said.removal != "">
   ${words.removal}${words.colon}${said.removal}
</#if>
</#macro>
<#macro origin of>
<#if of.subject != "">
   ${words.mailSubject}${words.colon}${of.subject}
</#if>
<#if of.sender != "">
   ${words.sender}${words.colon}${of.sender}
</#if>
<#if of.apiData != "">
   ${words.apiData}${words.colon}${of.apiData}
</#if>
</#macro>
${words.stage(alert)}${words.colon}${words.intro(alert)}
<#if alert.urgency??>

*** ${words.urgent(alert.urgency)} ***
</#if>

<#if alert.acknowledgedBy != "">
${words.owner}${words.colon}${words.acknowledged(alert)}
</#if>
<@pairs words.where words.places(alert)/>
<@pairs words.why words.reasons(alert)/>
${words.since}${words.colon}${words.lasted(alert)}
<#if words.advice(alert)?size != 0>
${words.todo}${words.colon}${words.advice(alert)?join("\n  ")}
</#if>
<#if alert.answers??>

<#if alert.stage != "closed">
<#if alert.acknowledgedBy == "">
${words.iHaveIt}${words.colon}${alert.answers.acknowledge}
</#if>
${words.mute}${words.colon}${alert.answers.mute}
</#if>
${words.lessOften}${words.colon}${alert.answers.lessOften}
${words.nothingYet}
</#if>
<#if alert.url != "">

${words.onThePage}${words.colon}${alert.url}
</#if>
<#if alert.file != "">

${words.attached(alert)}
</#if>
<#if alert.stage != "acknowledged">
<#assign number = 0>
<#list alert.groups as group>

<#if alert.single>
${words.mark} ${words.details}
<#else>
${words.mark} ${words.reason(group)}${words.colon}${words.counted(group, alert)}
<#if group.doubt == "">
${group.cause.text}
</#if>
${words.action}${words.colon}${words.todoFor(group)}
<#if group.doubt == "">
${words.again}${words.colon}${group.cause.again}
</#if>
</#if>
<#list group.blocks as block>
<#if block.count != 1>

   ${words.same(block)}
<@conclusion block.said block.reply group.doubt/>
<@origin block.common/>
</#if>
<#list block.bounces as bounce>
<#assign number++>

${number}. ${bounce.recipient}
<#if bounce.known>
   ${words.known}
</#if>
   ${words.when}${words.colon}${(bounce.occurredAt != "")?then(bounce.occurredAt, words.none)}
<#if block.count == 1>
<@conclusion block.said block.reply group.doubt/>
<#elseif alert.file == "" && bounce.reason != block.reply>
   ${words.reply}${words.colon}${bounce.reason}
</#if>
<@origin bounce/>
   ${words.messageId}${words.colon}${(bounce.messageId != "")?then(bounce.messageId, words.none)}
</#list>
<#if block.count != block.bounces?size>

   ${words.more(block.count - block.bounces?size)}
</#if>
</#list>
<#if group.more != 0>

${words.otherReplies(group.more)}
</#if>
</#list>
<#if alert.rows != 1 || alert.figures??>

${words.mark} ${words.situation}
${words.addresses}${words.colon}${words.seen(alert)}
<#if alert.figures??>
<#if alert.stage != "closed">
${words.compared}${words.colon}${words.usual(alert.figures)}
</#if>
${words.hour}${words.colon}${words.rate(alert.figures.hour)}
${words.day}${words.colon}${words.rate(alert.figures.day)}
</#if>
</#if>
</#if>

<#if alert.answered?size != 0>
${words.mark} ${words.answered}
<#list alert.answered as given>
${words.answer(given, alert)}
</#list>

</#if>
${words.next(alert)}
${words.addressed(alert)}${words.times()}

${"-- "}
${words.footer(contact)}
