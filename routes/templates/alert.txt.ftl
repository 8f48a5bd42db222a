<#-- The text part of the alert mail: it stands alone and tells the same as the HTML part. -->
<#import "words.${language}.ftl" as words>
${words.intro(alert.bounces?size)}

<#list alert.bounces as bounce>
<#assign cause = words.cause(bounce.code)>
${bounce?counter?c}. ${bounce.recipient}
   ${words.when}: ${bounce.occurredAt} (${zone})
   ${words.mailSubject}: ${bounce.subject}
   ${words.causeLabel}: ${cause.name} (${words.code} ${bounce.code})
   ${cause.text}
   ${words.reply}: <#if bounce.reason?has_content>${bounce.reason}<#else>${words.none}</#if>
   ${words.messageId}: ${bounce.messageId}

</#list>
-- 
${words.footer}
