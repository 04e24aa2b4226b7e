//! The text of a redis.conf.

use std::fmt::Write;

use crate::options::Options;
use crate::server::Ports;

/// What all servers of the tests have: no persistence, quick replication.
const COMMON: &str = "\
save \"\"
appendonly no
protected-mode no
repl-diskless-sync yes
repl-diskless-sync-delay 0
repl-ping-replica-period 1
repl-timeout 5
";

/// What all have, then what the kind of server has, then the options: of two lines the last holds.
pub(crate) fn text(options: &Options, ports: Ports, kind: &str) -> String {
    let mut text = COMMON.to_owned();
    if let Some(login) = &options.login {
        if let Some(user) = &login.user {
            let _ = writeln!(text, "masteruser {user}");
        }
        let _ = writeln!(text, "masterauth {}", login.password);
    }
    if let Some(tls) = &options.tls {
        let (ca, certificate) = (tls.ca.display(), tls.certificate.display());
        let _ = writeln!(text, "tls-port {}\ntls-auth-clients no", ports.tls);
        let _ = writeln!(text, "tls-ca-cert-file {ca}\ntls-cert-file {certificate}");
        let _ = writeln!(text, "tls-key-file {}", tls.key.display());
    }
    if !options.acl.is_empty() {
        text.push_str("aclfile users.acl\n");
    }
    text.push_str(kind);
    for line in &options.lines {
        let _ = writeln!(text, "{line}");
    }
    text
}
