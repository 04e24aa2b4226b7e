//! What one run of a scenario has brought, as it was measured.

use std::collections::BTreeMap;

use super::idle::Quiet;
use super::intervals::Intervals;
use super::scenario::Plan;
use super::server::Ticks;
use crate::load::{Harvest, Span};

/// One run.
#[derive(Debug)]
pub(super) struct Take {
    /// Of each party of the plan; `None` if it never came.
    pub(super) harvests: Vec<Option<Harvest>>,
    /// The server's ticks inside the window, by room type.
    pub(super) rooms: BTreeMap<String, Ticks>,
    pub(super) server: Span,
    pub(super) generator: Span,
    pub(super) intervals: Intervals,
    /// The server before anybody came.
    pub(super) quiet: Option<Quiet>,
    /// What could not be read, in words.
    pub(super) missing: Vec<String>,
}

impl Take {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            harvests: plan.parties.iter().map(|_| None).collect(),
            rooms: BTreeMap::new(),
            server: Span::default(),
            generator: Span::default(),
            intervals: Intervals::default(),
            quiet: None,
            missing: Vec::new(),
        }
    }
}
