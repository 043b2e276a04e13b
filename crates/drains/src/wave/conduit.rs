//! The momentum equation of a conduit (动量方程): Reference Manual II, section 3.2, written once for
//! any number of lanes.
//!
//! With `EXACT` on one lane every operation is SWMM's in SWMM's order: its bits. Otherwise the
//! geometry and powers are the fast ones, a vector of conduits at a time.
#![expect(clippy::indexing_slicing, reason = "slots are walked in whole vectors, nodes are checked")]

use numerics::lanes::{M, Row, Simd, V, WIDEST};

use super::abreast::Lanes;
use super::blocks::{Blocks, Fixed, Group};
use super::gather::Brings;
use super::momentum::Pass;
use super::shape::Water;
use super::slots::{Class, Mark, SlotBlock};
use crate::project::{Damping, NormalFlow};
use crate::units::{FUDGE, GRAVITY};

/// Greatest velocity, ft/s.
const VELOCITY_MAX: f64 = 50.0;

/// Logarithm of 2 by what 4/3 is more than 1.33333.
const LOG_SHARE: f64 = std::f64::consts::LN_2 * (4.0 / 3.0 - 1.33333);

/// The kernel at one vector of a block. `PIPES`: of a group that is [`Group::pipes`], known when it is
/// compiled.
pub(super) struct Kernel<'p, S: Simd, const EXACT: bool, const ABREAST: bool, const PIPES: bool> {
    pub(super) s: S,
    pub(super) p: &'p Pass<'p>,
    pub(super) b: &'p Blocks,
    pub(super) g: &'p Group,
    pub(super) f: &'p Fixed,
    /// Slot of the first lane, and its place in the block of what never changes.
    pub(super) k: usize,
    pub(super) at: usize,
    /// The first lane in the block of what changes.
    pub(super) lane: usize,
}

/// Depths and heads at the ends as the flow class leaves them, and the heights of the ends.
struct Ends<S: Simd> {
    z1: V<S>,
    z2: V<S>,
    h1: V<S>,
    h2: V<S>,
    y1: V<S>,
    y2: V<S>,
}

/// The flow class, and what the surface areas at the ends need of it.
struct Flow<S: Simd> {
    class: V<S>,
    fasnh: V<S>,
    none: M<S>,
    up_crit: M<S>,
    dn_crit: M<S>,
    up_dry: M<S>,
    dn_dry: M<S>,
}

