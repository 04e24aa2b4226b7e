//! A slot on its way from one master to another.

use crate::client::Reply;
use crate::cluster::{id_of, ok};
use crate::server::Server;

/// How many keys are moved by one command.
const KEYS: &str = "100";

/// A slot that is being moved. Left as it is when it is dropped.
#[derive(Debug)]
pub struct Migration<'a> {
    servers: &'a [Server],
    from: &'a Server,
    to: &'a Server,
    slot: String,
}

impl<'a> Migration<'a> {
    pub(crate) fn begin(
        servers: &'a [Server],
        from: &'a Server,
        to: &'a Server,
        slot: u16,
    ) -> Self {
        let slot = slot.to_string();
        ok(
            to,
            &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id_of(from)],
        );
        ok(
            from,
            &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id_of(to)],
        );
        Self {
            servers,
            from,
            to,
            slot,
        }
    }

    /// Moves all keys. Those written afterwards are on the new owner.
    ///
    /// # Panics
    /// If the servers refuse.
    pub fn move_keys(&self) {
        loop {
            let ask = ["CLUSTER", "GETKEYSINSLOT", &self.slot, KEYS];
            let keys = self.from.command(&ask);
            if keys.array().is_empty() {
                return;
            }
            let port = self.to.port().to_string();
            let mut words = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000"];
            if let Some(login) = self.to.login() {
                let user = login.user.as_deref().unwrap_or("default");
                words.extend(["AUTH2", user, &login.password]);
            }
            words.push("KEYS");
            words.extend(keys.array().iter().map(Reply::text));
            let reply = self.from.command(&words);
            assert!(!reply.is_error(), "{reply:?}");
        }
    }

    /// Moves all keys and tells all masters of the new owner.
    ///
    /// # Panics
    /// If the servers refuse.
    pub fn finish(self) {
        self.move_keys();
        let id = id_of(self.to);
        let set = ["CLUSTER", "SETSLOT", &self.slot, "NODE", &id];
        // First the new owner, so that there is one at all times.
        ok(self.to, &set);
        ok(self.from, &set);
        for server in self.servers {
            // Replicas refuse, and learn it from their masters; who does not run learns it later.
            let _ = server.try_command(&set);
        }
    }
}
