//! The town from outside: its channel servers, its control port, and the whole of it against a small
//! server.

mod phones;
mod server;
mod whole;
