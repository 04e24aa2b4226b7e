//! What people and metrics see of a node's membership.

use std::time::Duration;

use downbeat_schemas::id::NodeId;

use super::about::About;
use crate::lease::{LeaseCounts, MemberState};
use crate::redis::{RedisCounts, RedisNodeFigures};

/// One look at the cluster, from one node.
#[derive(Clone, Debug, Default)]
pub struct ClusterStatus {
    /// This node's lease.
    pub lease: LeaseStatus,
    /// All nodes that the copies know, this one included.
    pub members: Vec<MemberStatus>,
    /// What went between nodes.
    pub post: PostStatus,
    /// What happened on the way to Redis.
    pub redis: RedisCounts,
    /// The Redis servers.
    pub servers: Vec<RedisNodeFigures>,
}

/// The right to tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeaseStatus {
    /// Of the present life; 0 before the first.
    pub incarnation: u64,
    /// Whether it is held.
    pub is_held: bool,
    /// From now to the fence.
    pub margin: Duration,
    /// The least margin of the last half minute or minute at the moment in which the fence moved on;
    /// None if it did not move.
    pub margin_min: Option<Duration>,
    /// What the margin is at best, just after a renewal.
    pub fence_after: Duration,
    /// What happened how often.
    pub counts: LeaseCounts,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberStatus {
    /// The process.
    pub node: NodeId,
    /// Which of its lives.
    pub incarnation: u64,
    /// Whether it lives.
    pub state: MemberState,
    /// What it tells of itself.
    pub about: About,
}

/// What went between nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PostStatus {
    /// Messages that a channel took.
    pub delivered: u64,
    /// Messages that went by the other channel of a pair.
    pub failovers: u64,
    /// Messages that no channel took.
    pub lost: u64,
    /// Letters that could not be read.
    pub malformed: u64,
    /// Questions that wait for their answers.
    pub questions: u64,
    /// Rooms of other nodes that shards here listen to.
    pub rooms_heard: u64,
}
