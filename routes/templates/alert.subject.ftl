<#-- The subject of all mails of an incident. -->
<#import "words.${language}.ftl" as words>
${words.subject(alert)}
