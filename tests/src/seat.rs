//! Matchmaking, as a client sees it.

use std::net::SocketAddr;

use downbeat_schemas::id::ReconnectionToken;
use serde::Deserialize;
use serde_json::Value;

use crate::http::{HttpClient, Response};

/// The 200 of a matchmaking request: just these fields.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Seat {
    pub name: String,
    pub session_id: String,
    pub room_id: String,
    pub process_id: String,
    pub public_address: Option<String>,
}

/// Any other status: just these fields.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "named as on the wire")]
pub struct Refusal {
    pub code: u16,
    pub error: String,
}

impl Seat {
    /// The path of the WebSocket that claims the seat.
    pub fn path(&self) -> String {
        let Self {
            process_id,
            room_id,
            session_id,
            ..
        } = self;
        format!("/{process_id}/{room_id}?sessionId={session_id}")
    }

    /// The path of the WebSocket that opens the seat again.
    pub fn path_with(&self, token: ReconnectionToken) -> String {
        format!("{}&reconnectionToken={token}", self.path())
    }
}

/// Asks for a seat with a connection of its own.
///
/// # Errors
/// [`Refusal`] is what the server said instead.
pub fn ask(
    address: SocketAddr,
    method: &str,
    target: &str,
    options: &Value,
) -> Result<Seat, Refusal> {
    let path = format!("/matchmake/{method}/{target}");
    answer(&HttpClient::connect(address).post(&path, &options.to_string()))
}

/// Reads the answer to a matchmaking request.
///
/// # Errors
/// [`Refusal`] if it is one.
///
/// # Panics
/// If the answer is neither, or its code is not its status.
pub fn answer(response: &Response) -> Result<Seat, Refusal> {
    let body = response.json();
    if response.status == 200 {
        return Ok(serde_json::from_value(body).unwrap());
    }
    let refusal: Refusal = serde_json::from_value(body).unwrap();
    assert_eq!(refusal.code, response.status, "{}", refusal.error);
    assert!(!refusal.error.is_empty(), "a refusal says why");
    Err(refusal)
}
