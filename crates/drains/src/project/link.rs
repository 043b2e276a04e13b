//! 连接与断面 as the file gives them.

use super::{Index, WeirKind};
use crate::section::Shape;

/// 连接类别.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub enum LinkKind {
    Conduit {
        length: f64,
        roughness: f64,
        initial_flow: f64,
        max_flow: f64,
        barrels: u32,
        culvert: u32,
        losses: [f64; 3],
        seepage: f64,
    },
    Pump {
        curve: Option<Index>,
        on: bool,
        startup: f64,
        shutoff: f64,
    },
    Orifice {
        bottom: bool,
        coefficient: f64,
        close_hours: f64,
    },
    Weir {
        kind: WeirKind,
        coefficient: f64,
        contractions: f64,
        end_coefficient: f64,
        surcharge: bool,
        road_width: f64,
        /// 0 unknown, 1 paved, 2 gravel.
        road_surface: u8,
        curve: Option<Index>,
    },
    Outlet {
        curve: Option<Index>,
        coefficient: f64,
        exponent: f64,
        by_head: bool,
    },
}

/// 断面 as `[XSECTIONS]` gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct CrossSection {
    pub shape: Shape,
    pub dimensions: [f64; 4],
    pub table: Option<Index>,
}

/// 连接.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Link {
    pub name: String,
    pub line: usize,
    pub from: Index,
    pub to: Index,
    /// Offsets (or elevations) at the ends; `None` for `*`.
    pub offsets: [Option<f64>; 2],
    pub section: Option<CrossSection>,
    pub gated: bool,
    pub kind: LinkKind,
}

/// 不规则断面.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Transect {
    pub name: String,
    pub line: usize,
    pub n_left: f64,
    pub n_right: f64,
    pub n_channel: f64,
    pub left_bank: f64,
    pub right_bank: f64,
    pub length_factor: f64,
    pub width_factor: f64,
    pub height_offset: f64,
    pub stations: Vec<(f64, f64)>,
}

/// 道路断面.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are SWMM's columns")]
pub struct Street {
    pub name: String,
    pub width: f64,
    pub curb_height: f64,
    pub slope: f64,
    pub roughness: f64,
    pub gutter_depression: f64,
    pub gutter_width: f64,
    pub sides: u8,
    pub back_width: f64,
    pub back_slope: f64,
    pub back_roughness: f64,
}
