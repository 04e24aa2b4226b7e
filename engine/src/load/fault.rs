//! What goes wrong, and how often.

use std::collections::BTreeMap;
use std::io;

use downbeat_net::ws::{ClientHandshakeError, Violation};
use downbeat_schemas::rows::RowsError;
use downbeat_schemas::server::DecodeError;

use super::acks::AckError;
use super::http::AnswerError;
use super::target::TargetError;

/// Different faults that are told apart. Beyond, they are counted together.
const KINDS_MAX: usize = 64;

/// Something that a client met. Its text is its kind: it names no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("connect: {0}")]
    Connect(#[from] io::Error),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("matchmaking answered {status}: {text}")]
    Refused { status: u16, text: String },
    #[error("matchmaking: {0}")]
    Answer(#[from] AnswerError),
    #[error("matchmaking: the connection was lost before the answer")]
    NoAnswer,
    #[error("handshake: {0}")]
    Handshake(#[from] ClientHandshakeError),
    #[error("no {awaited} in time")]
    TooLate { awaited: &'static str },
    #[error("closed by the server, {code}: {reason}")]
    Closed { code: u16, reason: String },
    #[error("the connection was lost without a close frame")]
    Lost,
    #[error("WebSocket: {0}")]
    Frame(#[from] Violation),
    #[error("WebSocket: a text message")]
    Text,
    #[error("message: {0}")]
    Message(#[from] DecodeError),
    #[error("message: a {found} where a {expected} was due")]
    OutOfOrder {
        found: &'static str,
        expected: &'static str,
    },
    #[error("stamp: {0}")]
    Ack(#[from] AckError),
    #[error("rows: {0}")]
    Rows(#[from] RowsError),
}

/// RFC 6455 section 7.4.1: what a close without a code, and a loss, are called.
const NO_CODE: u16 = 1005;
const LOST: u16 = 1006;

impl Fault {
    pub(super) fn closed(code: Option<u16>, reason: &str) -> Self {
        Self::Closed {
            code: code.unwrap_or(NO_CODE),
            reason: reason.to_owned(),
        }
    }

    /// The close code under which a client that was playing is counted.
    pub(super) const fn close_code(&self) -> u16 {
        match self {
            Self::Closed { code, .. } => *code,
            _ => LOST,
        }
    }
}

/// How often each kind of fault was met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) counts: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn count(&mut self, fault: &Fault) {
        let mut kind = fault.to_string();
        if self.counts.len() >= KINDS_MAX && !self.counts.contains_key(&kind) {
            kind = "other errors".to_owned();
        }
        *self.counts.entry(kind).or_default() += 1;
    }

    /// Adds what another run met.
    pub(super) fn absorb(&mut self, other: &Self) {
        for (kind, count) in &other.counts {
            *self.counts.entry(kind.clone()).or_default() += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_counted_by_kind_and_kinds_are_bounded() {
        let mut tally = Tally::default();
        for status in (0..100).chain(0..100) {
            let text = "full".to_owned();
            tally.count(&Fault::Refused { status, text });
        }
        assert_eq!(tally.counts.len(), KINDS_MAX + 1);
        assert_eq!(tally.counts["matchmaking answered 3: full"], 2);
        assert_eq!(tally.counts.values().sum::<u64>(), 200);
    }

    #[test]
    fn a_close_has_a_code_always() {
        assert_eq!(Fault::closed(Some(4001), "").close_code(), 4001);
        assert_eq!(Fault::closed(None, "").close_code(), 1005);
        assert_eq!(Fault::Lost.close_code(), 1006);
    }
}
