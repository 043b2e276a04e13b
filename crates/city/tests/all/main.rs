//! The town from outside: its channel servers, its control port, and the whole of it against a small
//! server.

#[cfg(test)]
mod phones;
#[cfg(test)]
mod scada;
#[cfg(test)]
mod server;
#[cfg(test)]
mod whole;
