//! 扫描: one step over all rows, in bands of rows on several threads. Every face is computed from the
//! flows and depths before the step, so the bands give the same bits however they are cut.
#![expect(clippy::indexing_slicing, reason = "rows of the raster and its border")]

use numerics::lanes::Arch;

use super::ground::Ground;
use super::kernel::{Cells, Depths, Faces, Pace};
use super::surface::Surface;

/// Cells a thread must have before another is worth starting.
const CELLS_A_THREAD: usize = 40_000;

/// What a step left behind.
#[derive(Debug, Default)]
pub(crate) struct Extremes {
    pub(crate) deepest_m: f64,
    /// Rows in which a cell gave more than it had.
    pub(crate) negative_rows: Vec<usize>,
}

/// A band of rows and what it must know of its neighbours before they change.
struct Band<'a> {
    from: usize,
    to: usize,
    depth: &'a mut [f64],
    east: &'a mut [f64],
    north: &'a mut [f64],
    wet: &'a mut [bool],
    /// Row below the band: depth, flow east, flow north.
    below: [Vec<f64>; 3],
    /// Row above the band, likewise; last the flow north into the row above that.
    above: [Vec<f64>; 4],
}

/// One step of all rows.
pub(crate) fn all(surface: &mut Surface, ground: &Ground, pace: Pace, rain: &[f64]) -> Extremes {
    let width = ground.width();
    let wet_before = surface.wet.clone();
    let most = (ground.rows * width / CELLS_A_THREAD).max(1).min(ground.rows);
    let threads = surface.settings.threads.clamp(1, most);
    let share = ground.rows.div_ceil(threads);
    let bands = cut(surface, width, ground.rows, share);
    let work = |band: Band<'_>| sweep(band, ground, pace, rain, &wet_before);
    let parts: Vec<Extremes> = if threads == 1 {
        bands.into_iter().map(work).collect()
    } else {
        std::thread::scope(|scope| {
            let running: Vec<_> = bands.into_iter().map(|band| scope.spawn(|| work(band))).collect();
            running.into_iter().map(|r| r.join().unwrap_or_else(|e| std::panic::resume_unwind(e))).collect()
        })
    };
    let mut whole = Extremes::default();
    for part in parts {
        whole.deepest_m = whole.deepest_m.max(part.deepest_m);
        whole.negative_rows.extend(part.negative_rows);
    }
    whole
}

fn cut(surface: &mut Surface, width: usize, rows: usize, share: usize) -> Vec<Band<'_>> {
    let row = |list: &[f64], j: usize| list.get(j * width..(j + 1) * width).unwrap_or(&[]).to_vec();
    let halos: Vec<_> = (1..=rows)
        .step_by(share)
        .map(|from| {
            let to = (from + share).min(rows + 1);
            let (d, e, n) = (&surface.depth, &surface.east, &surface.north);
            let below = [row(d, from - 1), row(e, from - 1), row(n, from - 1)];
            let mut above = [row(d, to), row(e, to), row(n, to), row(n, to + 1)];
            above[3].resize(width, 0.0);
            (from, to, below, above)
        })
        .collect();
    let inner = width..(rows + 1) * width;
    let (mut depth, mut east, mut north, mut wet) = (
        &mut surface.depth[inner.clone()],
        &mut surface.east[inner.clone()],
        &mut surface.north[inner],
        &mut surface.wet[1..=rows],
    );
    let mut bands = Vec::new();
    for (from, to, below, above) in halos {
        let cells = (to - from) * width;
        let (d, e, n, w);
        (d, depth) = depth.split_at_mut(cells);
        (e, east) = east.split_at_mut(cells);
        (n, north) = north.split_at_mut(cells);
        (w, wet) = wet.split_at_mut(to - from);
        bands.push(Band { from, to, depth: d, east: e, north: n, wet: w, below, above });
    }
    bands
}

