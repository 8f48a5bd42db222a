<#-- The subject of a digest. It names the day, so that each digest is a thread of its own. -->
<#import "words.${language}.ftl" as words>
${words.digestSubject(digest)}
