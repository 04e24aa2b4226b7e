//! The figures of a node that is one of many: its lease, what it relays, its post.

use downbeat_cluster::{ClusterStatus, MemberState};

use super::clerk::{Account, Books};
use super::page::Family;
use super::text::{Kind, Text};

const OF_THE_LEASE: [Family<ClusterStatus>; 11] = [
    (
        "downbeat_lease_held",
        Kind::Gauge,
        "1 while the node may tick its rooms.",
        |status| f64::from(u8::from(status.lease.is_held)),
    ),
    (
        "downbeat_lease_margin_seconds",
        Kind::Gauge,
        "From now to the fence, at which rooms freeze.",
        |status| status.lease.margin.as_secs_f64(),
    ),
    (
        "downbeat_lease_margin_max_seconds",
        Kind::Gauge,
        "What the margin is at best, just after a renewal.",
        |status| status.lease.fence_after.as_secs_f64(),
    ),
    (
        "downbeat_lease_failures_total",
        Kind::Counter,
        "Requests to a copy of the lease that failed or were not answered in time.",
        |status| status.lease.counts.failures as f64,
    ),
    (
        "downbeat_lease_unconfirmed_total",
        Kind::Counter,
        "Answers of a copy that did not count because no replica had them.",
        |status| status.lease.counts.unconfirmed as f64,
    ),
    (
        "downbeat_lease_tables_lost_total",
        Kind::Counter,
        "Times that a copy of the lease was found to be empty.",
        |status| status.lease.counts.tables_lost as f64,
    ),
    (
        "downbeat_lease_freezes_total",
        Kind::Counter,
        "Times the fence passed: rooms froze.",
        |status| status.lease.counts.freezes as f64,
    ),
    (
        "downbeat_lease_thaws_total",
        Kind::Counter,
        "Times the lease was held again: rooms went on.",
        |status| status.lease.counts.thaws as f64,
    ),
    (
        "downbeat_lease_moves_total",
        Kind::Counter,
        "Times the node was declared dead while it was out of touch: its rooms were dropped.",
        |status| status.lease.counts.moves as f64,
    ),
    (
        "downbeat_lease_claims_total",
        Kind::Counter,
        "Other nodes that this one began to declare dead.",
        |status| status.lease.counts.claims as f64,
    ),
    (
        "downbeat_lease_recoveries_total",
        Kind::Counter,
        "Dead nodes whose rooms were this one's to clear away.",
        |status| status.lease.counts.recoveries as f64,
    ),
];

const OF_THE_POST: [Family<ClusterStatus>; 5] = [
    (
        "downbeat_post_delivered_total",
        Kind::Counter,
        "Letters and frames that a channel took.",
        |status| status.post.delivered as f64,
    ),
    (
        "downbeat_post_failovers_total",
        Kind::Counter,
        "Letters and frames that went by the second channel of a pair.",
        |status| status.post.failovers as f64,
    ),
    (
        "downbeat_post_lost_total",
        Kind::Counter,
        "Letters and frames that no channel took. The relay sends its own again.",
        |status| status.post.lost as f64,
    ),
    (
        "downbeat_post_questions",
        Kind::Gauge,
        "Questions to other nodes that wait for their answers.",
        |status| status.post.questions as f64,
    ),
    (
        "downbeat_post_rooms_heard",
        Kind::Gauge,
        "Rooms of other nodes that this one listens to.",
        |status| status.post.rooms_heard as f64,
    ),
];

