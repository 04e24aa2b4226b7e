//! What a server is to have in its configuration.

use std::path::PathBuf;

/// What is beside the defaults: no persistence, loopback, quick replication.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) lines: Vec<String>,
    pub(crate) acl: Vec<String>,
    pub(crate) login: Option<Login>,
    pub(crate) tls: Option<Tls>,
    pub(crate) has_own_user: bool,
}

/// Who the setting up, replication and sentinels are.
#[derive(Clone, Debug)]
pub struct Login {
    /// None: the default user.
    pub user: Option<String>,
    /// Its password.
    pub password: String,
}

/// The files for connections with TLS, which get a port of their own.
#[derive(Clone, Debug)]
pub struct Tls {
    /// Whom the server trusts, PEM.
    pub ca: PathBuf,
    /// The server's certificate, PEM.
    pub certificate: PathBuf,
    /// The certificate's key, PEM.
    pub key: PathBuf,
}

impl Options {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line of redis.conf.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }

    /// Takes these commands away from everybody.
    #[must_use]
    pub fn without_commands(self, names: &[&str]) -> Self {
        let lines = names
            .iter()
            .map(|name| format!("rename-command {name} \"\""));
        lines.fold(self, |options, line| options.line(&line))
    }

    /// Asks the default user for a password.
    #[must_use]
    pub fn password(self, password: &str) -> Self {
        let password = password.to_owned();
        let line = format!("requirepass {password}");
        let user = None;
        self.line(&line).login(Login { user, password })
    }

    /// Adds a line of the ACL file: `user NAME RULE…`.
    #[must_use]
    pub fn acl(mut self, line: &str) -> Self {
        self.acl.push(line.to_owned());
        self
    }

    /// Who sets the servers up, where the default user may not.
    #[must_use]
    pub fn login(mut self, login: Login) -> Self {
        self.login = Some(login);
        self
    }

    /// Runs each server as a user of the system whose id is the server's port, so that what it sends
    /// can be told from what others send. Only root may.
    #[must_use]
    pub fn as_own_user(mut self) -> Self {
        self.has_own_user = true;
        self
    }

    /// Listens with TLS too.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}
