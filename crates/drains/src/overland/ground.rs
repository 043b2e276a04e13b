//! 地面: the raster of heights, roughness and buildings. Immutable and shared by any number of surfaces.
#![expect(clippy::indexing_slicing, reason = "one entry a cell of the raster")]

use thiserror::Error;

/// Cells a raster may have: 40 M of them take 3 GB as a surface.
const CELLS_MAX: usize = 40_000_000;

/// Height of a wall, m: above any water. Border cells, buildings and cells without data are walls.
pub(crate) const WALL_M: f64 = 1e9;

/// Standard gravity, m/s².
pub(crate) const GRAVITY_M_S2: f64 = 9.806_65;

/// Why there is no ground.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum GroundError {
    /// The raster has no cells or too many.
    #[error("a raster of {columns} × {rows} cells cannot be computed: give 1 to {CELLS_MAX} cells")]
    Size {
        /// Columns asked for.
        columns: usize,
        /// Rows asked for.
        rows: usize,
    },
    /// A list has not one entry a cell.
    #[error("the list of {what} has {got} entries, the raster has {want} cells")]
    Entries {
        /// Which list.
        what: &'static str,
        /// Its entries.
        got: usize,
        /// Cells of the raster.
        want: usize,
    },
    /// A figure that cannot be.
    #[error("{what} of the cell in column {column}, row {row} is {value}: {remedy}")]
    Figure {
        /// Which figure.
        what: &'static str,
        /// Column, counted from 0 in the west.
        column: usize,
        /// Row, counted from 0 in the south.
        row: usize,
        /// The figure.
        value: f64,
        /// What to do.
        remedy: &'static str,
    },
    /// The text is no ESRI ASCII grid.
    #[error("line {line} of the ASCII grid: {message}")]
    Text {
        /// Line, counted from 1.
        line: usize,
        /// What is wrong and what to do.
        message: String,
    },
}

/// 地面: heights in m on square cells. Rows run from south to north, columns from west to east.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    pub(crate) cell_m: f64,
    /// Of the south-western corner, m, in whatever plane coordinates the caller uses.
    pub(crate) origin_m: [f64; 2],
    /// Heights with a border of walls, `width()` a row.
    pub(crate) height_m: Vec<f64>,
    /// g·n² of every cell, likewise.
    pub(crate) friction: Vec<f64>,
}

impl Ground {
    /// A raster from heights in m (south to north, a row at a time; not a number: no data, a wall) and
    /// one roughness for all cells (Manning's n, s/m^⅓).
    ///
    /// # Errors
    /// A size or a figure that cannot be.
    pub fn new(
        columns: usize,
        rows: usize,
        cell_m: f64,
        height_m: &[f64],
        manning: f64,
    ) -> Result<Self, GroundError> {
        let cells = columns.saturating_mul(rows);
        if cells == 0 || cells > CELLS_MAX || !(cell_m > 0.0 && cell_m.is_finite()) {
            return Err(GroundError::Size { columns, rows });
        }
        entries("heights", height_m.len(), cells)?;
        let width = columns + 2;
        let mut ground = Self {
            columns,
            rows,
            cell_m,
            origin_m: [0.0, 0.0],
            height_m: vec![WALL_M; width * (rows + 2)],
            friction: vec![0.0; width * (rows + 2)],
        };
        for row in 0..rows {
            for column in 0..columns {
                let z = height_m[row * columns + column];
                if z.is_finite() {
                    figure(
                        "height",
                        column,
                        row,
                        z,
                        z.abs() < 1e5,
                        "heights are metres, −100,000 to 100,000",
                    )?;
                    let at = ground.at(column, row);
                    ground.height_m[at] = z;
                }
            }
        }
        ground.set_manning(&vec![manning; cells])?;
        Ok(ground)
    }

    /// Roughness of every cell (Manning's n, s/m^⅓, 0.001 to 1).
    ///
    /// # Errors
    /// A list of another length, or a figure that cannot be.
    pub fn set_manning(&mut self, manning: &[f64]) -> Result<(), GroundError> {
        entries("roughnesses", manning.len(), self.columns * self.rows)?;
        for row in 0..self.rows {
            for column in 0..self.columns {
                let n = manning[row * self.columns + column];
                let right = (0.001..=1.0).contains(&n);
                figure("Manning's n", column, row, n, right, "give 0.001 to 1 s/m^(1/3)")?;
                let at = self.at(column, row);
                self.friction[at] = GRAVITY_M_S2 * n * n;
            }
        }
        Ok(())
    }

