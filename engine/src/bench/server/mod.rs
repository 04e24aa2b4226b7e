//! The server under test: a process of its own or anybody's, and what it says of itself.

mod child;
mod http;
mod metrics;
mod process;
mod ticks;

pub(super) use child::{Child, ChildError, Options};
pub(super) use http::{HttpError, Request, fetch};
pub(super) use metrics::gauge_max;
pub(super) use process::Signals;
pub(super) use ticks::{Page, Ticks, times};
