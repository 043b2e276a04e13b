//! 供水引擎: reads EPANET's `.inp`, gives EPANET's answers, can be stepped, observed, corrected and cloned.
//! Knows nothing of the rest of the house; no IO, no clock, no global state.
