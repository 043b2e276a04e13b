//! 栅格输出: fields of a surface as ESRI ASCII grids, which every GIS reads.

use std::fmt::Write;

use super::ground::Ground;

/// A field as an ESRI ASCII grid with millimetres; cells without ground and `None` are NODATA (−9999).
#[must_use]
pub fn ascii_grid(ground: &Ground, field: impl Fn(usize, usize) -> Option<f64>) -> String {
    let (columns, rows) = ground.size();
    let [x, y] = ground.origin_m;
    let mut text = format!(
        "ncols {columns}\nnrows {rows}\nxllcorner {x}\nyllcorner {y}\ncellsize {}\nNODATA_value -9999\n",
        ground.cell_m()
    );
    for row in (0..rows).rev() {
        for column in 0..columns {
            let value = ground.height_m(column, row).and_then(|_| field(column, row));
            let space = if column == 0 { "" } else { " " };
            // Writing to a String does not fail.
            let _ = match value {
                Some(v) => write!(text, "{space}{v:.3}"),
                None => write!(text, "{space}-9999"),
            };
        }
        text.push('\n');
    }
    text
}
