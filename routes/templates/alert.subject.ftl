<#-- The subject of the alert mail. -->
<#import "words.${language}.ftl" as words>
${words.subject(alert.bounces?size, alert.audience)}
