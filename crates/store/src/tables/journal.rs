//! 流水: who did what to which thing; append-only, numbered without gaps, each line sealed by the
//! hash of all before it.

use super::db::{Db, Query, Select};
use super::doc;
use crate::StoreError;
use crate::error::SqlContext as _;
use field::id::{AlarmId, BlockId, CommandId, JournalSeq, MessageId, OrderId, PersonId, RuleId, StationCode};
use field::time::Time;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person.
    Person(PersonId),
    /// One of the program's desks: `alarm`, `dispatch`, `gateway`, `import`, `api`.
    Desk(&'static str),
    /// Nobody known.
    Nobody,
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Desk(name) => write!(f, "desk:{name}"),
            Self::Nobody => f.write_str("nobody"),
        }
    }
}

/// What it was done to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// 报警.
    Alarm(AlarmId),
    /// 工单.
    Order(OrderId),
    /// 消息.
    Message(MessageId),
    /// 测站, its points included.
    Station(StationCode),
    /// 规则.
    Rule(RuleId),
    /// 区块, its roster included.
    Block(BlockId),
    /// 人员.
    Person(PersonId),
    /// 指令.
    Command(CommandId),
    /// The platform itself: settings, towns, map.
    System,
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alarm(id) => write!(f, "alarm:{id}"),
            Self::Order(id) => write!(f, "order:{id}"),
            Self::Message(id) => write!(f, "message:{id}"),
            Self::Station(code) => write!(f, "station:{code}"),
            Self::Rule(id) => write!(f, "rule:{id}"),
            Self::Block(id) => write!(f, "block:{id}"),
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Command(id) => write!(f, "command:{id}"),
            Self::System => f.write_str("system"),
        }
    }
}

impl std::str::FromStr for Subject {
    type Err = StoreError;

    /// Reads what `Display` writes, such as `alarm:12`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || StoreError::invalid("reading a journal subject", "write it as `alarm:12` or `system`");
        if text == "system" {
            return Ok(Self::System);
        }
        let (kind, id) = text.split_once(':').ok_or_else(bad)?;
        let number = || id.parse::<i64>().map_err(|_| bad());
        Ok(match kind {
            "alarm" => Self::Alarm(AlarmId(number()?)),
            "order" => Self::Order(OrderId(number()?)),
            "message" => Self::Message(MessageId(number()?)),
            "station" => Self::Station(StationCode::new(id).map_err(|_| bad())?),
            "rule" => Self::Rule(RuleId(number()?)),
            "block" => Self::Block(BlockId(number()?)),
            "person" => Self::Person(PersonId(number()?)),
            "command" => Self::Command(CommandId(number()?)),
            _ => return Err(bad()),
        })
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Line {
    /// Its number, from 1, without gaps.
    pub seq: JournalSeq,
    /// When (the clock of whoever wrote it).
    pub at: Time,
    /// Who: `person:7`, `desk:alarm`, `nobody`.
    pub actor: String,
    /// What it was done to: `alarm:12`, `system`.
    pub subject: String,
    /// What was done.
    pub act: String,
    /// The particulars, an object with its version `"v"`.
    pub body: Value,
    /// The hash of the line before, hexadecimal SHA-256.
    pub prev: String,
    /// The hash of this line.
    pub hash: String,
}

impl Line {
    /// The person who did it, when it was one.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        self.actor.strip_prefix("person:")?.parse().ok()
    }

    /// What it was done to; `None` for a kind of a newer program.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        self.subject.parse().ok()
    }
}

/// Longest body of a line, bytes: a block's polygon of ten thousand corners fits.
const MAX_BODY: usize = 1024 * 1024;
/// Lines read at once while the chain is recomputed.
const PAGE: usize = 2_000;
/// Lines written with one statement.
const TOGETHER: usize = 32;

/// A line not yet written, with its body as it will be stored.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) line: Line,
    text: String,
}

impl Draft {
    /// The line that follows one with the number `seq - 1` and the hash `prev`.
    pub(crate) fn after(
        (seq, prev): (i64, &str),
        at: Time,
        actor: Actor,
        subject: &Subject,
        act: &str,
        body: Value,
    ) -> Result<Self, StoreError> {
        let text = body.to_string();
        if text.len() > MAX_BODY {
            let why = format!("the body has {} bytes; at most {MAX_BODY} are kept", text.len());
            return Err(StoreError::invalid("writing a journal line", why));
        }
        let (actor, subject) = (actor.to_string(), subject.to_string());
        let hash = hash_of(prev, seq, at.ms(), &actor, &subject, act, &text);
        let line = Line {
            seq: JournalSeq(seq),
            at,
            actor,
            subject,
            act: act.to_owned(),
            body,
            prev: prev.to_owned(),
            hash,
        };
        Ok(Self { line, text })
    }
}

/// SHA-256 over everything in the line and the hash before it. Each text is preceded by its length,
/// so that no two lines run together to the same bytes.
fn hash_of(prev: &str, seq: i64, at_ms: i64, actor: &str, subject: &str, act: &str, body: &str) -> String {
    let mut hasher = Sha256::new();
    for text in [prev, &seq.to_string(), &at_ms.to_string(), actor, subject, act, body] {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hex(&hasher.finalize())
}

/// Bytes as lower-case hexadecimal text.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const COLUMNS: &str = "SELECT seq, at, actor, subject, act, body, prev, hash FROM journal";

/// Writes lines in the transaction.
pub(crate) async fn write(
    tx: &mut sqlx::Transaction<'static, sqlx::Any>,
    drafts: &[Draft],
) -> Result<(), StoreError> {
    const ONE: &str = "INSERT INTO journal (seq, at, actor, subject, act, body, prev, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    for group in drafts.chunks(TOGETHER) {
        let query = if group.len() == TOGETHER {
            sqlx::query(many_at_once())
        } else {
            for draft in group {
                bound(sqlx::query(ONE), draft).execute(&mut **tx).await.during("writing the journal")?;
            }
            continue;
        };
        let query = group.iter().fold(query, bound);
        query.execute(&mut **tx).await.during("writing the journal")?;
    }
    Ok(())
}

