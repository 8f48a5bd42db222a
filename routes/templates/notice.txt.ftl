<#-- A notice to the operators: Mail Events needs their help. -->
<#import "words.${language}.ftl" as words>
<#assign told = words.notice(notice)>
${told.text}

<#list told.details as label, value>
  ${label}${words.colon}${value}
</#list>

${"-- "}
${words.footer(contact)}
