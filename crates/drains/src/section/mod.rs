//! Cross-sections (断面): area, width, hydraulic radius and section factor of every shape SWMM knows
//! (Reference Manual II, section 2.2), in feet.
//!
//! Promises: for the same arguments the same bits as SWMM 5.2.4. Never allocates once built.

mod build;
mod circle;
mod critical;
mod custom;
mod factor;
mod geometry;
mod lookup;
mod tables;
mod transect;

use std::sync::Arc;

pub(crate) use lookup::lookup;
pub(crate) use transect::{street, transect};

use serde::{Deserialize, Serialize};

/// 断面形状, in SWMM's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are SWMM's keywords")]
pub enum Shape {
    Dummy,
    Circular,
    FilledCircular,
    RectClosed,
    RectOpen,
    Trapezoidal,
    Triangular,
    Parabolic,
    Power,
    RectTriangular,
    RectRound,
    ModBasket,
    HorizEllipse,
    VertEllipse,
    Arch,
    Egg,
    Horseshoe,
    Gothic,
    Catenary,
    SemiElliptical,
    BasketHandle,
    SemiCircular,
    Irregular,
    Custom,
    ForceMain,
    Street,
}

/// Keywords in the order of [`Shape`].
pub(crate) const SHAPE_WORDS: [(&str, Shape); 26] = [
    ("DUMMY", Shape::Dummy),
    ("CIRCULAR", Shape::Circular),
    ("FILLED_CIRCULAR", Shape::FilledCircular),
    ("RECT_CLOSED", Shape::RectClosed),
    ("RECT_OPEN", Shape::RectOpen),
    ("TRAPEZOIDAL", Shape::Trapezoidal),
    ("TRIANGULAR", Shape::Triangular),
    ("PARABOLIC", Shape::Parabolic),
    ("POWER", Shape::Power),
    ("RECT_TRIANGULAR", Shape::RectTriangular),
    ("RECT_ROUND", Shape::RectRound),
    ("MODBASKETHANDLE", Shape::ModBasket),
    ("HORIZ_ELLIPSE", Shape::HorizEllipse),
    ("VERT_ELLIPSE", Shape::VertEllipse),
    ("ARCH", Shape::Arch),
    ("EGG", Shape::Egg),
    ("HORSESHOE", Shape::Horseshoe),
    ("GOTHIC", Shape::Gothic),
    ("CATENARY", Shape::Catenary),
    ("SEMIELLIPTICAL", Shape::SemiElliptical),
    ("BASKETHANDLE", Shape::BasketHandle),
    ("SEMICIRCULAR", Shape::SemiCircular),
    ("IRREGULAR", Shape::Irregular),
    ("CUSTOM", Shape::Custom),
    ("FORCE_MAIN", Shape::ForceMain),
    ("STREET", Shape::Street),
];

impl Shape {
    /// Ratio of the area of greatest flow to the full area; 1 for open shapes.
    const fn area_max_ratio(self) -> f64 {
        match self {
            Self::Circular | Self::FilledCircular | Self::ForceMain => 0.9756,
            Self::RectClosed => 0.97,
            Self::RectTriangular | Self::RectRound | Self::Catenary | Self::SemiElliptical => 0.98,
            Self::Arch => 0.92,
            Self::ModBasket
            | Self::HorizEllipse
            | Self::VertEllipse
            | Self::Egg
            | Self::Horseshoe
            | Self::Gothic
            | Self::BasketHandle
            | Self::SemiCircular
            | Self::Custom => 0.96,
            Self::Dummy
            | Self::RectOpen
            | Self::Trapezoidal
            | Self::Triangular
            | Self::Parabolic
            | Self::Power
            | Self::Irregular
            | Self::Street => 1.0,
        }
    }

    /// True for shapes without a top.
    #[must_use]
    pub const fn is_open(self) -> bool {
        self.area_max_ratio() >= 1.0
    }

    /// As the model file writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        SHAPE_WORDS.iter().find(|(_, s)| *s == self).map_or("", |(w, _)| w)
    }
}

/// Geometry of a transect, a street or a custom shape, as ratios by depth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profile {
    pub(crate) y_full: f64,
    pub(crate) a_full: f64,
    pub(crate) r_full: f64,
    pub(crate) w_max: f64,
    pub(crate) s_max: f64,
    pub(crate) a_max: f64,
    /// Manning's n of the main channel.
    pub(crate) roughness: f64,
    /// Length of the channel over that of the flood plain.
    pub(crate) length_factor: f64,
    pub(crate) area: Vec<f64>,
    pub(crate) radius: Vec<f64>,
    pub(crate) width: Vec<f64>,
}

/// 断面: a shape with its dimensions (ft). The letters of the helpers are SWMM's; what they hold
/// depends on the shape and stands where the shape is built.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Shape.
    pub shape: Shape,
    /// Depth when full, ft.
    pub y_full: f64,
    /// Greatest width, ft.
    pub w_max: f64,
    /// Depth of greatest width, ft.
    pub yw_max: f64,
    /// Area when full, ft².
    pub a_full: f64,
    /// Hydraulic radius when full, ft.
    pub r_full: f64,
    /// Section factor when full, ft^(8/3).
    pub s_full: f64,
    /// Greatest section factor.
    pub s_max: f64,
    pub(crate) y_bot: f64,
    pub(crate) a_bot: f64,
    pub(crate) s_bot: f64,
    pub(crate) r_bot: f64,
    pub(crate) profile: Option<Arc<Profile>>,
}
