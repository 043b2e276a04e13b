//! 下渗: Horton, Green-Ampt and curve number with their modified forms (Reference Manual I, ch. 4).

use serde::{Deserialize, Serialize};

use crate::project::Infiltration;
use crate::units::{SECONDS_A_DAY, TINY, Units, ZERO, max, min};

/// Depth (ft) below which no water stands on the ground.
const STANDING: f64 = 0.004167;

/// 土壤: parameters in ft and s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Soil {
    Horton { f0: f64, fmin: f64, decay: f64, regen: f64, most: f64 },
    GreenAmpt { suction: f64, ks: f64, deficit: f64, lu: f64 },
    CurveNumber { smax: f64, regen: f64, tmax: f64 },
}

/// State of the soil; which figures are used follows from the model.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct SoilState {
    /// Horton: tp, Fe. Green-Ampt: IMD, F, Fu, T. Curve number: S, P, F, T, Se, f.
    pub(crate) x: [f64; 6],
    pub(crate) saturated: bool,
}

/// What infiltration depends on beside the soil.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground {
    pub(crate) step: f64,
    /// Conductivity factor of the month.
    pub(crate) factor: f64,
    /// Recovery factor of the month.
    pub(crate) recovery: f64,
}

impl Soil {
    pub(crate) fn new(model: Infiltration, p: [f64; 5], units: &Units) -> Self {
        match model {
            Infiltration::Horton | Infiltration::ModifiedHorton => {
                let dry = if p[3] == 0.0 { TINY } else { p[3] };
                Self::Horton {
                    f0: p[0] / units.rainfall,
                    fmin: p[1] / units.rainfall,
                    decay: p[2] / 3600.0,
                    regen: -(1.0_f64 - 0.98).ln() / dry / SECONDS_A_DAY,
                    most: p[4] / units.rain_depth,
                }
            }
            Infiltration::GreenAmpt | Infiltration::ModifiedGreenAmpt => {
                Self::green_ampt(p[0] / units.rain_depth, p[1] / units.rainfall, p[2])
            }
            Infiltration::CurveNumber => {
                let cn = p[0].clamp(10.0, 99.0);
                let regen = 1.0 / (p[2] * SECONDS_A_DAY);
                Self::CurveNumber { smax: (1000.0 / cn - 10.0) / 12.0, regen, tmax: 0.06 / regen }
            }
        }
    }

    pub(super) fn green_ampt(suction: f64, ks: f64, deficit: f64) -> Self {
        Self::GreenAmpt { suction, ks, deficit, lu: 4.0 * (ks * 12.0 * 3600.0).sqrt() / 12.0 }
    }

    pub(crate) fn initial(&self) -> SoilState {
        let mut s = SoilState::default();
        match self {
            Self::Horton { .. } => {}
            Self::GreenAmpt { deficit, .. } => s.x[0] = *deficit,
            Self::CurveNumber { smax, .. } => (s.x[0], s.x[4]) = (*smax, *smax),
        }
        s
    }

    /// Rate (ft/s) with rain, runon (ft/s) and standing depth (ft).
    pub(crate) fn rate(
        &self,
        model: Infiltration,
        s: &mut SoilState,
        g: Ground,
        rain: f64,
        runon: f64,
        depth: f64,
    ) -> f64 {
        match (*self, model) {
            (Self::Horton { f0, fmin, decay, regen, most }, Infiltration::ModifiedHorton) => {
                modified_horton([f0, fmin, decay, regen, most], s, g, rain + runon, depth)
            }
            (Self::Horton { f0, fmin, decay, regen, most }, _) => {
                horton([f0, fmin, decay, regen, most], s, g, rain + runon, depth)
            }
            (Self::GreenAmpt { .. }, model) => {
                self.green_ampt_rate(model == Infiltration::GreenAmpt, s, g, rain + runon, depth)
            }
            (Self::CurveNumber { smax, regen, tmax }, _) => {
                curve_number([smax, regen, tmax], s, g, rain, depth + runon * g.step)
            }
        }
    }

