//! The outcome for people and for programs.

mod files;
mod log;
mod numbers;
mod table;

pub(super) use files::{FilesError, write_all};
pub(super) use log::{hlog, log_max_ms};
pub(super) use table::Table;
