//! The plot of docs/drains-cost.svg: cost of a step by size, both axes logarithmic, beside a straight
//! line of cost in proportion to size.

use std::fmt::Write;

const WIDE: f64 = 640.0;
const HIGH: f64 = 400.0;
const EDGE: f64 = 60.0;

/// The picture of points (conduits, µs a step).
pub(super) fn svg(points: &[(f64, f64)]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let (x0, x1) = (first.0.log10(), last.0.log10());
    let most = points.iter().map(|p| p.1).fold(f64::MIN, f64::max).log10().ceil();
    let least = points.iter().map(|p| p.1).fold(f64::MAX, f64::min).log10().floor();
    let at = |x: f64, y: f64| {
        let px = EDGE + (x.log10() - x0) / (x1 - x0) * (WIDE - 2.0 * EDGE);
        let py = HIGH - EDGE - (y.log10() - least) / (most - least) * (HIGH - 2.0 * EDGE);
        (px, py)
    };
    let mut s = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDE} {HIGH}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let path: Vec<String> =
        points.iter().map(|p| at(p.0, p.1)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    // Writing into a string cannot fail.
    let mut line = |text: String| writeln!(s, "{text}").unwrap_or(());
    let (ax, ay) = at(first.0, first.1);
    let proportional = first.1 * last.0 / first.0;
    let (bx, by) = at(last.0, proportional.min(10.0_f64.powf(most)));
    line(format!(
        "<line x1=\"{ax:.1}\" y1=\"{ay:.1}\" x2=\"{bx:.1}\" y2=\"{by:.1}\" stroke=\"#999\" stroke-dasharray=\"5 4\"/>"
    ));
    line(format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"#0a5\" stroke-width=\"2\"/>",
        path.join(" ")
    ));
    for &(conduits, cost) in points {
        let (x, y) = at(conduits, cost);
        line(format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#0a5\"/>"));
        line(format!("<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{cost:.0}</text>", y - 10.0));
        line(format!(
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{conduits}</text>",
            HIGH - EDGE + 20.0
        ));
    }
    line(format!("<text x=\"{EDGE}\" y=\"24\">processor time of a routing step, µs (one thread)</text>"));
    line(format!(
        "<text x=\"{:.0}\" y=\"{}\" text-anchor=\"middle\">conduits (dashed: in proportion)</text>",
        WIDE / 2.0,
        HIGH - 14.0
    ));
    s.push_str("</svg>\n");
    s
}
