<#-- What every channel says of an incident: a headline and some lines. The words are those of the mails. -->
<#import "words.${language}.ftl" as words>
<#assign headline = words.stage(alert) + words.colon + words.intro(alert)>
<#assign lines = alert.urgent?then([words.urgent(alert)], [])
    + alert.domains?has_content?then([words.domains + words.colon + words.top(alert)], [])
    + (alert.groups?size > 1)?then([words.byCause + words.colon
        + alert.groups?map(group -> group.cause.name + words.colon + words.counted(group, alert))?join(" / ")], [])
    + [words.period + words.colon + words.lasted(alert)]
    + alert.groups?has_content?then([words.action + words.colon + alert.groups[0].cause.action], [])
    + (alert.acknowledgedBy!"")?has_content?then([alert.acknowledgedBy!""], [])>
