//! The supply engine against EPANET's figures, against itself, and against bad input.

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod cut_off;
#[cfg(test)]
mod engine;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod reports;
#[cfg(test)]
mod setting;
#[cfg(test)]
mod whatif;
