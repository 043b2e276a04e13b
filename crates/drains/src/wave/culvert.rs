//! Culverts under inlet control (涵洞进口控制): the inlet passes less than the barrel would
//! (FHWA HDS-5, chapter 3; Reference Manual II, section 3.3.7; codes of the User's Manual, table A.10).

use std::cell::Cell;

use crate::roots::ridder;
use crate::section::Section;
use crate::units::GRAVITY;

/// Highest code of the table.
pub(crate) const CODE_MAX: u32 = 57;
/// Flow of a submerged inlet that is not yet submerged: no limit.
const NO_LIMIT: f64 = 1.0e10;
/// Codes of inlets mitred to the slope.
const MITRED: [u32; 3] = [5, 37, 46];

/// Equation form and K, M, c, Y of every code from 1 (HDS-5, tables 8 and 9).
#[rustfmt::skip]
const PARAMETERS: [(u8, [f64; 4]); 57] = [
    (1, [0.0098, 2.0, 0.0398, 0.67]),
    (1, [0.0018, 2.0, 0.0292, 0.74]),
    (1, [0.0045, 2.0, 0.0317, 0.69]),
    (1, [0.0078, 2.0, 0.0379, 0.69]),
    (1, [0.021, 1.33, 0.0463, 0.75]),
    (1, [0.034, 1.5, 0.0553, 0.54]),
    (1, [0.0018, 2.5, 0.03, 0.74]),
    (1, [0.0018, 2.5, 0.0243, 0.83]),
    (1, [0.026, 1.0, 0.0347, 0.81]),
    (1, [0.061, 0.75, 0.04, 0.8]),
    (1, [0.061, 0.75, 0.0423, 0.82]),
    (2, [0.51, 0.667, 0.0309, 0.8]),
    (2, [0.486, 0.667, 0.0249, 0.83]),
    (2, [0.515, 0.667, 0.0375, 0.79]),
    (2, [0.495, 0.667, 0.0314, 0.82]),
    (2, [0.486, 0.667, 0.0252, 0.865]),
    (2, [0.545, 0.667, 0.04505, 0.73]),
    (2, [0.533, 0.667, 0.0425, 0.705]),
    (2, [0.522, 0.667, 0.0402, 0.68]),
    (2, [0.498, 0.667, 0.0327, 0.75]),
    (2, [0.497, 0.667, 0.0339, 0.803]),
    (2, [0.493, 0.667, 0.0361, 0.806]),
    (2, [0.495, 0.667, 0.0386, 0.71]),
    (2, [0.497, 0.667, 0.0302, 0.835]),
    (2, [0.495, 0.667, 0.0252, 0.881]),
    (2, [0.493, 0.667, 0.0227, 0.887]),
    (1, [0.0083, 2.0, 0.0379, 0.69]),
    (1, [0.0145, 1.75, 0.0419, 0.64]),
    (1, [0.034, 1.5, 0.0496, 0.57]),
    (1, [0.01, 2.0, 0.0398, 0.67]),
    (1, [0.0018, 2.5, 0.0292, 0.74]),
    (1, [0.0045, 2.0, 0.0317, 0.69]),
    (1, [0.01, 2.0, 0.0398, 0.67]),
    (1, [0.0018, 2.5, 0.0292, 0.74]),
    (1, [0.0095, 2.0, 0.0317, 0.69]),
    (1, [0.0083, 2.0, 0.0379, 0.69]),
    (1, [0.03, 1.0, 0.0463, 0.75]),
    (1, [0.034, 1.5, 0.0496, 0.57]),
    (1, [0.03, 1.5, 0.0496, 0.57]),
    (1, [0.0088, 2.0, 0.0368, 0.68]),
    (1, [0.003, 2.0, 0.0269, 0.77]),
    (1, [0.03, 1.5, 0.0496, 0.57]),
    (1, [0.0088, 2.0, 0.0368, 0.68]),
    (1, [0.003, 2.0, 0.0269, 0.77]),
    (1, [0.0083, 2.0, 0.0379, 0.69]),
    (1, [0.03, 1.0, 0.0473, 0.75]),
    (1, [0.034, 1.5, 0.0496, 0.57]),
    (2, [0.534, 0.555, 0.0196, 0.9]),
    (2, [0.519, 0.64, 0.021, 0.9]),
    (2, [0.536, 0.622, 0.0368, 0.83]),
    (2, [0.5035, 0.719, 0.0478, 0.8]),
    (2, [0.547, 0.8, 0.0598, 0.75]),
    (2, [0.475, 0.667, 0.0179, 0.97]),
    (2, [0.56, 0.667, 0.0446, 0.85]),
    (2, [0.56, 0.667, 0.0378, 0.87]),
    (2, [0.5, 0.667, 0.0446, 0.65]),
    (2, [0.5, 0.667, 0.0378, 0.71]),
];

/// 涵洞: what the inlet's equations need.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Culvert {
    form: u8,
    k: f64,
    m: f64,
    c: f64,
    y: f64,
    /// Slope correction.
    slope: f64,
    y_full: f64,
    /// Full area times the root of the full depth.
    ad: f64,
}

impl Culvert {
    /// The culvert of a code in a section at a slope; `None` without a code.
    pub(crate) fn new(code: u32, section: &Section, slope: f64) -> Option<Self> {
        let &(form, [k, m, c, y]) = PARAMETERS.get((code as usize).checked_sub(1)?)?;
        let slope = if MITRED.contains(&code) { -7.0 * slope } else { 0.5 * slope };
        let y_full = section.y_full;
        Some(Self { form, k, m, c, y, slope, y_full, ad: section.a_full * y_full.sqrt() })
    }

    /// Flow (ft³/s a barrel) and its derivative by head that the inlet passes with water `y` ft above its
    /// invert.
    pub(crate) fn inflow(&self, section: &Section, y: f64) -> (f64, f64) {
        let submerged = self.y_full * (16.0 * self.c + self.y - self.slope);
        if y >= submerged {
            return self.submerged(y);
        }
        let free = 0.95 * self.y_full;
        if y <= free {
            return self.unsubmerged(section, y);
        }
        let (q1, _) = self.unsubmerged(section, free);
        let (q2, _) = self.submerged(submerged);
        (q1 + (q2 - q1) * (y - free) / (submerged - free), (q2 - q1) / (submerged - free))
    }

    fn unsubmerged(&self, section: &Section, h: f64) -> (f64, f64) {
        let q = if self.form == 1 {
            self.form_1(section, h)
        } else {
            self.ad * (h / self.y_full / self.k).powf(1.0 / self.m)
        };
        (q, q / h / self.m)
    }

    fn submerged(&self, h: f64) -> (f64, f64) {
        let arg = (h / self.y_full - self.y + self.slope) / self.c;
        if arg <= 0.0 {
            return (NO_LIMIT, 0.0);
        }
        let q = arg.sqrt() * self.ad;
        (q, 0.5 * q / arg / self.y_full / self.c)
    }

    /// Critical flow whose head and loss make up `h`. The answer is the flow of the finder's last trial,
    /// as SWMM has it.
    fn form_1(&self, section: &Section, h: f64) -> f64 {
        let head = h / self.y_full + self.slope;
        let last = Cell::new(0.0);
        ridder(0.01 * h, h, 0.001, |yc| {
            let area = section.area(yc);
            let mean = area / section.width(yc);
            let q = area * (GRAVITY * mean).sqrt();
            last.set(q);
            head - yc / self.y_full - mean / 2.0 / self.y_full - self.k * (q / self.ad).powf(self.m)
        });
        last.get()
    }
}
