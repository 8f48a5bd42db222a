<#-- The text part of a digest. It is complete in itself and says the same as the HTML part. -->
<#import "words.${language}.ftl" as words>
${words.digestStage(digest)}${words.colon}${words.digestIntro(digest)}

<#list words.digestTodo(digest)>
${words.digestToDo}${words.colon}
<#items as line>
  - ${line}
</#items>
</#list>
<#if digest.bounces?? && digest.bounces.total != 0>
${words.digestWhere}${words.colon}<#list words.digestPlaces(digest.bounces) as place>${place.text} ${place.number}<#sep>${words.comma}</#list>
${words.digestWhy}${words.colon}<#list words.digestCauses(digest.bounces) as cause>${cause.text} ${cause.number}<#sep>${words.comma}</#list>
</#if>
${words.digestTime}${words.colon}${words.digestPeriod(digest)}
<#list digest.compared as day>
${words.digestCompared}${words.colon}${words.digestComparison(day)}
</#list>
<#list words.digestUncounted(digest) as line>
! ${line}
</#list>
<#if digest.incident?? && digest.incident.url != "">
${words.digestOnThePage}${words.colon}${digest.incident.url}
</#if>
<#if digest.bounces?? && digest.bounces.trends.listed?size != 0>

${words.mark} ${words.digestTrends}
<#list digest.bounces.trends.listed as trend>
  - ${words.digestKind(trend.domain, trend.cause)}${words.colon}${words.digestWeeks(trend.weeks)}
</#list>
<#if digest.bounces.trends.more != 0>
  - ${words.digestMore(digest.bounces.trends.more)}
</#if>
</#if>
<#if digest.bounces?? && digest.bounces.news.listed?size != 0>

${words.mark} ${words.digestNews}
<#list digest.bounces.news.listed as kind>
  - ${words.digestKind(kind.domain, kind.cause)}${words.colon}${words.digestCount(kind.count)}
</#list>
<#if digest.bounces.news.more != 0>
  - ${words.digestMore(digest.bounces.news.more)}
</#if>
</#if>
<#if digest.dead?? && digest.dead.addresses != 0>

${words.mark} ${words.digestDead}
${words.digestDeadText(digest)}
<#list digest.dead.top.listed as address>
  - ${address.recipient}${words.colon}${words.digestWrittenTo(address)}
</#list>
<#if digest.dead.top.more != 0>
  - ${words.digestMore(digest.dead.top.more)}
</#if>
</#if>

${words.digestNext}
<#if howOften != "">
${words.digestHowOften}${words.colon}${howOften}
</#if>
${words.digestAddressed(digest)}${words.times()}

${"-- "}
${words.footer(contact)}
