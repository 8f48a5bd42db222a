-- Each event names the revision of the routes that decided it. Runs unchanged on PostgreSQL and on H2 (MODE=PostgreSQL).

-- The route files of each revision, as they were when it decided its first event.
CREATE TABLE route_revision (
    revision      varchar                  PRIMARY KEY,
    first_used_at timestamp with time zone NOT NULL,
    -- a JSON object: the text of each file by its name
    files         text                     NOT NULL
);

-- Null for an event that was stored before this migration.
ALTER TABLE mail_event ADD COLUMN route_revision varchar;
