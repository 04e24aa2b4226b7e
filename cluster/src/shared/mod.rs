//! The registry of many nodes, in a store that they share.
mod call;
mod dirty;
pub mod keys;
pub mod loads;
pub mod owner;
mod rank;
mod record_text;
mod reply;
mod script;
pub mod store;
#[cfg(test)]
mod tests;
