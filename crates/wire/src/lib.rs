//! Protocols: bytes to frames and back. Pure.
