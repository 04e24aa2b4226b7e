//! Players of one room type, spread over the nodes whatever they own.

use std::error::Error;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use downbeat_benches::http::{Request, fetch};
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::hop::{self, Hop};
use super::nodes::{Node, Nodes};

/// Seats of an arena.
const ROOM: u32 = 50;
/// From the last join to the window that counts.
const SETTLE: Duration = Duration::from_secs(3);
/// Ticks that were left out because the shard was too late.
const SKIPPED: &str = "downbeat_skipped_ticks_total";
/// Times that a node lost its lease for a while.
const FROZEN: &str = "downbeat_lease_freezes_total";
const JOIN_MAX: Duration = Duration::from_secs(20);
/// Inputs a second of each player: a little off the tick, so that within 4 s every player acts at
/// every phase of it. At 20 Hz each would keep the phase it has by chance, and with it half a tick
/// more or less of latency.
const RATE_HZ: &str = "19.75";

/// What happens to Redis in the middle of the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    Kill,
    Pause,
}

/// One game.
pub(crate) struct Game {
    parties: Vec<Party>,
    skipped: f64,
    frozen: f64,
    hop: Histogram<u64>,
    pub(crate) raw: Value,
}

/// Clients that joined one room through one node.
struct Party {
    is_direct: bool,
    report: Value,
}

/// Fills room after room with clients of all nodes in turn, and lets them play at once.
pub(crate) fn play(
    nodes: &Nodes,
    clients: u32,
    window: Duration,
    fault: Fault,
) -> Result<Game, Box<dyn Error>> {
    let count = nodes.nodes.len() as u32;
    let rooms = clients.div_ceil(ROOM);
    let parties = rooms * count;
    // All measure over the same time: who joins first waits longest.
    let join_each = Duration::from_millis(1_500);
    let begun = Instant::now();
    let window_at = begun + join_each * parties + SETTLE;
    let mut playing = Vec::new();
    for party in 0..parties {
        let node = &nodes.nodes[(party % count) as usize];
        let seats = ROOM / count + u32::from(party % count < ROOM % count);
        let warmup = window_at.saturating_duration_since(Instant::now());
        let child = start(nodes, node, seats, warmup, window)?;
        wait_for_clients(nodes, (party / count) * ROOM + seats_until(party, count))?;
        playing.push((party, child));
        sleep((begun + join_each * (party + 1)).saturating_duration_since(Instant::now()));
    }
    let owners = owners(&nodes.nodes[0])?;
    let skipped_before = nodes.sum(SKIPPED)?;
    let frozen_before = nodes.sum(FROZEN)?;
    sleep(window_at.saturating_duration_since(Instant::now()));
    let hop = Hop::start(nodes.redis.owner_of(hop::SLOT), window)?;
    sleep((window_at + window / 3).saturating_duration_since(Instant::now()));
    break_redis(nodes, fault);
    let mut reports = Vec::new();
    for (party, child) in playing {
        let report = finish(child)?;
        let owner = owners.get((party / count) as usize);
        let node = &nodes.nodes[(party % count) as usize];
        let is_direct = owner.is_some_and(|owner| *owner == node.id);
        reports.push(Party { is_direct, report });
    }
    let skipped = nodes.sum(SKIPPED)? - skipped_before;
    let frozen = nodes.sum(FROZEN)? - frozen_before;
    let raw: Vec<Value> = reports
        .iter()
        .map(|party| json!({ "direct": party.is_direct, "report": party.report }))
        .collect();
    let hop = hop.finish()?;
    let raw = json!({
        "fault": format!("{fault:?}"), "skipped": skipped, "frozen": frozen, "hop_us": hop_us(&hop), "parties": raw,
    });
    Ok(Game {
        parties: reports,
        skipped,
        frozen,
        hop,
        raw,
    })
}

/// Seats of a room that are taken once this party has joined.
fn seats_until(party: u32, count: u32) -> u32 {
    (0..=party % count)
        .map(|number| ROOM / count + u32::from(number < ROOM % count))
        .sum()
}

