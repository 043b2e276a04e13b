//! On what was measured.

use serde_json::{Value, json};

/// Cores, processor, memory, kernel, program version and build.
pub(crate) fn describe() -> Value {
    let cpu = value_of("/proc/cpuinfo", "model name");
    let memory = value_of("/proc/meminfo", "MemTotal");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "cpu": cpu,
        "memory": memory,
        "kernel": kernel.trim(),
        "version": env!("CARGO_PKG_VERSION"),
        "build": if cfg!(debug_assertions) { "development" } else { "release" },
    })
}

/// The value behind `key :` in one of the kernel's tables.
pub(crate) fn value_of(path: &str, key: &str) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.trim_start_matches([' ', '\t', ':']).trim_end().to_owned()
}
