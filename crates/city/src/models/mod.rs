//! 模型: the town's storm sewers and water supply as generated networks, and which of their objects are
//! which stations.
//!
//! Two sewer networks come of one town. The model ([`Models`]) is what the server's twin is given. The
//! truth ([`sewers::truth`]) is the same network worn by a seed of its own: roughness within 20 %, paved
//! shares within 12 %, openings within 6 %, one pipe half full of mud; the supply's pipes within 10 % of
//! their C, and demands of their own from hour to hour. Levels at the stations are the
//! truth's, so that a twin on the model has something to correct. Everything here is synthetic.

mod bindings;
pub(crate) mod sewers;
pub(crate) mod supply;

use crate::town::Town;

/// The files that a twin of the town needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Models {
    /// SWMM's `.inp` of the storm sewers, for `storm.inp`.
    pub storm: String,
    /// EPANET's `.inp` of the water supply, for `supply.inp`.
    pub supply: String,
    /// 街面: the ground around each station on a road, by file name.
    pub streets: Vec<(String, String)>,
    /// Which objects are which stations, for `bindings.json`.
    pub bindings: serde_json::Value,
}

impl Models {
    /// Makes the models of a town; the same town makes the same files.
    #[must_use]
    pub fn of(town: &Town) -> Self {
        let storm = networks::sewers::generate(&sewers::model(town));
        let supply = networks::supply::generate(&supply::model(town.seed));
        let bindings = bindings::bindings(town, &storm);
        let street =
            |spot: networks::sewers::SpotObject| Some((bindings::street_file(&spot.code), spot.street?));
        let streets = storm.spots.into_iter().filter_map(street).collect();
        Self { bindings, streets, storm: storm.inp, supply: supply.inp }
    }

    /// The files with their names in the twin's folder of models.
    #[must_use]
    pub fn files(&self) -> Vec<(&str, Vec<u8>)> {
        let streets = self.streets.iter().map(|(name, grid)| (name.as_str(), grid.clone().into_bytes()));
        let models = [
            ("storm.inp", self.storm.clone().into_bytes()),
            ("supply.inp", self.supply.clone().into_bytes()),
            // Last: it names the others.
            ("bindings.json", format!("{:#}\n", self.bindings).into_bytes()),
        ];
        streets.chain(models).collect()
    }
}

#[cfg(test)]
mod tests;
