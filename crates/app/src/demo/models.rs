//! The demo town's models for the twin desk: made from the town's seed, put beside its data.

use anyhow::Result;
use city::Town;
use networks::supply;
use store::Store;

/// Junctions of the supply network, about; its pipes are some 1.3 times as many.
const JUNCTIONS: usize = 3_000;

/// Makes sure that the models lie in the data directory; what is there already is not written again.
pub(crate) async fn ensure(store: &Store, town: &Town) -> Result<()> {
    let seed = town.seed;
    let supply = supply::generate(&supply::Ask::town(seed, JUNCTIONS));
    put(store, "supply.inp", supply.inp.into_bytes()).await
}

async fn put(store: &Store, name: &str, bytes: Vec<u8>) -> Result<()> {
    if store.models.get(name).await?.as_deref() != Some(&bytes) {
        store.models.put(name, bytes).await?;
    }
    Ok(())
}
