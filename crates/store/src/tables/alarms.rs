//! The alarms' rows.

use super::db::Select;
use super::{AlarmFilter, DEFAULT_LIMIT, Line, NewAlarm, Subject, Tables, Tx, doc};
use crate::StoreError;
use crate::lives::Acted;
use field::alarm::{Alarm, AlarmAct, AlarmState};
use field::id::{AlarmId, RuleId};
use field::severity::Severity;
use serde_json::{Value, json};

/// Ids asked for with one statement.
const TOGETHER: usize = 500;
const READ: &str = "SELECT body FROM alarms";

/// Severity as a number that sorts: blue 1 to red 4.
pub(crate) const fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Blue => 1,
        Severity::Yellow => 2,
        Severity::Orange => 3,
        Severity::Red => 4,
    }
}

pub(crate) const fn limit_or_default(limit: usize) -> usize {
    if limit == 0 { DEFAULT_LIMIT } else { limit }
}

impl Tables {
    /// One alarm.
    ///
    /// # Errors
    /// What the database says.
    pub async fn alarm(&self, id: AlarmId) -> Result<Option<Alarm>, StoreError> {
        Ok(self.alarms_by_id(&[id]).await?.pop())
    }

    /// Alarms, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn alarms(&self, filter: &AlarmFilter) -> Result<Vec<Alarm>, StoreError> {
        let query = Select::new(READ)
            .and("open =", filter.open.map(i64::from))
            .and("station =", filter.station.as_ref().map(ToString::to_string))
            .and("rule =", filter.rule.map(|r| r.0))
            .and("severity =", filter.severity.map(rank))
            .and("raised_at >=", filter.since.map(|t| t.ms()))
            .and("id <", filter.before_id.map(|id| id.0))
            .then("ORDER BY id DESC", limit_or_default(filter.limit));
        doc::read_all(&self.db().rows(query, "reading alarms").await?, "alarms")
    }

    /// The alarms with these ids, by id; ids that do not exist are left out.
    ///
    /// # Errors
    /// What the database says.
    pub async fn alarms_by_id(&self, ids: &[AlarmId]) -> Result<Vec<Alarm>, StoreError> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(TOGETHER) {
            let query = Select::new(READ).and_in("id", some.iter().map(|id| id.0)).all("ORDER BY id");
            found.extend(doc::read_all(&self.db().rows(query, "reading alarms").await?, "alarms")?);
        }
        Ok(found)
    }

    /// Every alarm that is not closed, by id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        let query = Select::new(READ).and("open =", Some(1)).all("ORDER BY id");
        doc::read_all(&self.db().rows(query, "reading open alarms").await?, "alarms")
    }
}

impl Tx {
    /// One alarm, as this transaction sees it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn alarm(&mut self, id: AlarmId) -> Result<Option<Alarm>, StoreError> {
        let query = sqlx::query("SELECT body FROM alarms WHERE id = $1").bind(id.0);
        let row = self.row(query, "reading an alarm").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "alarms")).transpose()
    }

    /// The rule's alarm that is not closed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_alarm_of(&mut self, rule: RuleId) -> Result<Option<Alarm>, StoreError> {
        let query = sqlx::query("SELECT body FROM alarms WHERE rule = $1 AND open = 1").bind(rule.0);
        let row = self.row(query, "reading an alarm").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "alarms")).transpose()
    }

    /// Raises an alarm: its row, and the journal line `raise` with `{"v":1,"alarm":…}`.
    ///
    /// # Errors
    /// [`StoreError::Sql`] when the rule has an alarm that is not closed, or what the database says.
    pub async fn alarm_insert(&mut self, new: NewAlarm) -> Result<Acted<Alarm>, StoreError> {
        let at = new.at;
        let alarm = Alarm {
            id: AlarmId(self.next(|heads| &mut heads.alarm)),
            rule: new.rule,
            kind: new.kind,
            point: new.point,
            station: new.station,
            block: new.block,
            state: AlarmState::Raised,
            severity: new.severity,
            peak: new.severity,
            evidence: new.evidence,
            raised_at: at,
            changed_at: at,
            acknowledged: None,
            returned_at: None,
            closed_at: None,
            shelf: None,
            suppressed: new.suppressed,
        };
        let query = "INSERT INTO alarms (id, rule, station, severity, open, raised_at, body)
            VALUES ($1, $2, $3, $4, 1, $5, $6)";
        let query = sqlx::query(query)
            .bind(alarm.id.0)
            .bind(alarm.rule.0)
            .bind(alarm.station.to_string())
            .bind(rank(alarm.severity))
            .bind(at.ms())
            .bind(doc::write(&alarm)?);
        self.run(query, "raising an alarm").await?;
        let line = self.line(&Subject::Alarm(alarm.id), "raise", json!({ "v": 1, "alarm": alarm }))?;
        Ok(Acted { line, now: alarm })
    }

    /// Keeps an alarm as it is after `act`: its row, and the journal line of the act's name with
    /// `{"v":1,"alarm":…,"act":…}`. The samples of the evidence are in the line only where they are
    /// new: of `judge`.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or what the database says.
    pub async fn alarm_put(&mut self, alarm: &Alarm, act: &AlarmAct) -> Result<Line, StoreError> {
        let query = "UPDATE alarms SET severity = $2, open = $3, body = $4 WHERE id = $1";
        let query = sqlx::query(query)
            .bind(alarm.id.0)
            .bind(rank(alarm.severity))
            .bind(i64::from(alarm.state != AlarmState::Closed))
            .bind(doc::write(alarm)?);
        if self.run(query, "changing an alarm").await? == 0 {
            return Err(StoreError::missing("alarm", alarm.id));
        }
        let judged = matches!(act, AlarmAct::Judge { .. });
        let mut body = json!({ "v": 1, "alarm": alarm, "act": act });
        forget_samples(&mut body, if judged { "/act/evidence" } else { "/alarm/evidence" });
        self.line(&Subject::Alarm(alarm.id), act.code(), body)
    }
}

fn forget_samples(body: &mut Value, evidence: &str) {
    if let Some(samples) = body.pointer_mut(evidence).and_then(|e| e.get_mut("samples")) {
        *samples = json!([]);
    }
}
