<#-- The CSV attachment (RFC 4180) of a digest: the dead addresses that mail was still sent to. A spreadsheet would run a cell that begins
     with = + - @ as a formula, and in Japan also one with the full-width sign. Such a cell gets an apostrophe (OWASP, CSV Injection). -->
<#import "words.${language}.ftl" as words>
<#function cell value><#return '"' + value?replace("^[=+\\-@＝＋－＠]", "'$0", "r")?replace('"', '""') + '"'></#function>
<#list words.digestColumns as column>${cell(column)}<#sep>,</#list>
<#list digest.dead.rows as row>
${cell(row.recipient)},${cell(row.mails?c)},${cell(row.lastMailAt)},${cell(row.deadSince)},${cell(row.lastBouncedAt)},${cell(row.cause)},${cell(row.causeId)}
</#list>
