//! Reading INFO of all servers, again and again.

use std::rc::Weak;
use std::time::Duration;

use redis::{Pipeline, Value};
use tokio::time::{Instant, sleep};

use super::Inner;
use crate::redis::info::Info;
use crate::redis::link::{Lane, Link};

/// The task that keeps the figures fresh.
pub(super) async fn read_figures(router: Weak<Inner>) {
    while let Some(inner) = router.upgrade() {
        inner.read_figures().await;
        let wait = Duration::from_millis(inner.settings.limits.figures_ms);
        drop(inner);
        sleep(wait).await;
    }
}

impl Inner {
    /// Reads the figures of all servers that are connected.
    pub(crate) async fn read_figures(&self) {
        for link in self.links() {
            if link.is_connected() {
                read_info(&link).await;
            }
        }
    }
}

async fn read_info(link: &Link) {
    let mut ask = Pipeline::new();
    ask.cmd("INFO")
        .arg(&["clients", "memory", "stats", "replication"]);
    let begin = Instant::now();
    let answers = link.send(&ask, 0, Lane::Plain).await;
    let Ok([Value::BulkString(text)]) = answers.as_deref() else {
        return;
    };
    let mut figures = link.figures.borrow_mut();
    figures.round_trip = begin.elapsed();
    figures.learn(Info(&String::from_utf8_lossy(text)));
}
