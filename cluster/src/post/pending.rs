//! Questions of this node that wait for their answers.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_channel::oneshot;

use super::AskError;

/// Where the answer of a question goes.
pub(crate) type Asker = oneshot::Sender<Result<Bytes, AskError>>;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    asked: BTreeMap<u64, Asker>,
    last: u64,
}

impl Waiting {
    /// Gives a question its number.
    pub(crate) fn add(&mut self, asker: Asker) -> u64 {
        self.last += 1;
        self.asked.insert(self.last, asker);
        self.last
    }

    /// Brings the answer of a question, once. Whoever asked may have given up.
    pub(crate) fn answer(&mut self, number: u64, answer: Result<Bytes, AskError>) {
        if let Some(asker) = self.asked.remove(&number) {
            let _ = asker.send(answer);
        }
    }

    /// Forgets those whose asker gave up: whoever asks bounds its wait.
    pub(crate) fn sweep(&mut self) {
        self.asked.retain(|_, asker| !asker.is_canceled());
    }

    pub(crate) fn len(&self) -> usize {
        self.asked.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_comes_once_and_who_gave_up_is_forgotten() {
        let mut waiting = Waiting::default();
        let (asker, mut answer) = oneshot::channel();
        let number = waiting.add(asker);
        waiting.answer(number, Ok(Bytes::from_static(b"yes")));
        waiting.answer(number, Err(AskError::NobodyThere));
        assert_eq!(answer.try_recv(), Ok(Some(Ok(Bytes::from_static(b"yes")))));
        let (asker, answer) = oneshot::channel();
        waiting.add(asker);
        waiting.sweep();
        assert_eq!(waiting.len(), 1);
        drop(answer);
        waiting.sweep();
        assert_eq!(waiting.len(), 0);
    }
}
