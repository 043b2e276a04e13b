//! The dispatch desk: the right person, the channels, the escalation, the ledger.