    /// Green-Ampt; `classic` lets low rain reset the deficit.
    pub(super) fn green_ampt_rate(
        &self,
        classic: bool,
        s: &mut SoilState,
        g: Ground,
        rate: f64,
        depth: f64,
    ) -> f64 {
        let Self::GreenAmpt { suction, ks, deficit, lu } = *self else { return 0.0 };
        let fumax = deficit * lu * g.factor.sqrt();
        s.x[3] -= g.step;
        let a = Ampt { suction, ks: ks * g.factor, lu: lu * g.factor.sqrt(), fumax, deficit };
        if s.saturated { a.saturated(s, g, rate, depth) } else { a.unsaturated(classic, s, g, rate, depth) }
    }
}

fn horton([f0, fmin, kd, regen, most]: [f64; 5], s: &mut SoilState, g: Ground, rate: f64, depth: f64) -> f64 {
    let (f0, fmin) = (f0 * g.factor, fmin * g.factor);
    let (df, kr) = (f0 - fmin, regen * g.recovery);
    let step = g.step;
    if df < 0.0 || kd < 0.0 || kr < 0.0 {
        return 0.0;
    }
    let fa = rate + depth / step;
    if df == 0.0 || kd == 0.0 {
        return max(0.0, if f0 > fa { fa } else { f0 });
    }
    let mut tp = s.x[0];
    let mut fp = 0.0;
    if fa > ZERO {
        let t1 = tp + step;
        let limit = 16.0 / kd;
        let (before, after) = if tp >= limit {
            let b = fmin * tp + df / kd;
            (b, b + fmin * step)
        } else {
            (fmin * tp + df / kd * (1.0 - (-kd * tp).exp()), fmin * t1 + df / kd * (1.0 - (-kd * t1).exp()))
        };
        fp = max((after - before) / step, fmin);
        if fp > fa {
            fp = fa;
        }
        if t1 > limit || fp < fa {
            tp = t1;
        } else {
            let target = before + fp * step;
            tp += step / 2.0;
            for _ in 0..20 {
                let ex = (-min(60.0, kd * tp)).exp();
                let r = (fmin * tp + df / kd * (1.0 - ex) - target) / (fmin + df * ex);
                tp -= r;
                if r.abs() <= 0.001 * step {
                    break;
                }
            }
        }
        if most > 0.0 {
            if s.x[1] + fp * step > most {
                fp = (most - s.x[1]) / step;
            }
            fp = max(fp, 0.0);
            s.x[1] += fp * step;
        }
    } else if kr > 0.0 {
        let r = (-kr * step).exp();
        tp = 1.0 - (-kd * tp).exp();
        tp = -(1.0 - r * tp).ln() / kd;
        if most > 0.0 {
            s.x[1] = fmin * tp + (df / kd) * (1.0 - (-kd * tp).exp());
        }
    }
    s.x[0] = tp;
    fp
}

fn modified_horton(
    [f0, fmin, kd, regen, most]: [f64; 5],
    s: &mut SoilState,
    g: Ground,
    rate: f64,
    depth: f64,
) -> f64 {
    let (f0, fmin) = (f0 * g.factor, fmin * g.factor);
    let (df, kr) = (f0 - fmin, regen * g.recovery);
    if df < 0.0 || kd < 0.0 || kr < 0.0 {
        return 0.0;
    }
    let fa = rate + depth / g.step;
    if df == 0.0 || kd == 0.0 {
        return max(0.0, if f0 > fa { fa } else { f0 });
    }
    if fa > ZERO {
        if most > 0.0 && s.x[1] >= most {
            return 0.0;
        }
        let fp = max(f0 - kd * s.x[1], fmin);
        let f = min(fa, fp);
        s.x[1] += max(f - fmin, 0.0) * g.step;
        if most > 0.0 {
            // SWMM takes the larger of the two here.
            s.x[1] = max(s.x[1], most);
        }
        return f;
    }
    if kr > 0.0 {
        s.x[1] = max(s.x[1] * (-kr * g.step).exp(), 0.0);
    }
    0.0
}

struct Ampt {
    suction: f64,
    ks: f64,
    lu: f64,
    fumax: f64,
    deficit: f64,
}

impl Ampt {
    fn take(&self, s: &mut SoilState, df: f64) {
        s.x[1] += df;
        s.x[2] += df;
        s.x[2] = min(s.x[2], self.fumax);
    }

