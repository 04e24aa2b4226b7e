//! The HTTP surface: what each path answers.

mod cors;
mod page;
mod pages;
mod visit;

use std::net::IpAddr;

use downbeat_cluster::RoomListing;
use downbeat_net::http::{Request, Response};
use downbeat_net::ws::Upgrade;
use downbeat_schemas::close::MatchmakeCode;
use serde_json::json;

pub(crate) use cors::Cors;
pub use pages::Pages;
pub(crate) use visit::Visit;

use crate::link::Offer;
use crate::matchmake::{MatchmakeError, MatchmakeRequest};
use crate::node::Node;
use crate::stats::Page;

/// How a request is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// At once.
    Now(Response),
    /// By a seat in a room, when there is one.
    Matchmake(Box<MatchmakeRequest>, Cors),
    /// By the rooms of this name, or all.
    List(Option<String>, Cors),
    /// By a page of figures.
    Figures(Page),
    /// By no seat, and why.
    Refuse(MatchmakeError, Cors),
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
                Err(error) => Answer::Refuse(error, cors),
            }
        }
        ("GET", ["rooms"]) => Answer::List(query(request, "name"), cors),
        ("GET", ["health"]) => Answer::Now(cors.apply(health(node))),
        ("GET", ["metrics"]) if node.settings.metrics => Answer::Figures(Page::Metrics),
        ("GET", ["metrics", "histograms"]) if node.settings.metrics => {
            Answer::Figures(Page::Histograms)
        }
        (_, ["matchmake", _, _]) => Answer::Now(not_allowed("POST", &cors)),
        (_, ["metrics"] | ["metrics", "histograms"]) if node.settings.metrics => {
            Answer::Now(not_allowed("GET", &cors))
        }
        (_, ["rooms" | "health"]) => Answer::Now(not_allowed("GET", &cors)),
        ("GET", path) => Answer::Now(page(node, path, request, &cors)),
        (_, path) if path.is_empty() || node.pages.has(path) => {
            Answer::Now(not_allowed("GET", &cors))
        }
        _ => Answer::Now(nothing(&cors)),
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

/// The answer to a request for figures; without them if the clerk has too much to do.
pub(crate) fn figures(page: Page, text: Option<String>) -> Response {
    match (page, text) {
        (Page::Metrics, Some(text)) => {
            Response::new(200).body("text/plain; version=0.0.4; charset=utf-8", text)
        }
        (Page::Histograms, Some(text)) => Response::json(200, text),
        (_, None) => {
            let body = json!({ "code": 503, "error": "too many ask for figures: come again" });
            Response::json(503, body.to_string())
        }
    }
}

/// A page of the game, or at `/`, where it has none, what runs here.
fn page(node: &Node, path: &[&str], request: &Request<'_>, cors: &Cors) -> Response {
    match node.pages.answer(path, request) {
        Some(response) => cors.apply(response),
        None if path.is_empty() => page::front(node),
        None => nothing(cors),
    }
}

fn nothing(cors: &Cors) -> Response {
    error(404, "nothing is at this path", cors)
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
