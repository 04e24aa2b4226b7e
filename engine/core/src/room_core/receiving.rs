//! Messages of clients and topics: decoded, counted, queued.

use downbeat_schemas::client::ClientMessage;
use downbeat_schemas::time::Timestamp;
use rmp_serde::decode::Error as DecodeError;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::RoomCore;
use crate::guard::guarded;
use crate::host::{Received, SeatIndex};
use crate::mailbox::MailboxFull;
use crate::room::Room;
use crate::seat::Phase;

impl<R: Room> RoomCore<R> {
    pub(super) fn receive_message(
        &mut self,
        now: Timestamp,
        index: SeatIndex,
        message: ClientMessage<'_>,
    ) -> Received {
        let seat = self.ctx.seats.connected(index);
        if seat.is_none_or(|seat| seat.phase == Phase::Leaving) {
            return Received::Ignored;
        }
        match message {
            ClientMessage::Input { seq, payload } => self.receive_input(index, seq, payload),
            ClientMessage::Raw { seq, payload } => self.receive_bytes(index, seq, payload),
            ClientMessage::Ping { client_time_us } => Received::Pong {
                client_time_us,
                server_time_us: now.as_micros(),
            },
            ClientMessage::Leave => {
                self.begin_leaving(index);
                Received::Leaving
            }
        }
    }

    pub(super) fn hear_message(&mut self, topic: &str, payload: &[u8]) -> Received {
        if !self.running() || !self.ctx.topics.hears(topic) {
            return Received::Ignored;
        }
        let max = self.ctx.limits.topic_messages_max;
        if !self.mailbox.push_topic(topic, payload, max) {
            self.ctx.counters.messages_dropped += 1;
            return Received::Dropped("topic_messages_max");
        }
        Received::Queued
    }

    /// Decodes at once, so that malformed bytes never wait and are never kept.
    fn receive_input(&mut self, index: SeatIndex, seq: u32, payload: &[u8]) -> Received {
        if let Err(full) = self.mailbox_admits(index) {
            return self.drop_message(full);
        }
        match decode(payload, self.ctx.limits.input_depth_max as usize) {
            Ok(input) => {
                if let Some(seat) = self.ctx.seats.connected_mut(index) {
                    self.mailbox.push_input(index.slot, seat, seq, input);
                }
                Received::Queued
            }
            Err(why) => {
                self.ctx.counters.malformed += 1;
                Received::Malformed(why)
            }
        }
    }

    fn receive_bytes(&mut self, index: SeatIndex, seq: u32, bytes: &[u8]) -> Received {
        if let Err(full) = self.mailbox_admits(index) {
            return self.drop_message(full);
        }
        if let Some(seat) = self.ctx.seats.connected_mut(index) {
            self.mailbox.push_bytes(index.slot, seat, seq, bytes);
        }
        Received::Queued
    }

    fn mailbox_admits(&self, index: SeatIndex) -> Result<(), MailboxFull> {
        let limits = &self.ctx.limits;
        let seat = self.ctx.seats.connected(index);
        seat.map_or(Ok(()), |seat| {
            let (room_max, client_max) = (limits.inbox_max, limits.inbox_per_client_max);
            self.mailbox.admits(seat, room_max, client_max)
        })
    }

    const fn drop_message(&mut self, full: MailboxFull) -> Received {
        let counters = &mut self.ctx.counters;
        match full {
            MailboxFull::Room => {
                counters.inbox_dropped += 1;
                Received::Dropped("inbox_max")
            }
            MailboxFull::Client => {
                counters.inbox_per_client_dropped += 1;
                Received::Dropped("inbox_per_client_max")
            }
        }
    }
}

/// Reads one MessagePack value with nothing behind it, without a copy of its bytes.
///
/// A panic of the game's own decoding is the sender's fault too: the room was not touched.
fn decode<I: DeserializeOwned>(payload: &[u8], depth_max: usize) -> Result<I, String> {
    let decoded = guarded(|| {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(payload);
        deserializer.set_max_depth(depth_max);
        let input = I::deserialize(&mut deserializer)?;
        // The reader does not tell how far it came. At the end it finds no marker of a next value.
        let next = bool::deserialize(&mut deserializer);
        Ok((
            input,
            matches!(next, Err(DecodeError::InvalidMarkerRead(_))),
        ))
    })?;
    match decoded {
        Ok((input, true)) => Ok(input),
        Ok((_, false)) => Err("an input with bytes behind its end".to_owned()),
        Err::<_, DecodeError>(error) => Err(format!("no input of this room: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    enum Input {
        Move { dx: f32 },
        Stop,
        Nest(Vec<Self>),
    }

    fn check(payload: &[u8], expected: Result<Input, &str>) {
        match (decode::<Input>(payload, 8), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
            (found, expected) => panic!("{found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn an_input_is_one_messagepack_value() {
        check(b"\xa4Stop", Ok(Input::Stop));
        check(
            b"\x81\xa4Move\x81\xa2dx\xca\x3f\x80\0\0",
            Ok(Input::Move { dx: 1.0 }),
        );
        check(b"\x81\xa4Move\x81\xa2dx\x01", Ok(Input::Move { dx: 1.0 }));
        for behind in [&b"\xc0"[..], b"\x91", b"\xcd", b"\xc1", b"\xa4Stop"] {
            check(&[b"\xa4Stop", behind].concat(), Err("bytes behind"));
        }
        check(b"", Err("no input"));
        check(b"\xa4Jump", Err("Jump"));
        // Lengths that nothing follows: no memory is taken for what is only claimed.
        check(b"\x81\xa4Nest\xdd\xff\xff\xff\xff", Err("no input"));
        check(b"\xdb\xff\xff\xff\xff", Err("no input"));
    }

    #[test]
    fn nesting_is_bounded() {
        let mut nested = Vec::new();
        for _ in 0..10_000 {
            nested.extend_from_slice(b"\x81\xa4Nest\x91");
        }
        check(&nested, Err("depth"));
    }
}
