//! The interface over real HTTP, on a real store in a fresh directory, with a clock that stands.

mod openapi;
