//! The HTTP surface: what each path answers.

mod cors;
mod page;
mod visit;

use std::net::IpAddr;

use downbeat_cluster::RoomListing;
use downbeat_net::http::{Request, Response};
use downbeat_net::ws::Upgrade;
use downbeat_schemas::close::MatchmakeCode;
use serde_json::json;

pub(crate) use cors::Cors;
pub(crate) use visit::Visit;

use crate::matchmake::{MatchmakeError, MatchmakeRequest, Offer};
use crate::node::Node;
use crate::scribe::Scribe;
use crate::stats;

/// How a request is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// At once.
    Now(Response),
    /// By a seat in a room, when there is one.
    Matchmake(Box<MatchmakeRequest>, Cors),
    /// By the rooms of this name, or all.
    List(Option<String>, Cors),
    /// By becoming a WebSocket.
    Visit(Box<Visit>),
}

/// Finds the answer to `request` from `address`.
pub(crate) fn answer(node: &Node, request: &Request<'_>, address: IpAddr) -> Answer {
    let cors = Cors::of(request);
    if request.method == "OPTIONS" {
        return Answer::Now(cors.apply(Response::new(204)));
    }
    if Upgrade::is_asked(request) {
        return visit::answer(request, address);
    }
    let segments: Vec<_> = request.segments().collect();
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    // The connection leaves the body of an answer to HEAD away.
    let method = match request.method {
        "HEAD" => "GET",
        method => method,
    };
    match (method, segments.as_slice()) {
        ("POST", ["matchmake", method, target]) => {
            let token = token(request);
            match MatchmakeRequest::parse(method, target, request.body, token, address) {
                Ok(request) => Answer::Matchmake(Box::new(request), cors),
                Err(error) => Answer::Now(refusal(&error, &cors)),
            }
        }
        ("GET", ["rooms"]) => Answer::List(query(request, "name"), cors),
        ("GET", ["health"]) => Answer::Now(cors.apply(health(node))),
        ("GET", ["metrics"]) => Answer::Now(metrics(node)),
        ("GET", []) => Answer::Now(page::front(node)),
        (_, ["matchmake", _, _]) => Answer::Now(not_allowed("POST", &cors)),
        (_, [] | ["rooms" | "health" | "metrics"]) => Answer::Now(not_allowed("GET", &cors)),
        _ => Answer::Now(error(404, "nothing is at this path", &cors)),
    }
}

/// The answer to a request that got a seat, or did not.
pub(crate) fn matched(outcome: &Result<Offer, MatchmakeError>, cors: &Cors) -> Response {
    match outcome {
        Ok(offer) => {
            let body = serde_json::to_vec(offer).expect("an offer is plain data");
            cors.apply(Response::json(200, body))
        }
        Err(error) => refusal(error, cors),
    }
}

/// The answer to a request for the listing.
pub(crate) fn listed(rooms: &[RoomListing], cors: &Cors) -> Response {
    let body = serde_json::to_vec(rooms).expect("listings are plain data");
    cors.apply(Response::json(200, body))
}

fn refusal(refused: &MatchmakeError, cors: &Cors) -> Response {
    error(refused.code.code(), &refused.text, cors)
}

fn error(code: u16, text: &str, cors: &Cors) -> Response {
    let body = json!({ "code": code, "error": text });
    cors.apply(Response::json(code, body.to_string()))
}

fn not_allowed(allowed: &str, cors: &Cors) -> Response {
    error(405, &format!("this path takes {allowed}"), cors).header("Allow", allowed)
}

fn health(node: &Node) -> Response {
    let (status, word) = if node.is_closing() {
        (MatchmakeCode::Unavailable.code(), "shutting down")
    } else {
        (200, "ok")
    };
    let body = json!({
        "status": word,
        "processId": node.id.to_string(),
        "shards": node.links.len(),
        "version": env!("CARGO_PKG_VERSION"),
    });
    Response::json(status, body.to_string())
}

fn metrics(node: &Node) -> Response {
    let scribe = node.scribe.as_ref().map(Scribe::counts);
    let scribe = scribe.unwrap_or_default();
    let text = stats::render(&node.board.read(), &node.registry.counts(), scribe);
    Response::new(200).body("text/plain; version=0.0.4; charset=utf-8", text)
}

/// Who asks: the bearer of a header, or else of the query, for browsers cannot set headers on all
/// they send.
fn token(request: &Request<'_>) -> Option<String> {
    let bearer = request.header("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned())
    });
    bearer.or_else(|| query(request, "_authToken"))
}

fn query(request: &Request<'_>, name: &str) -> Option<String> {
    let mut pairs = request.query_pairs();
    pairs
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}