impl<S: Simd, const EXACT: bool, const ABREAST: bool, const PIPES: bool>
    Kernel<'_, S, EXACT, ABREAST, PIPES>
{
    #[inline(always)]
    pub(super) const fn open(&self) -> bool {
        !PIPES && self.g.open
    }

    #[inline(always)]
    const fn force_main(&self) -> bool {
        !PIPES && self.g.force_main
    }

    #[inline(always)]
    const fn has_culverts(&self) -> bool {
        !PIPES && self.g.culverts
    }

    #[inline(always)]
    pub(super) const fn slot_method(&self) -> bool {
        !PIPES && self.p.slot_method
    }

    /// What never changes.
    #[inline(always)]
    pub(super) fn of(&self, list: &[f64; WIDEST]) -> V<S> {
        if ABREAST { self.c(list[self.at]) } else { V::part(self.s, list, self.at) }
    }

    /// What changes, or differs between states.
    #[inline(always)]
    fn own(&self, list: &Lanes) -> V<S> {
        V::part(self.s, list, self.lane)
    }

    #[inline(always)]
    pub(super) fn c(&self, v: f64) -> V<S> {
        V::splat(self.s, v)
    }

    /// Slot of a lane of this vector.
    #[inline(always)]
    pub(super) const fn slot(&self, i: usize) -> usize {
        if ABREAST { self.k } else { self.k + i }
    }

    /// Its place in the block of what never changes.
    #[inline(always)]
    pub(super) const fn place(&self, i: usize) -> usize {
        if ABREAST { self.at } else { self.at + i }
    }

    #[inline(always)]
    fn nodal(&self, at: &[u32; WIDEST], list: &[f64]) -> V<S> {
        let mut a = [0.0; WIDEST];
        for i in 0..V::<S>::LANES {
            a[i] = list[at[self.at + i] as usize];
        }
        V::part(self.s, &a, 0)
    }

    #[inline(always)]
    fn depth(&self, at: &[u32; WIDEST]) -> V<S> {
        if ABREAST {
            return self.own(&self.p.nodes[at[self.at] as usize].depth);
        }
        self.nodal(at, self.p.depth)
    }

    /// Conduits that a trial after the second moves: those at a node that does not rest.
    #[inline(always)]
    fn moves(&self) -> M<S> {
        if ABREAST {
            let rests = |at: &[u32; WIDEST]| self.own(&self.p.nodes[at[self.at] as usize].rests);
            return (rests(&self.f.n1) * rests(&self.f.n2)).lt(self.c(0.5));
        }
        self.own(&self.p.moves[self.k / WIDEST]).gt(self.c(0.5))
    }

    /// Division where SWMM divides, multiplication by the reciprocal in the fast numerics.
    #[inline(always)]
    fn per(&self, v: V<S>, by: &[f64; WIDEST], reciprocal: &[f64; WIDEST]) -> V<S> {
        if EXACT { v / self.of(by) } else { v * self.of(reciprocal) }
    }

    #[inline(always)]
    fn per_length(&self, v: V<S>) -> V<S> {
        self.per(v, &self.f.mod_length, &self.f.per_length)
    }

    #[inline(always)]
    pub(super) fn run(&self, out: &mut SlotBlock, brings: Option<&mut Brings>) {
        let f = self.f;
        // A conduit between two nodes that rest keeps its flow.
        let mut keep = None;
        if ABREAST {
            keep = Some(self.own(&self.p.live).gt(self.c(0.0)));
        }
        if self.p.trial >= 2 {
            let moves = self.moves();
            keep = Some(keep.map_or(moves, |live| live & moves));
        }
        if keep.is_some_and(|active| !active.any()) {
            return;
        }
        let zero = self.c(0.0);
        let one = self.c(1.0);
        let half = self.c(0.5);
        let fudge = self.c(FUDGE);
        let dt = self.own(&self.p.dt);
        let y_full = self.of(&f.y_full);
        let (mut barrels, mut q_old) = (one, self.own(&out.old_flow));
        if f.head.barrels {
            barrels = self.of(&f.barrels);
            q_old = self.per(q_old, &f.barrels, &f.per_barrel);
        }
        let q_last = self.own(if f.head.barrels { &out.q } else { &out.flow });
        let (d1, d2) = (self.depth(&f.n1), self.depth(&f.n2));
        let (mut z1, mut z2) = (self.of(&f.inv1), self.of(&f.inv2));
        let (mut h1, mut h2) = (d1 + z1, d2 + z2);
        if f.head.drops {
            (z1, z2) = (z1 + self.of(&f.off1), z2 + self.of(&f.off2));
            (h1, h2) = (h1.max(z1), h2.max(z2));
        }
        let mut y1 = (h1 - z1).max(fudge);
        let mut y2 = (h2 - z2).max(fudge);
        if !self.slot_method() {
            y1 = y1.min(y_full);
            y2 = y2.min(y_full);
        }
        let a_before = self.own(if self.p.passes || self.p.resumes { &out.a1 } else { &out.a2 });
        let a_old = a_before.max(fudge);
        let mut e = Ends { z1, z2, h1, h2, y1, y2 };
        let flow = self.flow_class(&mut e, q_last, d1, d2);
        let Ends { h1, h2, y1, y2, .. } = e;
        let y_mid = half * (y1 + y2);
        let (w1, w2, mid) = (self.water(y1), self.water(y2), self.water(y_mid));
        let (s1, s2) = self.surface(&flow, w1.width, w2.width, mid.width);
        let class = flow.class;
        let (a1, r1, a2, a_mid, r_mid) = (w1.area, w1.radius, w2.area, mid.area, mid.radius);
        let full = y1.ge(y_full) & y2.ge(y_full);
        let mut dry = class.le(self.c(Class::DN_DRY)) | a_mid.le(fudge);
        if self.p.shuts {
            let setting = self.own(&out.setting);
            dry = dry | (setting.le(zero) & setting.ge(zero));
        }
        let dry_area = half * (a1 + a2);
        let dry_dqdh = self.per_length(self.c(GRAVITY) * dt * a_mid) * barrels;
        let depth = y_mid.min(y_full);

        // One division serves both the velocity and the Froude number in the fast numerics.
        let per_area = one / a_mid;
        let fast = if EXACT { q_last / a_mid } else { q_last * per_area };
        let v = fast.abs().gt(self.c(VELOCITY_MAX)).select(self.c(VELOCITY_MAX) * q_last.sign(), fast);
        let froude = self.froude(v, y_mid, &mid, per_area);
        let sub = class.le(self.c(Class::SUBCRITICAL)) & class.ge(self.c(Class::SUBCRITICAL));
        let class = (sub & !dry & froude.gt(one)).select(self.c(Class::SUPERCRITICAL), class);
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
        if !self.open() {
            sigma = full.select(zero, sigma);
        }
        let mut dq1 = if EXACT {
            dt * self.of(&f.rough) / r_wtd.map(|_, r| r.powf(1.33333)) * v.abs()
        } else {
            // SWMM's exponent is 1.33333: what lies between it and 4/3 is nearly a logarithm.
            let x = r_wtd.inverse_cbrt();
            let x2 = x * x;
            let rest = self.c(1.0) + r_wtd.rough_log2() * self.c(LOG_SHARE);
            dt * self.of(&f.rough) * (x2 * x2) * rest * v.abs()
        };
        if self.force_main() && full.any() {
            let r = r_mid.array();
            let slope = v.abs().map(|i, v| {
                crate::forcemain::friction_slope(self.p.darcy, &self.b.section[self.slot(i)], v, r[i])
            });
            dq1 = full.select(dt * slope, dq1);
        }
        let dq2 = self.per_length(dt * self.c(GRAVITY) * a_wtd * (h2 - h1));
        let inertia = sigma.gt(zero);
        let dq3 = inertia.select(self.c(2.0) * v * (a_mid - a_old) * sigma, zero);
        let dq4 = inertia.select(self.per_length(dt * v * v * (a2 - a1)) * sigma, zero);
        let mut dq5 = zero;
        if f.head.losses {
            dq5 = self.per_length(self.local_losses(a1, a2, a_mid, q_last) / self.c(2.0)) * dt;
        }
        let mut dq6 = zero;
        if self.b.any_seepage || (self.open() && self.p.evaporates()) {
            let active = keep.map_or(one, |k| k.select(one, zero));
            let wet = dry.select(zero, active);
            let rate = self.losses(out, wet, active);
            dq6 = rate * self.c(2.5) * dt * v / self.of(&f.length);
        }
        let denom = one + dq1 + dq5;
        let top = q_old - dq2 + dq3 + dq4 + dq6;
        let (mut q, mut dqdh);
        if EXACT {
            q = top / denom;
            dqdh = one / denom * self.c(GRAVITY) * dt * a_wtd / self.of(&f.mod_length) * barrels;
        } else {
            let per = one / denom;
            q = top * per;
            dqdh = per * self.per_length(self.c(GRAVITY) * dt * a_wtd) * barrels;
        }
        let (mut limited, mut inlet) = (zero, zero);
        if self.has_culverts() {
            (q, dqdh, inlet) = self.inlet_control(q, dqdh, h1, full);
        }
        let middle = class.ge(self.c(Class::SUBCRITICAL)) & class.le(self.c(Class::SUPERCRITICAL));
        let mut maybe = q.gt(zero) & y1.lt(y_full) & middle;
        if self.has_culverts() {
            maybe = maybe & !self.culverts();
        }
        if self.p.normal_flow != NormalFlow::None && maybe.any() {
            (q, limited) = self.normal_flow(q, y1, y2, &w1, maybe);
        }
        if self.p.trial > 0 {
            q = half * q_last + half * q;
            let turned = (q * q_last).lt(zero);
            q = turned.select(self.c(0.001) * q.sign(), q);
        }
        if f.head.limits {
            let limit = self.of(&f.q_limit);
            q = (limit.gt(zero) & q.abs().gt(limit)).select(q.sign() * limit, q);
        }
        if f.head.flaps {
            q = self.flap(q).select(zero, q);
        }
        q = (q.gt(fudge) & d1.le(fudge)).select(fudge, q);
        q = (q.lt(-fudge) & d2.le(fudge)).select(-fudge, q);
        let mean = (a1 + a2) / self.c(2.0);
        let mut marks = self.full_marks(a1, a2) + limited;
        if self.has_culverts() {
            marks = marks + inlet;
        }

        let length = if f.head.stretched { self.of(&f.length) } else { self.of(&f.mod_length) };
        let room = |area: V<S>| area * length * barrels;
        let lane = self.lane;
        if f.head.barrels {
            put(keep, lane, &mut out.q, dry.select(zero, q));
        }
        let (flow, dqdh) = (dry.select(zero, q * barrels), dry.select(dry_dqdh, dqdh));
        let (s1, s2) = (s1 * barrels, s2 * barrels);
        put(keep, lane, &mut out.flow, flow);
        if let Some(brings) = brings {
            let (down, up) = (flow.gt(zero).select(flow, zero), flow.lt(zero).select(-flow, zero));
            let rows = V::rows_of(self.s, &[up, down, s1, dqdh, down, up, s2, dqdh]);
            put_rows(self.s, keep, &mut brings[lane..lane + V::<S>::LANES], &rows);
        } else {
            put(keep, lane, &mut out.dqdh, dqdh);
            put(keep, lane, &mut out.surf1, s1);
            put(keep, lane, &mut out.surf2, s2);
        }
        // What the next trial neither asks for nor keeps.
        if !self.p.passes {
            if self.p.resumes {
                put(keep, lane, &mut out.a2, a_before);
            }
            put(keep, lane, &mut out.a1, dry.select(dry_area, a_mid));
            put(keep, lane, &mut out.froude, dry.select(zero, froude));
            put(keep, lane, &mut out.depth, depth);
            put(keep, lane, &mut out.volume, room(dry.select(dry_area, mean)));
            put(keep, lane, &mut out.class, class);
        }
        let last = self.own(&out.marks);
        put(keep, lane, &mut out.marks, dry.select(last, marks));
    }

    /// Lanes that are culverts.
    fn culverts(&self) -> M<S> {
        self.c(0.0).map(|i, _| f64::from(u8::from(self.b.culvert[self.slot(i)].is_some()))).gt(self.c(0.0))
    }

    /// Flow and its derivative where the inlet of a culvert passes less, and its mark there.
    #[inline(never)]
    fn inlet_control(&self, q: V<S>, dqdh: V<S>, h1: V<S>, full: M<S>) -> (V<S>, V<S>, V<S>) {
        let open = full.select(self.c(0.0), q).array();
        let (h1, mut q, mut dqdh) = (h1.array(), q.array(), dqdh.array());
        let mut inlet = [0.0; WIDEST];
        for i in 0..V::<S>::LANES {
            let k = self.slot(i);
            let Some(culvert) = &self.b.culvert[k] else { continue };
            if open[i] <= 0.0 {
                continue;
            }
            let at = self.place(i);
            let z1 = self.f.inv1[at] + self.f.off1[at];
            let (most, slope) = culvert.inflow(&self.b.section[k], h1[i] - z1);
            if most < q[i] {
                (q[i], dqdh[i], inlet[i]) = (most, slope, Mark::INLET);
            }
        }
        (V::load(self.s, &q), V::load(self.s, &dqdh), V::load(self.s, &inlet))
    }

    #[inline(always)]
    fn full_marks(&self, a1: V<S>, a2: V<S>) -> V<S> {
        let (a_full, zero) = (self.of(&self.f.a_full), self.c(0.0));
        let (up, down) = (self.c(Mark::FULL), self.c(2.0 * Mark::FULL));
        a1.ge(a_full).select(up, zero) + a2.ge(a_full).select(down, zero)
    }

    #[inline(always)]
    fn flap(&self, q: V<S>) -> M<S> {
        let zero = self.c(0.0);
        let (f, yes) = (self.f, self.c(0.5));
        (q * self.of(&f.gate)).lt(zero)
            | (q.lt(zero) & self.of(&f.flap2).gt(yes))
            | (q.gt(zero) & self.of(&f.flap1).gt(yes))
    }

    #[inline(always)]
    fn local_losses(&self, a1: V<S>, a2: V<S>, a_mid: V<S>, q: V<S>) -> V<S> {
        let fudge = self.c(FUDGE);
        let zero = self.c(0.0);
        let q = q.abs();
        let inlet = a1.gt(fudge).select(self.of(&self.f.k_in) * (q / a1), zero);
        let outlet = a2.gt(fudge).select(self.of(&self.f.k_out) * (q / a2), zero);
        let along = a_mid.gt(fudge).select(self.of(&self.f.k_avg) * (q / a_mid), zero);
        inlet + outlet + along
    }

    /// Evaporation and seepage, ft³/s a barrel; also kept for the balance.
    #[inline(always)]
    fn losses(&self, out: &mut SlotBlock, wet: V<S>, active: V<S>) -> V<S> {
        let (wet, active) = (wet.array(), active.array());
        let mut rates = [0.0; WIDEST];
        for i in 0..V::<S>::LANES {
            let j = self.lane + i;
            // A dry conduit loses nothing; one that rests keeps its losses.
            if wet[i] == 0.0 {
                if active[i] > 0.0 {
                    (out.evaporation[j], out.seepage[j]) = (0.0, 0.0);
                }
                continue;
            }
            let depth = 0.5 * (out.old_depth[j] + out.depth[j]);
            let volume = out.volume[j] / self.p.dt[j];
            let l = super::losses::conduit(
                &self.b.section[self.slot(i)],
                depth,
                self.f.length[self.place(i)],
                self.p.evaporation[j],
                (self.f.seepage[self.place(i)], self.p.conductivity[j]),
                volume,
            );
            (out.evaporation[j], out.seepage[j]) = (l.0, l.1);
            rates[i] = l.2;
        }
        V::load(self.s, &rates)
    }

    /// Flow limited to normal flow, and its mark where it is.
    #[inline(always)]
    fn normal_flow(&self, q: V<S>, y1: V<S>, y2: V<S>, w1: &Water<S>, maybe: M<S>) -> (V<S>, V<S>) {
        let f = self.f;
        let (fudge, zero) = (self.c(FUDGE), self.c(0.0));
        let outfall = if f.head.outfalls {
            (self.of(&f.out1) + self.of(&f.out2)).gt(self.c(0.5))
        } else {
            zero.gt(zero)
        };
        let slope = y1.lt(y2);
        let by_slope = matches!(self.p.normal_flow, NormalFlow::Slope | NormalFlow::Both);
        let mut check = if by_slope { slope } else { slope & outfall };
        if matches!(self.p.normal_flow, NormalFlow::Froude | NormalFlow::Both) {
            let open = maybe & !check & !outfall & y1.gt(fudge) & y2.gt(fudge);
            if open.any() {
                check = check | (open & self.is_shooting(q, y1, w1));
            }
        }
        let check = maybe & check;
        if !check.any() {
            return (q, zero);
        }
        let r1 = w1.radius;
        let power = if EXACT { r1.map(|_, r| r.powf(2.0 / 3.0)) } else { r1 * r1.inverse_cbrt() };
        let normal = self.of(&f.beta) * w1.area * power;
        let is = check & normal.lt(q);
        (is.select(normal, q), is.select(self.c(Mark::LIMITED), zero))
    }

    /// Flow class; moves the ends to critical depth where there is one.
    #[inline(always)]
    fn flow_class(&self, e: &mut Ends<S>, q: V<S>, d1: V<S>, d2: V<S>) -> Flow<S> {
        let f = self.f;
        let (zero, fudge) = (self.c(0.0), self.c(FUDGE));
        let y_full = self.of(&f.y_full);
        let (mut y1, mut y2) = (e.y1, e.y2);
        let full = y1.ge(y_full) & y2.ge(y_full);
        let (wet1, wet2) = (y1.gt(fudge), y2.gt(fudge));
        let only2 = !wet1 & wet2;
        let only1 = wet1 & !wet2;
        let none = !wet1 & !wet2 & !full;
        let up_dry_ends = only2 & e.h2.lt(e.z1);
        let dn_dry_ends = only1 & e.h1.lt(e.z2);
        let mut fasnh = self.c(1.0);
        let no = zero.gt(zero);
        let (mut up_crit, mut dn_crit) = (no, no);
        if f.head.drops {
            let (off1, off2) = (self.of(&f.off1), self.of(&f.off2));
            let (mut drop1, mut drop2) = (off1, off2);
            if f.head.outfalls {
                drop1 = self.of(&f.out1).gt(self.c(0.5)).select(zero.max(off1 - d1), off1);
                drop2 = self.of(&f.out2).gt(self.c(0.5)).select(zero.max(off2 - d2), off2);
            }
            let (drop1, drop2) = (drop1.gt(zero), drop2.gt(zero));
            let back = q.lt(zero);
            let asks1 = !full & drop1 & ((wet1 & wet2 & back) | (only2 & !up_dry_ends));
            let asks2 = !full & drop2 & ((wet1 & wet2 & !back) | (only1 & !dn_dry_ends));
            let both = wet1 & wet2;
            up_crit = asks1 & only2;
            dn_crit = asks2 & only1;
            // A full end is below no critical depth: it asks for none.
            let deep1 = both & y1.ge(y_full);
            let deep2 = both & y2.ge(y_full);
            let asks = (asks1 & !deep1) | (asks2 & !deep2);
            if asks.any() {
                let (yn, yc) = self.normal_and_critical(q.abs(), asks);
                let (least, most) = (yn.min(yc), yn.max(yc));
                up_crit = up_crit | (asks1 & both & y1.lt(least));
                let falls = asks2 & both & y2.lt(least);
                dn_crit = dn_crit | falls;
                let between = asks2 & both & !falls & y2.lt(most);
                if between.any() {
                    let span = most - least;
                    let part = span.lt(fudge).select(zero, (most - y2) / span);
                    fasnh = between.select(part, fasnh);
                }
                let critical = yn.lt(yc).select(yn, yc).max(fudge);
                y1 = up_crit.select(critical, y1);
                y2 = dn_crit.select(critical, y2);
                e.h1 = up_crit.select(e.z1 + critical, e.h1);
                e.h2 = dn_crit.select(e.z2 + critical, e.h2);
            }
        }
        let (up_dry, dn_dry) = (up_dry_ends & !full, dn_dry_ends & !full);
        let mut class = self.c(Class::SUBCRITICAL);
        class = up_crit.select(self.c(Class::UP_CRITICAL), class);
        class = dn_crit.select(self.c(Class::DN_CRITICAL), class);
        class = up_dry.select(self.c(Class::UP_DRY), class);
        class = dn_dry.select(self.c(Class::DN_DRY), class);
        class = none.select(self.c(Class::DRY), class);
        e.y1 = (up_dry & !up_crit).select(fudge, y1);
        e.y2 = (dn_dry & !dn_crit).select(fudge, y2);
        Flow { class, fasnh, none, up_crit, dn_crit, up_dry, dn_dry }
    }

    /// Surface areas at the ends from the top widths there and in the middle.
    #[inline(always)]
    fn surface(&self, f: &Flow<S>, w1: V<S>, w2: V<S>, wm: V<S>) -> (V<S>, V<S>) {
        let (zero, half, fudge) = (self.c(0.0), self.c(0.5), self.c(FUDGE));
        let length = self.of(&self.f.mod_length);
        let (four, two) = (self.c(4.0), self.c(2.0));
        let per = |v: V<S>, by: V<S>, reciprocal: f64| if EXACT { v / by } else { v * self.c(reciprocal) };
        let (near1, near2) = ((w1 + wm) * length, (wm + w2) * length);
        let one_end1 = per(near1, four, 0.25);
        let one_end2 = per(near2, four, 0.25);
        let (mut s1, mut s2) = (one_end1, one_end2);
        if self.f.head.drops {
            s2 = one_end2 * f.fasnh;
            s1 = f.up_crit.select(zero, f.dn_crit.select(near1 * half, s1));
            s2 = f.dn_crit.select(zero, f.up_crit.select(near2 * half, s2));
            s1 = (f.up_dry & self.of(&self.f.off1).gt(zero)).select(zero, s1);
            s2 = f.up_dry.select(one_end2, s2);
            s2 = (f.dn_dry & self.of(&self.f.off2).gt(zero)).select(zero, s2);
        }
        let none_area = per(fudge * length, two, 0.5);
        (f.none.select(none_area, s1), f.none.select(none_area, s2))
    }
}

/// Writes a vector; lanes that rest keep theirs.
#[inline(always)]
fn put<S: Simd>(active: Option<M<S>>, lane: usize, to: &mut [f64; WIDEST], new: V<S>) {
    match active {
        None => new.put(to, lane),
        Some(active) => active.select(new, V::part(new.0, to, lane)).put(to, lane),
    }
}

/// Writes a row for every lane; lanes that rest keep theirs.
#[inline(always)]
fn put_rows<S: Simd>(s: S, active: Option<M<S>>, to: &mut [Row], new: &[Row; WIDEST]) {
    let Some(active) = active else { return to.copy_from_slice(&new[..V::<S>::LANES]) };
    let active = active.select(V::splat(s, 1.0), V::splat(s, 0.0)).array();
    for ((to, new), active) in to.iter_mut().zip(new).zip(active) {
        if active > 0.0 {
            *to = *new;
        }
    }
}
