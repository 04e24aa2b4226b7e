//! What is known of each copy, and what follows from that of a majority.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_schemas::time::Timestamp;

use super::LeaseSettings;
use super::member::{CopyTime, Entry, Member, Standing};
use super::output::RequestId;
use super::request::Version;

/// One copy, as this node sees it.
#[derive(Debug, Default)]
pub(crate) struct Copy {
    /// Which Redis master it lies on; `None` until that is told, and then it counts for nothing.
    pub(crate) master: Option<u32>,
    pub(crate) grant: Option<Grant>,
    /// The request that keeps the lease, while it is out.
    pub(crate) renewing: Option<RequestId>,
    /// When it is sent next.
    pub(crate) next: Timestamp,
    /// It says that this life is over.
    pub(crate) refused: bool,
    /// Of the table that last had this life's record.
    pub(crate) known: Option<CopyTime>,
    /// It has no record of this life, and does not say that it is over.
    pub(crate) absent: bool,
    /// The table with this life's record is known to be lost.
    pub(crate) lost: bool,
    /// Only what was asked for since then counts: after a table was lost, those who know of a
    /// death have a lease's time to say so.
    pub(crate) counts_from: Timestamp,
    /// Of the table that answered last.
    pub(crate) born: Option<CopyTime>,
    pub(crate) looked: Option<CopyTime>,
    pub(crate) seen: Version,
    /// When the list arrived, by both clocks.
    pub(crate) listed: (Timestamp, CopyTime),
    pub(crate) entries: BTreeMap<Member, Entry>,
    /// Whose lease has ended, and since when that is known.
    pub(crate) late: BTreeMap<Member, Timestamp>,
}

/// A lease that a copy has given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grant {
    /// Before it was asked for.
    pub(crate) from: Timestamp,
    /// It, or one that it follows without a gap, was confirmed by a replica.
    pub(crate) solid: bool,
}

impl Copy {
    /// Forgets what belonged to the last life.
    pub(crate) fn begin_life(&mut self, now: Timestamp) {
        self.grant = None;
        self.renewing = None;
        self.next = now;
        self.refused = false;
        self.known = None;
        self.lost = false;
        self.absent = false;
        self.counts_from = Timestamp(0);
        self.looked = None;
    }

    /// Whether a solid grant lasts until the fence of this moment.
    pub(crate) fn is_solid(&self, now: Timestamp, settings: &LeaseSettings) -> bool {
        self.grant
            .is_some_and(|grant| grant.solid && grant.from.after(settings.fence_after) > now)
    }

    pub(crate) fn standing(&self, member: Member) -> Option<Standing> {
        self.entries.get(&member).map(|entry| entry.standing)
    }

    pub(crate) fn is_up(&self, member: Member) -> bool {
        self.standing(member) == Some(Standing::Up) && !self.late.contains_key(&member)
    }
}

/// The time that a majority of the copies, on as many masters, has granted: from before the
/// earliest of those grants was asked for. `None` if there is no such majority.
pub(crate) fn granted_from(copies: &[Copy], settings: &LeaseSettings) -> Option<Timestamp> {
    let grant = |copy: &Copy| copy.grant.filter(|grant| grant.from >= copy.counts_from);
    let solid = |copy: &Copy| grant(copy).filter(|grant| grant.solid || !settings.confirm);
    let majority = by_master(copies, |copy| solid(copy).map(|grant| grant.from));
    let majority = majority.get(settings.majority() - 1).copied();
    let any = by_master(copies, |copy| grant(copy).map(|grant| grant.from));
    let all = any.get(settings.copies - 1).copied();
    majority.max(all.filter(|_| settings.all_suffice))
}

/// The latest time on each master, the latest first.
fn by_master(copies: &[Copy], time: impl Fn(&Copy) -> Option<Timestamp>) -> Vec<Timestamp> {
    let mut masters = BTreeMap::<u32, Timestamp>::new();
    for copy in copies {
        if let (Some(master), Some(time)) = (copy.master, time(copy)) {
            let latest = masters.entry(master).or_insert(time);
            *latest = time.max(*latest);
        }
    }
    let mut times: Vec<_> = masters.into_values().collect();
    times.sort_unstable_by(|a, b| b.cmp(a));
    times
}

/// On how many masters lie copies of which this is true.
pub(crate) fn masters_where<'a>(
    copies: impl Iterator<Item = &'a Copy>,
    holds: impl Fn(&Copy) -> bool,
) -> usize {
    let masters = copies.filter(|copy| holds(copy));
    let masters: BTreeSet<_> = masters.filter_map(|copy| copy.master).collect();
    masters.len()
}
