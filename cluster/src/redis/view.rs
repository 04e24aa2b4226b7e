//! What one server says of its cluster: the text of `CLUSTER NODES`.

use std::ops::RangeInclusive;

use super::node::RedisNode;
use super::slot::SLOTS;

/// Servers in one view. Beyond it the view is refused: no Redis Cluster works with so many.
const NODES_MAX: usize = 1024;

/// One server's view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClusterView {
    pub(crate) nodes: Vec<ListedNode>,
}

/// A server in a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedNode {
    /// Where it listens, by its address.
    pub(crate) node: RedisNode,
    /// What it calls itself, if it does.
    pub(crate) hostname: Option<String>,
    pub(crate) is_master: bool,
    /// Whether this view thinks that it is down, or may be.
    pub(crate) is_failed: bool,
    /// The age of its claim: of two claims to a slot the higher one holds.
    pub(crate) epoch: u64,
    pub(crate) slots: Vec<RangeInclusive<u16>>,
}

/// Why a text is no view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ViewError {
    #[error("line {line} of CLUSTER NODES has no {missing}")]
    Field { line: usize, missing: &'static str },
    #[error("CLUSTER NODES lists more than {NODES_MAX} servers")]
    TooMany,
}

impl ClusterView {
    /// Reads the answer of `asked`, which may not know its own address.
    pub(crate) fn parse(text: &str, asked: &RedisNode) -> Result<Self, ViewError> {
        let mut nodes = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            if nodes.len() == NODES_MAX {
                return Err(ViewError::TooMany);
            }
            let field = |missing| ViewError::Field { line, missing };
            nodes.extend(parse_line(text, asked).map_err(field)?);
        }
        Ok(Self { nodes })
    }
}

/// `ID HOST:PORT@BUS[,HOSTNAME] FLAGS MASTER PING PONG EPOCH LINK SLOT…`; None for a server that
/// cannot be connected to. The error names what is missing.
fn parse_line(line: &str, asked: &RedisNode) -> Result<Option<ListedNode>, &'static str> {
    let mut fields = line.split(' ');
    let mut field = |name| fields.next().filter(|field| !field.is_empty()).ok_or(name);
    field("id")?;
    let address = field("address")?;
    let flags = field("flags")?;
    for name in ["master", "ping time", "pong time"] {
        field(name)?;
    }
    let epoch = field("epoch")?.parse().map_err(|_| "epoch")?;
    field("link state")?;
    let has = |flag| flags.split(',').any(|found| found == flag);
    if has("noaddr") || has("handshake") {
        return Ok(None);
    }
    let (address, hostname) = parse_address(address).ok_or("address")?;
    // While it is being moved, a slot is listed in brackets beside the range that it is in.
    let ranges = fields.filter(|range| !range.is_empty() && !range.starts_with('['));
    let slots = ranges.map(|range| parse_range(range).ok_or("slots"));
    Ok(Some(ListedNode {
        node: known_host(address, asked),
        hostname,
        is_master: has("master"),
        is_failed: has("fail") || has("fail?"),
        epoch,
        slots: slots.collect::<Result<_, _>>()?,
    }))
}

fn parse_address(text: &str) -> Option<(RedisNode, Option<String>)> {
    let mut parts = text.split(',');
    let address = parts.next()?;
    // More may follow, as `shard-id=…` does.
    let hostname = parts
        .next()
        .filter(|name| !name.is_empty() && !name.contains('='));
    let (address, _) = address.split_once('@').unwrap_or((address, ""));
    let node = RedisNode::parse(address).filter(|node| node.port != 0)?;
    Some((node, hostname.map(str::to_owned)))
}

/// A server that met nobody yet does not know its own address.
fn known_host(mut node: RedisNode, asked: &RedisNode) -> RedisNode {
    if node.host.is_empty() {
        node.host.clone_from(&asked.host);
    }
    node
}

fn parse_range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last && usize::from(last) < SLOTS).then_some(first..=last)
}

#[cfg(test)]
mod tests {
    use super::{ClusterView, ViewError};
    use crate::redis::node::RedisNode;

    fn parse(text: &str) -> Result<ClusterView, ViewError> {
        ClusterView::parse(text, &RedisNode::parse("asked:7000").unwrap())
    }

    fn check(text: &str, expected: &[&str]) {
        let view = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let shown = view.nodes.iter().map(|node| {
            let mut shown = node.node.to_string();
            if let Some(hostname) = &node.hostname {
                shown += &format!(" ({hostname})");
            }
            shown += if node.is_master {
                " master"
            } else {
                " replica"
            };
            shown += if node.is_failed { " failed" } else { "" };
            shown += &format!(" {}", node.epoch);
            for slots in &node.slots {
                shown += &format!(" {}-{}", slots.start(), slots.end());
            }
            shown
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn views_are_read() {
        check("", &[]);
        check(
            "e1 127.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-5460\n\
             e2 127.0.0.1:7001@17001 slave e1 0 1 1 connected\n\
             e3 127.0.0.1:7002@17002 master,fail - 1 1 3 disconnected 5461 9-10\n\
             e4 127.0.0.1:7003@17003 master,fail? - 1 1 4 connected 11\n",
            &[
                "127.0.0.1:7000 master 1 0-5460",
                "127.0.0.1:7001 replica 1",
                "127.0.0.1:7002 master failed 3 5461-5461 9-10",
                "127.0.0.1:7003 master failed 4 11-11",
            ],
        );
        // Alone, moving, with names, by IPv6, with what later versions add, unreachable.
        check(
            "e1 :7000@17000 myself,master - 0 0 0 connected 5-6 [5->-e2] [9-<-e2]\n\
             e2 10.0.0.1:1@2,redis-0.example.com master - 0 0 0 connected\n\
             e3 ::1:1@2 slave e1 0 0 0 connected\n\
             e4 10.0.0.2:1@2,,shard-id=ab slave e1 0 0 0 connected\n\
             e5 10.0.0.3:1 slave e1 0 0 0 connected\n\
             e6 :0@0 master,noaddr - 0 0 9 disconnected\n\
             e7 10.0.0.4:1@2 handshake - 0 0 0 connected\n",
            &[
                "asked:7000 master 0 5-6",
                "10.0.0.1:1 (redis-0.example.com) master 0",
                "[::1]:1 replica 0",
                "10.0.0.2:1 replica 0",
                "10.0.0.3:1 replica 0",
            ],
        );
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, missing) in [
            ("e1", "address"),
            ("e1 a:1@2", "flags"),
            ("e1 a:1@2 master", "master"),
            ("e1 a:1@2 master - 0 0", "epoch"),
            ("e1 a:1@2 master - 0 0 x connected", "epoch"),
            ("e1 a:1@2 master - 0 0 -1 connected", "epoch"),
            ("e1 a:1@2 master - 0 0 1", "link state"),
            ("e1 a@2 master - 0 0 1 connected", "address"),
            ("e1 a:0@2 master - 0 0 1 connected", "address"),
            ("e1 a:99999@2 master - 0 0 1 connected", "address"),
            ("e1 a:1@2 master - 0 0 1 connected 7-6", "slots"),
            ("e1 a:1@2 master - 0 0 1 connected 16384", "slots"),
            ("e1 a:1@2 master - 0 0 1 connected x", "slots"),
            ("e1  master - 0 0 1 connected", "address"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error, ViewError::Field { line: 1, missing }, "{text}");
        }
        let many = "e a:1@2 slave - 0 0 1 connected\n".repeat(1025);
        assert_eq!(parse(&many), Err(ViewError::TooMany));
    }
}
