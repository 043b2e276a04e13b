//! 通量核: the momentum of a row of faces and the continuity of a row of cells, in vectors.

use numerics::lanes::{Simd, V, WithSimd};

use super::ground::{GRAVITY_M_S2, WALL_M};

/// Water this deep or less over a face does not flow, m.
pub(crate) const DRY_M: f64 = 1e-6;

/// Heights, depths and friction of the cells on one side of a row of faces.
#[derive(Clone, Copy)]
pub(crate) struct Cells<'a> {
    pub(crate) height: &'a [f64],
    pub(crate) depth: &'a [f64],
    pub(crate) friction: &'a [f64],
}

/// What the faces of one sweep share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) dt_s: f64,
    pub(crate) cell_m: f64,
    /// Courant number of the step, of the deepest water.
    pub(crate) courant: f64,
}

/// 动量: de Almeida et al. (2012), eq. 14, with the flow's magnitude from both directions and the weight
/// of de Almeida & Bates (2013), Water Resour. Res. 49, 4833–4844: θ = 1 − Δt/Δx · |u|, so that slow
/// water is not smeared; no less than 1 less the Courant number.
pub(crate) struct Faces<'a> {
    pub(crate) pace: Pace,
    pub(crate) near: Cells<'a>,
    pub(crate) far: Cells<'a>,
    /// Flows before, at and after each face along the flow, m²/s.
    pub(crate) along: [&'a [f64]; 3],
    /// The four flows across around each face, m²/s.
    pub(crate) across: [&'a [f64]; 4],
    pub(crate) out: &'a mut [f64],
}

impl WithSimd for Faces<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) {
        let c = |v: f64| V::splat(s, v);
        let Pace { dt_s, cell_m, courant } = self.pace;
        let (ratio, most, half) = (c(dt_s / cell_m), c(courant), c(0.5));
        let slope = c(GRAVITY_M_S2 * dt_s / cell_m);
        let (half_dt, dry, zero, one, quarter) = (c(0.5 * dt_s), c(DRY_M), c(0.0), c(1.0), c(0.25));
        let [before, here, after] = self.along;
        let [a, b, d, e] = self.across;
        let lanes = V::<S>::LANES;
        let count = self.out.len();
        let mut i = 0;
        while i < count {
            let at = |x: &[f64]| V::load(s, x.get(i..).unwrap_or(&[]));
            let (z1, z2) = (at(self.near.height), at(self.far.height));
            let (level1, level2) = (z1 + at(self.near.depth), z2 + at(self.far.depth));
            let depth = level1.max(level2) - z1.max(z2);
            let wet = depth.gt(dry);
            let depth = wet.select(depth, one);
            let q = at(here);
            let cross = (at(a) + at(b) + at(d) + at(e)) * quarter;
            let friction = half_dt * (at(self.near.friction) + at(self.far.friction));
            // 1/h and h^(−7/3) are h^(−1/3) to the third and to the seventh.
            let x = depth.inverse_cbrt();
            let x3 = x * x * x;
            let share = (ratio * q.abs() * x3).min(most);
            let centred = q + share * (half * (at(before) + at(after)) - q);
            let brake = one + friction * (q * q + cross * cross).sqrt() * (x3 * x3 * x);
            let new = (centred - slope * depth * (level2 - level1)) / brake;
            wet.select(new, zero).store(self.out.get_mut(i..).unwrap_or(&mut []));
            i += lanes;
        }
    }
}

/// 连续: depths of a row of cells after a step; the deepest and the shallowest.
pub(crate) struct Depths<'a> {
    /// Step over cell side, s/m.
    pub(crate) ratio: f64,
    pub(crate) height: &'a [f64],
    pub(crate) west: &'a [f64],
    pub(crate) east: &'a [f64],
    pub(crate) south: &'a [f64],
    pub(crate) north: &'a [f64],
    /// Rain of the step on each cell, m; one entry for all or one each.
    pub(crate) rain: &'a [f64],
    pub(crate) depth: &'a mut [f64],
}

impl WithSimd for Depths<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> (f64, f64) {
        let c = |v: f64| V::splat(s, v);
        let (ratio, wall, zero) = (c(self.ratio), c(WALL_M), c(0.0));
        let same = match self.rain {
            [one] => Some(c(*one)),
            _ => None,
        };
        let (mut most, mut least) = (zero, zero);
        let count = self.depth.len();
        let mut i = 0;
        while i < count {
            let at = |x: &[f64]| V::load(s, x.get(i..).unwrap_or(&[]));
            let rain = same.unwrap_or_else(|| at(self.rain));
            let rain = at(self.height).lt(wall).select(rain, zero);
            let net = at(self.west) - at(self.east) + (at(self.south) - at(self.north));
            let depth = V::load(s, self.depth.get(i..).unwrap_or(&[])) + ratio * net + rain;
            depth.store(self.depth.get_mut(i..).unwrap_or(&mut []));
            if count - i >= V::<S>::LANES {
                (most, least) = (most.max(depth), least.min(depth));
            } else {
                for h in self.depth.iter().skip(i) {
                    (most, least) = (most.max(c(*h)), least.min(c(*h)));
                }
            }
            i += V::<S>::LANES;
        }
        let fold = |v: V<S>, f: fn(f64, f64) -> f64| v.array().into_iter().take(V::<S>::LANES).fold(0.0, f);
        (fold(most, f64::max), fold(least, f64::min))
    }
}
