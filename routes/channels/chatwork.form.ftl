<#-- A form with body, of at most 65,535 characters, and self_unread: the message is unread for the owner of the token, too.
     https://developer.chatwork.com/docs/endpoints. In brackets, Chatwork would read a notation such as [toall]. -->
<#import "facts.ftl" as facts>
<#function plain text><#return text?replace("[", "［")?replace("]", "］")></#function>
<#assign body = "[info][title]" + plain(cut(facts.headline, 200)) + "[/title]" + plain(cut(facts.lines?join("\n"), 3000))
    + (alert.url != "")?then("\n" + alert.url, "") + "[/info]">
self_unread=1&body=${body?url("UTF-8")}
