//! Device sockets: listeners, sessions, and the confirmation that is sent only after readings are durable.