fn bound(query: Query, draft: &Draft) -> Query {
    let line = &draft.line;
    query
        .bind(line.seq.0)
        .bind(line.at.ms())
        .bind(line.actor.clone())
        .bind(line.subject.clone())
        .bind(line.act.clone())
        .bind(draft.text.clone())
        .bind(line.prev.clone())
        .bind(line.hash.clone())
}

/// The statement that writes [`TOGETHER`] lines, made once.
fn many_at_once() -> &'static str {
    static SQL: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    SQL.get_or_init(|| {
        let row = |n: usize| {
            let places: Vec<_> = (1..=8).map(|c| format!("${}", n * 8 + c)).collect();
            format!("({})", places.join(", "))
        };
        let rows: Vec<_> = (0..TOGETHER).map(row).collect();
        format!(
            "INSERT INTO journal (seq, at, actor, subject, act, body, prev, hash) VALUES {}",
            rows.join(", ")
        )
    })
}

fn line_of(row: &AnyRow) -> Result<(Line, String), StoreError> {
    let text = doc::text(row, 5)?;
    let seq = doc::int(row, 0)?;
    let body = serde_json::from_str(&text)
        .map_err(|e| StoreError::corrupt("the journal", format!("line {seq}"), e.to_string()))?;
    let line = Line {
        seq: JournalSeq(seq),
        at: Time::from_ms(doc::int(row, 1)?),
        actor: doc::text(row, 2)?,
        subject: doc::text(row, 3)?,
        act: doc::text(row, 4)?,
        body,
        prev: doc::text(row, 6)?,
        hash: doc::text(row, 7)?,
    };
    Ok((line, text))
}

/// Lines after `after`, in order.
pub(crate) async fn after(db: &Db, after: JournalSeq, limit: usize) -> Result<Vec<Line>, StoreError> {
    let query = Select::new(COLUMNS).and("seq >", Some(after.0)).then("ORDER BY seq", limit);
    lines(db, query).await
}

/// Lines before `before`, newest first, of one subject or of all.
pub(crate) async fn before(
    db: &Db,
    before: Option<JournalSeq>,
    subject: Option<&Subject>,
    limit: usize,
) -> Result<Vec<Line>, StoreError> {
    let query = Select::new(COLUMNS)
        .and("subject =", subject.map(ToString::to_string))
        .and("seq <", before.map(|b| b.0))
        .then("ORDER BY seq DESC", limit);
    lines(db, query).await
}

/// The first lines of one subject, in order.
pub(crate) async fn of(db: &Db, subject: &Subject, limit: usize) -> Result<Vec<Line>, StoreError> {
    let query = Select::new(COLUMNS).and("subject =", Some(subject.to_string())).then("ORDER BY seq", limit);
    lines(db, query).await
}

async fn lines(db: &Db, query: Query) -> Result<Vec<Line>, StoreError> {
    let rows = db.rows(query, "reading the journal").await?;
    rows.iter().map(|row| line_of(row).map(|(line, _)| line)).collect()
}

/// Recomputes the chain from line 1 on; the number of the last line.
pub(crate) async fn verify(db: &Db) -> Result<JournalSeq, StoreError> {
    let damaged =
        |seq: i64, detail: &str| StoreError::corrupt("the journal", format!("line {seq}"), detail.to_owned());
    let (mut seq, mut prev) = (0, String::new());
    loop {
        let query = Select::new(COLUMNS).and("seq >", Some(seq)).then("ORDER BY seq", PAGE);
        let rows = db.rows(query, "reading the journal").await?;
        for row in &rows {
            let (line, text) = line_of(row)?;
            if line.seq.0 != seq + 1 {
                return Err(damaged(seq + 1, "the line is missing"));
            }
            seq = line.seq.0;
            if line.prev != prev {
                return Err(damaged(seq, "it does not follow the line before it"));
            }
            let hash = hash_of(&prev, seq, line.at.ms(), &line.actor, &line.subject, &line.act, &text);
            if line.hash != hash {
                return Err(damaged(seq, "its content is not what was written"));
            }
            prev = line.hash;
        }
        if rows.len() < PAGE {
            break;
        }
    }
    let head =
        db.row(sqlx::query("SELECT journal, hash FROM heads WHERE id = 1"), "reading the heads").await?;
    if let Some(head) = head {
        // Lines may have been added since the last page was read; fewer may not be there.
        let (newest, hash) = (doc::int(&head, 0)?, doc::text(&head, 1)?);
        if newest < seq || (newest == seq && hash != prev) {
            return Err(damaged(seq, "it is not the line the heads name as the newest"));
        }
        if newest > seq && after(db, JournalSeq(seq), 1).await?.is_empty() {
            return Err(damaged(seq + 1, "the newest lines are missing"));
        }
    }
    Ok(JournalSeq(seq))
}
