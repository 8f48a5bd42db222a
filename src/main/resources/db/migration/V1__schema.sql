-- The same text runs on PostgreSQL and on H2 (MODE=PostgreSQL). H2 has neither partitions nor partial indexes, so there these placeholders
-- are empty.

-- One row for each event. A row is also its own outbox: alert_state says how far its alert is.
-- The id begins with the event's own time. So the key makes an event unique in all partitions, and a new event changes the indexes of one
-- partition only.
CREATE TABLE mail_event (
    event_id           uuid                     PRIMARY KEY,
    event_type         varchar                  NOT NULL,
    status             varchar,
    -- Of a bounce or of a failed delivery: the id of its cause, and whether the address is dead. Otherwise null.
    cause              varchar,
    dead               boolean,
    kind               varchar,
    audience           varchar,
    message_id         varchar,
    recipient          varchar,
    ${lower-recipient}
    sender             varchar,
    return_path        varchar,
    subject            varchar,
    api_data           varchar,
    reason             varchar,
    enhanced_code      varchar,
    source_ip          varchar,
    sender_ip          varchar,
    server_composition varchar,
    occurred_at        timestamp with time zone,
    created_text       varchar,
    received_at        timestamp with time zone NOT NULL,
    extra              varchar,
    -- Pending, claimed, sent or own. There is no CHECK, because H2 would evaluate it in the session that created it, and would fail once
    -- that session is closed.
    alert_state        varchar,
    -- the mail that reports this bounce
    alert_id           uuid,
    -- the revision of the routes that decided this event
    route_revision     varchar
) ${partitioned};
${default-partition}
CREATE INDEX mail_event_message ON mail_event (message_id, recipient);
-- the events of an address, in whatever case it is written
CREATE INDEX mail_event_address ON mail_event (${address}, event_type, received_at);
CREATE INDEX mail_event_received ON mail_event (received_at);
CREATE INDEX mail_event_alert ON mail_event (alert_state, audience, received_at) ${alerts-only};
CREATE INDEX mail_event_alert_id ON mail_event (alert_id) ${mailed-only};
-- the bounces of a time
CREATE INDEX mail_event_bounce ON mail_event (event_type, received_at) ${bounces-only};

-- What could not be stored as an event. The payload of an element is a complete webhook, so that it can be posted again after a correction.
CREATE TABLE rejected_event (
    rejected_id uuid                     PRIMARY KEY,
    received_at timestamp with time zone NOT NULL,
    reason      varchar                  NOT NULL,
    payload     text                     NOT NULL
);
CREATE INDEX rejected_event_received ON rejected_event (received_at);

-- The route files of each revision, as they were when the revision decided its first event.
CREATE TABLE route_revision (
    revision      varchar                  PRIMARY KEY,
    first_used_at timestamp with time zone NOT NULL,
    -- a JSON object: the text of each file by its name
    files         text                     NOT NULL
);

-- From the first bounce of an audience after a quiet time to its all-clear.
CREATE TABLE alert_incident (
    incident_id    uuid                     PRIMARY KEY,
    audience       varchar                  NOT NULL,
    -- The audience while the incident is open, and then null. So an audience has one open incident, whichever process opens it.
    open_for       varchar                  UNIQUE,
    opened_at      timestamp with time zone NOT NULL,
    last_bounce_at timestamp with time zone NOT NULL,
    closed_at      timestamp with time zone,
    mails          integer                  NOT NULL,
    -- whether an all-clear tells its end, because one of its mails was urgent or had far more bounces than usual
    all_clear      boolean                  NOT NULL DEFAULT FALSE,
    -- the subject of the first mail as it was sent: a different subject would split the thread
    subject        varchar,
    -- when a recipient has answered that somebody works on it, and who: the address, or the name of the channel
    acknowledged_at timestamp with time zone,
    acknowledged_by varchar
);

-- The outbox: a mail is here before it is sent, with the bounces that it reports.
CREATE TABLE alert_mail (
    mail_id     uuid                     PRIMARY KEY,
    -- null for a mail that is about no incident
    incident_id uuid                     REFERENCES alert_incident (incident_id),
    number      integer,
    audience    varchar                  NOT NULL,
    what        varchar                  NOT NULL,
    -- of a mail about no incident: the address or the time that it is about; of an incident's mail: why it is urgent, if it is
    about       varchar,
    message_id  varchar                  NOT NULL,
    made_at     timestamp with time zone NOT NULL,
    -- when the first of its deliveries was sent, or when all were given up; the audience's next mail is made after that
    sent_at     timestamp with time zone,
    UNIQUE (incident_id, number)
);
CREATE INDEX alert_mail_message ON alert_mail (message_id);

