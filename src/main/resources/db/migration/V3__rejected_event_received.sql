-- Rows older than retention.days are found without a scan of the whole table.
CREATE INDEX rejected_event_received ON rejected_event (received_at);
