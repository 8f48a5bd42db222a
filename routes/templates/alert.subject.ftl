<#-- The subject of an incident's mails. -->
<#import "words.${language}.ftl" as words>
${words.subject(alert)}
