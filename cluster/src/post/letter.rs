//! What nodes say to each other, as bytes.
//!
//! | at | bytes | |
//! |---|---|---|
//! | 0 | 1 | the version of this format |
//! | 1 | 1 | kind: 1 question, 2 answer, 3 no answer, 4 relay |
//! | 2 | 8 | the sender's node, little endian |
//! | 10 | 2 | question, relay: the shard that it is for |
//! | 12 | 8 | question and answers: the question's number, rising on each sender |
//! | 20 | | the rest: what the two ends have to say |

use bytes::{BufMut, Bytes, BytesMut};
use downbeat_schemas::id::{NodeId, ShardId};

/// The format of this release. A letter of another one is not read.
const VERSION: u8 = 1;
/// Bytes in front of the body.
const HEAD_LEN: usize = 20;

/// A letter that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who wrote it.
    pub from: NodeId,
    /// What it says.
    pub content: Content,
}

/// What a letter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A question to a shard, which its answer names by number.
    Question {
        /// For whom.
        shard: ShardId,
        /// Unique on the sender.
        number: u64,
        /// The question.
        body: Bytes,
    },
    /// The answer to a question.
    Answer {
        /// Of the question.
        number: u64,
        /// None: whoever was asked could not answer.
        body: Option<Bytes>,
    },
    /// What an edge and an owner say to each other about their relayed clients.
    Relay {
        /// For whom.
        shard: ShardId,
        /// In the words of [`relay`](crate::relay).
        body: Bytes,
    },
}

/// Bytes that are no letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// Fewer than the head has.
    #[error("a letter of {len} bytes: its head has {HEAD_LEN}")]
    Short {
        /// Bytes there were.
        len: usize,
    },
    /// Another release speaks.
    #[error(
        "a letter of format {found}, this release reads {VERSION}: nodes of one cluster must run releases that talk to each other"
    )]
    Version {
        /// Its format.
        found: u8,
    },
    /// No kind has this number.
    #[error("a letter of the unknown kind {found}")]
    Kind {
        /// Its number.
        found: u8,
    },
}

impl Letter {
    /// The letter as bytes.
    pub fn encode(&self) -> Bytes {
        let (kind, shard, number, body) = match &self.content {
            Content::Question {
                shard,
                number,
                body,
            } => (1, *shard, *number, &body[..]),
            Content::Answer {
                number,
                body: Some(body),
            } => (2, ShardId(0), *number, &body[..]),
            Content::Answer { number, body: None } => (3, ShardId(0), *number, &[][..]),
            Content::Relay { shard, body } => (4, *shard, 0, &body[..]),
        };
        let mut bytes = BytesMut::with_capacity(HEAD_LEN + body.len());
        bytes.put_u8(VERSION);
        bytes.put_u8(kind);
        bytes.put_u64_le(self.from.0);
        bytes.put_u16_le(shard.0);
        bytes.put_u64_le(number);
        bytes.put_slice(body);
        bytes.freeze()
    }

    /// Reads a letter; its body stays where it is.
    ///
    /// # Errors
    /// [`LetterError`] if the bytes are none.
    pub fn decode(bytes: &Bytes) -> Result<Self, LetterError> {
        let len = bytes.len();
        let (head, _) = bytes
            .split_first_chunk::<HEAD_LEN>()
            .ok_or(LetterError::Short { len })?;
        let [version, kind, head @ ..] = head;
        if *version != VERSION {
            return Err(LetterError::Version { found: *version });
        }
        let [n0, n1, n2, n3, n4, n5, n6, n7, s0, s1, number @ ..] = head;
        let from = NodeId(u64::from_le_bytes([*n0, *n1, *n2, *n3, *n4, *n5, *n6, *n7]));
        let shard = ShardId(u16::from_le_bytes([*s0, *s1]));
        let number = u64::from_le_bytes(*number);
        let body = bytes.slice(HEAD_LEN..);
        let content = match kind {
            1 => Content::Question {
                shard,
                number,
                body,
            },
            2 => Content::Answer {
                number,
                body: Some(body),
            },
            3 => Content::Answer { number, body: None },
            4 => Content::Relay { shard, body },
            other => return Err(LetterError::Kind { found: *other }),
        };
        Ok(Self { from, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: Content) {
        let letter = Letter {
            from: NodeId(0x0102_0304_0506_0708),
            content,
        };
        assert_eq!(Letter::decode(&letter.encode()), Ok(letter));
    }

    #[test]
    fn letters_survive_their_bytes() {
        let body = Bytes::from_static(b"hello");
        let (shard, number) = (ShardId(7), u64::MAX - 1);
        check(Content::Question {
            shard,
            number,
            body: body.clone(),
        });
        check(Content::Answer {
            number,
            body: Some(Bytes::new()),
        });
        check(Content::Answer { number, body: None });
        check(Content::Relay { shard, body });
    }

    #[test]
    fn what_is_no_letter_is_refused() {
        let good = Letter {
            from: NodeId(1),
            content: Content::Answer {
                number: 1,
                body: None,
            },
        }
        .encode();
        for len in 0..HEAD_LEN {
            let short = good.slice(..len);
            assert_eq!(Letter::decode(&short), Err(LetterError::Short { len }));
        }
        let changed = |at: usize, to: u8| {
            let mut bytes = good.to_vec();
            bytes[at] = to;
            Letter::decode(&bytes.into())
        };
        assert_eq!(changed(0, 9), Err(LetterError::Version { found: 9 }));
        assert_eq!(changed(1, 0), Err(LetterError::Kind { found: 0 }));
        assert_eq!(changed(1, 5), Err(LetterError::Kind { found: 5 }));
    }
}
