//! What no client should send: drawn from a seed, without end.
//!
//! | module | what |
//! |---|---|
//! | `http` | requests that are none, or ask for nonsense |
//! | `frames` | bytes of a WebSocket, legal or not, in any order |
//! | `messages` | well-formed frames with anything in them |
//! | `assault` | sends it all, from many connections at once |

mod assault;
mod frames;
mod http;
mod messages;

use std::collections::BTreeMap;

pub use assault::Attacker;

use crate::random::Random;

/// One malformed input: a connection that goes wrong.
#[derive(Clone, Debug)]
pub struct Attack {
    /// What is wrong with it.
    pub kind: Kind,
    /// Where in the life of a connection it strikes.
    pub stage: Stage,
    /// What is sent there, at once.
    pub bytes: Vec<u8>,
    /// How the connection is left.
    pub ending: Ending,
}

/// What is wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "named like what they are")]
pub enum Kind {
    HttpGarbage,
    HttpMutated,
    HttpNonsense,
    FramesRandom,
    FramesMutated,
    FramesInWrongOrder,
    MessageRandom,
    MessageMutated,
    PayloadMutated,
    Flood,
}

/// Where an input strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// On a fresh connection.
    Connected,
    /// Right behind a WebSocket handshake that leads to no seat.
    Upgraded,
    /// Right behind one that claims a seat.
    Seated,
}

/// How a connection is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client says that it sends no more, and reads to the end.
    HalfClose,
    /// The client is gone, and the server is told so by a reset.
    Reset,
    /// The client is gone with whatever it has not read.
    Drop,
}

/// How often each kind comes, in parts of 100.
const MIX: [(Kind, usize); 10] = [
    (Kind::HttpGarbage, 10),
    (Kind::HttpMutated, 18),
    (Kind::HttpNonsense, 10),
    (Kind::FramesRandom, 8),
    (Kind::FramesMutated, 12),
    (Kind::FramesInWrongOrder, 8),
    (Kind::MessageRandom, 8),
    (Kind::MessageMutated, 12),
    (Kind::PayloadMutated, 10),
    (Kind::Flood, 4),
];

impl Attack {
    /// The next attack.
    pub fn draw(random: &mut Random) -> Self {
        let kind = draw_kind(random);
        let (bytes, stage) = match kind {
            Kind::HttpGarbage => (http::garbage(random), Stage::Connected),
            Kind::HttpMutated => (http::mutated(random), Stage::Connected),
            Kind::HttpNonsense => (http::nonsense(random), Stage::Connected),
            Kind::FramesRandom => (frames::random(random), any_upgrade(random)),
            Kind::FramesMutated => (frames::mutated(random), any_upgrade(random)),
            Kind::FramesInWrongOrder => (frames::in_wrong_order(random), any_upgrade(random)),
            Kind::MessageRandom => (messages::random(random), Stage::Seated),
            Kind::MessageMutated => (messages::mutated(random), Stage::Seated),
            Kind::PayloadMutated => (messages::mutated_payload(random), Stage::Seated),
            Kind::Flood => (frames::flood(random), any_upgrade(random)),
        };
        let ending = match random.below(10) {
            0 => Ending::Reset,
            1 => Ending::Drop,
            _ => Ending::HalfClose,
        };
        Self {
            kind,
            stage,
            bytes,
            ending,
        }
    }
}

fn draw_kind(random: &mut Random) -> Kind {
    let mut rest = random.below(MIX.iter().map(|(_, parts)| parts).sum());
    for (kind, parts) in MIX {
        if rest < parts {
            return kind;
        }
        rest -= parts;
    }
    unreachable!("the parts are all there is")
}

fn any_upgrade(random: &mut Random) -> Stage {
    *random.pick(&[Stage::Upgraded, Stage::Seated])
}

/// How many attacks of each kind there were.
pub type Census = BTreeMap<Kind, usize>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_attacks_and_all_kinds() {
        let draw = || {
            let mut random = Random::new(7);
            (0..2_000).map(move |_| Attack::draw(&mut random))
        };
        let mut census = Census::new();
        for (one, other) in draw().zip(draw()) {
            assert_eq!(one.bytes, other.bytes);
            *census.entry(one.kind).or_default() += 1;
        }
        assert_eq!(census.len(), MIX.len());
    }
}
