<#-- The type, timestamp and data are as Standard Webhooks proposes. A receiver reads the data; headline and lines are for people. -->
<#import "facts.ftl" as facts>
<#escape text as text?json_string>
{
  "type": "incident.${alert.stage}",
  "timestamp": "${incident.madeAt}",
  "data": {
    "incident": "${incident.id}",
    "number": ${incident.number?c},
    "audience": "${alert.audience}",
    "acknowledged_by": "${alert.acknowledgedBy}",
    "urgent": ${(alert.urgency??)?c},
    "opened_at": "${incident.openedAt}",
    "last_bounce_at": "${incident.lastBounceAt}",
    "bounces": ${alert.total?c},
    "new_bounces": ${alert.news?c},
    "causes": [
      <#list incident.causes as cause>
      {"cause": "${cause.what}", "bounces": ${cause.count?c}, "new_bounces": ${cause.news?c}}<#sep>,</#sep>
      </#list>
    ],
    "destinations": [
      <#list alert.destinations as destination>
      {"domain": "${cut(destination.domain, 255)}", "bounces": ${destination.bounces?c}, "finished": ${destination.finished?c}}<#sep>,</#sep>
      </#list>
    ],
    "headline": "${cut(facts.headline, 500)}",
    "lines": [<#list facts.lines as line>"${cut(line, 1000)}"<#sep>, </#list>],
    "url": "${alert.url}"
  }
}
</#escape>
