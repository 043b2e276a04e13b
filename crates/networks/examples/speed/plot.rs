//! Cost of a step against size, both axes logarithmic, as SVG.

use crate::Row;
use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const MARGIN: f64 = 60.0;
/// Decades shown: nodes 10² to 10⁵, milliseconds 10⁻² to 10².
const NODES: [f64; 2] = [2.0, 5.0];
const MS: [f64; 2] = [-2.0, 2.0];

/// Name, colour, and the seconds of a row.
type Series = (&'static str, &'static str, fn(&Row) -> f64);

fn x(nodes: f64) -> f64 {
    MARGIN + (WIDTH - 2.0 * MARGIN) * (nodes.log10() - NODES[0]) / (NODES[1] - NODES[0])
}

fn y(ms: f64) -> f64 {
    HEIGHT - MARGIN - (HEIGHT - 2.0 * MARGIN) * (ms.log10() - MS[0]) / (MS[1] - MS[0])
}

fn word(svg: &mut String, at: [f64; 2], anchor: &str, text: &str) {
    let _ =
        writeln!(svg, "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"{anchor}\">{text}</text>", at[0], at[1]);
}

/// The plot.
pub(crate) fn plot(rows: &[Row]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for power in 2..=5 {
        let nodes = 10f64.powi(power);
        let _ =
            writeln!(svg, "<path d=\"M{0:.0} {1:.0}V{2:.0}\" stroke=\"#ddd\"/>", x(nodes), y(1e-2), y(1e2));
        word(&mut svg, [x(nodes), HEIGHT - MARGIN + 18.0], "middle", &format!("{nodes}"));
    }
    for power in -2..=2 {
        let ms = 10f64.powi(power);
        let _ = writeln!(svg, "<path d=\"M{0:.0} {2:.0}H{1:.0}\" stroke=\"#ddd\"/>", x(1e2), x(1e5), y(ms));
        word(&mut svg, [MARGIN - 6.0, y(ms) + 4.0], "end", &format!("{ms}"));
    }
    word(&mut svg, [WIDTH / 2.0, HEIGHT - 12.0], "middle", "nodes");
    word(&mut svg, [MARGIN, MARGIN - 16.0], "middle", "ms a step");
    let series: [Series; 3] = [
        ("EPANET 2.3, C at −O3", "#888", |r| r.epanet),
        ("pipes, one scenario", "#06c", |r| r.alone),
        ("pipes, each of an ensemble", "#c30", |r| r.abreast),
    ];
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|r| r.nodes);
    for (i, (name, colour, seconds)) in series.into_iter().enumerate() {
        let mut points = String::new();
        for row in sorted.iter().filter(|r| seconds(r).is_finite()) {
            #[expect(clippy::cast_precision_loss, reason = "counts of nodes and steps")]
            let at = [x(row.nodes as f64), y(1e3 * seconds(row) / row.steps.max(1) as f64)];
            let _ = write!(points, "{:.1},{:.1} ", at[0], at[1]);
            let _ =
                writeln!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"/>", at[0], at[1]);
        }
        let _ =
            writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\"/>", points.trim_end());
        let top = MARGIN + 18.0 * f64::from(u8::try_from(i).unwrap_or(0));
        let _ = writeln!(
            svg,
            "<rect x=\"80\" y=\"{:.0}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>",
            top - 9.0
        );
        word(&mut svg, [96.0, top], "start", name);
    }
    svg.push_str("</svg>\n");
    svg
}
