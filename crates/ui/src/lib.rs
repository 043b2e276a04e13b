//! The web interface inside the binary.
