//! What nodes and harness have written down.

use std::fs;

use downbeat_cluster::lease::COPY_TAGS;

use super::{Broken, GONE_WITHIN, Harness};
use crate::chaos::checker::{Evidence, Verdict, check};
use crate::chaos::entry::{self, Entry};
use crate::chaos::node::history;
use crate::chaos::sight::Sight;

impl Harness {
    /// What is known now, without an end: only some of the rules hold.
    ///
    /// # Errors
    /// If a history cannot be read.
    pub fn look(&self) -> Result<Verdict, Broken> {
        self.write_sights();
        Ok(check(&self.evidence()?))
    }

    /// Ends all at once, and writes down what may tell why: the nodes' logs, what was seen, and the
    /// tables of the lease.
    pub fn wreck(mut self) {
        use std::fmt::Write;
        self.write_sights();
        let mut tables = String::new();
        for server in self.redis.masters() {
            for tag in COPY_TAGS {
                for part in ["nodes", "clock"] {
                    let key = format!("downbeat:{{{tag}}}:{part}");
                    if let Ok(reply) = server.try_command(&["HGETALL", &key]) {
                        let _ = writeln!(tables, "{} {key} {reply:?}", server.port());
                    }
                }
            }
        }
        let _ = fs::write(self.recipe.folder.join("tables"), tables);
        for node in self.nodes.iter_mut().filter_map(Option::take) {
            node.kill();
        }
        self.stage.end();
    }

    /// What the harness saw, beside the histories: only for people.
    fn write_sights(&self) {
        use std::fmt::Write;
        let mut text = String::new();
        for Sight { at, what } in self.stage.sights() {
            let _ = writeln!(text, "{at} {what:?}");
        }
        let _ = fs::write(self.recipe.folder.join("sights"), text);
    }

    /// What nodes have written down until now.
    ///
    /// # Errors
    /// If a history cannot be read.
    pub fn entries(&self) -> Result<Vec<Entry>, Broken> {
        let mut entries = Vec::new();
        for name in &self.names {
            let path = history(&self.recipe.folder, name);
            let text = fs::read_to_string(&path).map_err(|error| format!("{path:?}: {error}"))?;
            let read = entry::read(&text);
            entries.extend(read.map_err(|torn| format!("{path:?} is torn: {}", torn.0))?);
        }
        entries.sort_by_key(|entry| entry.at);
        Ok(entries)
    }

    fn evidence(&self) -> Result<Evidence, Broken> {
        Ok(Evidence {
            entries: self.entries()?,
            sights: self.stage.sights(),
            gone_within: u64::try_from(GONE_WITHIN.as_nanos()).unwrap_or(u64::MAX),
        })
    }
}
