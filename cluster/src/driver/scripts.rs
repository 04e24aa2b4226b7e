//! The scripts of pure modules, as the router runs them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::redis::Script;

/// Scripts by name: Redis is sent a script's hash, which is taken once.
#[derive(Debug, Default)]
pub(super) struct Scripts(RefCell<BTreeMap<&'static str, &'static Script>>);

impl Scripts {
    /// The script of this name.
    pub(super) fn get(&self, name: &'static str, body: &'static str) -> &'static Script {
        let mut scripts = self.0.borrow_mut();
        // Some twenty of them, made once for the life of the process.
        scripts
            .entry(name)
            .or_insert_with(|| Box::leak(Box::new(Script::new(name, body))))
    }
}
