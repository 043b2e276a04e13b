//! 看家: alarms come off their shelves by themselves, and are quiet while their station is under
//! maintenance.

use super::Desk;
use super::writing::step;
use field::alarm::{Alarm, AlarmAct};
use field::id::{AlarmId, RuleId, StationCode};
use field::time::{MINUTE_MS, Time};
use std::collections::BTreeSet;
use store::tables::AlarmFilter;
use store::{Registry, StoreError, Subject};

/// Journal lines read at once while looking for shelves.
const PAGE: usize = 500;

impl Desk {
    /// Once a minute of the clock: shelves and maintenance whose time is up.
    pub(super) async fn keep_house(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        if now.since_ms(self.kept) < MINUTE_MS {
            return Ok(());
        }
        self.follow_shelves().await?;
        self.unshelve(now).await?;
        self.follow_maintenance().await?;
        self.kept = now;
        Ok(())
    }

    /// Reads from the journal which alarms people have shelved since.
    async fn follow_shelves(&mut self) -> Result<(), StoreError> {
        while self.journal_seen < self.store.tables.journal_head() {
            let lines = self.store.tables.journal_after(self.journal_seen, PAGE).await?;
            let Some(last) = lines.last() else { break };
            self.journal_seen = last.seq;
            for line in &lines {
                let Some(Subject::Alarm(id)) = line.subject() else { continue };
                match line.act.as_str() {
                    "shelve" => {
                        let until = line.body.pointer("/alarm/shelf/until").and_then(|u| u.as_str());
                        if let Some(until) = until.and_then(|u| u.parse().ok()) {
                            self.shelves.insert(id, until);
                        }
                    }
                    "unshelve" | "close" => {
                        self.shelves.remove(&id);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    async fn unshelve(&mut self, now: Time) -> Result<(), StoreError> {
        let due: Vec<AlarmId> =
            self.shelves.iter().filter(|(_, until)| **until <= now).map(|(id, _)| *id).collect();
        if due.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.tables.begin(Self::actor(), now).await?;
        for id in &due {
            if let Some(alarm) = tx.alarm(*id).await?
                && alarm.shelf.as_ref().is_some_and(|shelf| shelf.until <= now)
            {
                step(&mut tx, &alarm, &AlarmAct::Unshelve, now).await?;
            }
        }
        tx.commit().await?;
        self.shelves.retain(|id, _| !due.contains(id));
        Ok(())
    }

    /// Suppresses the alarms of stations that went into maintenance, and lets those of stations that
    /// came back call again.
    pub(super) async fn follow_maintenance(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let in_it = in_maintenance(&self.store.tables.registry(), now);
        let changed: Vec<StationCode> = in_it.symmetric_difference(&self.in_maintenance).cloned().collect();
        for code in changed {
            let filter =
                AlarmFilter { open: Some(true), station: Some(code.clone()), ..AlarmFilter::default() };
            let open = self.store.tables.alarms(&filter).await?;
            self.hush(&open, &in_it, now).await?;
        }
        self.in_maintenance = in_it;
        Ok(())
    }

    /// After a load: every open alarm as its station and its rule want it.
    pub(super) async fn settle_all(&mut self, open: &[Alarm]) -> Result<(), StoreError> {
        let now = self.clock.now();
        let in_it = in_maintenance(&self.store.tables.registry(), now);
        self.hush(open, &in_it, now).await?;
        self.in_maintenance = in_it;
        let unwatched = open.iter().filter(|a| a.state.is_active()).map(|a| a.rule);
        let gone: Vec<RuleId> = unwatched.filter(|rule| !self.settings.contains_key(rule)).collect();
        self.end_alarms_of(&gone).await
    }

    async fn hush(&self, open: &[Alarm], in_it: &BTreeSet<StationCode>, now: Time) -> Result<(), StoreError> {
        let wrong: Vec<AlarmId> =
            open.iter().filter(|a| a.suppressed != in_it.contains(&a.station)).map(|a| a.id).collect();
        if wrong.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.tables.begin(Self::actor(), now).await?;
        for id in wrong {
            let Some(alarm) = tx.alarm(id).await? else { continue };
            let quiet = in_it.contains(&alarm.station);
            let act = if quiet { AlarmAct::Suppress } else { AlarmAct::Unsuppress };
            step(&mut tx, &alarm, &act, now).await?;
        }
        tx.commit().await.map(|_| ())
    }

    /// A rule that was switched off or taken away watches nothing: its alarm returns to normal.
    pub(super) async fn end_alarms_of(&mut self, rules: &[RuleId]) -> Result<(), StoreError> {
        if rules.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut tx = self.store.tables.begin(Self::actor(), now).await?;
        for rule in rules {
            if let Some(alarm) = tx.open_alarm_of(*rule).await? {
                step(&mut tx, &alarm, &AlarmAct::Return, now).await?;
            }
        }
        tx.commit().await.map(|_| ())
    }
}

fn in_maintenance(registry: &Registry, now: Time) -> BTreeSet<StationCode> {
    let stations = registry.stations().values();
    let resting = stations.filter(|s| s.maintenance.as_ref().is_some_and(|m| m.until > now));
    resting.map(|s| s.code.clone()).collect()
}
