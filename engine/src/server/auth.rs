//! The game's own authentication.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use downbeat_core::Reject;
use serde::Serialize;
use serde_json::Value;

/// Who asks for a seat, and for what.
#[derive(Clone, Debug)]
pub struct AuthRequest {
    /// From `authorization: Bearer …`, or else `_authToken` in the query.
    pub token: Option<String>,
    /// The name of the room type; for a room asked for by id, that room's.
    pub room_name: String,
    /// The options of the request, as sent.
    pub options: Value,
    /// The peer's address: a proxy's, if one is in front.
    pub address: IpAddr,
}

/// What an authentication found: claims for the room, or why not.
type Verdict = Result<Value, Reject>;

/// The hook, called on the shard that answers the request; its future stays there.
#[derive(Clone)]
pub(crate) struct AuthHook(Arc<dyn Fn(AuthRequest) -> LocalFuture + Send + Sync>);

type LocalFuture = Pin<Box<dyn Future<Output = Verdict>>>;

impl AuthHook {
    pub(crate) fn new<C, F>(hook: impl Fn(AuthRequest) -> F + Send + Sync + 'static) -> Self
    where
        C: Serialize,
        F: Future<Output = Result<C, Reject>> + 'static,
    {
        Self(Arc::new(move |request| {
            let claims = hook(request);
            Box::pin(async move { to_json(claims.await?) })
        }))
    }

    pub(crate) async fn check(&self, request: AuthRequest) -> Verdict {
        (self.0)(request).await
    }
}

impl fmt::Debug for AuthHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthHook")
    }
}

fn to_json(claims: impl Serialize) -> Verdict {
    serde_json::to_value(claims)
        .map_err(|error| Reject::new(format!("on_auth returned what JSON cannot hold: {error}")))
}
