//! What was said to whom, and everything that must not be.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_schemas::close::CloseCode;
use downbeat_schemas::id::{Epoch, SessionId};

use super::words::{Said, What};

#[derive(Default)]
pub(crate) struct Log {
    lines: BTreeMap<(Epoch, SessionId), Line>,
    connected: BTreeSet<(Epoch, SessionId)>,
    last_number: u64,
    /// Events that a client missed while it went on hearing its owner.
    pub(crate) events_missed: u64,
    /// Messages that clients heard.
    pub(crate) heard: u64,
    pub(crate) wrongs: Vec<String>,
}

/// What one owner said to one session, and how far the client heard.
#[derive(Default)]
struct Line {
    said: Vec<Said>,
    heard: usize,
    close: Option<CloseCode>,
}

impl Log {
    pub(crate) fn wrong(&mut self, what: String) {
        self.wrongs.push(what);
    }

    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// False if the session was connected in this epoch before.
    pub(crate) fn connects(&mut self, epoch: Epoch, session: SessionId) -> bool {
        self.connected.insert((epoch, session))
    }

    pub(crate) fn says(&mut self, epoch: Epoch, session: SessionId, said: Said) {
        self.line(epoch, session).said.push(said);
    }

    pub(crate) fn closes(&mut self, epoch: Epoch, session: SessionId, code: CloseCode) {
        self.line(epoch, session).close = Some(code);
    }

    fn line(&mut self, epoch: Epoch, session: SessionId) -> &mut Line {
        self.lines.entry((epoch, session)).or_default()
    }

    /// A client heard something: it must be what was said to it, behind what it heard before, and
    /// what it skipped must be made up for.
    pub(crate) fn hears(&mut self, epoch: Epoch, session: SessionId, said: Said) {
        self.heard += 1;
        let line = self.lines.entry((epoch, session)).or_default();
        let rest = &line.said[line.heard..];
        let Some(skipped) = rest.iter().position(|next| *next == said) else {
            let known = line.said.contains(&said);
            let how = if known { "again" } else { "although not said" };
            self.wrong(format!("{session} heard {said:?} {how}"));
            return;
        };
        let skipped = &rest[..skipped];
        let events = skipped.iter().filter(|said| said.what == What::Event);
        self.events_missed += events.count() as u64;
        let has_lost_welcome = skipped.iter().any(|said| said.what == What::Welcome);
        line.heard += skipped.len() + 1;
        if has_lost_welcome {
            self.wrong(format!("{session} never got its Welcome"));
        }
    }

    pub(crate) fn hears_close(&mut self, epoch: Epoch, session: SessionId, code: CloseCode) {
        let line = self.line(epoch, session);
        if line.close != Some(code) {
            let close = line.close;
            self.wrong(format!("{session} closed with {code}, not {close:?}"));
        }
    }

    /// What was said to a session, and not heard, but for rows.
    pub(crate) fn unheard_events(&self, epoch: Epoch, session: SessionId) -> usize {
        let line = self.lines.get(&(epoch, session));
        let rest = line.map_or(&[][..], |line| &line.said[line.heard..]);
        rest.iter().filter(|said| !said.is_rows()).count()
    }
}
