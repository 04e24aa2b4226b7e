//! Connecting to whatever is there, to look at it: for people who want to know what is wrong.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::probe::{self, LOOK_EVERY};
use super::router::{Inner, Router};
use super::settings::RedisSettings;
use super::start_error::StartError;

/// How long is waited for what may be down. Servers that are there are connected in some
/// milliseconds.
const PATIENCE: Duration = Duration::from_millis(1_500);

impl Router {
    /// Connects to the servers that answer. With the router: what a start would be refused for.
    ///
    /// # Errors
    /// If none answers, or it is not what the settings say.
    pub(crate) async fn reach(
        settings: RedisSettings,
    ) -> Result<(Self, Vec<StartError>), StartError> {
        let start = Duration::from_millis(settings.limits.start_timeout_ms);
        let router = Self::begin(settings).map_err(|error| probe::tls(&error))?;
        let inner = router.inner();
        inner.until_reached(Instant::now() + start).await?;
        let mut problems = Vec::new();
        match inner.check_servers().await {
            Err(error) if is_other(&error) => return Err(error),
            checked => problems.extend(checked.err()),
        }
        let deadline = Instant::now() + PATIENCE;
        problems.extend(inner.until_owned(deadline).await.err());
        problems.extend(inner.until_masters_are_connected(deadline).await.err());
        inner.until_all_were_tried(deadline).await;
        problems.extend(router.check_copies().err());
        inner.read_figures().await;
        Ok((router, problems))
    }
}

/// Whether this is another Redis than the settings say, or none of ours: nothing is to be seen.
const fn is_other(error: &StartError) -> bool {
    !matches!(error, StartError::Evicts { .. } | StartError::Failed(_))
}

impl Inner {
    /// Waits until each server is connected or was found not to answer.
    async fn until_all_were_tried(&self, deadline: Instant) {
        let is_open = || {
            let links = self.links();
            let mut links = links.iter();
            links.any(|link| !link.is_connected() && link.last_error().is_none())
        };
        while is_open() && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
    }
}
