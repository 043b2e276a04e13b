//! 模型库: model files, what their engines remember, and what they see now; in `<data-dir>/models`.
//!
//! Promises: a file that was put is whole, whatever happens (it is written beside and renamed). What an
//! engine remembers may be lost with the power: the engine then warms up anew from the samples.
//! Never: looks into the files.

use crate::files::{make_dir, sync_dir};
use crate::{Options, StoreError};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// Model files. Cheap to clone; every clone shows the same boards.
#[derive(Clone, Debug)]
pub struct Models {
    dir: PathBuf,
    read_only: bool,
    boards: Arc<RwLock<BTreeMap<String, Arc<[u8]>>>>,
}

impl Models {
    /// Largest file, bytes: an `.inp` of half a million elements.
    pub const MAX_BYTES: u64 = 64 * 1024 * 1024;

    pub(crate) fn open(options: &Options) -> Self {
        let boards = Arc::new(RwLock::new(BTreeMap::new()));
        Self { dir: options.dir.join("models"), read_only: options.read_only, boards }
    }

    /// The bytes of a file such as `storm.inp`; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a name with more than letters, digits, `-` and `.`, or a file beyond
    /// [`Models::MAX_BYTES`]; what the file system says.
    pub async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(name)?;
        let found = match tokio::fs::metadata(&path).await {
            Ok(found) => found,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(StoreError::io("reading a model file", &path, e)),
        };
        if found.len() > Self::MAX_BYTES {
            let why = format!("`{name}` has {} bytes; at most {} are read", found.len(), Self::MAX_BYTES);
            return Err(StoreError::invalid("reading a model file", why));
        }
        let bytes = tokio::fs::read(&path).await;
        bytes.map(Some).map_err(|e| StoreError::io("reading a model file", &path, e))
    }

    /// Keeps a file under a name, in place of the one before. When it returns, it is on disk.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for the name, [`StoreError::Full`], [`StoreError::Closed`] on a store that
    /// was opened to read only; what the file system says.
    pub async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        const WHAT: &str = "keeping a model file";
        if self.read_only {
            return Err(StoreError::Closed { what: WHAT });
        }
        let (dir, path) = (self.dir.clone(), self.path(name)?);
        let draft = dir.join(format!("{name}.part"));
        let keeping = tokio::task::spawn_blocking(move || {
            make_dir(&dir)?;
            let write = || {
                let mut file = std::fs::File::create(&draft)?;
                file.write_all(&bytes)?;
                file.sync_all()?;
                std::fs::rename(&draft, &path)
            };
            write().map_err(|e| StoreError::io(WHAT, &path, e))?;
            sync_dir(&dir)
        });
        keeping.await.unwrap_or(Err(StoreError::Closed { what: WHAT }))
    }

    /// 看板: what an engine sees now, for whoever looks. In memory: who starts anew computes it anew.
    pub fn show(&self, board: &str, bytes: Vec<u8>) {
        let mut boards = self.boards.write().unwrap_or_else(PoisonError::into_inner);
        boards.insert(board.to_owned(), bytes.into());
    }

    /// What was last shown on a board.
    #[must_use]
    pub fn shown(&self, board: &str) -> Option<Arc<[u8]>> {
        self.boards.read().unwrap_or_else(PoisonError::into_inner).get(board).map(Arc::clone)
    }

    fn path(&self, name: &str) -> Result<PathBuf, StoreError> {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
        if !plain || name.starts_with('.') || name.is_empty() || name.len() > 64 {
            let why = format!("`{name}` is no name: 1 to 64 letters, digits, `-` and `.`");
            return Err(StoreError::invalid("naming a model file", why));
        }
        Ok(self.dir.join(name))
    }
}
