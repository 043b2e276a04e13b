//! 区块责任人: looks at the phone, takes the order, goes there, handles it.

use super::session::{Browser, Refused};
use super::views::{OrderSeen, Page, PhotoKept};
use super::{Life, photo};
use crate::dice::Dice;
use crate::town::Login;
use field::order::OrderState;
use field::place::Position;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// An owner who heard nothing looks at the phone this often, seconds of the town's time.
const LOOKS_EVERY_S: f64 = 1_200.0;
/// Shortest real time between two looks: a phone is not a load generator, however fast the playback.
const LEAST_LOOK: Duration = Duration::from_secs(2);
/// From accepting to setting off, seconds.
const SETS_OFF_S: (f64, f64) = (20.0, 90.0);
/// Roads are longer than the straight line by this factor.
const DETOUR: f64 = 1.3;
/// Within how many degrees of the spot a phone says it is (about 50 m).
const NEAR_DEG: f64 = 0.000_4;

const OPEN_ORDERS: &str = "/orders?open=true&limit=100";

/// What owners write after the work.
const WORDS: [&str; 6] = [
    "雨篦子已清理,积水正在消退",
    "已设警示桩,移动泵抽排中,水位回落",
    "现场查看,水位开始下降,无人员受困",
    "井盖已复位,管道通畅",
    "已疏通雨水口,路面可以通行",
    "设备已检查,信号恢复正常",
];

/// Lives: answers the phone at once, and works through what was accepted, one order after the other.
pub(super) async fn live(life: Life, login: Login, phone: Arc<Notify>) {
    let home =
        life.town.blocks.iter().find(|b| b.chain.a == login.person || b.chain.supervisor == login.person);
    let Some(at) = home.or(life.town.blocks.first()).map(|b| b.ring.middle()) else { return };
    let browser = || Browser::open(&life.base, login.clone(), Arc::clone(&life.acts));
    let (Some(at_hand), Some(at_work)) = (browser(), browser()) else { return };
    let work = Arc::new(Notify::new());
    let answering =
        Answering { life: life.clone(), login: login.clone(), browser: at_hand, work: Arc::clone(&work) };
    let working = Working { life, login, browser: at_work, at };
    tokio::join!(answering.go_on(phone), working.go_on(work));
}

/// The hand on the phone.
struct Answering {
    life: Life,
    login: Login,
    browser: Browser,
    work: Arc<Notify>,
}

impl Answering {
    async fn go_on(mut self, phone: Arc<Notify>) {
        self.life.clock.started().await;
        let mut buzzes: i64 = 0;
        loop {
            let by_itself = self.life.clock.real(LOOKS_EVERY_S, LEAST_LOOK);
            let buzzed = tokio::time::timeout(by_itself, phone.notified()).await.is_ok();
            if !self.life.clock.hands().people {
                continue;
            }
            if buzzed {
                buzzes += 1;
                let mut dice = Dice::of(self.life.town.seed, &self.login.login, buzzes);
                let (least, most) = self.life.habits.looks_after_s;
                self.life.clock.pass(dice.between(least, most)).await;
            }
            self.answer(buzzed).await;
            self.work.notify_one();
        }
    }

    /// Accepts what the owner is asked for; others of the chain answer only when the phone rang for
    /// them, after it was escalated.
    async fn answer(&mut self, buzzed: bool) {
        let Ok(page) = self.browser.get::<Page<OrderSeen>>(OPEN_ORDERS).await else { return };
        for order in page.items.iter().filter(|o| o.state == OrderState::Sent && o.can("accept")) {
            let mine = order.assignee.id == self.login.person.0;
            if if mine { !self.ignores(order) } else { buzzed && order.escalation > 0 } {
                // Refused: somebody else was quicker.
                drop(self.browser.act(&format!("/orders/{}/accept", order.id), json!({})).await);
            }
        }
    }

    fn ignores(&self, order: &OrderSeen) -> bool {
        order.escalation == 0
            && Dice::of(self.life.town.seed, "ignores", order.id).chance(self.life.habits.ignores)
    }
}

/// The feet on the street.
struct Working {
    life: Life,
    login: Login,
    browser: Browser,
    at: Position,
}

impl Working {
    async fn go_on(mut self, work: Arc<Notify>) {
        loop {
            work.notified().await;
            while self.life.clock.hands().people {
                let Some(order) = self.worst().await else { break };
                if self.take_on(&order).await.is_err() {
                    break;
                }
            }
        }
    }

    /// The worst of the accepted orders.
    async fn worst(&mut self) -> Option<OrderSeen> {
        let page = self.browser.get::<Page<OrderSeen>>(OPEN_ORDERS).await.ok()?;
        let at_work = |o: &OrderSeen| {
            o.assignee.id == self.login.person.0
                && matches!(o.state, OrderState::Accepted | OrderState::Departed | OrderState::Arrived)
        };
        page.items.into_iter().filter(at_work).min_by_key(|o| (std::cmp::Reverse(o.severity), o.id))
    }

    /// One accepted order from wherever it stands to handled.
    async fn take_on(&mut self, order: &OrderSeen) -> Result<(), Refused> {
        let mut dice = Dice::of(self.life.town.seed, "order", order.id);
        let path = |act: &str| format!("/orders/{}/{act}", order.id);
        if order.state <= OrderState::Accepted {
            self.life.clock.pass(dice.between(SETS_OFF_S.0, SETS_OFF_S.1)).await;
            self.browser.act(&path("depart"), json!({})).await?;
        }
        if order.state <= OrderState::Departed {
            let metres = self.at.distance_m(order.spot) * DETOUR;
            self.life.clock.pass(metres / (self.life.habits.travel_kmh / 3.6)).await;
            self.at = order.spot;
            let position = self.position(order, &mut dice);
            self.browser.act(&path("arrive"), json!({ "position": position })).await?;
        }
        let (least, most) = self.life.habits.works_s;
        self.life.clock.pass(dice.between(least, most)).await;
        let kept: PhotoKept = self.browser.put("/photos", "image/png", &photo::png(order.id)).await?;
        let text = dice.pick(&WORDS).copied().unwrap_or_default();
        self.browser
            .act(&path("handle"), json!({ "text": format!("{text}(模拟)"), "photos": [kept.key] }))
            .await
    }

    /// Where the phone says it is: near the spot, or nowhere.
    fn position(&self, order: &OrderSeen, dice: &mut Dice) -> Option<serde_json::Value> {
        if dice.chance(self.life.habits.without_position) {
            return None;
        }
        let lon = order.spot.lon + dice.between(-NEAR_DEG, NEAR_DEG);
        let lat = order.spot.lat + dice.between(-NEAR_DEG, NEAR_DEG);
        Some(json!({ "lon": lon, "lat": lat, "accuracy_m": dice.between(5.0, 30.0) }))
    }
}
