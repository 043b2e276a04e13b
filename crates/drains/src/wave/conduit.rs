//! The momentum equation of a conduit (动量方程): Reference Manual II, section 3.2, written once for
//! any number of lanes.
//!
//! With `EXACT` on one lane every operation is SWMM's in SWMM's order: its bits. Otherwise the
//! geometry and powers are the fast ones, a vector of conduits at a time.
#![expect(clippy::indexing_slicing, reason = "slots are walked in whole vectors, nodes are checked")]

use numerics::lanes::{M, Simd, V, WIDEST, WithSimd};

use super::blocks::{Blocks, Geometry, Group};
use super::slots::{Class, SlotsMut};
use crate::project::{Damping, NormalFlow};
use crate::units::{FUDGE, GRAVITY};

/// Greatest velocity, ft/s.
const VELOCITY_MAX: f64 = 50.0;

/// What all conduits of a pass share.
#[derive(Clone, Copy)]
pub(crate) struct Pass<'a> {
    pub(crate) blocks: &'a Blocks,
    pub(crate) depth: &'a [f64],
    pub(crate) converged: &'a [bool],
    pub(crate) dt: f64,
    pub(crate) trial: usize,
    pub(crate) slot_method: bool,
    pub(crate) cutoff: f64,
    pub(crate) damping: Damping,
    pub(crate) normal_flow: NormalFlow,
    pub(crate) darcy: bool,
    pub(crate) evaporation: f64,
    pub(crate) conductivity: f64,
}

/// One pass over slots `from..to`.
pub(crate) struct Momentum<'a, 'p, const EXACT: bool> {
    pub(crate) pass: Pass<'p>,
    pub(crate) slots: SlotsMut<'a>,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

impl<const EXACT: bool> WithSimd for Momentum<'_, '_, EXACT> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, s: S) {
        let blocks = self.pass.blocks;
        for group in &blocks.groups {
            let (from, to) = (group.from.max(self.from), group.to.min(self.to));
            let mut k = from;
            while k < to {
                let kernel = Kernel::<S, EXACT> { s, p: self.pass, b: blocks, g: group, k };
                kernel.run(&mut self.slots, self.from);
                k += V::<S>::LANES;
            }
        }
    }
}

struct Kernel<'p, S: Simd, const EXACT: bool> {
    s: S,
    p: Pass<'p>,
    b: &'p Blocks,
    g: &'p Group,
    k: usize,
}

/// Depths and heads at the ends as the flow class leaves them.
struct Ends<S: Simd> {
    h1: V<S>,
    h2: V<S>,
    y1: V<S>,
    y2: V<S>,
}

