//! `zhizhen`: command line, configuration, roles, assembly.

fn main() {}
