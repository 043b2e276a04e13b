//! 打开文件数: every connection of a station is an open file, and systems let a program have 1,024 unless it
//! asks for more. It asks for all it may have, and says so when that is too few.

/// Connections of stations and people a server takes at most, and its own files.
const WANTED: u64 = 20_000 + 4_096 + 256;

/// Asks for as many open files as this user may have. Where that is refused, everything works as far as it
/// goes.
pub(crate) fn raise() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        if now.current.is_some_and(|current| now.maximum.is_none_or(|most| current < most)) {
            let most = now.maximum.or(Some(WANTED));
            // Refused: the limit stays, and `too_few` tells of it.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: most, ..now });
        }
    }
}

/// How many files may be open; `None` where there is no limit, or none that is told.
fn limit() -> Option<u64> {
    #[cfg(unix)]
    {
        rustix::process::getrlimit(rustix::process::Resource::Nofile).current
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// What to do when not every connection the server would take fits.
pub(crate) fn too_few() -> Option<String> {
    let limit = limit().filter(|limit| *limit < WANTED)?;
    Some(format!(
        "this program may have {limit} files open, and {WANTED} are wanted for 20,000 stations and 4,096 \
         people at once: raise the hard limit (systemd: LimitNOFILE={WANTED}; a shell: ulimit -Hn)"
    ))
}

/// Says at the start when too few files may be open.
pub(crate) fn warn() {
    if let Some(why) = too_few() {
        tracing::warn!(why, "not every connection will fit");
    }
}
