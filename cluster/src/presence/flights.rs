//! What is under way at once.

use std::pin::Pin;
use std::task::{Context, Poll};

/// A few futures that are polled together, the oldest first: what one caller asks for one after the
/// other is sent in that order.
pub(super) struct Flights<'a>(Vec<Pin<Box<dyn Future<Output = ()> + 'a>>>);

impl<'a> Flights<'a> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn push(&mut self, flight: impl Future<Output = ()> + 'a) {
        self.0.push(Box::pin(flight));
    }

    /// Polls all; whether some have landed.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> bool {
        let len = self.0.len();
        self.0
            .retain_mut(|flight| flight.as_mut().poll(context) == Poll::Pending);
        self.0.len() < len
    }
}