-- One row for each recipient of a mail and for each channel. It is claimed, sent and retried alone, so a recipient or a channel that is
-- down delays no other.
CREATE TABLE alert_delivery (
    -- made of the other three, so every process makes the same id
    delivery_id   uuid                     PRIMARY KEY,
    mail_id       uuid                     NOT NULL REFERENCES alert_mail (mail_id),
    -- mail, or the name of another channel
    channel       varchar                  NOT NULL,
    -- of the channel mail: the address as in the setting; otherwise empty
    recipient     varchar                  NOT NULL,
    -- the time of the next attempt, or of the end of a lease; null once the delivery is sent or given up, or if it is not due yet
    retry_at      timestamp with time zone,
    sent_at       timestamp with time zone,
    gave_up_at    timestamp with time zone,
    -- since when the server refuses the delivery permanently
    refused_since timestamp with time zone,
    -- what the server last answered: one line without addresses
    failure       varchar
);
CREATE INDEX alert_delivery_mail ON alert_delivery (mail_id);
CREATE INDEX alert_delivery_due ON alert_delivery (channel, retry_at);

-- What recipients have answered. An answer that was undone stays.
CREATE TABLE alert_answer (
    answer_id   uuid                     PRIMARY KEY,
    -- acknowledge, mute or less-often
    what        varchar                  NOT NULL,
    incident_id uuid                     REFERENCES alert_incident (incident_id),
    audience    varchar                  NOT NULL,
    recipient   varchar                  NOT NULL,
    -- of mute: what is muted; a null means every cause or every destination
    cause       varchar,
    domain      varchar,
    -- of mute: the end; null means the end of the incident
    until_time  timestamp with time zone,
    -- of less-often: daily or weekly
    frequency   varchar,
    answered_at timestamp with time zone NOT NULL,
    undone_at   timestamp with time zone
);
CREATE INDEX alert_answer_incident ON alert_answer (incident_id);
CREATE INDEX alert_answer_recipient ON alert_answer (audience, recipient);

-- One row: the key that signs the links in alerts, if the setting alert.link-key is empty. The first process that needs it makes it.
CREATE TABLE link_key (
    purpose varchar PRIMARY KEY,
    secret  varchar NOT NULL
);

-- How many events of a status happened in each hour. A slot of ten minutes of the time of receipt is counted once it is over.
CREATE TABLE event_count (
    received_slot timestamp with time zone NOT NULL,
    occurred_hour timestamp with time zone NOT NULL,
    event_type    varchar                  NOT NULL,
    -- a status of a delivery that the vendor has documented, the cause of a bounce, or other
    status        varchar                  NOT NULL,
    events        bigint                   NOT NULL
);
CREATE INDEX event_count_slot ON event_count (received_slot);
CREATE INDEX event_count_hour ON event_count (occurred_hour);

-- How many messages to a destination were delivered or bounced in each hour, in the same slots as event_count.
CREATE TABLE destination_count (
    received_slot timestamp with time zone NOT NULL,
    occurred_hour timestamp with time zone NOT NULL,
    -- empty: all destinations of the slot that have neither many messages nor many bounces
    domain        varchar                  NOT NULL,
    -- of bounces; null: the messages were delivered
    cause         varchar,
    events        bigint                   NOT NULL
);
CREATE INDEX destination_count_slot ON destination_count (received_slot);
CREATE INDEX destination_count_hour ON destination_count (occurred_hour);

