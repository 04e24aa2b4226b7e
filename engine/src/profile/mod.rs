//! Where a thread's time goes: samples of its stack, and a flame graph of them.
//!
//! | file | what |
//! |---|---|
//! | `sampler` | the kernel copies the stack of a running thread, so many times a second |
//! | `unwind` | from a copied stack to the addresses of its functions |
//! | `flame` | from addresses to names to a picture |
//!
//! The kernel's part runs all the time and is all that a running thread pays. The rest is done when
//! somebody wants to know, on another thread.

mod flame;
mod sampler;
mod unwind;

pub(crate) use flame::Profile;
pub(crate) use sampler::{Sampler, SamplerError, StackSample};
