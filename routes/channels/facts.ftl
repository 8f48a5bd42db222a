<#-- What every channel says of an incident: a headline and some lines, in the words of the mails. A single bounce is told with its domain
     and without its address, because a chat is no place for addresses of strangers. -->
<#import "words.${language}.ftl" as words>
<#function listed label facts>
  <#local texts = facts?map(fact -> fact.text + (fact.number != "")?then(words.colon + fact.number, ""))>
  <#if texts?size == 1>
    <#return [label + words.colon + texts[0]]>
  </#if>
  <#return [label + words.colon?trim] + texts[0..*5]?map(text -> "- " + text) + (texts?size > 5)?then(["- …"], [])>
</#function>
<#assign headline = words.stage(alert) + words.colon + words.intro(alert)>
<#assign lines = (alert.urgency??)?then([words.urgent(alert.urgency)], [])
    + (alert.acknowledgedBy != "")?then([words.owner + words.colon + words.acknowledged(alert)], [])
    + words.advice(alert)[0..*1]?map(advice -> words.todo + words.colon + advice)
    + listed(words.where, (alert.total == 1)?then([{"text": words.destination(alert), "number": ""}], words.places(alert)))
    + listed(words.why, words.reasons(alert))
    + [words.since + words.colon + words.lasted(alert)]>
