<#-- The text part of the alert mail. It is complete in itself and says the same as the HTML part. -->
<#import "words.${language}.ftl" as words>
<#macro conclusion said reply>
   ${words.vendorCode}${words.colon}${words.code(said)}
   ${words.reply}${words.colon}${(reply != "")?then(reply, words.none)}
<#if said.enhancedCode != "">
   ${words.statusCode}${words.colon}${words.status(said)}
</#if>
<#if said.ambiguous>
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
${words.stage(alert)}${words.colon}${words.intro(alert)}
<#if alert.urgent>

*** ${words.urgent(alert)} ***

</#if>
<#if alert.figures??>
${words.usual(alert.figures)}
</#if>
<#if alert.file != "">
${words.attached(alert)}
</#if>
<#if alert.groups?size != 1>

${words.mark} ${words.byCause}
<#list alert.groups as group>
  - ${group.cause.name}${words.colon}${words.counted(group, alert)}
</#list>
</#if>
<#assign number = 0>
<#list alert.groups as group>

${words.mark} ${group.cause.name}${words.colon}${words.counted(group, alert)}
${group.cause.text}
${words.action}${words.colon}${group.cause.action}
${words.again}${words.colon}${group.cause.again}
<#list group.blocks as block>
<#if block.count != 1>

   ${words.same(block)}
<@conclusion block.said block.reply/>
</#if>
<#list block.bounces as bounce>
<#assign number++>

${number}. ${bounce.recipient}
<#if bounce.known>
   ${words.known}
</#if>
   ${words.when}${words.colon}${(bounce.occurredAt != "")?then(bounce.occurredAt, words.none)}
   ${words.mailSubject}${words.colon}${(bounce.subject != "")?then(bounce.subject, words.none)}
<#if block.count == 1>
<@conclusion block.said block.reply/>
<#elseif bounce.reason != block.reply>
   ${words.reply}${words.colon}${bounce.reason}
</#if>
<#if bounce.sender != "">
   ${words.sender}${words.colon}${bounce.sender}
</#if>
   ${words.messageId}${words.colon}${(bounce.messageId != "")?then(bounce.messageId, words.none)}
<#if bounce.apiData != "">
   ${words.apiData}${words.colon}${bounce.apiData}
</#if>
</#list>
<#if block.count != block.bounces?size>

   ${words.more(block.count - block.bounces?size)}
</#if>
</#list>
<#if group.more != 0>

${words.otherReplies(group.more)}
</#if>
</#list>

${words.mark} ${words.situation}
${words.period}${words.colon}${words.lasted(alert)}
${words.count}${words.colon}${words.totals(alert)}
${words.addresses}${words.colon}${words.seen(alert)}
${words.domains}${words.colon}${words.top(alert)}
<#if alert.figures??>
${words.hour}${words.colon}${words.rate(alert.figures.hour)}
${words.day}${words.colon}${words.rate(alert.figures.day)}
</#if>

${words.next(alert)}
${words.times()}

${"-- "}
${words.footer}
