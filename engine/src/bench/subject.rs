//! The server that is measured: one of ours, or anybody's.

use std::net::SocketAddr;

use super::server::{Child, HttpError, Page, Request, Signals, fetch};
use crate::load::{Process, Target, TargetError, Usage};

/// A server that answers.
#[derive(Debug)]
pub(super) struct Subject {
    url: String,
    address: SocketAddr,
    authority: String,
    prefix: String,
    pid: Option<u32>,
}

/// What a server says of itself cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SubjectError {
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("/metrics/histograms is not what was expected: {0}; is it another version?")]
    Page(#[from] serde_json::Error),
}

impl Subject {
    pub(super) fn ours(child: &Child) -> Self {
        let address = child.address();
        Self::at(address, Some(child.pid()))
    }

    /// A server of this machine.
    pub(super) fn at(address: SocketAddr, pid: Option<u32>) -> Self {
        Self {
            url: format!("http://{address}"),
            address,
            authority: address.to_string(),
            prefix: String::new(),
            pid,
        }
    }

    /// Somebody's server.
    pub(super) fn theirs(url: &str, pid: Option<u32>) -> Result<Self, TargetError> {
        let target = Target::find(url)?;
        Ok(Self {
            url: url.to_owned(),
            address: target.address,
            authority: target.authority,
            prefix: target.prefix,
            pid,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Its ticks since it started. Shards tell once a second.
    pub(super) fn page(&self) -> Result<Page, SubjectError> {
        let text = self.get("/metrics/histograms")?;
        Ok(Page::parse(&text)?)
    }

    pub(super) fn metrics(&self) -> Result<String, SubjectError> {
        Ok(self.get("/metrics")?)
    }

    /// Makes a room and takes no seat in it: it waits for its creator for a while.
    pub(super) fn create_room(&self, room: &str) -> Result<(), SubjectError> {
        let path = format!("{}/matchmake/create/{room}", self.prefix);
        fetch(self.address, &self.authority, Request::Post(&path, "{}"))?;
        Ok(())
    }

    /// What its process used; `None` if it is not ours to read.
    pub(super) fn usage(&self) -> Option<Usage> {
        Process::of(self.pid?).usage().ok()
    }

    pub(super) fn signals(&self) -> Option<Signals> {
        self.pid.map(|pid| Signals { pid })
    }

    fn get(&self, path: &str) -> Result<String, HttpError> {
        let path = format!("{}{path}", self.prefix);
        fetch(self.address, &self.authority, Request::Get(&path))
    }
}