    fn unsaturated(&self, classic: bool, s: &mut SoilState, g: Ground, rate: f64, depth: f64) -> f64 {
        let step = g.step;
        let mut ia = rate + depth / step;
        if ia < ZERO {
            ia = 0.0;
        }
        if ia == 0.0 {
            if s.x[2] <= 0.0 {
                return 0.0;
            }
            let df = self.lu / 90000.0 * g.recovery * self.fumax * step;
            s.x[1] -= df;
            s.x[2] -= df;
            if s.x[2] <= 0.0 {
                (s.x[0], s.x[1], s.x[2]) = (self.deficit, 0.0, 0.0);
                return 0.0;
            }
            if s.x[3] <= 0.0 {
                s.x[0] = (self.fumax - s.x[2]) / self.lu;
                s.x[1] = 0.0;
            }
            return 0.0;
        }
        if ia <= self.ks {
            self.take(s, ia * step);
            if classic && s.x[3] <= 0.0 {
                s.x[0] = (self.fumax - s.x[2]) / self.lu;
                s.x[1] = 0.0;
            }
            return ia;
        }
        s.x[3] = 5400.0 / self.lu / g.recovery;
        let fs = self.ks * (self.suction + depth) * s.x[0] / (ia - self.ks);
        if s.x[1] > fs {
            s.saturated = true;
            return self.saturated(s, g, rate, depth);
        }
        if s.x[1] + ia * step < fs {
            self.take(s, ia * step);
            return ia;
        }
        let ts = max(step - (fs - s.x[1]) / ia, 0.0);
        let c1 = (self.suction + depth) * s.x[0];
        let mut f2 = cumulative(fs, c1, self.ks, ts);
        if f2 > fs + ia * ts {
            f2 = fs + ia * ts;
        }
        let df = f2 - s.x[1];
        s.x[1] = f2;
        s.x[2] = min(s.x[2] + df, self.fumax);
        s.saturated = true;
        df / step
    }

    fn saturated(&self, s: &mut SoilState, g: Ground, rate: f64, depth: f64) -> f64 {
        let ia = rate + depth / g.step;
        if ia < ZERO {
            return 0.0;
        }
        s.x[3] = 5400.0 / self.lu / g.recovery;
        let c1 = (self.suction + depth) * s.x[0];
        let mut df = cumulative(s.x[1], c1, self.ks, g.step) - s.x[1];
        if df > ia * g.step {
            df = ia * g.step;
            s.saturated = false;
        }
        self.take(s, df);
        df / g.step
    }
}

/// Cumulative infiltration after `ts` s of saturation, by Newton's method.
fn cumulative(f1: f64, c1: f64, ks: f64, ts: f64) -> f64 {
    let least = f1 + ks * ts;
    if c1 == 0.0 {
        return least;
    }
    if ts < 10.0 && f1 > 0.01 * c1 {
        return max(f1 + ks * (1.0 + c1 / f1) * ts, least);
    }
    let c2 = c1 * (f1 + c1).ln() - ks * ts;
    let mut f2 = f1;
    for _ in 0..20 {
        let d = (f2 - f1 - c1 * (f2 + c1).ln() + c2) / (1.0 - c1 / (f2 + c1));
        if d.abs() < 0.00001 {
            return max(f2, least);
        }
        f2 -= d;
    }
    least
}

fn curve_number([smax, regen, tmax]: [f64; 3], s: &mut SoilState, g: Ground, rate: f64, depth: f64) -> f64 {
    let step = g.step;
    let fa = rate + depth / step;
    let mut f1 = 0.0;
    let [store, p, f, t, se, last] = &mut s.x;
    if rate > ZERO {
        if *t >= tmax {
            (*p, *f, *last, *se) = (0.0, 0.0, 0.0, *store);
        }
        *t = 0.0;
        *p += rate * step;
        let total = *p * (1.0 - *p / (*p + *se));
        f1 = (total - *f) / step;
        if f1 < 0.0 || *store <= 0.0 {
            f1 = 0.0;
        }
    } else if depth > STANDING && *store > 0.0 {
        f1 = *last;
        if f1 * step > *store {
            f1 = *store / step;
        }
    } else {
        *t += step;
    }
    if f1 > 0.0 {
        f1 = max(min(f1, fa), 0.0);
        *f += f1 * step;
        if regen > 0.0 {
            *store = max(*store - f1 * step, 0.0);
        }
    } else {
        *store += regen * smax * step * g.recovery;
        if *store > smax {
            *store = smax;
        }
    }
    *last = f1;
    f1
}