impl<S: Simd, const EXACT: bool> Kernel<'_, S, EXACT> {
    #[inline(always)]
    fn of(&self, list: &[f64]) -> V<S> {
        V::load(self.s, &list[self.k..])
    }

    #[inline(always)]
    fn c(&self, v: f64) -> V<S> {
        V::splat(self.s, v)
    }

    #[inline(always)]
    fn nodal(&self, at: &[u32], list: &[f64]) -> V<S> {
        let mut a = [0.0; WIDEST];
        for (x, n) in a.iter_mut().zip(&at[self.k..]).take(V::<S>::LANES) {
            *x = list[*n as usize];
        }
        V::load(self.s, &a)
    }

    /// `f` of the section of every lane.
    #[inline(always)]
    fn each(&self, v: V<S>, f: impl Fn(&crate::section::Section, f64) -> f64) -> V<S> {
        v.map(|i, x| f(&self.b.section[self.k + i], x))
    }

    #[inline(always)]
    fn geo_area(&self, y: V<S>) -> V<S> {
        match &self.g.geometry {
            Geometry::Tabled(t) if !EXACT => self.of(&self.b.a_full) * t.area.at(y / self.of(&self.b.y_full)),
            Geometry::Rectangle if !EXACT => y * self.of(&self.b.w_max),
            _ => self.each(y, |x, y| x.area(y)),
        }
    }

    #[inline(always)]
    fn geo_width(&self, y: V<S>) -> V<S> {
        match &self.g.geometry {
            Geometry::Tabled(t) if !EXACT => self.of(&self.b.w_max) * t.width.at(y / self.of(&self.b.y_full)),
            _ => self.each(y, |x, y| x.width(y)),
        }
    }

    #[inline(always)]
    fn geo_radius(&self, y: V<S>) -> V<S> {
        match &self.g.geometry {
            Geometry::Tabled(t) if !EXACT => {
                self.of(&self.b.r_full) * t.radius.at(y / self.of(&self.b.y_full))
            }
            Geometry::Rectangle if !EXACT => {
                let w = self.of(&self.b.w_max);
                let a = y * w;
                let ratio = y / self.of(&self.b.y_full);
                let top = (ratio - self.c(0.97)) / self.c(1.0 - 0.97) * w;
                let p = w + self.c(2.0) * y + ratio.gt(self.c(0.97)).select(top, self.c(0.0));
                a / p
            }
            _ => self.each(y, |x, y| x.radius(y)),
        }
    }

    /// Width of the Preissmann slot.
    #[inline(always)]
    fn slot_width(&self, y: V<S>) -> V<S> {
        if !self.p.slot_method || self.g.open {
            return self.c(0.0);
        }
        let cutoff = self.p.cutoff;
        self.each(y, |x, y| {
            let n = y / x.y_full;
            if n < cutoff {
                0.0
            } else if n > 1.78 {
                0.01 * x.w_max
            } else {
                x.w_max * 0.5423 * (-n.powf(2.4)).exp()
            }
        })
    }

    #[inline(always)]
    fn width(&self, y: V<S>) -> V<S> {
        let y_full = self.of(&self.b.y_full);
        let cut = if self.g.open {
            y
        } else {
            (y / y_full).ge(self.c(self.p.cutoff)).select(self.c(self.p.cutoff) * y_full, y)
        };
        let w = self.geo_width(cut);
        if !self.p.slot_method {
            return w;
        }
        let slot = self.slot_width(y);
        slot.gt(self.c(0.0)).select(slot, w)
    }

    #[inline(always)]
    fn area(&self, y: V<S>) -> V<S> {
        let y_full = self.of(&self.b.y_full);
        let full = y.ge(y_full);
        let a_full = self.of(&self.b.a_full);
        let closed = if self.p.slot_method { a_full + (y - y_full) * self.slot_width(y) } else { a_full };
        full.select(closed, self.geo_area(y))
    }

    #[inline(always)]
    fn radius(&self, y: V<S>) -> V<S> {
        y.ge(self.of(&self.b.y_full)).select(self.of(&self.b.r_full), self.geo_radius(y))
    }

    #[inline(always)]
    fn normal_depth(&self, q: V<S>) -> V<S> {
        match &self.g.geometry {
            Geometry::Tabled(t) if !EXACT => {
                let q = q.min(self.of(&self.b.q_max));
                t.normal(q / self.of(&self.b.s_beta)) * self.of(&self.b.y_full)
            }
            _ => q.map(|i, q| {
                let k = self.k + i;
                normal_depth(&self.b.section[k], self.b.beta[k], self.b.q_max[k], q)
            }),
        }
    }

    #[inline(always)]
    fn critical_depth(&self, q: V<S>) -> V<S> {
        match &self.g.geometry {
            Geometry::Tabled(t) if !EXACT => {
                t.critical(q / self.of(&self.b.q_crit)) * self.of(&self.b.y_full)
            }
            _ => self.each(q, |x, q| x.critical_depth(q)),
        }
    }

    /// Froude number at velocity `v` and depth `y`.
    #[inline(always)]
    fn froude(&self, v: V<S>, y: V<S>) -> V<S> {
        let fudge = self.c(FUDGE);
        let mut none = y.le(fudge);
        if !self.g.open {
            none = none | (self.of(&self.b.y_full) - y).le(fudge);
        }
        let d = self.geo_area(y) / self.geo_width(y);
        none.select(self.c(0.0), v.abs() / (self.c(GRAVITY) * d).sqrt())
    }

    #[inline(always)]
    fn run(&self, out: &mut SlotsMut<'_>, base: usize) {
        let (b, k) = (self.b, self.k);
        let o = k - base;
        let lanes = V::<S>::LANES;
        // A conduit between two nodes that have converged keeps its flow.
        let mut active = [1.0; WIDEST];
        let mut any = false;
        let mut all = true;
        for (i, x) in active.iter_mut().enumerate().take(lanes) {
            let still = self.p.trial >= 2
                && self.p.converged[b.n1[k + i] as usize]
                && self.p.converged[b.n2[k + i] as usize];
            *x = f64::from(u8::from(!still));
            any |= !still;
            all &= !still;
        }
        if !any {
            return;
        }
        let zero = self.c(0.0);
        let one = self.c(1.0);
        let half = self.c(0.5);
        let fudge = self.c(FUDGE);
        let dt = self.c(self.p.dt);
        let y_full = self.of(&b.y_full);
        let barrels = self.of(&b.barrels);
        let length = self.of(&b.mod_length);
        let q_old = V::load(self.s, &out.old_flow[o..]) / barrels;
        let q_last = V::load(self.s, &out.q[o..]);
        let (d1, d2) = (self.nodal(&b.n1, self.p.depth), self.nodal(&b.n2, self.p.depth));
        let (z1, z2) = (self.of(&b.z1), self.of(&b.z2));
        let h1 = (d1 + self.of(&b.inv1)).max(z1);
        let h2 = (d2 + self.of(&b.inv2)).max(z2);
        let mut y1 = (h1 - z1).max(fudge);
        let mut y2 = (h2 - z2).max(fudge);
        if !self.p.slot_method {
            y1 = y1.min(y_full);
            y2 = y2.min(y_full);
        }
        let a_old = V::load(self.s, &out.a2[o..]).max(fudge);
        let mut e = Ends { h1, h2, y1, y2 };
        let (class, s1, s2) = self.surface(&mut e, q_last, length, d1, d2);
        let Ends { h1, h2, y1, y2 } = e;
        let a1 = self.area(y1);
        let r1 = self.radius(y1);
        let a2 = self.area(y2);
        let y_mid = half * (y1 + y2);
        let a_mid = self.area(y_mid);
        let r_mid = self.radius(y_mid);
        let full = y1.ge(y_full) & y2.ge(y_full);
        let shut = V::load(self.s, &out.setting[o..]);
        let closed = shut.le(zero) & shut.ge(zero);
        let dry = class.le(self.c(Class::DN_DRY)) | closed | a_mid.le(fudge);
        let dry_area = half * (a1 + a2);
        let dry_dqdh = self.c(GRAVITY) * dt * a_mid / length * barrels;
        let true_length = self.of(&b.length);
        let depth = y_mid.min(y_full);

        let fast = q_last / a_mid;
        let v = fast.abs().gt(self.c(VELOCITY_MAX)).select(self.c(VELOCITY_MAX) * q_last.sign(), fast);
        let froude = self.froude(v, y_mid);
        let sub = class.le(self.c(Class::SUBCRITICAL)) & class.ge(self.c(Class::SUBCRITICAL));
        let class = (sub & froude.gt(one)).select(self.c(Class::SUPERCRITICAL), class);
        let sloped = self.c(2.0) * (one - froude);
        let mut sigma = froude.le(half).select(one, froude.ge(one).select(zero, sloped));
        let rho = (!full & q_last.gt(zero) & h1.ge(h2)).select(sigma, one);
        let a_wtd = a1 + (a_mid - a1) * rho;
        let r_wtd = r1 + (r_mid - r1) * rho;
        match self.p.damping {
            Damping::None => sigma = one,
            Damping::Full => sigma = zero,
            Damping::Partial => {}
        }
        if !self.g.open {
            sigma = full.select(zero, sigma);
        }
        let mut dq1 = if EXACT {
            dt * self.of(&b.rough) / r_wtd.map(|_, r| r.powf(1.33333)) * v.abs()
        } else {
            let x = r_wtd.inverse_cbrt();
            let x2 = x * x;
            dt * self.of(&b.rough) * (x2 * x2) * v.abs()
        };
        if self.g.force_main && full.any() {
            let r = r_mid.array();
            let slope = v
                .abs()
                .map(|i, v| crate::forcemain::friction_slope(self.p.darcy, &b.section[k + i], v, r[i]));
            dq1 = full.select(dt * slope, dq1);
        }
        let dq2 = dt * self.c(GRAVITY) * a_wtd * (h2 - h1) / length;
        let inertia = sigma.gt(zero);
        let dq3 = inertia.select(self.c(2.0) * v * (a_mid - a_old) * sigma, zero);
        let dq4 = inertia.select(dt * v * v * (a2 - a1) / length * sigma, zero);
        let dq5 = self.local_losses(a1, a2, a_mid, q_last) / self.c(2.0) / length * dt;
        let mut dq6 = zero;
        if b.any_seepage || (self.g.open && self.p.evaporation > 0.0) {
            let wet = dry.select(zero, V::load(self.s, &active));
            let rate = self.losses(out, o, wet, &active);
            dq6 = rate * self.c(2.5) * dt * v / true_length;
        }
        let denom = one + dq1 + dq5;
        let mut q = (q_old - dq2 + dq3 + dq4 + dq6) / denom;
        let mut dqdh = one / denom * self.c(GRAVITY) * dt * a_wtd / length * barrels;
        let (mut limited, mut inlet) = (zero, zero);
        if self.g.culverts {
            (q, dqdh, inlet) = self.inlet_control(q, dqdh, h1, full);
        }
        let middle = class.ge(self.c(Class::SUBCRITICAL)) & class.le(self.c(Class::SUPERCRITICAL));
        let mut maybe = q.gt(zero) & y1.lt(y_full) & middle;
        if self.g.culverts {
            maybe = maybe & !self.culverts();
        }
        if self.p.normal_flow != NormalFlow::None && maybe.any() {
            let (normal, is) = self.normal_flow(q, y1, y2, a1, r1, maybe);
            q = is.select(normal, q);
            limited = is.select(one, zero);
        }
        if self.p.trial > 0 {
            q = half * q_last + half * q;
            let turned = (q * q_last).lt(zero);
            q = turned.select(self.c(0.001) * q.sign(), q);
        }
        let limit = self.of(&b.q_limit);
        q = (limit.gt(zero) & q.abs().gt(limit)).select(q.sign() * limit, q);
        q = self.flap(q).select(zero, q);
        q = (q.gt(fudge) & d1.le(fudge)).select(fudge, q);
        q = (q.lt(-fudge) & d2.le(fudge)).select(-fudge, q);
        let mean = (a1 + a2) / self.c(2.0);
        let full_state = self.full_state(a1, a2);

        let keep = if all { None } else { Some(V::load(self.s, &active).gt(zero)) };
        let a_dry_volume = dry_area * true_length * barrels;
        put(keep, dry, &mut out.a1[o..], a_mid, dry_area);
        put(keep, dry, &mut out.q[o..], q, zero);
        put(keep, dry, &mut out.flow[o..], q * barrels, zero);
        put(keep, dry, &mut out.dqdh[o..], dqdh, dry_dqdh);
        put(keep, dry, &mut out.froude[o..], froude, zero);
        put(keep, dry, &mut out.depth[o..], depth, depth);
        put(keep, dry, &mut out.volume[o..], mean * true_length * barrels, a_dry_volume);
        put(keep, dry, &mut out.surf1[o..], s1, s1);
        put(keep, dry, &mut out.surf2[o..], s2, s2);
        put(keep, dry, &mut out.class[o..], class, class);
        let last_full = V::load(self.s, &out.full[o..]);
        put(keep, dry, &mut out.full[o..], full_state, last_full);
        let last_limited = V::load(self.s, &out.limited[o..]);
        put(keep, dry, &mut out.limited[o..], limited, last_limited);
        if self.g.culverts {
            let last_inlet = V::load(self.s, &out.inlet[o..]);
            put(keep, dry, &mut out.inlet[o..], inlet, last_inlet);
        }
    }

    /// Lanes that are culverts.
    fn culverts(&self) -> M<S> {
        self.c(0.0).map(|i, _| f64::from(u8::from(self.b.culvert[self.k + i].is_some()))).gt(self.c(0.0))
    }

    /// Flow and its derivative where the inlet of a culvert passes less, and 1 there.
    #[inline(never)]
    fn inlet_control(&self, q: V<S>, dqdh: V<S>, h1: V<S>, full: M<S>) -> (V<S>, V<S>, V<S>) {
        let open = full.select(self.c(0.0), q).array();
        let (h1, mut q, mut dqdh) = (h1.array(), q.array(), dqdh.array());
        let mut inlet = [0.0; WIDEST];
        for i in 0..V::<S>::LANES {
            let k = self.k + i;
            let Some(culvert) = &self.b.culvert[k] else { continue };
            if open[i] <= 0.0 {
                continue;
            }
            let (most, slope) = culvert.inflow(&self.b.section[k], h1[i] - self.b.z1[k]);
            if most < q[i] {
                (q[i], dqdh[i], inlet[i]) = (most, slope, 1.0);
            }
        }
        (V::load(self.s, &q), V::load(self.s, &dqdh), V::load(self.s, &inlet))
    }

    #[inline(always)]
    fn full_state(&self, a1: V<S>, a2: V<S>) -> V<S> {
        let a_full = self.of(&self.b.a_full);
        let (up, down) = (a1.ge(a_full), a2.ge(a_full));
        (up & down).select(self.c(3.0), up.select(self.c(1.0), down.select(self.c(2.0), self.c(0.0))))
    }

    #[inline(always)]
    fn flap(&self, q: V<S>) -> M<S> {
        let zero = self.c(0.0);
        let (b, yes) = (self.b, self.c(0.5));
        (q * self.of(&b.gate)).lt(zero)
            | (q.lt(zero) & self.of(&b.flap2).gt(yes))
            | (q.gt(zero) & self.of(&b.flap1).gt(yes))
    }

    #[inline(always)]
    fn local_losses(&self, a1: V<S>, a2: V<S>, a_mid: V<S>, q: V<S>) -> V<S> {
        let fudge = self.c(FUDGE);
        let zero = self.c(0.0);
        let q = q.abs();
        let inlet = a1.gt(fudge).select(self.of(&self.b.k_in) * (q / a1), zero);
        let outlet = a2.gt(fudge).select(self.of(&self.b.k_out) * (q / a2), zero);
        let along = a_mid.gt(fudge).select(self.of(&self.b.k_avg) * (q / a_mid), zero);
        inlet + outlet + along
    }

    /// Evaporation and seepage, ft³/s a barrel; also kept for the balance.
    #[inline(always)]
    fn losses(&self, out: &mut SlotsMut<'_>, o: usize, wet: V<S>, active: &[f64; WIDEST]) -> V<S> {
        let wet = wet.array();
        let mut rates = [0.0; WIDEST];
        for (i, rate) in rates.iter_mut().enumerate().take(V::<S>::LANES) {
            let (k, j) = (self.k + i, o + i);
            // A dry conduit loses nothing; one that rests keeps its losses.
            if wet[i] == 0.0 {
                if active[i] > 0.0 {
                    (out.evaporation[j], out.seepage[j]) = (0.0, 0.0);
                }
                continue;
            }
            let depth = 0.5 * (out.old_depth[j] + out.depth[j]);
            let volume = out.volume[j] / self.p.dt;
            let l = super::losses::conduit(
                &self.b.section[k],
                depth,
                self.b.length[k],
                self.p.evaporation,
                self.b.seepage[k] * self.p.conductivity,
                volume,
            );
            (out.evaporation[j], out.seepage[j]) = (l.0, l.1);
            *rate = l.2;
        }
        V::load(self.s, &rates)
    }

    #[inline(always)]
    fn normal_flow(&self, q: V<S>, y1: V<S>, y2: V<S>, a1: V<S>, r1: V<S>, maybe: M<S>) -> (V<S>, M<S>) {
        let b = self.b;
        let fudge = self.c(FUDGE);
        let outfall = (self.of(&b.out1) + self.of(&b.out2)).gt(self.c(0.5));
        let slope = y1.lt(y2);
        let by_slope = matches!(self.p.normal_flow, NormalFlow::Slope | NormalFlow::Both);
        let mut check = if by_slope { slope } else { slope & outfall };
        if matches!(self.p.normal_flow, NormalFlow::Froude | NormalFlow::Both) {
            let open = maybe & !check & !outfall & y1.gt(fudge) & y2.gt(fudge);
            if open.any() {
                check = check | (open & self.froude(q / a1, y1).ge(self.c(1.0)));
            }
        }
        let power = if EXACT { r1.map(|_, r| r.powf(2.0 / 3.0)) } else { r1 * r1.inverse_cbrt() };
        let normal = self.of(&b.beta) * a1 * power;
        (normal, maybe & check & normal.lt(q))
    }

    /// Flow class and surface areas at the ends; moves the ends to critical depth where there is one.
    #[inline(always)]
    fn surface(&self, e: &mut Ends<S>, q: V<S>, length: V<S>, d1: V<S>, d2: V<S>) -> (V<S>, V<S>, V<S>) {
        let b = self.b;
        let (zero, fudge) = (self.c(0.0), self.c(FUDGE));
        let y_full = self.of(&b.y_full);
        let (mut y1, mut y2) = (e.y1, e.y2);
        let full = y1.ge(y_full) & y2.ge(y_full);
        let (wet1, wet2) = (y1.gt(fudge), y2.gt(fudge));
        let (off1, off2) = (self.of(&b.off1), self.of(&b.off2));
        let drop1 = self.of(&b.out1).gt(self.c(0.5)).select(zero.max(off1 - d1), off1).gt(zero);
        let drop2 = self.of(&b.out2).gt(self.c(0.5)).select(zero.max(off2 - d2), off2).gt(zero);
        let back = q.lt(zero);
        let none = !wet1 & !wet2;
        let only2 = !wet1 & wet2;
        let only1 = wet1 & !wet2;
        let up_dry = only2 & e.h2.lt(self.of(&b.z1));
        let dn_dry = only1 & e.h1.lt(self.of(&b.z2));
        let asks1 = !full & drop1 & ((wet1 & wet2 & back) | (only2 & !up_dry));
        let asks2 = !full & drop2 & ((wet1 & wet2 & !back) | (only1 & !dn_dry));
        let both = wet1 & wet2;
        let mut fasnh = self.c(1.0);
        let mut up_crit = asks1 & only2;
        let mut dn_crit = asks2 & only1;
        let mean = (y1 + y2) / self.c(2.0);
        let (mut yn, mut yc) = (mean, mean);
        let asks = asks1 | asks2;
        if asks.any() {
            let flow = asks.select(q.abs(), zero);
            yn = asks.select(self.normal_depth(flow), yn);
            yc = asks.select(self.critical_depth(flow), yc);
            let (least, most) = (yn.min(yc), yn.max(yc));
            up_crit = up_crit | (asks1 & both & y1.lt(least));
            let falls = asks2 & both & y2.lt(least);
            dn_crit = dn_crit | falls;
            let between = asks2 & both & !falls & y2.lt(most);
            let span = most - least;
            let f = span.lt(fudge).select(zero, (most - y2) / span);
            fasnh = between.select(f, fasnh);
        }
        let (none, up_dry, dn_dry) = (none & !full, up_dry & !full, dn_dry & !full);
        let mut class = self.c(Class::SUBCRITICAL);
        class = up_crit.select(self.c(Class::UP_CRITICAL), class);
        class = dn_crit.select(self.c(Class::DN_CRITICAL), class);
        class = up_dry.select(self.c(Class::UP_DRY), class);
        class = dn_dry.select(self.c(Class::DN_DRY), class);
        class = none.select(self.c(Class::DRY), class);
        let critical = yn.lt(yc).select(yn, yc).max(fudge);
        y1 = up_crit.select(critical, up_dry.select(fudge, y1));
        y2 = dn_crit.select(critical, dn_dry.select(fudge, y2));
        e.h1 = up_crit.select(self.of(&b.z1) + critical, e.h1);
        e.h2 = dn_crit.select(self.of(&b.z2) + critical, e.h2);
        let y_mid = (self.c(0.5) * (y1 + y2)).max(fudge);
        let (w1, w2, wm) = (self.width(y1), self.width(y2), self.width(y_mid));
        let four = self.c(4.0);
        let one_end1 = (w1 + wm) * length / four;
        let one_end2 = (wm + w2) * length / four;
        let mut s1 = one_end1;
        let mut s2 = one_end2 * fasnh;
        let half = self.c(0.5);
        s1 = up_crit.select(zero, dn_crit.select((w1 + wm) * length * half, s1));
        s2 = dn_crit.select(zero, up_crit.select((wm + w2) * length * half, s2));
        s1 = (up_dry & off1.gt(zero)).select(zero, s1);
        s2 = up_dry.select(one_end2, s2);
        s2 = (dn_dry & off2.gt(zero)).select(zero, s2);
        let none_area = fudge * length / self.c(2.0);
        s1 = none.select(none_area, s1);
        s2 = none.select(none_area, s2);
        e.y1 = y1;
        e.y2 = y2;
        (class, s1, s2)
    }
}

/// Writes what a wet or a dry conduit takes; those that rest keep theirs.
#[inline(always)]
fn put<S: Simd>(keep: Option<M<S>>, dry: M<S>, old: &mut [f64], wet: V<S>, dry_value: V<S>) {
    let new = dry.select(dry_value, wet);
    match keep {
        None => new.store(old),
        Some(active) => {
            let before = V::load(wet.0, old);
            active.select(new, before).store(old);
        }
    }
}

/// Normal depth of a flow as SWMM finds it.
pub(crate) fn normal_depth(x: &crate::section::Section, beta: f64, q_max: f64, q: f64) -> f64 {
    let q = q.abs();
    let q = if q > q_max { q_max } else { q };
    if q <= 0.0 {
        return 0.0;
    }
    x.depth_of_area(x.area_of_factor(q / beta))
}
