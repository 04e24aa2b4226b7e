//! MOVED and ASK: a server that says who else to ask.

use super::node::RedisNode;
use super::slot::Slot;

/// Where a command has to go instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redirect {
    pub(crate) kind: RedirectKind,
    pub(crate) slot: Slot,
    pub(crate) node: RedisNode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RedirectKind {
    /// The slot is there.
    Moved,
    /// The slot is on its way there: this command only, behind ASKING.
    Ask,
}

impl Redirect {
    /// Reads `MOVED` or `ASK` and `SLOT HOST:PORT`, where the host may be left out for the server's
    /// own. None for another error.
    pub(crate) fn parse(code: &str, details: Option<&str>, asked: &RedisNode) -> Option<Self> {
        let kind = match code {
            "MOVED" => RedirectKind::Moved,
            "ASK" => RedirectKind::Ask,
            _ => return None,
        };
        let (slot, address) = details?.split_once(' ')?;
        let slot = Slot(slot.parse().ok()?);
        let mut node = RedisNode::parse(address.trim())?;
        if node.host.is_empty() || node.host == "?" {
            node.host.clone_from(&asked.host);
        }
        Some(Self { kind, slot, node })
    }
}

#[cfg(test)]
mod tests {
    use super::{Redirect, RedirectKind};
    use crate::redis::node::RedisNode;
    use crate::redis::slot::Slot;

    #[test]
    fn redirections_are_read() {
        let asked = RedisNode::parse("asked:1").unwrap();
        let parse = |code, details| Redirect::parse(code, details, &asked);
        let to = |kind, slot, node| {
            let node = RedisNode::parse(node).unwrap();
            let slot = Slot(slot);
            Some(Redirect { kind, slot, node })
        };
        let (moved, ask) = (RedirectKind::Moved, RedirectKind::Ask);
        assert_eq!(parse("MOVED", Some("7 a:2")), to(moved, 7, "a:2"));
        assert_eq!(parse("ASK", Some("7 ::1:2")), to(ask, 7, "[::1]:2"));
        assert_eq!(parse("MOVED", Some("7 :2")), to(moved, 7, "asked:2"));
        assert_eq!(parse("MOVED", Some("7 ?:2")), to(moved, 7, "asked:2"));
        for (code, details) in [
            ("ERR", Some("7 a:2")),
            ("MOVED", None),
            ("MOVED", Some("a:2")),
            ("MOVED", Some("x a:2")),
            ("MOVED", Some("7 a")),
        ] {
            assert_eq!(parse(code, details), None);
        }
    }
}