-- One row: all events that were received before this time are in event_count and destination_count.
CREATE TABLE event_counted (
    until_time timestamp with time zone NOT NULL
);
INSERT INTO event_counted (until_time) VALUES (TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00');

-- Slots in which events were stored late, for instance from the spool. They are counted again.
CREATE TABLE event_recount (
    received_slot timestamp with time zone NOT NULL
);

-- How many failed deliveries have a bounce, so that a failure is counted once: by the slot in which the bounce was received, and by the
-- hour in which the delivery failed.
CREATE TABLE paired_count (
    received_slot timestamp with time zone NOT NULL,
    occurred_hour timestamp with time zone NOT NULL,
    events        bigint                   NOT NULL
);
CREATE INDEX paired_count_slot ON paired_count (received_slot);
CREATE INDEX paired_count_hour ON paired_count (occurred_hour);

-- How many events of a slot were received how long after the time that they name. A negative delay is a time in the future.
CREATE TABLE receipt_delay (
    received_slot timestamp with time zone NOT NULL,
    delay_minutes integer                  NOT NULL,
    events        bigint                   NOT NULL
);
CREATE INDEX receipt_delay_slot ON receipt_delay (received_slot);

-- Events after which another one should have followed in time, and did not. A row is deleted within minutes after the other event has
-- arrived. The views overdue_message and unpaired_failure leave such a row out at once.
CREATE TABLE loose_end (
    event_id uuid                     PRIMARY KEY,
    -- overdue: an accepted message without an end; no-bounce: a failed delivery without its bounce; no-failed: a bounce without a delivery
    what     varchar                  NOT NULL,
    -- since when it is late
    due_at   timestamp with time zone NOT NULL
);
CREATE INDEX loose_end_due ON loose_end (what, due_at);

-- The events that were received before this time have been examined for loose ends.
CREATE TABLE loose_end_progress (
    what       varchar                  PRIMARY KEY,
    until_time timestamp with time zone NOT NULL
);
INSERT INTO loose_end_progress (what, until_time)
SELECT what, TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00' FROM (VALUES ('overdue'), ('no-bounce'), ('no-failed')) AS kinds (what);

-- One row: the personal data of all events that were received until this time has been removed, except for privacy_remainder.
CREATE TABLE privacy_progress (
    removed_until timestamp with time zone NOT NULL
);
INSERT INTO privacy_progress (removed_until) VALUES (TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00');

-- Times in which bounces still waited to be mailed, or in which rows were stored late, for instance from the spool.
CREATE TABLE privacy_remainder (
    remainder_id   uuid                     PRIMARY KEY,
    received_after timestamp with time zone NOT NULL,
    received_until timestamp with time zone NOT NULL,
    look_at        timestamp with time zone NOT NULL
);
CREATE INDEX privacy_remainder_look ON privacy_remainder (look_at);

-- For each message and recipient, the strongest status so far, whatever the order of arrival.
-- Without a window function: with one, H2 would read the whole table for a single message.
CREATE VIEW message_status AS
SELECT e.message_id, e.recipient, CASE WHEN e.event_type = 'bounces' THEN 'bounced' ELSE e.status END AS status,
       e.event_type, e.kind, e.reason, e.occurred_at, e.event_id
FROM mail_event e
WHERE e.event_type IN ('deliveries', 'bounces') AND e.message_id IS NOT NULL AND e.recipient IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM mail_event s
    WHERE s.message_id = e.message_id AND s.recipient = e.recipient AND s.event_type IN ('deliveries', 'bounces')
      AND ((CASE WHEN s.event_type = 'bounces' THEN 5 WHEN s.status = 'failed' THEN 4 WHEN s.status = 'succeeded' THEN 3
                 WHEN s.status = 'deferred' THEN 2 WHEN s.status = 'queued' THEN 1 ELSE 0 END)
         > (CASE WHEN e.event_type = 'bounces' THEN 5 WHEN e.status = 'failed' THEN 4 WHEN e.status = 'succeeded' THEN 3
                 WHEN e.status = 'deferred' THEN 2 WHEN e.status = 'queued' THEN 1 ELSE 0 END)
        OR (CASE WHEN s.event_type = 'bounces' THEN 5 WHEN s.status = 'failed' THEN 4 WHEN s.status = 'succeeded' THEN 3
                 WHEN s.status = 'deferred' THEN 2 WHEN s.status = 'queued' THEN 1 ELSE 0 END)
         = (CASE WHEN e.event_type = 'bounces' THEN 5 WHEN e.status = 'failed' THEN 4 WHEN e.status = 'succeeded' THEN 3
                 WHEN e.status = 'deferred' THEN 2 WHEN e.status = 'queued' THEN 1 ELSE 0 END)
           AND (COALESCE(s.occurred_at, s.received_at) > COALESCE(e.occurred_at, e.received_at)
             OR COALESCE(s.occurred_at, s.received_at) = COALESCE(e.occurred_at, e.received_at) AND s.event_id < e.event_id))
  );

-- Failures of which only one of two events has come.
CREATE VIEW unpaired_failure AS
SELECT e.event_id, CASE WHEN l.what = 'no-bounce' THEN 'bounce' ELSE 'failed' END AS missing, e.message_id, e.recipient, e.sender,
       e.subject, e.api_data, e.status, e.cause, e.reason, e.occurred_at, e.received_at, l.due_at
FROM loose_end l JOIN mail_event e ON e.event_id = l.event_id
WHERE l.what IN ('no-bounce', 'no-failed') AND e.message_id IS NOT NULL AND e.recipient IS NOT NULL
  AND COALESCE((SELECT 1 FROM mail_event s WHERE s.message_id = e.message_id AND s.recipient = e.recipient
        AND (l.what = 'no-bounce' AND s.event_type = 'bounces'
            OR l.what = 'no-failed' AND s.event_type = 'deliveries' AND s.status IN ('failed', 'succeeded')) LIMIT 1), 0) = 0;

-- The events with the address: the recipient in lower case. A query by address uses an index on both databases. PostgreSQL has an index
-- on the expression. H2 has no such indexes, so there the expression is a column, which H2 fills by itself.
CREATE VIEW event_by_address AS
SELECT e.*, ${address} AS address FROM mail_event e;

-- The suppression list: the addresses that bounced as dead, or to which the vendor sends nothing, and that have not taken mail since.
-- The case of a domain does not matter (RFC 5321, 2.4). So a recipient is here once: its address and its local part tell it apart.
-- A row whose personal data was removed has no recipient. All these rows would otherwise be one recipient.
-- What takes the recipient off the list is leaves_with: delivery is a mail that it takes. With unblocking, the vendor sends nothing before
-- somebody lifts the block, and the next mail that the recipient takes then takes it off.
CREATE VIEW undeliverable_recipient AS
SELECT recipient, address, status, cause, dead, kind, reason, first_bounced_at, last_bounced_at, bounces, last_succeeded_at,
       CASE WHEN cause = 'not-attempted' THEN 'unblocking' ELSE 'delivery' END AS leaves_with
FROM (
    SELECT b.*, (
        SELECT MAX(COALESCE(taken.occurred_at, taken.received_at)) FROM event_by_address taken
        WHERE taken.address = b.address AND taken.event_type = 'deliveries' AND taken.status = 'succeeded'
          AND LEFT(taken.recipient, POSITION('@' IN taken.recipient)) = b.local_part
    ) AS last_succeeded_at
    FROM (
        SELECT n.*,
               MIN(bounced_at) OVER (PARTITION BY address, local_part) AS first_bounced_at,
               MAX(bounced_at) OVER (PARTITION BY address, local_part) AS last_bounced_at,
               COUNT(*) OVER (PARTITION BY address, local_part) AS bounces,
               ROW_NUMBER() OVER (PARTITION BY address, local_part ORDER BY bounced_at DESC, event_id) AS place
        FROM (
            SELECT recipient, ${address} AS address, LEFT(recipient, POSITION('@' IN recipient)) AS local_part, status, cause, dead, kind,
                   reason, COALESCE(occurred_at, received_at) AS bounced_at, event_id
            FROM mail_event
            WHERE event_type = 'bounces' AND (dead OR cause = 'not-attempted') AND recipient IS NOT NULL
        ) n
    ) b
    WHERE place = 1
) listed
WHERE (last_succeeded_at > last_bounced_at) IS NOT TRUE;

-- One row: what is known of the times of the vendor's lists, and which process reconciles now.
CREATE TABLE reconciliation (
    -- how far created of a listed record is ahead of created of its webhook; null if it is not known
    offset_seconds bigint,
    -- how many records have confirmed the offset, and how many of them are bounces
    records        bigint                   NOT NULL,
    bounces        bigint                   NOT NULL,
    -- the first and the last day whose records have confirmed the offset
    from_day       date,
    until_day      date,
    -- whether the vendor's statistics have counted a day as the lists or the stored events do
    days_agree     boolean                  NOT NULL,
    -- why the newest day of the last run that could not be repaired was not; null if all could
    refusal        varchar,
    -- A lease: if the process that reconciles is killed, it expires.
    held_by        uuid,
    held_until     timestamp with time zone NOT NULL,
    -- the time of the schedule whose run has ended
    ran_for        timestamp with time zone
);
INSERT INTO reconciliation (records, bounces, days_agree, held_until)
VALUES (0, 0, FALSE, TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00');

-- A day of the vendor, as it was compared last.
CREATE TABLE reconciled_day (
    mail_day  date                     PRIMARY KEY,
    -- how many events are stored or in the spool, after the repair
    stored    bigint                   NOT NULL,
    -- how many events the vendor has; null if it was not asked
    vendor    bigint,
    -- how many of the stored events were missing and came from the vendor's list
    repaired  bigint                   NOT NULL,
    -- how many events the vendor has that are not stored
    missing   bigint                   NOT NULL,
    looked_at timestamp with time zone NOT NULL,
    -- whether it is proved that nothing is missing
    complete  boolean                  NOT NULL,
    -- why the day is not complete, or null
    remark    varchar
);

-- What has been listed of a day: bounces, day, or an hour from 00 to 23. The next run goes on behind these parts and pages.
CREATE TABLE reconciled_part (
    mail_day  date    NOT NULL,
    part      varchar NOT NULL,
    queued    bigint  NOT NULL,
    succeeded bigint  NOT NULL,
    failed    bigint  NOT NULL,
    bounced   bigint  NOT NULL,
    -- the page with which the listing goes on, and how many records its pages have; null if all pages are listed
    next_page integer,
    page_rows integer,
    PRIMARY KEY (mail_day, part)
);

-- The events whose webhook was missing. A row is written before its event goes to the spool.
CREATE TABLE repaired_event (
    event_id    uuid                     PRIMARY KEY,
    mail_day    date                     NOT NULL,
    occurred_at timestamp with time zone NOT NULL
);
CREATE INDEX repaired_event_day ON repaired_event (mail_day);

-- The processes whose spool has webhooks. No day is compared meanwhile, because these webhooks would look as if they were missing.
CREATE TABLE spool_backlog (
    process_id uuid                     PRIMARY KEY,
    seen_at    timestamp with time zone NOT NULL
);

-- How many calls of the vendor's API were made on a day.
CREATE TABLE vendor_call (
    call_day date    PRIMARY KEY,
    calls    integer NOT NULL
);

-- What happened at the HTTP endpoint in an hour, so that missing webhooks can be explained.
CREATE TABLE receiving_hour (
    received_hour timestamp with time zone PRIMARY KEY,
    -- one bit for each minute in which a process was running
    minutes       bigint                   NOT NULL,
    -- how many webhooks were answered 401, 413 and 503
    answered_401  bigint                   NOT NULL,
    answered_413  bigint                   NOT NULL,
    answered_503  bigint                   NOT NULL
);

-- Accepted messages without an end: they have not succeeded, failed or bounced, and have no event of another type. With NOT EXISTS instead
-- of COALESCE, PostgreSQL might read the whole table for a join.
-- The vendor has no end either (vendor_has_none) if the day of the message and every later day that was compared are proved complete. The
-- day after it must be among them, because the days of the vendor's lists may be those of another time zone.
CREATE VIEW overdue_message AS
SELECT e.event_id, e.message_id, e.recipient, e.sender, e.subject, e.api_data, e.occurred_at, e.received_at, l.due_at,
       (SELECT MAX(COALESCE(d.occurred_at, d.received_at)) FROM mail_event d WHERE d.message_id = e.message_id
            AND d.recipient = e.recipient AND d.event_type = 'deliveries' AND d.status = 'deferred') AS deferred_at,
       EXISTS (SELECT 1 FROM reconciled_day r WHERE r.complete AND CAST(r.mail_day AS varchar) = LEFT(e.created_text, 10))
           AND EXISTS (SELECT 1 FROM reconciled_day r WHERE r.complete AND CAST(r.mail_day AS varchar) > LEFT(e.created_text, 10))
           AND NOT EXISTS (SELECT 1 FROM reconciled_day r
               WHERE NOT r.complete AND CAST(r.mail_day AS varchar) >= LEFT(e.created_text, 10))
           AS vendor_has_none
FROM loose_end l JOIN mail_event e ON e.event_id = l.event_id
WHERE l.what = 'overdue' AND e.message_id IS NOT NULL AND e.recipient IS NOT NULL
  AND COALESCE((SELECT 1 FROM mail_event s WHERE s.message_id = e.message_id AND s.recipient = e.recipient
        AND NOT (s.event_type = 'deliveries' AND s.status IN ('queued', 'deferred')) LIMIT 1), 0) = 0;

-- One row for each job that one process at a time does. The process locks the row.
CREATE TABLE housekeeping (
    job varchar PRIMARY KEY
);
INSERT INTO housekeeping (job) VALUES ('COUNT'), ('EXPIRE'), ('PERSONAL_DATA'), ('PARTITIONS'), ('LOOSE_ENDS');
