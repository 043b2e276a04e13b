//! 地表漫流: water over streets and floodplains in two dimensions, on a raster of ground heights with
//! buildings, coupled both ways to the manholes and inlets of the sewers below.
//!
//! The local inertial form of the shallow-water equations: Bates, Horritt & Fewtrell (2010), J. Hydrol.
//! 387, 33–45, with the q-centred weighting of de Almeida, Bates, Freer & Souvignet (2012), Water
//! Resour. Res. 48, W05528, and de Almeida & Bates (2013), 49, 4833–4844. It leaves out the convective acceleration: right for slow water in streets
//! (Froude number below about 1), not for dam breaks.
//!
//! Promises: no water is made or lost (the balance is kept to 1e-9 of what has moved); the same bits
//! whatever the number of threads; SI units throughout; no IO, no clock, no global state.

mod contour;
mod edge;
mod ground;
mod kernel;
mod ledger;
mod raster;
mod sewer;
mod surface;
mod sweep;

pub use contour::{Ring, contours, polygons};
pub use edge::Edge;
pub use ground::{Ground, GroundError};
pub use ledger::Ledger;
pub use raster::ascii_grid;
pub use sewer::{Coupling, Inlet};
pub use surface::{Settings, Surface};
