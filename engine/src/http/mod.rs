//! The HTTP surface: what each path answers.

mod cors;
mod health;
mod page;
mod pages;
mod visit;

use std::net::IpAddr;

use downbeat_cluster::RoomListing;
use downbeat_net::http::{Request, Response};
use downbeat_net::ws::Upgrade;
use serde_json::json;

pub(crate) use cors::Cors;
pub use pages::Pages;
pub(crate) use visit::Visit;

use crate::link::Offer;
use crate::matchmake::{Caller, MatchmakeError, MatchmakeRequest};
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
    /// By the flame graph of this capture, if the one who asks may see it.
    FlameGraph(String, Box<Caller>),
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
            let caller = caller(request, address);
            match MatchmakeRequest::parse(method, target, request.body, caller) {
                Ok(request) => Answer::Matchmake(Box::new(request), cors),
                Err(error) => Answer::Refuse(error, cors),
            }
        }
        ("GET", ["rooms"]) => Answer::List(query(request, "name"), cors),
        ("GET", ["health"]) => Answer::Now(cors.apply(health::answer(node))),
        ("GET", ["metrics"]) if node.settings.metrics => Answer::Figures(Page::Metrics),
        ("GET", ["metrics", "histograms"]) if node.settings.metrics => {
            Answer::Figures(Page::Histograms)
        }
        ("GET", ["monitor", "captures", name]) if node.monitor.is_some() => {
            Answer::FlameGraph((*name).to_owned(), Box::new(caller(request, address)))
        }
        (_, ["matchmake", _, _]) => Answer::Now(not_allowed("POST", &cors)),
        (_, ["metrics"] | ["metrics", "histograms"]) if node.settings.metrics => {
            Answer::Now(not_allowed("GET", &cors))
        }
        (_, ["rooms" | "health"]) => Answer::Now(not_allowed("GET", &cors)),
        ("GET", path) => Answer::Now(page(node, path, request, &cors)),
        (_, ["monitor", ..]) if node.monitor.is_some() => Answer::Now(not_allowed("GET", &cors)),
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

/// The answer to a request for a flame graph. It is drawn as an image: nothing in it is run, wherever
/// somebody opens it.
pub(crate) fn flame_graph(found: Result<Option<String>, MatchmakeError>) -> Response {
    let cors = Cors::default();
    match found {
        Ok(Some(svg)) => Response::new(200)
            .body("image/svg+xml", svg)
            .header("Cache-Control", "private, max-age=3600")
            .header(
                "Content-Security-Policy",
                "sandbox; default-src 'none'; style-src 'unsafe-inline'",
            )
            .header("Cross-Origin-Resource-Policy", "same-origin")
            .header("X-Content-Type-Options", "nosniff"),
        Ok(None) => error(
            404,
            "there is no such capture, or it has no flame graph",
            &cors,
        ),
        Err(refused) => refusal(&refused, &cors),
    }
}

/// A page of the monitor or of the game, or at `/`, where it has none, what runs here.
fn page(node: &Node, path: &[&str], request: &Request<'_>, cors: &Cors) -> Response {
    if let (Some(monitor), ["monitor", path @ ..]) = (&node.monitor, path) {
        return match monitor.pages.answer(path, request) {
            Some(response) => response,
            None => nothing(cors),
        };
    }
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

fn caller(request: &Request<'_>, address: IpAddr) -> Caller {
    let text = |name| request.header(name).map(str::to_owned);
    let mut proxies = ["forwarded", "via", "x-forwarded-for", "x-real-ip"].iter();
    Caller {
        token: token(request),
        address,
        origin: text("origin"),
        host: text("host"),
        is_forwarded: proxies.any(|name| request.header(name).is_some()),
    }
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
