//! Windows of many points as JSON, written point by point: the very text that [`SamplesView`] with its
//! windows would be written as, without columns in between.
//!
//! [`SamplesView`]: crate::views::samples::SamplesView

use crate::query::{Bucket, FIGURES, Figure, Figures};
use field::id::PointId;
use serde::Serializer as _;
use serde_json::{Error, Serializer};
use std::ops::Range;

/// Room asked for at once behind the first point's windows: beyond it the text grows as texts grow.
const ROOM_MAX: usize = 4 * 1024 * 1024;

/// An answer being written.
pub(crate) struct WindowsText {
    out: Vec<u8>,
    figures: Figures,
    /// Points that are still to come.
    to_come: usize,
    /// The starts written last, and where: of most points they are the same as of the one before.
    starts: Vec<i64>,
    starts_at: Range<usize>,
    failed: Option<Error>,
}

impl WindowsText {
    pub(crate) fn new(figures: Figures, points: usize) -> Self {
        let out = b"{\"series\":[],\"windows\":[".to_vec();
        Self { out, figures, to_come: points, starts: vec![], starts_at: 0..0, failed: None }
    }

    /// Adds a point's windows.
    pub(crate) fn put(&mut self, point: PointId, all: &[Bucket]) {
        let begun = self.out.len();
        if let Err(error) = self.written(point, all) {
            self.failed = Some(error);
        }
        self.to_come = self.to_come.saturating_sub(1);
        let long = self.out.len() - begun;
        // The next ones will be about as long.
        self.out.reserve((long + long / 16).saturating_mul(self.to_come.min(64)).min(ROOM_MAX));
    }

    fn written(&mut self, point: PointId, all: &[Bucket]) -> Result<(), Error> {
        let first = self.out.ends_with(b"[");
        self.out.extend_from_slice(if first { b"{\"point\":" } else { b",{\"point\":" });
        Serializer::new(&mut self.out).serialize_i64(point.0)?;
        self.out.extend_from_slice(b",\"starts\":");
        self.starts(all)?;
        for (_, name, figure) in FIGURES {
            self.out.extend_from_slice(b",\"");
            self.out.extend_from_slice(name.as_bytes());
            self.out.extend_from_slice(b"\":");
            let all = if self.figures.has(figure) { all } else { &[] };
            column(&mut self.out, figure, all)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn starts(&mut self, all: &[Bucket]) -> Result<(), Error> {
        let same = !self.starts_at.is_empty() && self.starts.iter().eq(all.iter().map(|b| &b.start));
        if same {
            self.out.extend_from_within(self.starts_at.clone());
            return Ok(());
        }
        self.starts.clear();
        self.starts.extend(all.iter().map(|b| b.start));
        let begun = self.out.len();
        Serializer::new(&mut self.out).collect_seq(&self.starts)?;
        self.starts_at = begun..self.out.len();
        Ok(())
    }

    /// The whole text.
    ///
    /// # Errors
    /// What serde_json says.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Error> {
        self.out.extend_from_slice(b"]}");
        self.failed.map_or(Ok(self.out), Err)
    }
}

/// One column; what is no number is null.
fn column(out: &mut Vec<u8>, figure: Figure, all: &[Bucket]) -> Result<(), Error> {
    let mut to = Serializer::new(out);
    match figure {
        Figure::Count => to.collect_seq(all.iter().map(|b| b.count)),
        Figure::Good => to.collect_seq(all.iter().map(|b| b.good)),
        Figure::Min => to.collect_seq(all.iter().map(|b| b.min)),
        Figure::Max => to.collect_seq(all.iter().map(|b| b.max)),
        Figure::Mean => to.collect_seq(all.iter().map(Bucket::mean)),
        Figure::Sum => to.collect_seq(all.iter().map(|b| b.sum)),
        Figure::Weighted => to.collect_seq(all.iter().map(|b| b.weighted)),
        Figure::Increase => to.collect_seq(all.iter().map(|b| b.increase)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::{SamplesView, WindowsSeries};

    fn bucket(start: i64, good: u32, value: f64) -> Bucket {
        let kept = store::Bucket {
            at: field::time::Time::from_ms(start),
            count: good + 1,
            good,
            min: value,
            max: value + 0.1,
            sum: value * f64::from(good),
        };
        crate::query::from_kept(&kept)
    }

    /// As the view says it.
    fn as_view(figures: &Figures, all: &[(PointId, Vec<Bucket>)]) -> Vec<u8> {
        let with = |figure, b: &[Bucket]| if figures.has(figure) { b.to_vec() } else { vec![] };
        let one = |(point, b): &(PointId, Vec<Bucket>)| WindowsSeries {
            point: point.0,
            starts: b.iter().map(|b| b.start).collect(),
            counts: with(Figure::Count, b).iter().map(|b| b.count).collect(),
            good: with(Figure::Good, b).iter().map(|b| b.good).collect(),
            min: with(Figure::Min, b).iter().map(|b| b.min).collect(),
            max: with(Figure::Max, b).iter().map(|b| b.max).collect(),
            mean: with(Figure::Mean, b).iter().map(Bucket::mean).collect(),
            sum: with(Figure::Sum, b).iter().map(|b| b.sum).collect(),
            weighted: with(Figure::Weighted, b).iter().map(|b| b.weighted).collect(),
            increase: with(Figure::Increase, b).iter().map(|b| b.increase).collect(),
        };
        let windows = all.iter().map(one).collect();
        serde_json::to_vec(&SamplesView { series: vec![], windows }).unwrap()
    }

    #[test]
    fn the_text_is_the_one_of_the_view() {
        let hours = |from: i64, value: f64| {
            (0..24).map(|n| bucket((from + n) * 3_600_000, 60 - n as u32, value / (n + 3) as f64)).collect()
        };
        let all: Vec<(PointId, Vec<Bucket>)> = vec![
            (PointId(1), hours(450_000, 3.217)),
            (PointId(2), hours(450_000, -0.0)),
            (PointId(70_000), vec![]),
            (PointId(5), hours(450_001, f64::NAN)),
            (PointId(6), hours(450_001, 1e300)),
            (PointId(-7), vec![bucket(0, 0, f64::INFINITY)]),
        ];
        for asked in [None, Some("mean"), Some("count,min,max,sum"), Some("weighted,increase,good")] {
            let figures = Figures::of(asked).unwrap();
            for n in 0..=all.len() {
                let mut text = WindowsText::new(figures, n);
                all.iter().take(n).for_each(|(point, buckets)| text.put(*point, buckets));
                let (text, view) = (text.finish().unwrap(), as_view(&figures, &all[..n]));
                assert_eq!(String::from_utf8(text), String::from_utf8(view), "{asked:?}, {n} points");
            }
        }
    }
}
