//! Which inputs of one client the server has applied, and when each should have been sent.

use downbeat_schemas::time::Timestamp;

/// The inputs of one client.
///
/// It keeps no list: inputs are numbered from 1 and due at equal distances, so a number tells its
/// intended time. However late an answer is, its time is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acks {
    first: Timestamp,
    period_ns: u64,
    sent: u32,
    acked: u32,
}

/// An acknowledgement that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AckError {
    #[error("acked_input went back")]
    WentBack,
    #[error("acked_input names an input that was never sent")]
    NeverSent,
}

impl Acks {
    pub(super) const fn new(period_ns: u64) -> Self {
        Self {
            first: Timestamp(0),
            period_ns,
            sent: 0,
            acked: 0,
        }
    }

    /// Numbers the input that should be sent at `intended`.
    ///
    /// # Panics
    /// If that is not one period after the input before: a schedule leaves none out.
    pub(super) fn number(&mut self, intended: Timestamp) -> u32 {
        self.sent += 1;
        if self.sent == 1 {
            self.first = intended;
        }
        assert_eq!(intended, self.intended(self.sent), "the schedule was left");
        self.sent
    }

    /// From one input to the next; 0 where none are sent.
    pub(super) const fn period_ns(&self) -> u64 {
        self.period_ns
    }

    /// Whether an input was ever sent.
    pub(super) const fn is_begun(&self) -> bool {
        self.sent > 0
    }

    /// Takes the highest number that the server has applied; gives the intended times of the
    /// inputs that it covers for the first time.
    pub(super) fn acknowledge(
        &mut self,
        acked: u32,
    ) -> Result<impl Iterator<Item = Timestamp> + use<>, AckError> {
        if acked < self.acked {
            return Err(AckError::WentBack);
        }
        if acked > self.sent {
            return Err(AckError::NeverSent);
        }
        let before = *self;
        self.acked = acked;
        Ok((before.acked..acked).map(move |last| before.intended(last + 1)))
    }

    /// The intended times of the inputs without an answer.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = Timestamp> + use<> {
        let acks = *self;
        (acks.acked..acks.sent).map(move |last| acks.intended(last + 1))
    }

    fn intended(&self, number: u32) -> Timestamp {
        Timestamp(self.first.0 + u64::from(number - 1) * self.period_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten inputs, 50 ns apart, the first at 1,000.
    fn ten() -> Acks {
        let mut acks = Acks::new(50);
        for number in 1..=10 {
            assert_eq!(acks.number(Timestamp(950 + 50 * u64::from(number))), number);
        }
        acks
    }

    fn check(acked: &[u32], expected: Result<&[u64], AckError>) {
        let mut acks = ten();
        let (last, before) = acked.split_last().unwrap();
        for acked in before {
            acks.acknowledge(*acked).unwrap().for_each(drop);
        }
        let times = acks
            .acknowledge(*last)
            .map(|times| times.map(|time| time.0).collect::<Vec<_>>());
        assert_eq!(times, expected.map(<[u64]>::to_vec), "{acked:?}");
    }

    #[test]
    fn an_input_is_answered_once_by_the_first_number_that_covers_it() {
        check(&[0], Ok(&[]));
        check(&[1], Ok(&[1_000]));
        check(&[4, 6], Ok(&[1_200, 1_250]));
        check(&[4, 4], Ok(&[]));
        check(&[10, 10], Ok(&[]));
    }

    #[test]
    fn a_wrong_number_is_told() {
        check(&[4, 3], Err(AckError::WentBack));
        check(&[11], Err(AckError::NeverSent));
    }

    #[test]
    fn what_is_not_answered_stays_known() {
        let mut acks = ten();
        acks.acknowledge(8).unwrap().for_each(drop);
        let times: Vec<_> = acks.unanswered().map(|time| time.0).collect();
        assert_eq!(times, [1_400, 1_450]);
    }
}
