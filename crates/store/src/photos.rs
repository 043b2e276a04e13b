//! 照片: pictures from the spot, kept as files named by the hash of their bytes.
//!
//! Promises: a key that was returned names a picture that is on disk. Never: looks into a picture
//! beyond its first bytes.

use crate::files::{make_dir, sync_dir};
use crate::tables::hex;
use crate::{FaultPlan, Options, StoreError};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Pictures. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Photos {
    dir: PathBuf,
    read_only: bool,
    fault: FaultPlan,
}

impl Photos {
    /// Largest picture, bytes: a phone's camera makes 3 to 6 MB.
    pub const MAX_BYTES: usize = 8 * 1024 * 1024;

    pub(crate) fn open(options: &Options) -> Result<Self, StoreError> {
        let dir = options.dir.join("photos");
        if !options.read_only {
            make_dir(&dir)?;
        }
        Ok(Self { dir, read_only: options.read_only, fault: options.fault.clone() })
    }

    /// Keeps a JPEG, PNG or WebP. When it returns, the picture is on disk; its key is
    /// `<sha256>.<jpg|png|webp>`. The same bytes have the same key and are kept once.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for other or too large content, [`StoreError::Full`].
    pub async fn put(&self, bytes: Vec<u8>) -> Result<String, StoreError> {
        if self.read_only {
            return Err(StoreError::Closed { what: "keeping a photo" });
        }
        let kind = kind_of(&bytes)?;
        let photos = self.clone();
        let keeping = tokio::task::spawn_blocking(move || photos.keep(&bytes, kind));
        keeping.await.unwrap_or(Err(StoreError::Closed { what: "keeping a photo" }))
    }

    fn keep(&self, bytes: &[u8], kind: &'static str) -> Result<String, StoreError> {
        let key = format!("{}.{kind}", hex(&Sha256::digest(bytes)));
        let path = self.dir.join(&key);
        if path.exists() {
            return Ok(key);
        }
        // A name of its own for each try: two of the same picture may come at once.
        let draft = tempfile_in(&self.dir, &key);
        let written = self.write(&draft, bytes);
        let kept = written.and_then(|()| std::fs::rename(&draft, &path));
        if let Err(e) = kept {
            drop(std::fs::remove_file(&draft));
            return Err(StoreError::io("keeping a photo", &path, e));
        }
        sync_dir(&self.dir)?;
        Ok(key)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        if self.fault.fitting(bytes.len()) < bytes.len() {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// The bytes of a picture; `None` when there is none of that key.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if !is_key(key) {
            return Ok(None);
        }
        let path = self.dir.join(key);
        match tokio::fs::read(&path).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(StoreError::io("reading a photo", &path, e)),
        }
    }
}

impl Photos {
    /// Looks whether every picture is what its name says; how many there are, and those that are not.
    ///
    /// # Errors
    /// What the file system says.
    pub async fn verify(&self) -> Result<(u64, Vec<PathBuf>), StoreError> {
        let dir = self.dir.clone();
        let looking = tokio::task::spawn_blocking(move || verify(&dir));
        looking.await.unwrap_or(Err(StoreError::Closed { what: "looking at the photos" }))
    }
}

fn verify(dir: &Path) -> Result<(u64, Vec<PathBuf>), StoreError> {
    let reading = |e| StoreError::io("reading the photos", dir, e);
    let (mut count, mut bad) = (0, vec![]);
    if !dir.is_dir() {
        return Ok((0, bad));
    }
    for entry in std::fs::read_dir(dir).map_err(reading)? {
        let path = entry.map_err(reading)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if !is_key(&name) {
            continue;
        }
        count += 1;
        let sound = std::fs::read(&path).is_ok_and(|bytes| name.starts_with(&hex(&Sha256::digest(&bytes))));
        if !sound {
            bad.push(path);
        }
    }
    Ok((count, bad))
}

fn tempfile_in(dir: &Path, key: &str) -> PathBuf {
    static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    dir.join(format!("{key}.{}-{n}.part", std::process::id()))
}

/// What the bytes begin with tells what they are (ISO 10918-1, PNG 3rd ed. §5.2, RFC 9649 §2.4).
fn kind_of(bytes: &[u8]) -> Result<&'static str, StoreError> {
    if bytes.len() > Photos::MAX_BYTES {
        let why = format!("it has {} bytes; at most {} are kept", bytes.len(), Photos::MAX_BYTES);
        return Err(StoreError::invalid("keeping a photo", why));
    }
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Ok("jpg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok("png")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Ok("webp")
    } else {
        Err(StoreError::invalid("keeping a photo", "it is not a JPEG, PNG or WebP"))
    }
}

fn is_key(key: &str) -> bool {
    key.split_once('.').is_some_and(|(hash, kind)| {
        hash.len() == 64
            && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            && matches!(kind, "jpg" | "png" | "webp")
    })
}
