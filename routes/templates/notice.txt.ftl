<#-- A notice to the operators: the spool needs them. -->
<#import "words.${language}.ftl" as words>
${words.notice(notice).text}

  ${words.folder}: ${folder}

-- 
${words.footer}
