//! How long a lease lasts and how often it is renewed.

use std::time::Duration;

/// The numbers of the lease. All nodes of a cluster must use the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseSettings {
    /// K, the copies of the table: 1 or 3. A lease needs a majority of them.
    pub copies: usize,
    /// L: how long a copy keeps a lease, by Redis time, after it was last renewed.
    pub lease: Duration,
    /// Between two renewals of one copy.
    pub renew: Duration,
    /// From the moment before a renewal is sent to the fence, by the node's own clock. Two thirds
    /// of the lease: the rest is for clocks that run unequally and for what is already on its way.
    pub fence_after: Duration,
    /// After this a request counts as failed. A third of the lease.
    pub timeout: Duration,
    /// From a failed request to the next, so that a node thaws soon after Redis is back.
    pub retry: Duration,
    /// What each further candidate waits before it declares a member dead, so that one wins.
    pub stagger: Duration,
    /// Whether an acknowledgement by all K copies stands in for a majority that replicas confirmed.
    /// For masters without any replica, where no failover can lose it; with replicas that lag, it
    /// survives one failover and not two.
    pub all_suffice: bool,
    /// Whether what must not get lost waits for a replica at all. False only in tests, to show
    /// that it is needed.
    pub confirm: bool,
    /// Between the two refusals that prove a crash.
    pub probe_gap: Duration,
    /// Whether refused connections prove a crash. Off where another process or host may answer at
    /// a node's address: behind address translation, a proxy or a virtual address.
    pub probes: bool,
    /// How long a recovered member stays declared dead before its record is removed, so that a
    /// late request of it still meets the record.
    pub linger: Duration,
    /// Time to live of the table, for memory after the last node has gone. Never a proof of death.
    pub table_ttl: Duration,
}

impl LeaseSettings {
    /// Redis Cluster: three copies on three masters, rooms of a lost host elsewhere within 1 s.
    ///
    /// Where its masters have no replicas at all, nothing is ever confirmed and no node gets a
    /// lease: set [`all_suffice`](Self::all_suffice) there.
    pub fn cluster() -> Self {
        let renew = Duration::from_millis(100);
        Self::new(3, Duration::from_millis(600), renew, false)
    }

    /// One Redis without replicas. The default lease is [`Self::SINGLE_LEASE`].
    pub fn standalone(lease: Duration) -> Self {
        Self::new(1, lease, lease / 9, true)
    }

    /// One master with replicas, by Sentinel: what must not get lost waits for a replica.
    pub fn sentinel(lease: Duration) -> Self {
        Self::new(1, lease, lease / 9, false)
    }

    /// Longer than a failover by Sentinel, which takes 1.9 to 2.3 s. Renewed each 500 ms.
    pub const SINGLE_LEASE: Duration = Duration::from_millis(4500);

    fn new(copies: usize, lease: Duration, renew: Duration, all_suffice: bool) -> Self {
        Self {
            copies,
            lease,
            renew,
            fence_after: lease * 2 / 3,
            timeout: lease / 3,
            retry: renew / 4,
            stagger: renew / 2,
            all_suffice,
            confirm: true,
            probe_gap: Duration::from_millis(20),
            probes: true,
            linger: Duration::from_secs(60),
            table_ttl: Duration::from_secs(24 * 3600),
        }
    }

    /// Copies that are needed, on as many masters.
    pub(crate) fn majority(&self) -> usize {
        self.copies / 2 + 1
    }

    /// Copies that keep all others from being a majority.
    pub(crate) fn blocking(&self) -> usize {
        self.copies + 1 - self.majority()
    }
}
