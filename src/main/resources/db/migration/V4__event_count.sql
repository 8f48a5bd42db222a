-- The page and the API look into a large table without reading all of it. Runs unchanged on PostgreSQL and on H2 (MODE=PostgreSQL).

-- How many events of a status happened in each hour: ten minutes of what was received are counted once they are over.
CREATE TABLE event_count (
    received_slot timestamp with time zone NOT NULL,
    occurred_hour timestamp with time zone NOT NULL,
    event_type    varchar                  NOT NULL,
    -- of deliveries and bounces, where the vendor has documented it, else other
    status        varchar                  NOT NULL,
    events        bigint                   NOT NULL
);
CREATE INDEX event_count_slot ON event_count (received_slot);
CREATE INDEX event_count_hour ON event_count (occurred_hour);

-- One row: what was received before that is counted in event_count.
CREATE TABLE event_counted (
    until_time timestamp with time zone NOT NULL
);
INSERT INTO event_counted (until_time) VALUES (TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00');

-- Times in which events were stored that had been received before, as from the spool: they are counted again.
CREATE TABLE event_recount (
    received_slot timestamp with time zone NOT NULL
);

-- The bounces of a time. H2 indexes all events here, because it has no partial indexes.
CREATE INDEX mail_event_bounce ON mail_event (event_type, received_at) ${bounces-only};

-- The same rows as before, without a window function: H2 would read the whole table for a single message.
DROP VIEW message_status;
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
