//! The scripts and the registry on them, against a real Redis server.
#![allow(
    clippy::disallowed_methods,
    reason = "these tests wait for a server and for the time that it tells"
)]

mod differential;
mod node;
mod nodes;
mod owners;
#[path = "../../../tests/registry/random.rs"]
pub(crate) mod random;
mod redis;
mod scripts;
mod size;
mod storm;

use downbeat_schemas::id::NodeId;

use super::call::Calls;
use super::keys::Keys;
use super::owner::{Incarnation, Owner};

fn owner(node: u64) -> Owner {
    Owner {
        node: NodeId(node),
        incarnation: Incarnation(1),
    }
}

fn calls(node: u64) -> Calls {
    Calls {
        keys: Keys::new("downbeat"),
        owner: owner(node),
    }
}
