<#-- An Adaptive Card as a message, of at most 28 KB. A TextRun shows its text as it is, without Markdown:
     https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using -->
<#import "facts.ftl" as facts>
<#escape text as text?json_string>
{
  "type": "message",
  "attachments": [{
    "contentType": "application/vnd.microsoft.card.adaptive",
    "contentUrl": null,
    "content": {
      "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
      "type": "AdaptiveCard",
      "version": "1.4",
      "msteams": {"width": "Full"},
      "body": [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "${cut(facts.headline, 300)}", "weight": "Bolder",
          "size": "Medium", "color": "${(alert.urgency??)?then("attention", "default")}"}]}
        <#list facts.lines as line>
        , {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "${cut(line, 600)}"}]}
        </#list>
      ]
      <#if alert.url != "">
      , "actions": [{"type": "Action.OpenUrl", "title": "${cut(facts.words.open, 40)}", "url": "${alert.url}"}]
      </#if>
    }
  }]
}
</#escape>
