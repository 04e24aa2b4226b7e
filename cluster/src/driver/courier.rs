//! Carries words to channels, by the second channel of a pair if the first is in doubt.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, timeout};

use super::channels::{Address, Pair};
use crate::redis::{MasterId, Router};

/// A channel that has not taken a message for so long is in doubt. A master answers within one
/// millisecond; what is said again in vain costs a message, what is said too late costs a patch.
const ACK_MAX: Duration = Duration::from_millis(50);
/// A master in doubt is tried again after this.
const DOUBT: Duration = Duration::from_millis(1_000);
/// Messages on their way. Beyond, one counts as lost: Redis is slower than what there is to say.
const UNDER_WAY_MAX: usize = 8_192;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// Somebody listens.
    Heard,
    /// Nobody listens, on either channel.
    Unheard,
    /// Neither channel took it.
    Lost,
}

/// See the module. Lives on the driver's thread.
pub(super) struct Courier {
    router: Router,
    prefix: String,
    doubts: RefCell<BTreeMap<MasterId, Instant>>,
    under_way: Cell<usize>,
    counts: Cell<CourierCounts>,
}

/// What happened on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CourierCounts {
    /// Messages that a channel took.
    pub(super) delivered: u64,
    /// Messages that went by the other channel, for the first was in doubt or fell into doubt.
    pub(super) failovers: u64,
    /// Messages that no channel took, and those beyond the most that may be under way.
    pub(super) lost: u64,
}

impl Courier {
    pub(super) const fn new(router: Router, prefix: String) -> Self {
        Self {
            router,
            prefix,
            doubts: RefCell::new(BTreeMap::new()),
            under_way: Cell::new(0),
            counts: Cell::new(CourierCounts {
                delivered: 0,
                failovers: 0,
                lost: 0,
            }),
        }
    }

    /// The two channels of an address as the masters are now.
    pub(super) fn pair(&self, address: Address) -> Pair {
        address.pair(&self.prefix, |channel| self.router.master_of(channel))
    }

    pub(super) const fn counts(&self) -> CourierCounts {
        self.counts.get()
    }

    /// Says something to an address. Messages of one address go out in the order of the calls' first
    /// polls, for as long as none of its channels is in doubt.
    pub(super) async fn carry(&self, address: Address, message: Bytes) -> Delivery {
        if self.under_way.get() >= UNDER_WAY_MAX {
            self.count(|counts| counts.lost += 1);
            return Delivery::Lost;
        }
        self.under_way.update(|under_way| under_way + 1);
        let delivery = self.try_both(&self.pair(address), &message).await;
        self.under_way.update(|under_way| under_way - 1);
        self.count(|counts| match delivery {
            Delivery::Heard | Delivery::Unheard => counts.delivered += 1,
            Delivery::Lost => counts.lost += 1,
        });
        delivery
    }

    async fn try_both(&self, pair: &Pair, message: &[u8]) -> Delivery {
        let Pair { first, second } = pair;
        let (first, second) = match second {
            Some(second) if self.is_in_doubt(first) && !self.is_in_doubt(second) => {
                self.count(|counts| counts.failovers += 1);
                (second, Some(first))
            }
            second => (first, second.as_ref()),
        };
        let tried = self.try_one(first, message).await;
        match (tried, second) {
            (Delivery::Heard, _) | (_, None) => tried,
            (_, Some(second)) => {
                self.count(|counts| counts.failovers += 1);
                match self.try_one(second, message).await {
                    Delivery::Lost => tried,
                    other => other,
                }
            }
        }
    }

    async fn try_one(&self, channel: &[u8], message: &[u8]) -> Delivery {
        match timeout(ACK_MAX, self.router.publish(channel, message)).await {
            Ok(Ok(0)) => Delivery::Unheard,
            Ok(Ok(_)) => Delivery::Heard,
            Ok(Err(_)) | Err(_) => {
                self.doubt(channel);
                Delivery::Lost
            }
        }
    }

    fn doubt(&self, channel: &[u8]) {
        if let Some(master) = self.router.master_of(channel) {
            let until = Instant::now() + DOUBT;
            self.doubts.borrow_mut().insert(master, until);
        }
    }

    fn is_in_doubt(&self, channel: &[u8]) -> bool {
        let Some(master) = self.router.master_of(channel) else {
            return true;
        };
        let mut doubts = self.doubts.borrow_mut();
        let over = doubts
            .get(&master)
            .is_some_and(|until| *until <= Instant::now());
        if over {
            doubts.remove(&master);
        }
        doubts.contains_key(&master)
    }

    fn count(&self, note: impl FnOnce(&mut CourierCounts)) {
        let mut counts = self.counts.get();
        note(&mut counts);
        self.counts.set(counts);
    }
}
