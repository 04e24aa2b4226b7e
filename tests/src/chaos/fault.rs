//! What is done to nodes and servers, as a seed says.

use std::fmt;

use super::net::{CELLS, Cut};
use crate::random::Random;

/// Something bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "times are milliseconds")]
pub enum Fault {
    /// A node is killed, and started again after a while.
    NodeKilled { node: usize, down: u64 },
    /// A node is stopped for a while.
    NodeStopped { node: usize, down: u64 },
    /// A node and Redis do not hear each other for a while.
    NodeCutOff { node: usize, cut: Cut, down: u64 },
    /// A master of Redis is killed, and started again, empty, after a while.
    MasterKilled { master: usize, down: u64 },
    /// A master of Redis is stopped for a while.
    MasterStopped { master: usize, down: u64 },
    /// A master of Redis is cut off from all others for a while.
    MasterCutOff { master: usize, cut: Cut, down: u64 },
    /// All servers of Redis are stopped for a while.
    AllStopped { down: u64 },
    /// A slot moves from one master to another, and back when all is well.
    SlotMoved { slot: usize },
}

/// Slots that are moved.
pub const SLOTS_MOVED: usize = 5;

/// Which faults there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// All of them.
    All,
    /// Nodes that are out of touch for longer than a lease.
    NodesOutOfTouch,
}

impl Fault {
    /// The next one. Those that are not possible here are drawn as well: they count as skipped.
    pub fn draw(kinds: Kinds, random: &mut Random) -> Self {
        let node = random.below(CELLS);
        let master = random.below(3);
        let mut time = |least: usize, most: usize| (least + random.below(most - least)) as u64;
        if kinds == Kinds::NodesOutOfTouch {
            let (down, stopped) = (time(1_200, 3_000), time(0, 2) == 0);
            return if stopped {
                Self::NodeStopped { node, down }
            } else {
                let cut = Cut::Both;
                Self::NodeCutOff { node, cut, down }
            };
        }
        let cuts = [Cut::Both, Cut::Sent, Cut::Received];
        match time(0, 17) {
            0..=2 => Self::NodeKilled {
                node,
                down: time(0, 2_500),
            },
            3 | 4 => Self::NodeStopped {
                node,
                down: time(200, 1_200),
            },
            5 => Self::NodeStopped {
                node,
                down: time(1_200, 10_000),
            },
            6..=8 => Self::NodeCutOff {
                node,
                cut: cuts[time(0, 3) as usize],
                down: time(200, 4_000),
            },
            9 | 10 => Self::MasterKilled {
                master,
                down: time(0, 4_000),
            },
            11 | 12 => Self::MasterStopped {
                master,
                down: time(300, 4_500),
            },
            13 | 14 => Self::MasterCutOff {
                master,
                cut: cuts[time(0, 3) as usize],
                down: time(300, 4_500),
            },
            15 => Self::AllStopped {
                down: time(200, 1_500),
            },
            _ => Self::SlotMoved {
                slot: time(0, SLOTS_MOVED) as usize,
            },
        }
    }

    /// Whether it is done to Redis.
    pub const fn is_of_redis(self) -> bool {
        match self {
            Self::NodeKilled { .. } | Self::NodeStopped { .. } | Self::NodeCutOff { .. } => false,
            Self::MasterKilled { .. }
            | Self::MasterStopped { .. }
            | Self::MasterCutOff { .. }
            | Self::AllStopped { .. }
            | Self::SlotMoved { .. } => true,
        }
    }

    /// Whether it needs networks of one's own.
    pub const fn is_of_network(self) -> bool {
        matches!(self, Self::NodeCutOff { .. } | Self::MasterCutOff { .. })
    }

    /// Its kind, for people.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::NodeKilled { .. } => "node killed",
            Self::NodeStopped { .. } => "node stopped",
            Self::NodeCutOff { .. } => "node cut off from Redis",
            Self::MasterKilled { .. } => "Redis master killed",
            Self::MasterStopped { .. } => "Redis master stopped",
            Self::MasterCutOff { .. } => "Redis master cut off",
            Self::AllStopped { .. } => "all of Redis stopped",
            Self::SlotMoved { .. } => "slot moved",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NodeKilled { node, down } | Self::NodeStopped { node, down } => {
                write!(f, "{}: {node} for {down} ms", self.kind())
            }
            Self::NodeCutOff { node, cut, down } => {
                write!(f, "{}: {node}, {cut:?}, for {down} ms", self.kind())
            }
            Self::MasterKilled { master, down } | Self::MasterStopped { master, down } => {
                write!(f, "{}: {master} for {down} ms", self.kind())
            }
            Self::MasterCutOff { master, cut, down } => {
                write!(f, "{}: {master}, {cut:?}, for {down} ms", self.kind())
            }
            Self::AllStopped { down } => write!(f, "{} for {down} ms", self.kind()),
            Self::SlotMoved { slot } => write!(f, "{}: {slot}", self.kind()),
        }
    }
}
