<#-- The subject of a notice to the operators. -->
<#import "words.${language}.ftl" as words>
${words.notice(notice).subject}
