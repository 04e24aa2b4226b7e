//! What was asked.

use std::net::IpAddr;

use downbeat_schemas::close::MatchmakeCode;
use downbeat_schemas::id::{ReconnectionToken, RoomId};
use serde_json::Value;

use super::MatchmakeError;

/// A request to `/matchmake/{method}/{target}`.
#[derive(Debug)]
pub(crate) struct MatchmakeRequest {
    pub(crate) method: Method,
    /// The room type; empty where the room is asked for by id.
    pub(crate) name: String,
    pub(crate) options: Value,
    pub(crate) caller: Caller,
}

/// Who asks, as far as HTTP tells.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) token: Option<String>,
    /// The peer's address: a proxy's, if one is in front.
    pub(crate) address: IpAddr,
    /// The page that asks, if a browser does.
    pub(crate) origin: Option<String>,
    /// What the server was called.
    pub(crate) host: Option<String>,
    /// Whether a proxy says that it passes the request on.
    pub(crate) is_forwarded: bool,
}

/// The ways to a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    JoinOrCreate,
    Create,
    Join,
    JoinById(RoomId),
    Reconnect(RoomId, ReconnectionToken),
}

impl MatchmakeRequest {
    /// Reads the path's two words and the body.
    ///
    /// # Errors
    /// [`MatchmakeError`] if there is no such method, or the body is not a JSON object.
    pub(crate) fn parse(
        method: &str,
        target: &str,
        body: &[u8],
        caller: Caller,
    ) -> Result<Self, MatchmakeError> {
        let options = parse_options(body)?;
        let method = match method {
            "joinOrCreate" => Method::JoinOrCreate,
            "create" => Method::Create,
            "join" => Method::Join,
            "joinById" => Method::JoinById(parse_room(target)?),
            "reconnect" => Method::Reconnect(parse_room(target)?, parse_token(&options)?),
            _ => {
                let text = format!(
                    "no method `{method}`: there are joinOrCreate, create, join, joinById, reconnect"
                );
                return Err(MatchmakeError::new(MatchmakeCode::UnknownName, text));
            }
        };
        Ok(Self {
            method,
            name: target.to_owned(),
            options,
            caller,
        })
    }
}

/// No body is no options.
fn parse_options(body: &[u8]) -> Result<Value, MatchmakeError> {
    let malformed = |text| MatchmakeError::new(MatchmakeCode::MalformedBody, text);
    if body.trim_ascii().is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    match serde_json::from_slice(body) {
        Ok(options @ Value::Object(_)) => Ok(options),
        Ok(_) => Err(malformed(
            "the body is JSON, but no object: send {…}".to_owned(),
        )),
        Err(error) => Err(malformed(format!("the body is not JSON: {error}"))),
    }
}

fn parse_room(target: &str) -> Result<RoomId, MatchmakeError> {
    let unknown = |error| MatchmakeError::new(MatchmakeCode::UnknownRoomId, format!("{error}"));
    target.parse().map_err(unknown)
}

fn parse_token(options: &Value) -> Result<ReconnectionToken, MatchmakeError> {
    let token = options.get("reconnectionToken").and_then(Value::as_str);
    let token = token.and_then(|token| token.parse().ok());
    token.ok_or_else(MatchmakeError::seat_expired)
}
