//! Who may tick a room: the lease of a node on a majority of K copies, and the one who recovers the
//! rooms of a dead one.
//!
//! [`Lease`] decides purely: it takes the time and the copies' answers, and gives out requests and
//! events; the driver sends, measures and acts. [`Request`] and [`Reply`] are the words of the one
//! script that runs on each copy ([`SCRIPT`]); `tests/lease` runs them on a table in memory that
//! answers as the script does.
//!
//! | module | decides |
//! |---|---|
//! | `machine` | what goes in and comes out, and when to call again |
//! | `renew` | the node's own lease: number of its life, fence, freeze, thaw, end |
//! | `claim`, `claims` | declaring one member dead on every copy, until its record is gone |
//! | `pursue` | whom there is something to do about, and when |
//! | `suspect` | knowing of a crash before its lease ends |
//! | `copies`, `view` | what each copy has said, and what a majority says |
//!
//! # The rules
//!
//! - A node may tick before [`fence`](Lease::fence): two thirds of a lease after the moment before
//!   the renewal was sent that the majority's earliest grant answers. A majority of the copies, on
//!   as many masters; copies on one master count once.
//! - The first renewal of a copy after a lapse counts only if a replica confirmed it (`WAIT`):
//!   a master that was replaced and does not know it answers as well as any. Those that follow
//!   without a gap are plain.
//! - A member is declared dead where its lease has ended by the copy's time, where it left, or
//!   where its crash is proven. Who has the confirmed word of a majority recovers it, alone.
//! - A claim that failed is taken back, and the member lives again there; attempts are numbered, so
//!   that a late word of an earlier one means nothing.
//! - Who recovers B inherits what B had claimed. An inherited claim is never taken back, unless the
//!   member lives on so many masters that B cannot have been its recoverer.
//! - Absence proves nothing. A dead member's record stays for [`linger`](LeaseSettings::linger)
//!   after its recovery, and as long as another is dead in its name. A life that was held makes no
//!   new record unless it is held at that moment: to find none is to have been forgotten.
//! - A record that only a minority has, of a member that is nowhere alive, is cleared away: nodes
//!   that never come back leave nothing.
//!
//! # Times
//!
//! | clock | of | used for |
//! |---|---|---|
//! | `CLOCK_BOOTTIME` as [`Timestamp`](downbeat_schemas::time::Timestamp) | the node | fence, when to ask again. It goes on while the process or the host sleeps |
//! | the copy's time: `TIME` of its Redis, held back so that it never steps back | each copy | when a lease ends there. A step back counts as no time |
//! | none | | the clocks of two hosts are never compared |
//!
//! A gap or step of more than a third of a lease, another server (its run id, which the script
//! reads of `INFO server`: a failover is known even if it was quick), or a missing clock gives
//! everyone one full lease of grace. [`Incarnation`]s are the copies' time in milliseconds, or one
//! more than any that was seen of the node.
//!
//! # Thaw
//!
//! [`Event::Thawed`] says that this life goes on, not that each room does: records may have lost
//! their last writes, and rooms may have been handed over just before. The driver reads every
//! room's record and lets a room go on if it still names this member; one that does not is dropped
//! as for [`Event::Moved`]. Until then the shards must not see the new fence.
//!
//! # If the copies disagree
//!
//! Two that grant and one that says dead: the node goes on, and the claim on the one copy is taken
//! back by who made it or by that one's heir. Two that say dead: its life is over. One that says
//! dead, or none, while others cannot be reached: it stays frozen and asks. A table that was lost
//! says nothing; if so many masters lost theirs that nobody knows, a frozen node shows itself and
//! waits a lease for those who know of its death to say so; if one still says dead, it gives up its
//! life after three.
//!
//! # What remains
//!
//! - More than two lossy failovers within one lease, with unlucky timing. On one copy
//!   ([`LeaseSettings::sentinel`]) none is unsafe by itself, but a master that is cut off with its
//!   clients accepts their plain renewals for ever: set `min-replicas-to-write 1`.
//! - A failover that is faster than a third of a lease *and* keeps the run id, or a master that
//!   loses what its replica had confirmed, on more than one copy at once.
//! - Two masters that both come back empty, if those who recovered a node that was cut off are gone
//!   or silent for the lease in which it asks. With one copy: one master.
//! - If a node crashed while so few copies had its record that nobody can be its recoverer, its
//!   rooms are lost, and said to be so: [`Event::Cleared`].
//! - One stale packet of a node that was paused between check and write; receivers fence by epoch.
//!   A request to make a record that is under way for longer than the linger.
//! - A refused port that does not mean a crash: see [`Lease::suspect`].
//! - Steps of Redis' clock, each below a third of a lease, that add up within one lease.

mod claim;
mod claims;
mod copies;
mod machine;
mod member;
mod output;
mod pursue;
mod renew;
mod reply;
mod request;
mod settings;
mod suspect;
mod view;

pub use crate::copies::COPY_TAGS;
pub use machine::Lease;
pub use member::{
    ABOUT_MAX, Claimant, CopyTime, Entry, Incarnation, Member, ParseMemberError, Standing,
};
pub use output::{Answer, Event, LeaseCounts, MemberState, MemberView, Output, Probed, RequestId};
pub(crate) use reply::entries;
pub use reply::{Outcome, RawReply, Reply, ReplyError};
pub use request::{Request, SCRIPT, Version, copy_keys};
pub use settings::LeaseSettings;