fn sweep(band: Band<'_>, ground: &Ground, pace: Pace, rain: &[f64], wet_before: &[bool]) -> Extremes {
    let Band { from, to, depth, east, north, wet, below, above } = band;
    let width = ground.width();
    let arch = Arch::new();
    let raining = rain.iter().any(|r| *r > 0.0);
    let mut out = Extremes::default();
    let inner = width - 2;
    let (mut east_old, mut east_new) = (vec![0.0; width], vec![0.0; width]);
    let (mut north_old, mut north_next) = (vec![0.0; width], vec![0.0; width]);
    let (mut south_face, mut north_face) = (vec![0.0; width], vec![0.0; width]);
    let active = |j: usize| raining || wet_before[j - 1] || wet_before[j] || wet_before[j + 1];
    let z = |j: usize| &ground.height_m[j * width..(j + 1) * width];
    let k = |j: usize| &ground.friction[j * width..(j + 1) * width];

    // The faces below the first row.
    north_old.copy_from_slice(&north[..width]);
    if active(from) || wet_before[from - 1] {
        let after = if to - from > 1 { &north[width..2 * width] } else { &above[2][..] };
        arch.dispatch(Faces {
            pace,
            near: Cells { height: z(from - 1), depth: &below[0], friction: k(from - 1) },
            far: Cells { height: z(from), depth: &depth[..width], friction: k(from) },
            along: [&below[2], &north_old, after],
            across: [&below[1], &below[1][1..], &east[..width], &east[1..width]],
            out: &mut south_face[..width - 1],
        });
    }
    for j in from..to {
        let i = (j - from) * width;
        let last = j + 1 == to;
        if !active(j) {
            east[i..i + width].fill(0.0);
            north[i..i + width].copy_from_slice(&south_face);
            south_face.fill(0.0);
            if !last {
                north_old.copy_from_slice(&north[i + width..i + 2 * width]);
            }
            wet[j - from] = false;
            continue;
        }
        east_old.copy_from_slice(&east[i..i + width]);
        {
            let here = &depth[i..i + width];
            let above_north = if last { &above[2][..] } else { &north[i + width..i + 2 * width] };
            north_next.copy_from_slice(above_north);
            // Faces between this row's cells: face c lies between cells c − 1 and c.
            arch.dispatch(Faces {
                pace,
                near: Cells { height: z(j), depth: here, friction: k(j) },
                far: Cells { height: &z(j)[1..], depth: &here[1..], friction: &k(j)[1..] },
                along: [&east_old, &east_old[1..], &east_old[2..]],
                across: [&north_old, &north_old[1..], &north_next, &north_next[1..]],
                out: &mut east_new[1..],
            });
            // Faces to the row above.
            let (far, far_east, after) = if last {
                (&above[0][..], &above[1][..], &above[3][..])
            } else {
                let up = i + width;
                let after = if j + 2 == to { &above[2][..] } else { &north[up + width..up + 2 * width] };
                (&depth[up..up + width], &east[up..up + width], after)
            };
            arch.dispatch(Faces {
                pace,
                near: Cells { height: z(j), depth: here, friction: k(j) },
                far: Cells { height: z(j + 1), depth: far, friction: k(j + 1) },
                along: [&north_old, &north_next, after],
                across: [&east_old, &east_old[1..], far_east, &far_east[1..]],
                out: &mut north_face[..width - 1],
            });
        }
        east[i..i + width].copy_from_slice(&east_new);
        north[i..i + width].copy_from_slice(&south_face);
        let row_rain = if rain.len() == 1 { rain } else { &rain[j * width + 1..j * width + 1 + inner] };
        let (most, least) = arch.dispatch(Depths {
            ratio: pace.dt_s / pace.cell_m,
            height: &z(j)[1..],
            west: &east_new[1..],
            east: &east_new[2..],
            south: &south_face[1..],
            north: &north_face[1..],
            rain: row_rain,
            depth: &mut depth[i + 1..i + 1 + inner],
        });
        wet[j - from] = most > 0.0;
        out.deepest_m = out.deepest_m.max(most);
        if least < 0.0 {
            out.negative_rows.push(j);
        }
        std::mem::swap(&mut south_face, &mut north_face);
        std::mem::swap(&mut north_old, &mut north_next);
    }
    out
}
