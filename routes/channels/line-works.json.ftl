<#-- title, body.text, button.label and button.url: https://developers.worksmobile.com/jp/docs/webhook -->
<#import "facts.ftl" as facts>
<#escape text as text?json_string>
{
  "title": "${cut(facts.headline, 100)}",
  "body": {"text": "${cut(facts.lines?join("\n"), 1000)}"}
  <#if alert.url != "">
  , "button": {"label": "${cut(facts.words.open, 20)}", "url": "${alert.url}"}
  </#if>
}
</#escape>
