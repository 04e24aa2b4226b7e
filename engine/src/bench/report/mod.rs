//! The outcome for people and for programs.
//!
//! | module | what |
//! |---|---|
//! | `table` | on the terminal |
//! | `page`, `sections`, `percentiles`, `machine`, `plot` | in the browser |
//! | `files`, `log` | what is left in the folder: JSON, `.hgrm`, `.hlog` |
//! | `escape` | text that is no mark-up |

mod escape;
mod files;
mod log;
mod machine;
mod page;
mod percentiles;
mod plot;
mod sections;
mod table;

pub(super) use files::{FilesError, write_all};
pub(super) use log::{hlog, log_max_ms};
pub(super) use table::Table;
