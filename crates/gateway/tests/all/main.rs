//! The gateway through real sockets and the real store.

#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod door;
#[cfg(test)]
mod house;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod meters;
#[cfg(test)]
mod modbus;
#[cfg(test)]
mod mosquitto;
#[cfg(test)]
mod mqtt;
#[cfg(test)]
mod opcua;
#[cfg(test)]
mod plants;
#[cfg(test)]
mod reports;
