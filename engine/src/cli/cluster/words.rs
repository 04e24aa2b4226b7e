//! A look at a cluster as tables for people.

use std::fmt::{Display, Write};
use std::time::Duration;

use downbeat_cluster::lease::Standing;
use downbeat_cluster::shared::loads::ShardLoad;
use downbeat_cluster::{ClusterLook, CopyLook, EntryLook, RedisNodeFigures};

use super::table::Table;

pub(super) fn of(look: &ClusterLook) -> String {
    let mut text = String::new();
    for problem in &look.problems {
        line(&mut text, format_args!("PROBLEM: {problem}"));
    }
    section(&mut text, "NODES", &nodes(look), look.nodes.is_empty());
    section(&mut text, "LEASES", &leases(look), false);
    section(&mut text, "ROOMS", &rooms(look), look.rooms.is_empty());
    section(&mut text, "REDIS", &servers(look), look.servers.is_empty());
    text
}

fn section(text: &mut String, title: &str, table: &impl Display, is_empty: bool) {
    if !text.is_empty() {
        text.push('\n');
    }
    match is_empty {
        true => line(text, format_args!("{title}: none")),
        false => line(
            text,
            format_args!("{title}\n{}", table.to_string().trim_end()),
        ),
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

fn nodes(look: &ClusterLook) -> Table<7> {
    let mut table = Table::new([
        "node",
        "incarnation",
        "state",
        "address",
        "public",
        "version",
        "shards: busy, rooms",
    ]);
    for node in &look.nodes {
        let about = &node.about;
        table.row([
            node.member.node.to_string(),
            node.member.incarnation.to_string(),
            node.state.to_string(),
            or_dash(about.address.as_ref()),
            or_dash(about.public_address.as_ref()),
            about.version.clone(),
            match node.shards.as_slice() {
                [] => format!("{}, which have told no load", about.shards),
                shards => shards.iter().map(shard).collect::<Vec<_>>().join("; "),
            },
        ]);
    }
    table
}

fn shard(shard: &ShardLoad) -> String {
    let (id, load) = (shard.location.shard, shard.load);
    let percent = f64::from(load.ticks_ppm) / 10_000.0;
    format!("{id}: {percent:.1} %, {}", load.rooms)
}

fn leases(look: &ClusterLook) -> Table<6> {
    let mut table = Table::new([
        "copy",
        "master",
        "node",
        "incarnation",
        "standing",
        "ends in",
    ]);
    for (number, copy) in look.copies.iter().enumerate() {
        let head = [number.to_string(), or_dash(copy.master.as_ref())];
        match &copy.entries {
            Ok(entries) if entries.is_empty() => table.row(row(&head, ["no node", "", "", ""])),
            Ok(entries) => {
                for entry in entries {
                    table.row(lease(&head, entry));
                }
            }
            Err(error) => {
                let error = format!("cannot be read: {error}");
                table.row(row(&head, [&error, "", "", ""]));
            }
        }
    }
    table
}

fn lease(head: &[String; 2], entry: &EntryLook) -> [String; 6] {
    let ends = match (entry.standing, entry.left) {
        (Standing::Up, Some(left)) => ms(left),
        (Standing::Up, None) => "ended".to_owned(),
        _ => "-".to_owned(),
    };
    let member = entry.member;
    let cells = [
        &member.node.to_string(),
        &member.incarnation.to_string(),
        &standing(entry.standing),
        &ends,
    ];
    row(head, cells.map(String::as_str))
}

fn row([copy, master]: &[String; 2], [a, b, c, d]: [&str; 4]) -> [String; 6] {
    [copy, master, a, b, c, d].map(str::to_owned)
}

fn standing(standing: Standing) -> String {
    match standing {
        Standing::Up => "up".to_owned(),
        Standing::Left => "left".to_owned(),
        Standing::Dead(by) => format!("dead, by {}", by.member),
    }
}

fn rooms(look: &ClusterLook) -> Table<3> {
    let mut table = Table::new(["name", "rooms", "clients"]);
    for name in &look.rooms {
        let counts = [name.rooms, name.clients].map(|count| count.to_string());
        let [rooms, clients] = counts;
        table.row([name.name.clone(), rooms, clients]);
    }
    table
}

fn servers(look: &ClusterLook) -> Table<8> {
    let mut table = Table::new([
        "server",
        "role",
        "memory",
        "of at most",
        "clients",
        "ops/s",
        "hits",
        "round trip",
    ]);
    let copies = &look.copies;
    for server in &look.servers {
        table.row(self::server(server, copies));
    }
    table
}

fn server(server: &RedisNodeFigures, copies: &[CopyLook]) -> [String; 8] {
    let name = server.node.to_string();
    if !server.is_connected {
        let dash = || "-".to_owned();
        let role = "not connected".to_owned();
        return [name, role, dash(), dash(), dash(), dash(), dash(), dash()];
    }
    let has_copy = copies
        .iter()
        .any(|copy| copy.master.as_ref() == Some(&server.node));
    let role = match (server.is_master, has_copy) {
        (true, true) => "master, has a lease copy",
        (true, false) => "master",
        (false, _) => "replica",
    };
    let hits = server.hit_ratio();
    [
        name,
        role.to_owned(),
        mib(server.used_memory_bytes),
        match server.max_memory_bytes {
            0 => "no limit".to_owned(),
            bytes => mib(bytes),
        },
        server.clients.to_string(),
        server.ops_per_s.to_string(),
        hits.map_or_else(|| "-".to_owned(), |ratio| format!("{:.1} %", ratio * 100.0)),
        ms(server.round_trip),
    ]
}

fn or_dash(value: Option<&impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
