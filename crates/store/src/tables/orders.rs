//! The orders' rows.

use super::alarms::limit_or_default;
use super::db::Select;
use super::{Line, NewOrder, OrderFilter, Subject, Tables, Tx, doc};
use crate::StoreError;
use crate::lives::Acted;
use field::id::{AlarmId, OrderId, StationCode};
use field::order::{Order, OrderAct, OrderState};
use serde_json::json;

const READ: &str = "SELECT body FROM orders";

impl Tables {
    /// One order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let query = sqlx::query("SELECT body FROM orders WHERE id = $1").bind(id.0);
        let row = self.db().row(query, "reading an order").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "orders")).transpose()
    }

    /// Orders, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn orders(&self, filter: &OrderFilter) -> Result<Vec<Order>, StoreError> {
        let query = Select::new(READ)
            .and("open =", filter.open.map(i64::from))
            .and("assignee =", filter.assignee.map(|p| p.0))
            .and("station =", filter.station.as_ref().map(ToString::to_string))
            .and("id <", filter.before_id.map(|id| id.0))
            .then("ORDER BY id DESC", limit_or_default(filter.limit));
        doc::read_all(&self.db().rows(query, "reading orders").await?, "orders")
    }

    /// Every order that is not closed, by id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_orders(&self) -> Result<Vec<Order>, StoreError> {
        let query = Select::new(READ).and("open =", Some(1)).all("ORDER BY id");
        doc::read_all(&self.db().rows(query, "reading open orders").await?, "orders")
    }

    /// The newest order that answers an alarm.
    ///
    /// # Errors
    /// What the database says.
    pub async fn order_of_alarm(&self, alarm: AlarmId) -> Result<Option<Order>, StoreError> {
        let query = "SELECT o.body FROM orders o JOIN order_alarms a ON a.order_id = o.id
            WHERE a.alarm = $1 ORDER BY o.id DESC LIMIT 1";
        let row = self.db().row(sqlx::query(query).bind(alarm.0), "reading an alarm's order").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "orders")).transpose()
    }
}

impl Tx {
    /// One order, as this transaction sees it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn order(&mut self, id: OrderId) -> Result<Option<Order>, StoreError> {
        let query = sqlx::query("SELECT body FROM orders WHERE id = $1").bind(id.0);
        let row = self.row(query, "reading an order").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "orders")).transpose()
    }

    /// The station's order that is not closed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_order_at(&mut self, station: &StationCode) -> Result<Option<Order>, StoreError> {
        let query = sqlx::query("SELECT body FROM orders WHERE station = $1 AND open = 1");
        let row = self.row(query.bind(station.to_string()), "reading a station's order").await?;
        row.map(|row| doc::read(&doc::text(&row, 0)?, "orders")).transpose()
    }

    /// Sends an order: its row, and the journal line `send` with `{"v":1,"order":…}`.
    ///
    /// # Errors
    /// [`StoreError::Sql`] when the station has an open order, or what the database says.
    pub async fn order_insert(&mut self, new: NewOrder) -> Result<Acted<Order>, StoreError> {
        let at = self.at();
        let order = Order {
            id: OrderId(self.next(|heads| &mut heads.orders)),
            station: new.station,
            spot: new.spot,
            block: new.block,
            alarms: new.alarms,
            severity: new.severity,
            state: OrderState::Sent,
            assignee: new.assignee,
            escalation: new.escalation,
            sent_at: at,
            accepted_at: None,
            departed_at: None,
            arrived_at: None,
            arrival: None,
            handled_at: None,
            handling: None,
            closed_at: None,
            closed_by: None,
            changed_at: at,
        };
        let query = "INSERT INTO orders (id, station, assignee, open, body) VALUES ($1, $2, $3, 1, $4)";
        let query = sqlx::query(query)
            .bind(order.id.0)
            .bind(order.station.to_string())
            .bind(order.assignee.0)
            .bind(doc::write(&order)?);
        self.run(query, "sending an order").await?;
        self.note_alarms(&order).await?;
        let line = self.line(&Subject::Order(order.id), "send", json!({ "v": 1, "order": order }))?;
        Ok(Acted { line, now: order })
    }

    /// Keeps an order as it is after `act`: its row, and the journal line of the act's name with
    /// `{"v":1,"order":…,"act":…}`.
    ///
    /// # Errors
    /// [`StoreError::Missing`], or what the database says.
    pub async fn order_put(&mut self, order: &Order, act: &OrderAct) -> Result<Line, StoreError> {
        let query = sqlx::query("UPDATE orders SET assignee = $2, open = $3, body = $4 WHERE id = $1")
            .bind(order.id.0)
            .bind(order.assignee.0)
            .bind(i64::from(order.state != OrderState::Closed))
            .bind(doc::write(order)?);
        if self.run(query, "changing an order").await? == 0 {
            return Err(StoreError::missing("order", order.id));
        }
        if matches!(act, OrderAct::Join { .. }) {
            self.note_alarms(order).await?;
        }
        let body = json!({ "v": 1, "order": order, "act": act });
        self.line(&Subject::Order(order.id), act.code(), body)
    }

    async fn note_alarms(&mut self, order: &Order) -> Result<(), StoreError> {
        for alarm in &order.alarms {
            let query = "INSERT INTO order_alarms (alarm, order_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
            self.run(sqlx::query(query).bind(alarm.0).bind(order.id.0), "noting an order's alarms").await?;
        }
        Ok(())
    }
}
