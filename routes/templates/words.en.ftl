<#-- The English wording. The cause of each code follows the bounce code table of Customers Mail Cloud. -->
<#assign
  when = "When"
  mailSubject = "Subject"
  causeLabel = "Cause"
  code = "code"
  reply = "The server's reply"
  messageId = "Message-ID"
  none = "none"
  footer = "Mail Events sends this mail by itself. Its recipients and wording are settings, in application.properties and routes/."
  audiences = {
    "list-owner": "for whoever keeps the list",
    "postmaster": "for the postmaster"
  }
  causes = {
    "1":  {"name": "Unknown host", "text": "The domain of the address does not resolve: the address is mistyped, or the domain is gone."},
    "2":  {"name": "Unknown user", "text": "The address does not exist. Take it off the list."},
    "3":  {"name": "Retransmission timeout", "text": "There was no connection, or only temporary errors, until the retries ran out. Later mail may arrive."},
    "4":  {"name": "Rejection", "text": "The destination's policy refused the mail. Check sender authentication (SPF, DKIM, DMARC) and reputation."},
    "5":  {"name": "Overcapacity", "text": "The mailbox or its disk is full. Later mail may arrive."},
    "6":  {"name": "Forward error", "text": "A forwarding address failed. The addressed mailbox may have the mail."},
    "7":  {"name": "Receiving server error", "text": "The destination is misconfigured. Tell its administrator."},
    "8":  {"name": "Oversized", "text": "The mail is too large. Send less, or a link in place of the attachment."},
    "9":  {"name": "Address format error", "text": "This is not a valid address. Correct it."},
    "10": {"name": "Blocked address", "text": "Delivery was not attempted, because the address failed before."},
    "11": {"name": "Unsubscribed address", "text": "Delivery was not attempted, because the recipient has unsubscribed."},
    "99": {"name": "Others", "text": "A permanent error that is not classified. See the server's reply."}
  }
>
<#function subject count audience>
  <#return "[Bounce] " + count?c + (count == 1)?then(" mail was", " mails were") + " not delivered (" + ((audiences[audience])!audience) + ")">
</#function>
<#function intro count>
  <#return (count == 1)?then("This mail was", "These " + count?c + " mails were") + " not delivered.">
</#function>
<#function cause code>
  <#return causes[code]!{"name": "Unknown code", "text": "The bounce code is new and in no table yet. See the server's reply."}>
</#function>
