//! Cross-origin requests: a game's page is seldom served by its room server.

use downbeat_net::http::{Request, Response};

/// The origin that asked, if a browser did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cors {
    origin: Option<String>,
}

impl Cors {
    pub(crate) fn of(request: &Request<'_>) -> Self {
        Self {
            origin: request.header("origin").map(str::to_owned),
        }
    }

    /// Lets the origin read the response. Every origin may: a seat is guarded by `on_auth` and by
    /// tokens, not by the page that asks.
    pub(crate) fn apply(&self, response: Response) -> Response {
        let Some(origin) = &self.origin else {
            return response;
        };
        response
            .header("Access-Control-Allow-Origin", origin)
            .header("Access-Control-Allow-Credentials", "true")
            .header("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
            .header(
                "Access-Control-Allow-Headers",
                "Authorization, Content-Type, X-Requested-With",
            )
            .header("Access-Control-Max-Age", "86400")
            .header("Vary", "Origin")
    }
}
