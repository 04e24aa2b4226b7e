//! Many requests for a seat, through all nodes at once.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use downbeat_benches::http::{Request, connect, fetch};
use downbeat_benches::table::Table;
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::nodes::Nodes;

/// Connections: enough that a slow answer holds up few requests.
const LANES: u32 = 48;
const ROOM: u64 = 50;

/// Asks for seats at a steady rate, by a clock that does not wait for answers.
pub(crate) fn run(
    downbeat: &Path,
    per_second: u32,
    window: Duration,
) -> Result<(Table, Value), Box<dyn Error>> {
    // Nobody claims the seats: they must not expire before they are counted.
    let nodes = Nodes::start(downbeat, 3, &["--limit", "seat_reservation_ms=600000"])?;
    let total = per_second * window.as_secs() as u32;
    let next = AtomicU32::new(0);
    let took = Mutex::new(Histogram::<u64>::new(3)?);
    let failed = AtomicU32::new(0);
    let begun = Instant::now();
    thread::scope(|scope| {
        for lane in 0..LANES {
            let address = nodes.nodes[lane as usize % nodes.nodes.len()].address;
            let (next, took, failed) = (&next, &took, &failed);
            scope.spawn(move || {
                let mut lane = Lane::open(address);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= total {
                        return;
                    }
                    let due = begun + window * number / total;
                    sleep(due.saturating_duration_since(Instant::now()));
                    match lane.as_mut().map(Lane::ask) {
                        Ok(Ok(true)) => {
                            let us = due.elapsed().as_micros() as u64;
                            if let Ok(mut took) = took.lock() {
                                let _ = took.record(us);
                            }
                        }
                        _ => {
                            failed.fetch_add(1, Ordering::Relaxed);
                            lane = Lane::open(address);
                        }
                    }
                }
            });
        }
    });
    let elapsed = begun.elapsed();
    // The listing is told within a quarter of a second.
    sleep(Duration::from_secs(1));
    let rooms = rooms(nodes.nodes[0].address)?;
    let seats: u64 = rooms.values().sum();
    let fullest = rooms.values().max().copied().unwrap_or_default();
    let took = took
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let failed = failed.into_inner();
    let ms = |quantile| took.value_at_quantile(quantile) as f64 / 1_000.0;
    let rate = f64::from(total - failed) / elapsed.as_secs_f64();
    let needed = u64::from(total - failed).div_ceil(ROOM);
    let mut table = Table::new(
        format!("joinOrCreate, {per_second} a second through 3 nodes, ms from when it was due"),
        [
            "joined",
            "per second",
            "p50",
            "p99",
            "failed",
            "rooms",
            "needed",
            "fullest room",
        ],
    );
    table.row([
        (total - failed).to_string(),
        format!("{rate:.0}"),
        format!("{:.1}", ms(0.5)),
        format!("{:.1}", ms(0.99)),
        failed.to_string(),
        rooms.len().to_string(),
        needed.to_string(),
        format!("{fullest} of {ROOM}"),
    ]);
    let figures = json!({
        "joined": total - failed, "per_second": rate, "p50_ms": ms(0.5), "p99_ms": ms(0.99),
        "failed": failed, "rooms": rooms.len(), "needed": needed, "fullest": fullest,
        "seats": seats,
    });
    Ok((table, figures))
}

/// One connection that is kept.
struct Lane {
    stream: BufReader<std::net::TcpStream>,
    host: SocketAddr,
}

impl Lane {
    fn open(address: SocketAddr) -> std::io::Result<Self> {
        Ok(Self {
            stream: BufReader::new(connect(address)?),
            host: address,
        })
    }

    /// Whether the request got a seat.
    fn ask(&mut self) -> std::io::Result<bool> {
        let request = format!(
            "POST /matchmake/joinOrCreate/arena HTTP/1.1\r\nHost: {}\r\nContent-Length: 2\r\n\r\n{{}}",
            self.host
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let has_seat = line.starts_with("HTTP/1.1 200");
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(has_seat)
    }
}

fn rooms(address: SocketAddr) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let rooms = fetch(address, "/rooms?name=arena", Request::Get)?;
    let rooms: Vec<Value> = serde_json::from_str(&rooms)?;
    let rooms = rooms.iter().filter_map(|room| {
        Some((
            room["roomId"].as_str()?.to_owned(),
            room["clients"].as_u64()?,
        ))
    });
    Ok(rooms.collect())
}