fn start(
    nodes: &Nodes,
    node: &Node,
    clients: u32,
    warmup: Duration,
    window: Duration,
) -> Result<Child, Box<dyn Error>> {
    let mut command = Command::new(&nodes.downbeat);
    command
        .args(["load", "--json", "--room", "arena"])
        .args(["--url", &format!("http://{}", node.address)])
        .args(["--clients", &clients.to_string(), "--rate", RATE_HZ])
        .args(["--warmup", &warmup.as_secs_f64().to_string()])
        .args(["--seconds", &window.as_secs_f64().to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    Ok(command.spawn()?)
}

fn finish(mut child: Child) -> Result<Value, Box<dyn Error>> {
    let mut text = String::new();
    if let Some(mut output) = child.stdout.take() {
        output.read_to_string(&mut text)?;
    }
    child.wait()?;
    Ok(serde_json::from_str(&text)?)
}

fn wait_for_clients(nodes: &Nodes, expected: u32) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    loop {
        let rooms = listing(&nodes.nodes[0])?;
        let clients = rooms.iter().filter_map(|room| room["clients"].as_u64());
        let there: u64 = clients.sum();
        if there >= u64::from(expected) {
            return Ok(());
        }
        if begun.elapsed() > JOIN_MAX {
            return Err(format!("{there} clients are in rooms, expected {expected}").into());
        }
        sleep(Duration::from_millis(50));
    }
}

fn listing(node: &Node) -> Result<Vec<Value>, Box<dyn Error>> {
    let rooms = fetch(node.address, "/rooms?name=arena", Request::Get)?;
    Ok(serde_json::from_str(&rooms)?)
}

/// The owners of the rooms, the oldest room first.
fn owners(node: &Node) -> Result<Vec<String>, Box<dyn Error>> {
    let rooms = listing(node)?.into_iter();
    let owners = rooms.map(|room| room["processId"].as_str().unwrap_or_default().to_owned());
    Ok(owners.collect())
}

fn break_redis(nodes: &Nodes, fault: Fault) {
    let masters = nodes.redis.masters();
    let Some(master) = masters.first() else {
        return;
    };
    match fault {
        Fault::None => {}
        Fault::Kill => master.kill(),
        Fault::Pause => master.pause(),
    }
}

impl Game {
    /// A row for those who play at the owner of their room, and one for the others.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        [
            (true, "at the room's node"),
            (false, "through another node"),
        ]
        .into_iter()
        .map(|(is_direct, who)| self.row(is_direct, who))
        .collect()
    }

    /// Of a bare publish beside the game: p50, p99 and the longest, µs.
    pub(crate) fn hop(&self) -> [f64; 3] {
        hop_us(&self.hop)
    }

    fn row(&self, is_direct: bool, who: &str) -> Vec<String> {
        let parties = self.parties.iter();
        let parties: Vec<&Value> = parties
            .filter(|party| party.is_direct == is_direct)
            .map(|party| &party.report)
            .collect();
        let of = |path: [&str; 2]| -> Vec<f64> {
            let values = parties.iter();
            values
                .filter_map(|report| report[path[0]][path[1]].as_f64())
                .collect()
        };
        let clients: f64 = of(["clients", "joined"]).iter().sum();
        let least = of(["patches_per_client_s", "min"]);
        let gap = "patch_inter_arrival_ms";
        vec![
            format!("{clients} {who}"),
            format!("{:.1}", least.iter().copied().fold(f64::INFINITY, f64::min)),
            format!("{:.1}", largest(&of([gap, "p99"]))),
            format!("{:.1}", largest(&of([gap, "max"]))),
            format!("{:.2}", median(&of(["input_to_state_ms", "p50"]))),
            format!("{:.1}", largest(&of(["input_to_state_ms", "p99"]))),
            format!("{}", self.skipped),
            format!("{}", self.frozen),
        ]
    }
}

fn hop_us(hop: &Histogram<u64>) -> [f64; 3] {
    let us = |ns: u64| ns as f64 / 1_000.0;
    [
        us(hop.value_at_quantile(0.5)),
        us(hop.value_at_quantile(0.99)),
        us(hop.max()),
    ]
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
