//! The gateway through real sockets and the real store.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod house;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod reports;
