//! 配规则: a point that has no rule at all is new, and gets the default ones. (Rules are switched off,
//! never deleted: whoever wants none switches them off.)

use super::Desk;
use crate::defaults::{NewRule, defaults};
use field::id::RuleId;
use field::rule::RuleSetting;
use store::{Registry, StoreError};

/// Points equipped in one transaction: other desks want to write, too.
const POINTS_PER_TRANSACTION: usize = 200;

impl Desk {
    /// Gives every point without a rule the default rules for its kind. Points for which there are
    /// none stay without.
    pub(super) async fn equip(&self) -> Result<(), StoreError> {
        let bare = bare_points(&self.store.tables.registry());
        for part in bare.chunks(POINTS_PER_TRANSACTION) {
            let mut tx = self.store.tables.begin(Self::actor(), self.clock.now()).await?;
            for new in part.iter().flatten() {
                tx.rule_put(&RuleSetting {
                    id: RuleId(0),
                    point: new.point,
                    kind: new.kind.to_owned(),
                    params: new.params.clone(),
                    enabled: true,
                })
                .await?;
            }
            tx.commit().await?;
        }
        if !bare.is_empty() {
            tracing::info!(points = bare.len(), "new points were given default rules");
        }
        Ok(())
    }
}

/// The default rules of each point that has no rule and could have one.
fn bare_points(registry: &Registry) -> Vec<Vec<NewRule>> {
    let without = registry.points().values().filter(|p| registry.rules_of(p.id).is_empty());
    let rules = without.filter_map(|point| {
        let station = registry.station(&point.station)?;
        let is_headline = registry.headline_of(&point.station).is_some_and(|p| p.id == point.id);
        Some(defaults(station, point, is_headline))
    });
    rules.filter(|rules| !rules.is_empty()).collect()
}
