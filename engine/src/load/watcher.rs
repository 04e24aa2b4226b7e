//! Who watches a run from another thread.

use std::sync::mpsc::Sender;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::meter::Meter;

/// What a run tells its watcher.
#[derive(Debug)]
pub(crate) enum Moment {
    /// All clients have joined or failed.
    Joined,
    /// The window opens.
    Opened,
    /// A second of the window, or what was left of it, is over.
    Second(Box<Second>),
    /// The window is closed.
    Closed,
}

/// The histograms of clients as they were at one moment of the window, in microseconds: the
/// difference of two is what happened between.
#[derive(Clone, Debug)]
pub(crate) struct Second {
    /// Since the window opened.
    pub(crate) at: Duration,
    pub(crate) inter_arrival: Histogram<u64>,
    pub(crate) input_to_state: Histogram<u64>,
}

/// Where moments go, with the number of the run that they are of.
pub(crate) type Told = (usize, Moment);

/// Tells somebody, or nobody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watcher(Option<(usize, Sender<Told>)>);

impl Watcher {
    pub(crate) const fn new(run: usize, tell: Sender<Told>) -> Self {
        Self(Some((run, tell)))
    }

    pub(super) const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Who has gone is told nothing.
    pub(super) fn tell(&self, moment: Moment) {
        if let Some((run, tell)) = &self.0 {
            let _ = tell.send((*run, moment));
        }
    }

    pub(super) fn tell_second(&self, at: Duration, meter: &Meter) {
        if self.is_there() {
            self.tell(Moment::Second(Box::new(Second {
                at,
                inter_arrival: meter.inter_arrival.clone(),
                input_to_state: meter.input_to_state.clone(),
            })));
        }
    }
}
