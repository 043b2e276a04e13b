//! 打开文件数: whether this process may open so many connections.

use crate::error::CityError;

/// Files a process holds besides the stations' connections.
const OTHERS: u32 = 128;

/// How many connections this process, and a server with the same limits, may hold; `None` where the
/// system does not tell.
#[must_use]
pub fn connections_at_most() -> Option<u32> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    soft_limit(&limits).map(|limit| limit.saturating_sub(OTHERS))
}

/// Checks the soft limit of open files, where the system tells it (Linux).
pub(super) fn open_files_for(stations: u32) -> Result<(), CityError> {
    let Ok(limits) = std::fs::read_to_string("/proc/self/limits") else { return Ok(()) };
    let needed = stations.saturating_add(OTHERS);
    match soft_limit(&limits) {
        Some(limit) if limit < needed => Err(CityError::BadSetting {
            setting: "stations",
            why: format!(
                "{stations} stations need {needed} open files and this process may have {limit}: \
                 run `ulimit -n {needed}` before (the server needs as many)"
            ),
        }),
        _ => Ok(()),
    }
}

/// The soft limit; `None` when it is not told or there is none.
fn soft_limit(limits: &str) -> Option<u32> {
    let line = limits.lines().find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_read_from_the_kernels_table() {
        let table = "Limit                     Soft Limit           Hard Limit           Units\n\
                     Max open files            1024                 524288               files\n";
        assert_eq!(soft_limit(table), Some(1_024));
        assert_eq!(soft_limit(&table.replace("1024 ", "unlimited ")), None);
    }
}
