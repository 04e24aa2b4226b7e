//! What a server says of itself: figures, and their use by Prometheus and Grafana.

#![allow(clippy::unwrap_used, reason = "a test that fails here says enough")]

mod dashboard;
mod figures;
mod names;
mod scraped;
mod stall;
