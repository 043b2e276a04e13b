//! 内存: glibc gives every thread that asks for memory an arena of its own, up to eight a core, and what one
//! arena is given back another cannot use. A server that seals and merges on other threads than it reads on
//! then holds half as much again as it uses. Two arenas are enough for threads that share two cores, and one
//! can only say so before the program starts.

/// How many there may be.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS: &str = "2";
/// glibc's own name for it; whoever sets it is asked no further.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const NAME: &str = "MALLOC_ARENA_MAX";

/// Starts the program anew in its own place (the same process, the same arguments) with few arenas, unless the
/// environment says how many. Where that cannot be done, everything works as it is, in more memory.
pub(crate) fn few() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use std::os::unix::process::CommandExt as _;
        if std::env::var_os(NAME).is_some() {
            return;
        }
        let mut arguments = std::env::args_os();
        let (Some(name), Ok(program)) = (arguments.next(), std::env::current_exe()) else { return };
        // Comes back only when it was refused.
        let _ = std::process::Command::new(program).arg0(name).args(arguments).env(NAME, ARENAS).exec();
    }
}
