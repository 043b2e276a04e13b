//! The alarm desk: rules over windows of samples, verdicts into alarms.
