//! 调度员: takes what nobody took, asks somebody else where nobody answers, closes what is done.

use super::Life;
use super::session::{Browser, Refused};
use super::views::{AlarmSeen, OrderSeen, Page};
use crate::town::Login;
use field::clock::Clock;
use field::order::OrderState;
use field::time::{SECOND_MS, Time};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// How often the desk is looked over, seconds of the town's time.
const LOOKS_EVERY_S: f64 = 60.0;
/// Shortest real time between two looks.
const LEAST_LOOK: Duration = Duration::from_millis(400);
/// An alarm that stays untaken for so long, with nobody at its order, is taken by the dispatcher.
const TAKES_AFTER_MS: i64 = 600 * SECOND_MS;
/// An order nobody accepted for so long is given to the next of the chain.
const ASKS_ELSEWHERE_AFTER_MS: i64 = 1_200 * SECOND_MS;

/// Lives: looks the desk over again and again.
pub(super) async fn live(life: Life, login: Login) {
    let Some(mut browser) = Browser::open(&life.base, login, Arc::clone(&life.acts)) else { return };
    let mut clock = life.clock.clone();
    clock.started().await;
    loop {
        tokio::time::sleep(clock.real(LOOKS_EVERY_S, LEAST_LOOK)).await;
        if clock.hands().dispatcher && clock.speed() > 0.0 {
            // A refusal means that somebody else was quicker: look again.
            drop(look_over(&mut browser, &life, clock.now()).await);
        }
    }
}

async fn look_over(browser: &mut Browser, life: &Life, now: Time) -> Result<(), Refused> {
    let orders: Page<OrderSeen> = browser.get("/orders?open=true&limit=500").await?;
    for order in &orders.items {
        drop(order_next(browser, life, order, now).await);
    }
    let alarms: Page<AlarmSeen> = browser.get("/alarms?open=true&limit=500").await?;
    for alarm in &alarms.items {
        let waits = now.since_ms(alarm.changed_at) >= TAKES_AFTER_MS;
        let is_handled_by_somebody = alarm.order.is_some_and(|o| o.state == OrderState::Sent);
        if alarm.state.is_unacknowledged() && waits && !is_handled_by_somebody {
            drop(browser.act(&format!("/alarms/{}/acknowledge", alarm.id), json!({})).await);
        }
    }
    Ok(())
}

async fn order_next(browser: &mut Browser, life: &Life, order: &OrderSeen, now: Time) -> Result<(), Refused> {
    let path = |act: &str| format!("/orders/{}/{act}", order.id);
    match order.state {
        OrderState::Handled if !order.is_active() => {
            browser.act(&path("close"), json!({ "reason": null })).await
        }
        OrderState::Handled => {
            let waited_ms = order.handled_at.map_or(0, |at| now.since_ms(at));
            if (waited_ms as f64) < life.habits.close_anyway_after_s * 1_000.0 {
                return Ok(());
            }
            let reason = "现场已处置,持续观察(模拟)";
            browser.act(&path("close"), json!({ "reason": reason })).await
        }
        OrderState::Sent if now.since_ms(order.sent_at) >= ASKS_ELSEWHERE_AFTER_MS => {
            let chain = life.town.blocks.iter().find(|b| b.ring.contains(order.spot)).map(|b| b.chain);
            let Some(chain) = chain else { return Ok(()) };
            let next = [chain.a, chain.b, chain.supervisor].into_iter().find(|p| p.0 != order.assignee.id);
            let Some(next) = next else { return Ok(()) };
            browser.act(&path("reassign"), json!({ "to": next.0, "reason": "无人接单,改派(模拟)" })).await
        }
        _ => Ok(()),
    }
}
