//! The demo town's models and their bindings for the twin desk, put beside the town's data.

use anyhow::Result;
use city::Town;
use city::models::Models;
use store::Store;

/// Makes sure that the models lie in the data directory; what is there already is not written again.
pub(crate) async fn ensure(store: &Store, town: &Town) -> Result<()> {
    for (name, bytes) in Models::of(town).files() {
        if store.models.get(name).await?.as_deref() != Some(&bytes) {
            store.models.put(name, bytes).await?;
        }
    }
    Ok(())
}
