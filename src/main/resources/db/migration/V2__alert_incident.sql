-- Bounces are told incident by incident. Runs unchanged on PostgreSQL and on H2 (MODE=PostgreSQL).

-- From the first bounce of an audience after a quiet time to its all-clear.
CREATE TABLE alert_incident (
    incident_id    uuid                     PRIMARY KEY,
    audience       varchar                  NOT NULL,
    -- the audience while it lasts, null once it is over: one incident at a time, whichever process opens it
    open_for       varchar                  UNIQUE,
    opened_at      timestamp with time zone NOT NULL,
    last_bounce_at timestamp with time zone NOT NULL,
    closed_at      timestamp with time zone,
    mails          integer                  NOT NULL,
    -- of its first mail, as it went out: a changed subject would split the thread
    subject        varchar
);

-- The outbox: a mail is here before it is sent, with the bounces that it tells, until the mail endpoint took it.
CREATE TABLE alert_mail (
    mail_id     uuid                     PRIMARY KEY,
    -- null for a mail that is about no incident
    incident_id uuid                     REFERENCES alert_incident (incident_id),
    number      integer,
    audience    varchar                  NOT NULL,
    what        varchar                  NOT NULL,
    -- the address or the time that the mail is about, where there is no incident
    about       varchar,
    message_id  varchar                  NOT NULL,
    made_at     timestamp with time zone NOT NULL,
    -- when it is tried again; null once it was sent
    retry_at    timestamp with time zone,
    sent_at     timestamp with time zone,
    UNIQUE (incident_id, number)
);
CREATE INDEX alert_mail_message ON alert_mail (message_id);

-- alert_id now is the mail that tells the bounce; what was on its way is told again, by a mail of the new kind.
UPDATE mail_event SET alert_state = 'pending', alert_id = NULL WHERE alert_state = 'claimed';
ALTER TABLE mail_event DROP COLUMN alert_retry_at;
DROP INDEX mail_event_alert;
CREATE INDEX mail_event_alert ON mail_event (alert_state, audience, received_at);
CREATE INDEX mail_event_alert_id ON mail_event (alert_id);
-- whether an address has bounced before
DROP INDEX mail_event_recipient;
CREATE INDEX mail_event_recipient ON mail_event (recipient, event_type, received_at);
CREATE INDEX mail_event_received ON mail_event (received_at);
