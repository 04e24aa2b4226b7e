//! The handshake as a client sees it, RFC 6455 section 4.1: for load generators and tests.

use tungstenite::handshake::derive_accept_key;

/// Why a response does not open a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientHandshakeError {
    /// Another status than 101; the server says why in the body.
    #[error("the server answered {status} instead of 101: {body}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What has come of the body.
        body: String,
    },
    /// Not the bytes of an HTTP response.
    #[error("the server's answer is no HTTP response")]
    Malformed,
    /// `Sec-WebSocket-Accept` does not prove that the server understood the key.
    #[error("the server's Sec-WebSocket-Accept does not belong to the key that was sent")]
    Accept,
}

/// The key for the handshake: 16 bytes of the caller's choice in base64.
fn key_text(key: [u8; 16]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // 128 bits in 22 digits: the last one carries two bits, then the padding.
    let bits = u128::from_be_bytes(key);
    let digit = |shift: u32| char::from(DIGITS[(bits >> shift & 63) as usize]);
    let last = char::from(DIGITS[(bits << 4 & 63) as usize]);
    (0..21)
        .map(|place| digit(122 - 6 * place))
        .chain([last, '=', '='])
        .collect()
}

/// Appends the request that opens a WebSocket.
pub fn write_request(
    request: &mut Vec<u8>,
    host: &str,
    path_and_query: &str,
    subprotocol: &str,
    key: [u8; 16],
) {
    let key = key_text(key);
    let text = format!(
        "GET {path_and_query} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\
         Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n"
    );
    request.extend_from_slice(text.as_bytes());
}

/// Reads the server's answer: how many bytes it has, or `None` while it is incomplete. The bytes
/// after it are frames.
///
/// # Errors
/// [`ClientHandshakeError`] if no WebSocket is to be had.
pub fn read_response(
    response: &[u8],
    key: [u8; 16],
) -> Result<Option<usize>, ClientHandshakeError> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut parsed = httparse::Response::new(&mut headers);
    let len = match parsed.parse(response) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(ClientHandshakeError::Malformed),
    };
    let status = parsed.code.unwrap_or(0);
    if status != 101 {
        let body = String::from_utf8_lossy(&response[len..]).trim().to_owned();
        return Err(ClientHandshakeError::Refused { status, body });
    }
    let accept = derive_accept_key(key_text(key).as_bytes());
    let is_proof = |header: &httparse::Header<'_>| {
        header.name.eq_ignore_ascii_case("Sec-WebSocket-Accept")
            && header.value.trim_ascii() == accept.as_bytes()
    };
    if !parsed.headers.iter().any(is_proof) {
        return Err(ClientHandshakeError::Accept);
    }
    Ok(Some(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_base64() {
        assert_eq!(key_text(*b"the sample nonce"), "dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(key_text([0xff; 16]), "/////////////////////w==");
    }

    #[test]
    fn the_answer_must_prove_that_the_key_was_understood() {
        let key = *b"the sample nonce";
        let response = "HTTP/1.1 101 Switching Protocols\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x02\x00";
        let (head, frames) = (response.len() - 2, response.as_bytes());
        assert_eq!(read_response(frames, key), Ok(Some(head)));
        assert_eq!(read_response(&frames[..head - 1], key), Ok(None));
        assert_eq!(
            read_response(frames, [0; 16]),
            Err(ClientHandshakeError::Accept)
        );
        let refusal = b"HTTP/1.1 503 Service Unavailable\r\n\r\nfull\n";
        assert_eq!(
            read_response(refusal, key).unwrap_err().to_string(),
            "the server answered 503 instead of 101: full"
        );
        assert_eq!(
            read_response(b"SSH-2.0\r\n", key),
            Err(ClientHandshakeError::Malformed)
        );
    }
}
