-- What is older than retention.days is found without reading the whole table. Runs unchanged on PostgreSQL and on H2 (MODE=PostgreSQL).
CREATE INDEX rejected_event_received ON rejected_event (received_at);
