//! How connections end: WebSocket close codes, and the codes of a matchmaking that failed.

use std::fmt;

/// The WebSocket close codes that a server of Downbeat sends, RFC 6455 section 7.4 and its own 4xxx.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseCode {
    /// Both sides are done.
    Normal = 1000,
    /// A frame or fragment that RFC 6455 forbids.
    ProtocolError = 1002,
    /// A text message: this wire is binary.
    UnsupportedData = 1003,
    /// Text or a close reason that is not UTF-8.
    InvalidText = 1007,
    /// A message over `frame_bytes_max`.
    MessageTooBig = 1009,
    /// The server cannot go on with this connection.
    InternalError = 1011,
    /// The client left for good and the server says so too.
    Consented = 4000,
    /// The server is shutting down; matchmaking elsewhere may go on.
    ServerShutdown = 4001,
    /// A hook of the room panicked: the room is gone, the server is not.
    RoomFailed = 4002,
    /// The room ended.
    RoomDisposed = 4003,
    /// The room sent this client away.
    Kicked = 4004,
    /// The same seat was opened by a newer connection.
    Replaced = 4005,
    /// Bytes that are no message of this wire, or no input of this room.
    MalformedMessage = 4006,
    /// More than `message_rate_max` messages in a second.
    MessageRate = 4007,
    /// The client read too slowly, again, after it was given a fresh snapshot.
    SlowReader = 4008,
    /// Nothing was heard from the client, pings included.
    IdleTimeout = 4009,
    /// The room is no longer where the client was connected to: its node was lost, or lost touch with
    /// the others. The seat may be there again at the next try.
    Moved = 4010,
    /// No such room at this address ([`MatchmakeCode::UnknownRoomId`] of a WebSocket).
    UnknownRoom = 4522,
    /// The seat or token is unknown, used or expired.
    SeatExpired = 4524,
    /// `on_auth` refused the token of the WebSocket.
    AuthFailed = 4525,
    /// The room's `on_join` refused the client.
    JoinRefused = 4526,
}

impl CloseCode {
    /// Every code, by rising number.
    pub const ALL: [Self; 21] = [
        Self::Normal,
        Self::ProtocolError,
        Self::UnsupportedData,
        Self::InvalidText,
        Self::MessageTooBig,
        Self::InternalError,
        Self::Consented,
        Self::ServerShutdown,
        Self::RoomFailed,
        Self::RoomDisposed,
        Self::Kicked,
        Self::Replaced,
        Self::MalformedMessage,
        Self::MessageRate,
        Self::SlowReader,
        Self::IdleTimeout,
        Self::Moved,
        Self::UnknownRoom,
        Self::SeatExpired,
        Self::AuthFailed,
        Self::JoinRefused,
    ];

    /// The number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The code of a number on the wire.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({self:?})", self.code())
    }
}

/// Whether a close code received from a client means that it left for good.
///
/// 1000 is what a library sends when the game calls its close; browsers send 1001 when a tab dies.
pub const fn is_consented(code: u16) -> bool {
    code == CloseCode::Normal.code() || code == CloseCode::Consented.code()
}

/// The HTTP status and `code` of a matchmaking request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum MatchmakeCode {
    /// The body is not a JSON object.
    MalformedBody = 400,
    /// The monitor wants its password, or the right one.
    PasswordNeeded = 401,
    /// Too many wrong passwords for the monitor.
    TooManyTries = 429,
    /// The server is shutting down, or is full.
    Unavailable = 503,
    /// No room type of this name, or no such method.
    UnknownName = 520,
    /// `join` found no room that fits.
    NoRoomFits = 521,
    /// The room id is unknown, or the room is locked or full.
    UnknownRoomId = 522,
    /// The room's `on_create` refused or failed.
    CreateFailed = 523,
    /// The seat or token is unknown, used or expired.
    SeatExpired = 524,
    /// `on_auth` refused.
    AuthFailed = 525,
    /// The room's `on_join` refused or failed.
    JoinFailed = 526,
}

impl MatchmakeCode {
    /// The HTTP status, and the `code` in the body.
    pub const fn code(self) -> u16 {
        self as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_by_its_number() {
        for code in CloseCode::ALL {
            assert_eq!(CloseCode::from_code(code.code()), Some(code));
        }
        assert!(CloseCode::ALL.is_sorted_by_key(|code| code.code()));
        assert_eq!(CloseCode::from_code(1001), None);
    }

    #[test]
    fn only_a_deliberate_close_is_consent() {
        assert!(is_consented(1000) && is_consented(4000));
        for code in [1001, 1005, 1006, 1011, 4001] {
            assert!(!is_consented(code), "{code}");
        }
    }
}
