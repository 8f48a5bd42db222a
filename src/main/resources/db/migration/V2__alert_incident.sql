-- Alerts are grouped into incidents.

-- An incident lasts from the first bounce of an audience after a quiet time until the all-clear.
CREATE TABLE alert_incident (
    incident_id    uuid                     PRIMARY KEY,
    audience       varchar                  NOT NULL,
    -- the audience while the incident is open, null once it is closed: the key allows one open incident for each audience
    open_for       varchar                  UNIQUE,
    opened_at      timestamp with time zone NOT NULL,
    last_bounce_at timestamp with time zone NOT NULL,
    closed_at      timestamp with time zone,
    mails          integer                  NOT NULL,
    -- the subject of the first mail: a different subject would begin a new thread in the mail client
    subject        varchar
);

-- The outbox: a mail is stored here before it is sent. Its bounces have its mail_id in mail_event.alert_id.
CREATE TABLE alert_mail (
    mail_id     uuid                     PRIMARY KEY,
    -- null for a mail that belongs to no incident
    incident_id uuid                     REFERENCES alert_incident (incident_id),
    number      integer,
    audience    varchar                  NOT NULL,
    what        varchar                  NOT NULL,
    -- the address or the time that a mail without an incident is about
    about       varchar,
    message_id  varchar                  NOT NULL,
    made_at     timestamp with time zone NOT NULL,
    -- when the mail will be retried; null once it was sent
    retry_at    timestamp with time zone,
    sent_at     timestamp with time zone,
    UNIQUE (incident_id, number)
);
CREATE INDEX alert_mail_message ON alert_mail (message_id);

-- From now on alert_id is the mail that reports the bounce. A bounce whose mail was being sent is reported again, by a mail of the new
-- kind.
UPDATE mail_event SET alert_state = 'pending', alert_id = NULL WHERE alert_state = 'claimed';
ALTER TABLE mail_event DROP COLUMN alert_retry_at;
DROP INDEX mail_event_alert;
CREATE INDEX mail_event_alert ON mail_event (alert_state, audience, received_at);
CREATE INDEX mail_event_alert_id ON mail_event (alert_id);
-- for the question whether an address has bounced before
DROP INDEX mail_event_recipient;
CREATE INDEX mail_event_recipient ON mail_event (recipient, event_type, received_at);
CREATE INDEX mail_event_received ON mail_event (received_at);