    /// 建筑物: cells that no water enters.
    pub fn build(&mut self, cells: impl IntoIterator<Item = (usize, usize)>) {
        for (column, row) in cells {
            if column < self.columns && row < self.rows {
                let at = self.at(column, row);
                self.height_m[at] = WALL_M;
            }
        }
    }

    /// Where the south-western corner lies, m.
    pub fn set_origin(&mut self, x_m: f64, y_m: f64) {
        self.origin_m = [x_m, y_m];
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    /// Columns and rows of all cells, a row at a time from the south-west.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize)> {
        let (columns, rows) = self.size();
        (0..rows).flat_map(move |row| (0..columns).map(move |column| (column, row)))
    }

    /// Side of a cell, m.
    #[must_use]
    pub fn cell_m(&self) -> f64 {
        self.cell_m
    }

    /// Height of a cell, m; `None` outside and where nothing but a wall stands.
    #[must_use]
    pub fn height_m(&self, column: usize, row: usize) -> Option<f64> {
        let inside = column < self.columns && row < self.rows;
        inside.then(|| self.height_m[self.at(column, row)]).filter(|z| *z < WALL_M)
    }

    /// The cell that holds a point in the caller's plane coordinates.
    #[must_use]
    pub fn cell_at(&self, x_m: f64, y_m: f64) -> Option<(usize, usize)> {
        let place = |v: f64, origin: f64, count: usize| {
            let i = ((v - origin) / self.cell_m).floor();
            (i >= 0.0 && i < count as f64).then_some(i as usize)
        };
        Some((place(x_m, self.origin_m[0], self.columns)?, place(y_m, self.origin_m[1], self.rows)?))
    }

    /// Cells a row of the lists with a border.
    pub(crate) fn width(&self) -> usize {
        self.columns + 2
    }

    /// Place of a cell in the lists with a border.
    pub(crate) fn at(&self, column: usize, row: usize) -> usize {
        (row + 1) * self.width() + column + 1
    }

    /// 高程栅格: reads an ESRI ASCII grid, one roughness for all. Cells without data are walls.
    ///
    /// # Errors
    /// The line that is wrong, and why.
    pub fn from_ascii(text: &str, manning: f64) -> Result<Self, GroundError> {
        let mut head = [f64::NAN, f64::NAN, 0.0, 0.0, f64::NAN, -9999.0];
        const KEYS: [&str; 6] = ["ncols", "nrows", "xllcorner", "yllcorner", "cellsize", "nodata_value"];
        let mut heights = Vec::new();
        let mut last = 0;
        for (i, line) in text.lines().enumerate() {
            last = i + 1;
            let mut words = line.split_ascii_whitespace().peekable();
            let Some(first) = words.peek() else { continue };
            if let Some(k) = KEYS.iter().position(|k| first.eq_ignore_ascii_case(k)) {
                words.next();
                head[k] = number(words.next().unwrap_or(""), last)?;
                continue;
            }
            if heights.len() > CELLS_MAX {
                return Err(GroundError::Text {
                    line: last,
                    message: format!("more than {CELLS_MAX} cells"),
                });
            }
            for word in words {
                let z = number(word, last)?;
                heights.push(if z == head[5] { f64::NAN } else { z });
            }
        }
        let [columns, rows, x, y, cell, _] = head;
        if columns.is_nan() || rows.is_nan() || cell.is_nan() {
            let message = "the head lacks ncols, nrows or cellsize".to_owned();
            return Err(GroundError::Text { line: 1, message });
        }
        let (columns, rows) = (columns as usize, rows as usize);
        if columns.checked_mul(rows) != Some(heights.len()) || heights.is_empty() {
            let message =
                format!("{} heights for {columns} × {rows} cells: the file is cut off", heights.len());
            return Err(GroundError::Text { line: last, message });
        }
        let northmost_last: Vec<f64> = heights.chunks(columns).rev().flatten().copied().collect();
        let mut ground = Self::new(columns, rows, cell, &northmost_last, manning)?;
        ground.set_origin(x, y);
        Ok(ground)
    }
}

fn number(word: &str, line: usize) -> Result<f64, GroundError> {
    word.parse().map_err(|_| GroundError::Text { line, message: format!("`{word}` is no number") })
}

fn entries(what: &'static str, got: usize, want: usize) -> Result<(), GroundError> {
    if got == want { Ok(()) } else { Err(GroundError::Entries { what, got, want }) }
}

fn figure(
    what: &'static str,
    column: usize,
    row: usize,
    value: f64,
    right: bool,
    remedy: &'static str,
) -> Result<(), GroundError> {
    if right { Ok(()) } else { Err(GroundError::Figure { what, column, row, value, remedy }) }
}
