//! A simulated town: RTUs, people and channel servers that speak the real protocols.
