//! The one thread that talks to Redis.
mod channels;
mod orders;

pub(crate) use orders::{Order, Orders};
