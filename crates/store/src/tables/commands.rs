//! The commands' rows.

use super::alarms::limit_or_default;
use super::db::Select;
use super::{Line, Subject, Tables, Tx, doc};
use crate::StoreError;
use crate::lives::Acted;
use field::command::{Command, CommandAct, Interlocks, NewCommand};
use field::id::{CommandId, StationCode};
use serde_json::json;

const READ: &str = "SELECT body FROM commands";

/// Which commands to list, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommandFilter {
    /// Only those not over (`true`) or only those that are.
    pub open: Option<bool>,
    /// Only of this station.
    pub station: Option<StationCode>,
    /// Only with an id below (cursor).
    pub before_id: Option<CommandId>,
    /// At most this many; 0 means [`super::DEFAULT_LIMIT`].
    pub limit: usize,
}

fn interlocks_key(station: &StationCode) -> String {
    format!("interlocks:{station}")
}

impl Tables {
    /// One command.
    ///
    /// # Errors
    /// What the database says.
    pub async fn command(&self, id: CommandId) -> Result<Option<Command>, StoreError> {
        let query = sqlx::query("SELECT body FROM commands WHERE id = $1").bind(id.0);
        let row = self.db().row(query, "reading a command").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "commands")).transpose()
    }

    /// Commands, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn commands(&self, filter: &CommandFilter) -> Result<Vec<Command>, StoreError> {
        let query = Select::new(READ)
            .and("open =", filter.open.map(i64::from))
            .and("station =", filter.station.as_ref().map(ToString::to_string))
            .and("id <", filter.before_id.map(|id| id.0))
            .then("ORDER BY id DESC", limit_or_default(filter.limit));
        doc::read_all(&self.db().rows(query, "reading commands").await?, "commands")
    }

    /// Every command that is not over, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_commands(&self) -> Result<Vec<Command>, StoreError> {
        let query = Select::new(READ).and("open =", Some(1)).all("ORDER BY id");
        doc::read_all(&self.db().rows(query, "reading open commands").await?, "commands")
    }

    /// The interlocks of a station; none when nobody set any.
    ///
    /// # Errors
    /// What the database says.
    pub async fn interlocks(&self, station: &StationCode) -> Result<Interlocks, StoreError> {
        let Some(value) = self.setting(&interlocks_key(station)).await? else {
            return Ok(Interlocks::default());
        };
        serde_json::from_value(value).map_err(|e| {
            let key = interlocks_key(station);
            StoreError::corrupt("table `settings`", &key, format!("{e}: set the interlocks again"))
        })
    }
}

impl Tx {
    /// One command, as this transaction sees it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn command(&mut self, id: CommandId) -> Result<Option<Command>, StoreError> {
        let query = sqlx::query("SELECT body FROM commands WHERE id = $1").bind(id.0);
        let row = self.row(query, "reading a command").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "commands")).transpose()
    }

    /// Asks for a command: its row, and the journal line `ask` with `{"v":1,"command":…}`, without
    /// its secrets.
    ///
    /// # Errors
    /// What the database says.
    pub async fn command_insert(&mut self, new: NewCommand) -> Result<Acted<Command>, StoreError> {
        let at = self.at();
        // Writers stand in line, and rows are never deleted: the next number is free.
        let newest =
            self.row(sqlx::query("SELECT COALESCE(MAX(id), 0) FROM commands"), "numbering a command");
        let newest = newest.await?.map_or(Ok(0), |row| doc::int(&row, 0))?;
        let command = Command::asked(CommandId(newest + 1), new, at);
        let query = sqlx::query("INSERT INTO commands (id, station, open, body) VALUES ($1, $2, 1, $3)")
            .bind(command.id.0)
            .bind(command.station.to_string())
            .bind(doc::write(&command)?);
        self.run(query, "asking for a command").await?;
        let body = json!({ "v": 1, "command": command.blotted() });
        let line = self.line(&Subject::Command(command.id), "ask", body)?;
        Ok(Acted { line, now: command })
    }

    /// Keeps a command as it is after `act`: its row, and the journal line of the act's name with
    /// `{"v":1,"command":…,"act":…}`, without its secrets.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or what the database says.
    pub async fn command_put(&mut self, command: &Command, act: &CommandAct) -> Result<Line, StoreError> {
        let query = sqlx::query("UPDATE commands SET open = $2, body = $3 WHERE id = $1")
            .bind(command.id.0)
            .bind(i64::from(command.state.is_open()))
            .bind(doc::write(command)?);
        if self.run(query, "changing a command").await? == 0 {
            return Err(StoreError::missing("command", command.id));
        }
        let body = json!({ "v": 1, "command": command.blotted(), "act": act });
        self.line(&Subject::Command(command.id), act.code(), body)
    }

    /// Sets the interlocks of a station, with the journal line of a setting.
    ///
    /// # Errors
    /// What the database says.
    pub async fn interlocks_put(
        &mut self,
        station: &StationCode,
        interlocks: &Interlocks,
    ) -> Result<(), StoreError> {
        self.setting_put(&interlocks_key(station), &json!(interlocks)).await
    }
}
