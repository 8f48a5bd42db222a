<#-- https://developer.pagerduty.com/docs/send-alert-event: summary has at most 1,024 characters, dedup_key 255. An event with the action
     resolve needs no payload. No event takes back acknowledge, but a further trigger is added to the log of PagerDuty's incident. -->
<#import "facts.ftl" as facts>
<#assign action = {"opened": "trigger", "update": "trigger", "acknowledged": (alert.acknowledgedBy == "")?then("trigger", "acknowledge"), "closed": "resolve"}[alert.stage]>
<#escape text as text?json_string>
{
  "routing_key": "${channel["routing-key"]}",
  "event_action": "${action}",
  "dedup_key": "${incident.id}"
  <#if action == "trigger">
  , "client": "Mail Events"
  <#if alert.url != "">
  , "client_url": "${alert.url}"
  , "links": [{"href": "${alert.url}", "text": "${facts.words.open}"}]
  </#if>
  , "payload": {
    "summary": "${cut(facts.headline, 1024)}",
    "source": "mail-events",
    "severity": "${(alert.urgency??)?then("critical", "warning")}",
    "timestamp": "${incident.openedAt}",
    "group": "${alert.audience}",
    "custom_details": {
      "details": [<#list facts.lines as line>"${cut(line, 1000)}"<#sep>, </#list>],
      "bounces": ${alert.total?c}
    }
  }
  </#if>
}
</#escape>
