-- Personal data is removed after privacy.retention-days, and the rows stay. Runs unchanged on PostgreSQL and on H2 (MODE=PostgreSQL).

-- One row: all that was received up to this time has been looked at, and is not read again,
CREATE TABLE privacy_progress (
    removed_until timestamp with time zone NOT NULL
);
INSERT INTO privacy_progress (removed_until) VALUES (TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00');

-- but for these stretches of time: bounces in them are still to be mailed, or rows came late, out of the spool.
CREATE TABLE privacy_remainder (
    remainder_id   uuid                     PRIMARY KEY,
    received_after timestamp with time zone NOT NULL,
    received_until timestamp with time zone NOT NULL,
    look_at        timestamp with time zone NOT NULL
);
CREATE INDEX privacy_remainder_look ON privacy_remainder (look_at);

-- The view as it was, without the rows whose data was removed: those would all be one recipient.
CREATE OR REPLACE VIEW undeliverable_recipient AS
SELECT recipient, status, kind, reason, first_bounced_at, last_bounced_at, bounces
FROM (
    SELECT recipient, status, kind, reason,
           MIN(COALESCE(occurred_at, received_at)) OVER (PARTITION BY recipient) AS first_bounced_at,
           MAX(COALESCE(occurred_at, received_at)) OVER (PARTITION BY recipient) AS last_bounced_at,
           COUNT(*) OVER (PARTITION BY recipient) AS bounces,
           ROW_NUMBER() OVER (PARTITION BY recipient ORDER BY COALESCE(occurred_at, received_at) DESC, event_id) AS place
    FROM mail_event
    WHERE event_type = 'bounces' AND status IN ('1', '2', '9', '10', '11') AND recipient IS NOT NULL
) b
WHERE place = 1 AND NOT EXISTS (
    SELECT 1 FROM mail_event taken
    WHERE taken.recipient = b.recipient AND taken.event_type = 'deliveries' AND taken.status = 'succeeded'
      AND COALESCE(taken.occurred_at, taken.received_at) > b.last_bounced_at
);
