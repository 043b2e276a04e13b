//! Reading binary files from front to back (小端读取): a short file is an error, never a panic.

use super::{FileError, wrong};

/// What is left of a file.
pub(crate) struct Bytes<'a> {
    left: &'a [u8],
}

impl<'a> Bytes<'a> {
    /// A file after its stamp; `None` if it does not begin with it.
    pub(crate) fn after(stamp: &str, file: &'a [u8]) -> Option<Self> {
        file.strip_prefix(stamp.as_bytes()).map(|left| Self { left })
    }

    /// The next `N` bytes.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<[u8; N], FileError> {
        match self.left.split_first_chunk::<N>() {
            Some((head, rest)) => {
                self.left = rest;
                Ok(*head)
            }
            None => wrong("the file ends too early"),
        }
    }

    pub(crate) fn int(&mut self) -> Result<i32, FileError> {
        self.take().map(i32::from_le_bytes)
    }

    /// A 32-bit figure that is a number.
    pub(crate) fn single(&mut self) -> Result<f32, FileError> {
        let x = f32::from_le_bytes(self.take()?);
        if x.is_nan() { wrong("a figure is not a number") } else { Ok(x) }
    }

    /// A 64-bit figure that is a number.
    pub(crate) fn double(&mut self) -> Result<f64, FileError> {
        let x = f64::from_le_bytes(self.take()?);
        if x.is_nan() { wrong("a figure is not a number") } else { Ok(x) }
    }

    /// `N` 64-bit figures.
    pub(crate) fn doubles<const N: usize>(&mut self) -> Result<[f64; N], FileError> {
        let mut all = [0.0; N];
        for x in &mut all {
            *x = self.double()?;
        }
        Ok(all)
    }

    /// A count that is not below zero.
    pub(crate) fn count(&mut self) -> Result<usize, FileError> {
        usize::try_from(self.int()?).or_else(|_| wrong("a count is below zero"))
    }

    pub(crate) const fn len(&self) -> usize {
        self.left.len()
    }
}
