//! Messages from clients. Bytes go through the verifier before anything else sees them.

use flatbuffers::{FlatBufferBuilder, InvalidFlatbuffer, VerifierOptions};

use crate::generated::client::downbeat::wire;

/// One message of a client; borrows from the bytes it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientMessage<'a> {
    /// An input of the room's closed enum, as MessagePack.
    Input {
        /// The client's number of this input.
        seq: u32,
        /// MessagePack, not yet looked at.
        payload: &'a [u8],
    },
    /// Bytes of the game's own format.
    Raw {
        /// The client's number of this input.
        seq: u32,
        /// Not looked at.
        payload: &'a [u8],
    },
    /// Asks for a pong.
    Ping {
        /// The client's clock, echoed.
        client_time_us: u64,
    },
    /// Leaves for good.
    Leave,
}

/// Bytes that are no `ClientMessage`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The FlatBuffers verifier refused the bytes.
    #[error("not a FlatBuffers ClientMessage: {0}")]
    Invalid(#[from] InvalidFlatbuffer),
    /// A message of a newer protocol.
    #[error("a ClientMessage with an unknown body, number {0}")]
    UnknownBody(u8),
}

/// A client message is one table in one table: whatever is larger is hostile.
const VERIFIER: VerifierOptions = VerifierOptions {
    max_depth: 4,
    max_tables: 4,
    max_apparent_size: 1 << 26,
    ignore_missing_null_terminator: false,
};

impl<'a> ClientMessage<'a> {
    /// Verifies and reads one message. Copies nothing.
    ///
    /// # Errors
    /// [`DecodeError`] says where the bytes leave the schema.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let message = wire::root_as_client_message_with_opts(&VERIFIER, bytes)?;
        let unknown = DecodeError::UnknownBody(message.body_type().0);
        if let Some(input) = message.body_as_input() {
            return Ok(Self::Input {
                seq: input.seq(),
                payload: input.payload().map_or(&[], |payload| payload.bytes()),
            });
        }
        if let Some(raw) = message.body_as_raw() {
            return Ok(Self::Raw {
                seq: raw.seq(),
                payload: raw.payload().map_or(&[], |payload| payload.bytes()),
            });
        }
        if let Some(ping) = message.body_as_ping() {
            return Ok(Self::Ping {
                client_time_us: ping.client_time_us(),
            });
        }
        message.body_as_leave().map(|_| Self::Leave).ok_or(unknown)
    }

    /// The message as bytes: for load generators and tests.
    pub fn encode<'b>(&self, fbb: &'b mut FlatBufferBuilder<'_>) -> &'b [u8] {
        fbb.reset();
        let (body_type, body) = match *self {
            Self::Input { seq, payload } => {
                let payload = Some(fbb.create_vector(payload));
                let input = wire::Input::create(fbb, &wire::InputArgs { seq, payload });
                (wire::ClientBody::Input, input.as_union_value())
            }
            Self::Raw { seq, payload } => {
                let payload = Some(fbb.create_vector(payload));
                let raw = wire::Raw::create(fbb, &wire::RawArgs { seq, payload });
                (wire::ClientBody::Raw, raw.as_union_value())
            }
            Self::Ping { client_time_us } => {
                let ping = wire::Ping::create(fbb, &wire::PingArgs { client_time_us });
                (wire::ClientBody::Ping, ping.as_union_value())
            }
            Self::Leave => {
                let leave = wire::Leave::create(fbb, &wire::LeaveArgs {});
                (wire::ClientBody::Leave, leave.as_union_value())
            }
        };
        let args = wire::ClientMessageArgs {
            body_type,
            body: Some(body),
        };
        let message = wire::ClientMessage::create(fbb, &args);
        fbb.finish(message, None);
        fbb.finished_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: ClientMessage<'_>) {
        let mut fbb = FlatBufferBuilder::new();
        let bytes = message.encode(&mut fbb).to_vec();
        assert_eq!(ClientMessage::decode(&bytes), Ok(message));
        for len in 0..bytes.len() {
            // A cut message is refused or reads as something; it never panics.
            let _ = ClientMessage::decode(&bytes[..len]);
        }
    }

    #[test]
    fn each_message_survives_its_bytes() {
        check(ClientMessage::Input {
            seq: 7,
            payload: b"\x81\xa4move\x80",
        });
        check(ClientMessage::Raw {
            seq: 0,
            payload: &[],
        });
        check(ClientMessage::Ping {
            client_time_us: u64::MAX,
        });
        check(ClientMessage::Leave);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        for bytes in [&[][..], &[0; 4], &[0xff; 64]] {
            assert!(matches!(
                ClientMessage::decode(bytes),
                Err(DecodeError::Invalid(_))
            ));
        }
    }
}
