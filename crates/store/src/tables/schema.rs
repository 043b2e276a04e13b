//! The tables' shape, and how an older one is brought up to it.
//!
//! One list of steps for both engines; a step that was released is never edited, only followed by
//! another. Columns are BIGINT (times in ms since 1970, ids, flags 0/1), TEXT and DOUBLE PRECISION
//! only: what SQLite and PostgreSQL mean the same by.

/// The steps, oldest first; the version of a database is how many it has seen.
pub(crate) const STEPS: &[&[&str]] = &[FIRST, CREDENTIALS, COMMANDS];

/// The newest version this program knows.
pub(crate) const VERSION: i64 = STEPS.len() as i64;

/// Where the version is kept; made before any step.
pub(crate) const VERSION_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (id BIGINT PRIMARY KEY, version BIGINT NOT NULL)";

/// 指令: what stations are asked and told.
const COMMANDS: &[&str] = &[
    "CREATE TABLE commands (
        id BIGINT PRIMARY KEY, station TEXT NOT NULL, open BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX commands_open ON commands (open, id)",
    "CREATE INDEX commands_station ON commands (station, id)",
];

/// 凭据: what stations prove themselves with.
const CREDENTIALS: &[&str] = &["CREATE TABLE credentials (
        station TEXT NOT NULL, protocol TEXT NOT NULL, login TEXT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (station, protocol, login))"];

const FIRST: &[&str] = &[
    // One row: the newest journal line with its hash, and the newest id of each kind. Whoever
    // writes updates this row first, so that writers stand in line and no number has a gap.
    "CREATE TABLE heads (
        id BIGINT PRIMARY KEY, journal BIGINT NOT NULL, hash TEXT NOT NULL, alarm BIGINT NOT NULL,
        orders BIGINT NOT NULL, message BIGINT NOT NULL, point BIGINT NOT NULL, rule BIGINT NOT NULL,
        quarantine BIGINT NOT NULL)",
    "INSERT INTO heads (id, journal, hash, alarm, orders, message, point, rule, quarantine)
        VALUES (1, 0, '', 0, 0, 0, 0, 0, 0)",
    "CREATE TABLE journal (
        seq BIGINT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, subject TEXT NOT NULL,
        act TEXT NOT NULL, body TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL)",
    "CREATE INDEX journal_subject ON journal (subject, seq)",
    "CREATE TABLE cursors (desk TEXT PRIMARY KEY, value BIGINT NOT NULL)",
    "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE idempotent (
        key TEXT NOT NULL, person BIGINT NOT NULL, at BIGINT NOT NULL, answer TEXT NOT NULL,
        PRIMARY KEY (key, person))",
    "CREATE INDEX idempotent_at ON idempotent (at)",
    // The registry.
    "CREATE TABLE stations (code TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE points (id BIGINT PRIMARY KEY, station TEXT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX points_station ON points (station)",
    "CREATE TABLE blocks (id BIGINT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE towns (code TEXT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE persons (id BIGINT PRIMARY KEY, login TEXT NOT NULL UNIQUE, body TEXT NOT NULL)",
    "CREATE TABLE rosters (block BIGINT PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE rules (id BIGINT PRIMARY KEY, point BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX rules_point ON rules (point)",
    "CREATE TABLE map_features (
        kind TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, name))",
    // Alarms and orders: the document, and the columns that lists ask for.
    "CREATE TABLE alarms (
        id BIGINT PRIMARY KEY, rule BIGINT NOT NULL, station TEXT NOT NULL, severity BIGINT NOT NULL,
        open BIGINT NOT NULL, raised_at BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE UNIQUE INDEX alarms_one_open_a_rule ON alarms (rule) WHERE open = 1",
    "CREATE INDEX alarms_open ON alarms (open, id)",
    "CREATE INDEX alarms_station ON alarms (station, id)",
    "CREATE INDEX alarms_rule ON alarms (rule, id)",
    "CREATE INDEX alarms_raised ON alarms (raised_at)",
    "CREATE TABLE orders (
        id BIGINT PRIMARY KEY, station TEXT NOT NULL, assignee BIGINT NOT NULL, open BIGINT NOT NULL,
        body TEXT NOT NULL)",
    "CREATE UNIQUE INDEX orders_one_open_a_station ON orders (station) WHERE open = 1",
    "CREATE INDEX orders_open ON orders (open, id)",
    "CREATE INDEX orders_assignee ON orders (assignee, id)",
    "CREATE INDEX orders_station ON orders (station, id)",
    "CREATE TABLE order_alarms (
        alarm BIGINT NOT NULL, order_id BIGINT NOT NULL, PRIMARY KEY (alarm, order_id))",
    // Messages and their ledger.
    "CREATE TABLE messages (
        id BIGINT PRIMARY KEY, key TEXT NOT NULL UNIQUE, person BIGINT NOT NULL, alarm BIGINT,
        order_id BIGINT, severity BIGINT NOT NULL, created_at BIGINT NOT NULL, read_at BIGINT,
        body TEXT NOT NULL)",
    "CREATE INDEX messages_person ON messages (person, id)",
    "CREATE INDEX messages_alarm ON messages (alarm, id)",
    "CREATE INDEX messages_order ON messages (order_id, id)",
    "CREATE TABLE deliveries (
        message BIGINT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL,
        next_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, receipt TEXT, merged_into BIGINT,
        severity BIGINT NOT NULL, created_at BIGINT NOT NULL, PRIMARY KEY (message, channel))",
    "CREATE INDEX deliveries_urgent ON deliveries (channel, state, severity DESC, created_at, message)",
    "CREATE INDEX deliveries_due ON deliveries (channel, state, next_at)",
    "CREATE TABLE attempts (
        seq BIGINT PRIMARY KEY, message BIGINT NOT NULL, channel TEXT NOT NULL, at BIGINT NOT NULL,
        outcome TEXT NOT NULL, detail TEXT NOT NULL)",
    "CREATE INDEX attempts_message ON attempts (message, seq)",
    "CREATE TABLE quarantine (
        id BIGINT PRIMARY KEY, at BIGINT NOT NULL, peer TEXT NOT NULL, protocol TEXT NOT NULL,
        station TEXT, reason TEXT NOT NULL, detail TEXT NOT NULL, raw TEXT NOT NULL, sum TEXT NOT NULL,
        times BIGINT NOT NULL, open BIGINT NOT NULL, dismissed_by BIGINT)",
    "CREATE INDEX quarantine_same ON quarantine (peer, sum)",
    "CREATE INDEX quarantine_open ON quarantine (open, id)",
    // Who may come in.
    "CREATE TABLE accounts (person BIGINT PRIMARY KEY, hash TEXT NOT NULL)",
    "CREATE TABLE sessions (
        token_hash TEXT PRIMARY KEY, person BIGINT NOT NULL, created_at BIGINT NOT NULL,
        seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
    "CREATE INDEX sessions_expires ON sessions (expires_at)",
    "CREATE TABLE push_subscriptions (
        endpoint TEXT PRIMARY KEY, person BIGINT NOT NULL, p256dh TEXT NOT NULL, auth TEXT NOT NULL,
        created_at BIGINT NOT NULL)",
    "CREATE INDEX push_person ON push_subscriptions (person, created_at)",
];