const OF_SHARDS: [Family<Account>; 16] = [
    (
        "downbeat_edge_clients",
        Kind::Gauge,
        "Clients here whose room another node owns.",
        |shard| shard.stats.now.edge_clients as f64,
    ),
    (
        "downbeat_edge_rooms",
        Kind::Gauge,
        "Rooms of other nodes that have clients here.",
        |shard| shard.stats.now.edge_rooms as f64,
    ),
    (
        "downbeat_edge_owners_total",
        Kind::Counter,
        "Times that another node took a room that has clients here.",
        |shard| shard.stats.relay.edge.owners as f64,
    ),
    (
        "downbeat_edge_letters_total",
        Kind::Counter,
        "Letters to the owners of rooms.",
        |shard| shard.stats.relay.edge.letters as f64,
    ),
    (
        "downbeat_edge_entries_resent_total",
        Kind::Counter,
        "What clients said that was sent to their room's owner again.",
        |shard| shard.stats.relay.edge.entries_resent as f64,
    ),
    (
        "downbeat_edge_entries_lost_total",
        Kind::Counter,
        "What clients said that no owner acknowledged before another took the room.",
        |shard| shard.stats.relay.edge.entries_lost as f64,
    ),
    (
        "downbeat_patch_gaps_total",
        Kind::Counter,
        "Frames of a room of another node that came before an earlier one.",
        |shard| shard.stats.relay.edge.gaps as f64,
    ),
    (
        "downbeat_relayed_clients",
        Kind::Gauge,
        "Clients of rooms here whose sockets another node holds.",
        |shard| shard.stats.now.relayed_clients as f64,
    ),
    (
        "downbeat_relay_frames_total",
        Kind::Counter,
        "Frames to the edges of rooms, with something to say.",
        |shard| shard.stats.relay.owner.frames as f64,
    ),
    (
        "downbeat_relay_bare_frames_total",
        Kind::Counter,
        "Frames to the edges of rooms that only acknowledge, or show that the owner lives.",
        |shard| shard.stats.relay.owner.bare_frames as f64,
    ),
    (
        "downbeat_relay_frames_resent_total",
        Kind::Counter,
        "Frames that were published again because an edge lacked them.",
        |shard| shard.stats.relay.owner.frames_resent as f64,
    ),
    (
        "downbeat_relay_frames_lost_total",
        Kind::Counter,
        "Frames that were let go although an edge lacked them.",
        |shard| shard.stats.relay.owner.frames_lost as f64,
    ),
    (
        "downbeat_relay_resyncs_total",
        Kind::Counter,
        "Relayed clients that got a snapshot in place of frames that were gone.",
        |shard| shard.stats.relay.owner.resyncs as f64,
    ),
    (
        "downbeat_relay_events_lost_total",
        Kind::Counter,
        "Events that relayed clients never got because frames were gone.",
        |shard| shard.stats.relay.owner.events_lost as f64,
    ),
    (
        "downbeat_relay_duplicates_total",
        Kind::Counter,
        "Letters' entries and frames that came again and were dropped.",
        |shard| shard.stats.relay.duplicates() as f64,
    ),
    (
        "downbeat_stale_epochs_total",
        Kind::Counter,
        "Letters to, and frames of, a former owner of a room that were dropped.",
        |shard| shard.stats.relay.stale_epochs() as f64,
    ),
];

const STATES: [(MemberState, &str); 3] = [
    (MemberState::Up, "up"),
    (MemberState::Late, "late"),
    (MemberState::Dead, "dead"),
];

pub(super) fn write(text: &mut Text, books: &Books<'_>, status: &ClusterStatus) {
    for (name, kind, help, value) in OF_THE_LEASE {
        text.family(name, kind, help);
        text.sample(name, &[], value(status));
    }
    write_margin_min(text, status);
    write_members(text, status);
    for (name, kind, help, value) in OF_THE_POST {
        text.family(name, kind, help);
        text.sample(name, &[], value(status));
    }
    write_malformed(text, books, status);
    for (name, kind, help, value) in OF_SHARDS {
        text.family(name, kind, help);
        for (shard, account) in books.accounts.iter().enumerate() {
            text.sample(name, &[("shard", &shard)], value(account));
        }
    }
    write_registry(text, books);
}

fn write_margin_min(text: &mut Text, status: &ClusterStatus) {
    let name = "downbeat_lease_margin_min_seconds";
    let help =
        "The least margin of the last half minute or minute, whenever a renewal moved the fence.";
    text.family(name, Kind::Gauge, help);
    if let Some(margin) = status.lease.margin_min {
        text.sample(name, &[], margin.as_secs_f64());
    }
}

fn write_members(text: &mut Text, status: &ClusterStatus) {
    let name = "downbeat_members";
    let help = "Nodes that the lease knows, this one included.";
    text.family(name, Kind::Gauge, help);
    for (state, word) in STATES {
        let members = status.members.iter().filter(|member| member.state == state);
        text.sample(name, &[("state", &word)], members.count());
    }
}

/// By the post, which reads the envelope, and by the shards, which read what is in it.
fn write_malformed(text: &mut Text, books: &Books<'_>, status: &ClusterStatus) {
    let name = "downbeat_post_malformed_total";
    let help = "Letters and frames that could not be read.";
    text.family(name, Kind::Counter, help);
    let accounts = books.accounts.iter();
    let on_shards: u64 = accounts.map(|account| account.stats.relay.malformed).sum();
    text.sample(name, &[], status.post.malformed + on_shards);
}

fn write_registry(text: &mut Text, books: &Books<'_>) {
    for (name, help, value) in [
        (
            "downbeat_registry_requests_refused_total",
            "Requests refused because too many waited for Redis.",
            books.registry.requests_refused,
        ),
        (
            "downbeat_registry_calls_failed_total",
            "Calls of the registry to Redis that failed.",
            books.registry.calls_failed,
        ),
    ] {
        text.family(name, Kind::Counter, help);
        text.sample(name, &[], value);
    }
}
