//! One process a data directory: a lock file that the system gives back when the process dies.
//! Given back at once by whoever closes the store, even while a child of this process is starting.

use crate::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The lock's file in the data directory; it holds the number of the process that has it.
const FILE: &str = "zhizhen.lock";

/// Holds the data directory until it is given back or dropped: the lock lasts as long as the file is
/// open.
#[derive(Debug)]
pub(crate) struct Lock(Mutex<Option<File>>);

impl Lock {
    /// Takes the lock of `dir`, which must exist.
    pub(crate) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| StoreError::io("opening the lock", &path, e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked { path, pid: pid_in(&mut file) });
            }
            Err(TryLockError::Error(e)) => return Err(StoreError::io("locking", &path, e)),
        }
        let note = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(std::process::id().to_string().as_bytes())
        };
        note(&mut file).map_err(|e| StoreError::io("writing the lock", &path, e))?;
        Ok(Self(Mutex::new(Some(file))))
    }

    /// Gives the data directory back, whoever else still holds this lock. Unlocked by name and not by
    /// closing alone: a child that is being started holds a copy of every open file until it runs its
    /// own program, and the lock with it.
    pub(crate) fn give_back(&self) {
        if let Some(file) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Closing gives it back too, if later.
            let _ = file.unlock();
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.give_back();
    }
}

fn pid_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Lock;

    #[test]
    fn a_lock_given_back_is_free_even_while_another_holds_a_copy_of_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        let copy = lock.0.lock().unwrap().as_ref().unwrap().try_clone().unwrap();
        assert!(Lock::take(dir.path()).is_err());
        drop(lock);
        drop(Lock::take(dir.path()).unwrap());
        drop(copy);
    }
}
