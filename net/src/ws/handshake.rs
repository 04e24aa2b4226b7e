//! The handshake as the server sees it, RFC 6455 section 4.2.

use tungstenite::handshake::derive_accept_key;

use crate::http::{Request, Response};

/// A request to upgrade that was found valid; gives the answer of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    accept: String,
    subprotocol: Option<&'static str>,
}

/// Why a request is no WebSocket handshake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The method must be GET.
    #[error("a WebSocket begins with GET, found {found}")]
    Method {
        /// The method.
        found: String,
    },
    /// `Upgrade` must list `websocket`, and `Connection` must list `Upgrade`.
    #[error("the header `{name}` does not list `{expected}`; a proxy in front must pass it on")]
    NoUpgrade {
        /// The header that fails.
        name: &'static str,
        /// The word that it should list.
        expected: &'static str,
    },
    /// Only version 13 is spoken.
    #[error("Sec-WebSocket-Version must be 13")]
    Version,
    /// The key must be 16 bytes in base64.
    #[error("Sec-WebSocket-Key must be one header with 16 bytes in base64")]
    Key,
}

impl Upgrade {
    /// Checks a request and picks the first subprotocol of the client that is in `supported`.
    ///
    /// Whether a client without a common subprotocol is served is for the caller to say: see
    /// [`Self::subprotocol`].
    ///
    /// # Errors
    /// [`HandshakeError`]; answer with [`HandshakeError::response`].
    pub fn check(
        request: &Request<'_>,
        supported: &[&'static str],
    ) -> Result<Self, HandshakeError> {
        if request.method != "GET" {
            return Err(HandshakeError::Method {
                found: request.method.to_owned(),
            });
        }
        check_listed(request, "Upgrade", "websocket")?;
        check_listed(request, "Connection", "Upgrade")?;
        let mut versions = request.headers.values("Sec-WebSocket-Version");
        if versions.next() != Some(b"13") || versions.next().is_some() {
            return Err(HandshakeError::Version);
        }
        let mut keys = request.headers.values("Sec-WebSocket-Key");
        let key = keys
            .next()
            .filter(|key| is_key(key) && keys.next().is_none());
        Ok(Self {
            accept: derive_accept_key(key.ok_or(HandshakeError::Key)?),
            subprotocol: pick_subprotocol(request, supported),
        })
    }

    /// Whether a request asks for a WebSocket at all, valid or not.
    pub fn is_asked(request: &Request<'_>) -> bool {
        request.headers.has_token("Upgrade", "websocket")
    }

    /// The subprotocol that both sides speak.
    pub const fn subprotocol(&self) -> Option<&'static str> {
        self.subprotocol
    }

    /// The 101 response.
    pub(crate) fn response(&self) -> String {
        let protocol = self.subprotocol.map_or(String::new(), |subprotocol| {
            format!("Sec-WebSocket-Protocol: {subprotocol}\r\n")
        });
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n{protocol}\r\n",
            self.accept
        )
    }
}

impl HandshakeError {
    /// The answer: 426 with the version that is spoken, else 400.
    pub fn response(&self) -> Response {
        let body = format!("{self}\n");
        match self {
            Self::Version => Response::text(426, body)
                .header("Connection", "Upgrade")
                .header("Upgrade", "websocket")
                .header("Sec-WebSocket-Version", "13"),
            _ => Response::text(400, body),
        }
    }
}

fn check_listed(
    request: &Request<'_>,
    name: &'static str,
    expected: &'static str,
) -> Result<(), HandshakeError> {
    if request.headers.has_token(name, expected) {
        return Ok(());
    }
    Err(HandshakeError::NoUpgrade { name, expected })
}

/// Sixteen bytes in base64: 22 digits, the last of which carries two bits, and the padding.
fn is_key(key: &[u8]) -> bool {
    let Some(digits) = key.strip_suffix(b"==") else {
        return false;
    };
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    digits.len() == 22 && digits.iter().all(is_digit)
}

fn pick_subprotocol(request: &Request<'_>, supported: &[&'static str]) -> Option<&'static str> {
    let offers = request.headers.values("Sec-WebSocket-Protocol");
    offers
        .flat_map(|list| list.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .find_map(|offer| supported.iter().find(|name| name.as_bytes() == offer))
        .copied()
}
