//! What a playing client says: `{"move": {"dx": …, "dy": …}}`.

use std::f32::consts::TAU;
use std::fmt;
use std::sync::Arc;

use downbeat_net::ws::{Data, OpCode, encode_masked};
use downbeat_schemas::client::ClientMessage;
use flatbuffers::FlatBufferBuilder;

use super::dice::Dice;

/// Units per second, in a world of 1,000 by 1,000.
const SPEED: f32 = 50.0;
/// A client turns once in so many inputs, on average.
const INPUTS_PER_TURN: u32 = 20;

/// Where one client is going.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Heading {
    dx: f32,
    dy: f32,
}

impl Heading {
    pub(super) fn random(dice: &mut Dice) -> Self {
        let (dy, dx) = (dice.fraction() * TAU).sin_cos();
        Self {
            dx: dx * SPEED,
            dy: dy * SPEED,
        }
    }

    /// Turns now and then.
    pub(super) fn wander(&mut self, dice: &mut Dice) {
        if dice.below(INPUTS_PER_TURN) == 0 {
            *self = Self::random(dice);
        }
    }

    /// The input as MessagePack.
    fn payload(self) -> [u8; 23] {
        let mut payload = *b"\x81\xa4move\x82\xa2dx\xca....\xa2dy\xca....";
        payload[11..15].copy_from_slice(&self.dx.to_be_bytes());
        payload[19..23].copy_from_slice(&self.dy.to_be_bytes());
        payload
    }
}

/// So many different inputs, as MessagePack: for players without a socket.
pub(crate) fn moves(count: u32) -> Arc<[Vec<u8>]> {
    let mut dice = Dice::new(1);
    let headings = (0..count).map(|_| Heading::random(&mut dice));
    headings.map(|heading| heading.payload().to_vec()).collect()
}

/// Makes frames in memory that is used again and again.
#[derive(Default)]
pub(super) struct InputFrame {
    fbb: FlatBufferBuilder<'static>,
    frame: Vec<u8>,
}

impl InputFrame {
    /// The frame of one input.
    pub(super) fn write(&mut self, seq: u32, heading: Heading, mask: [u8; 4]) -> &[u8] {
        let payload = &heading.payload();
        let message = ClientMessage::Input { seq, payload }.encode(&mut self.fbb);
        self.frame.clear();
        encode_masked(&mut self.frame, OpCode::Data(Data::Binary), mask, message);
        &self.frame
    }
}

impl fmt::Debug for InputFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InputFrame").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_input_is_the_move_of_the_arena() {
        let heading = Heading { dx: 1.5, dy: -2.0 };
        let mut frame = InputFrame::default();
        // A mask of zeros leaves the payload readable.
        let bytes = frame.write(7, heading, [0; 4]);
        let Ok(ClientMessage::Input { seq: 7, payload }) = ClientMessage::decode(&bytes[6..])
        else {
            panic!("no input: {bytes:?}");
        };
        let input: serde_json::Value = rmp_serde::from_slice(payload).unwrap();
        assert_eq!(input, json!({"move": {"dx": 1.5, "dy": -2.0}}));
    }

    #[test]
    fn a_client_wanders_at_one_speed() {
        let mut dice = Dice::new(3);
        let mut heading = Heading::random(&mut dice);
        let mut turns = 0;
        for _ in 0..1_000 {
            let before = heading;
            heading.wander(&mut dice);
            turns += u32::from(heading != before);
            assert!((heading.dx.hypot(heading.dy) - SPEED).abs() < 0.01);
        }
        assert!((20..100).contains(&turns), "{turns}");
    }
}
