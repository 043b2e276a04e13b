//! 照片: pictures from the spot, kept as files named by the hash of their bytes.

use crate::{Options, StoreError};

/// Pictures. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Photos {
    dir: std::path::PathBuf,
}

impl Photos {
    /// Largest picture, bytes: a phone's camera makes 3 to 6 MB.
    pub const MAX_BYTES: usize = 8 * 1024 * 1024;

    pub(crate) fn open(options: &Options) -> Result<Self, StoreError> {
        Ok(Self { dir: options.dir.join("photos") })
    }

    /// Keeps a JPEG, PNG or WebP. When it returns, the picture is on disk; its key is
    /// `<sha256>.<jpg|png|webp>`. The same bytes have the same key and are kept once.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for other or too large content, [`StoreError::Full`].
    pub async fn put(&self, bytes: Vec<u8>) -> Result<String, StoreError> {
        let _ = (&self.dir, bytes);
        Err(StoreError::Closed { what: "photo" })
    }

    /// The bytes of a picture; `None` when there is none of that key.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let _ = key;
        Ok(None)
    }
}
