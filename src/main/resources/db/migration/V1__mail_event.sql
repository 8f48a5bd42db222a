-- Runs unchanged on PostgreSQL and on H2 (MODE=PostgreSQL).

-- Append-only, one row an event. A row is also its own outbox: alert_state says whether its alert is due, claimed or sent.
CREATE TABLE mail_event (
    event_id           uuid                     PRIMARY KEY,
    event_type         varchar                  NOT NULL,
    status             varchar,
    kind               varchar,
    audience           varchar,
    message_id         varchar,
    recipient          varchar,
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
    -- pending, claimed or sent; no CHECK, because H2 evaluates one in the session that made it, and fails once that is closed
    alert_state        varchar,
    alert_id           uuid,
    alert_retry_at     timestamp with time zone
);
CREATE INDEX mail_event_message ON mail_event (message_id, recipient);
CREATE INDEX mail_event_recipient ON mail_event (recipient);
CREATE INDEX mail_event_alert ON mail_event (alert_state, audience);

-- What could not be stored as an event. An element's payload is a webhook of its own, so that it can be posted again after a fix.
CREATE TABLE rejected_event (
    rejected_id uuid                     PRIMARY KEY,
    received_at timestamp with time zone NOT NULL,
    reason      varchar                  NOT NULL,
    payload     text                     NOT NULL
);

-- For each message and recipient the strongest status so far, whatever the order of arrival.
CREATE VIEW message_status AS
SELECT message_id, recipient, status, event_type, kind, reason, occurred_at, event_id
FROM (
    SELECT r.*, ROW_NUMBER() OVER (
        PARTITION BY message_id, recipient
        ORDER BY strength DESC, COALESCE(occurred_at, received_at) DESC, event_id
    ) AS place
    FROM (
        SELECT event_id, message_id, recipient, event_type, kind, reason, occurred_at, received_at,
               CASE WHEN event_type = 'bounces' THEN 'bounced' ELSE status END AS status,
               CASE WHEN event_type = 'bounces' THEN 5
                    WHEN status = 'failed' THEN 4
                    WHEN status = 'succeeded' THEN 3
                    WHEN status = 'deferred' THEN 2
                    WHEN status = 'queued' THEN 1
                    ELSE 0 END AS strength
        FROM mail_event
        WHERE event_type IN ('deliveries', 'bounces')
    ) r
) ranked
WHERE place = 1;

-- The suppression list: addresses that bounced for good and have not taken mail since.
CREATE VIEW undeliverable_recipient AS
SELECT recipient, status, kind, reason, first_bounced_at, last_bounced_at, bounces
FROM (
    SELECT recipient, status, kind, reason,
           MIN(COALESCE(occurred_at, received_at)) OVER (PARTITION BY recipient) AS first_bounced_at,
           MAX(COALESCE(occurred_at, received_at)) OVER (PARTITION BY recipient) AS last_bounced_at,
           COUNT(*) OVER (PARTITION BY recipient) AS bounces,
           ROW_NUMBER() OVER (PARTITION BY recipient ORDER BY COALESCE(occurred_at, received_at) DESC, event_id) AS place
    FROM mail_event
    WHERE event_type = 'bounces' AND status IN ('1', '2', '9', '10', '11')
) b
WHERE place = 1 AND NOT EXISTS (
    SELECT 1 FROM mail_event taken
    WHERE taken.recipient = b.recipient AND taken.event_type = 'deliveries' AND taken.status = 'succeeded'
      AND COALESCE(taken.occurred_at, taken.received_at) > b.last_bounced_at
);
