<#-- The CSV attachment (RFC 4180) of a mail that has more bounces than it lists. A spreadsheet would run a cell that begins with = + - @ as
     a formula, and in Japan also one with the full-width sign. Such a cell gets an apostrophe (OWASP, CSV Injection). -->
<#import "words.${language}.ftl" as words>
<#function cell value><#return '"' + value?replace("^[=+\\-@＝＋－＠]", "'$0", "r")?replace('"', '""') + '"'></#function>
<#list words.columns as column>${cell(column)}<#sep>,</#list>
<#list alert.bounces as bounce>
${cell(bounce.occurredAt)},${cell(bounce.recipient)},${cell(bounce.code)},${cell(bounce.cause)},${cell(bounce.enhancedCode)},${cell(bounce.status)},${cell(bounce.reason)},${cell(bounce.known?then(words.yes, words.no))},${cell(bounce.subject)},${cell(bounce.sender)},${cell(bounce.messageId)},${cell(bounce.apiData)},${cell(bounce.codeName)},${cell(bounce.causeId)},${cell(bounce.dead?then(words.yes, words.no))}
</#list>
