//! Which questions came already: a letter may come twice, once on each channel of a pair.

use std::collections::{BTreeSet, VecDeque};

use downbeat_schemas::id::NodeId;

/// Remembered questions: far more than come in the second in which a letter may come again.
const REMEMBERED_MAX: usize = 16_384;

/// The latest questions.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    questions: BTreeSet<(NodeId, u64)>,
    order: VecDeque<(NodeId, u64)>,
}

impl Seen {
    /// Notes a question. False if it came before.
    pub(crate) fn note(&mut self, from: NodeId, number: u64) -> bool {
        if !self.questions.insert((from, number)) {
            return false;
        }
        self.order.push_back((from, number));
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.questions.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_new_once_and_memory_is_bounded() {
        let mut seen = Seen::default();
        assert!(seen.note(NodeId(1), 1) && seen.note(NodeId(2), 1));
        assert!(!seen.note(NodeId(1), 1));
        for number in 2..40_000 {
            assert!(seen.note(NodeId(1), number));
        }
        assert_eq!(seen.questions.len(), REMEMBERED_MAX);
        assert_eq!(seen.order.len(), REMEMBERED_MAX);
    }
}
