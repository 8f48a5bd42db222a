<#-- The text is for notifications; the blocks are the message. A header has at most 150 characters and a section 3,000. & < > are escaped:
     https://docs.slack.dev/messaging/formatting-message-text -->
<#import "facts.ftl" as facts>
<#function plain text><#return text?replace("&", "&amp;")?replace("<", "&lt;")?replace(">", "&gt;")></#function>
<#escape text as text?json_string>
{
  "text": "${plain(cut(facts.headline, 500))}",
  "blocks": [
    {"type": "header", "text": {"type": "plain_text", "emoji": false, "text": "${cut(facts.headline, 150)}"}},
    {"type": "section", "text": {"type": "plain_text", "emoji": false, "text": "${cut(facts.lines?join("\n"), 2900)}"}}
    <#if alert.url != "">
    , {"type": "section", "text": {"type": "mrkdwn", "text": "<${alert.url}|${plain(facts.words.open)}>"}}
    </#if>
  ]
}
</#escape>
