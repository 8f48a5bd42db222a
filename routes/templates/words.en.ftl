<#-- The English wording. The cause of each code follows the bounce code table of Customers Mail Cloud. -->
<#assign
  when = "When"
  mailSubject = "Subject"
  causeLabel = "Cause"
  code = "code"
  reply = "Error message"
  messageId = "Message-ID"
  none = "none"
  folder = "Folder"
  footer = "Mail Events sends this mail by itself. Change its recipients in application.properties and its wording in routes/templates/."
  audiences = {
    "list-owner": "for whoever keeps the list",
    "postmaster": "for the postmaster"
  }
  causes = {
    "1":  {"name": "Unknown host", "text": "The domain of the address was not found: it is mistyped, or it has lapsed. Correct the address, or take it off the list."},
    "2":  {"name": "Unknown user", "text": "The address does not exist. Check it for a typing error, or take it off the list."},
    "3":  {"name": "Retransmission timeout", "text": "There was no connection, or only temporary errors, until the retries ran out. Sent again later, it may arrive."},
    "4":  {"name": "Rejection", "text": "The destination's policy refused the mail. Check sender authentication (SPF, DKIM, DMARC), your reputation, and the recipient's own filters."},
    "5":  {"name": "Overcapacity", "text": "The mailbox or the server's disk is full. Sent again later, it may arrive; if this repeats, nobody may be using the address."},
    "6":  {"name": "Forward error", "text": "A forwarding address of the recipient failed. The addressed mailbox may have the mail. Ask the recipient to check the forwarding."},
    "7":  {"name": "Receiving server error", "text": "The destination's mail server or DNS (MX) is misconfigured. Tell the recipient or its administrator, and not by mail."},
    "8":  {"name": "Oversized", "text": "The mail is larger than the destination takes. Attach less, or send a link for download."},
    "9":  {"name": "Address format error", "text": "This is not a valid address (full-width characters, two dots in a row). Correct it."},
    "10": {"name": "Blocked address", "text": "Delivery was not attempted, because the address failed before. Take it off the list; if it is valid, lift the block in the console and send again."},
    "11": {"name": "Unsubscribed address", "text": "Delivery was not attempted, because the recipient has unsubscribed. Take the address off the list."},
    "99": {"name": "Others", "text": "A permanent error that no other code covers. See the error message."}
  }
>
<#function subject count audience>
  <#return "[Bounce] " + count?c + (count == 1)?then(" delivery error", " delivery errors") + " (" + ((audiences[audience])!audience) + ")">
</#function>
<#function intro count>
  <#return (count == 1)?then("This delivery", "These " + count?c + " deliveries") + " failed.">
</#function>
<#function cause code>
  <#return causes[code]!{"name": "Unknown code", "text": "The bounce code is new and in no table yet. See the error message."}>
</#function>
<#function notice notice>
  <#return {
    "failed": {
      "subject": "[Mail Events] " + notice.webhooks?c + (notice.webhooks == 1)?then(" webhook", " webhooks") + " could not be stored",
      "text": "They were tried several times, each time something other than the database failed, and they were set aside. Nothing is lost. In the folder failed/ of the spool each has its reason beside it. Mend the cause, then move the files ending in .json and .form one folder up: they are sent in again by themselves."
    },
    "filling": {
      "subject": "[Mail Events] The spool is " + notice.percent?c + " % full",
      "text": "Webhooks that cannot be stored now are kept in the spool. Once it is full, further ones are refused, and the sender may not send them again. See to it that the database answers, move what is in failed/ elsewhere, or raise spool.max-size."
    }
  }[notice.what]>
</#function>
