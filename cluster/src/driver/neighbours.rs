//! Watches a few other nodes over a connection of its own, to know of a crash at once: the connection
//! of a process that ends breaks, and its port refuses from then on.
//!
//! Only a node that has once answered at its address under its own id is believed to be the one that
//! refuses there: behind address translation another host might.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use downbeat_schemas::id::NodeId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep, timeout};

use super::about::About;
use super::leasing::Leasing;
use crate::lease::{Lease, Member, MemberState};

/// The next nodes by their ids, round and round: each is watched by so many.
const WATCHED: usize = 2;
/// A node answers within a few milliseconds.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// Well below what a node keeps an idle HTTP connection for (30 s by default).
const ASK_AGAIN: Duration = Duration::from_secs(5);
/// The pause before another try to connect; it doubles up to the second, and begins anew with each
/// connection that has lasted. A process that ends closes its connections before its port.
const CONNECT_AGAIN: Duration = Duration::from_millis(20);
const CONNECT_AGAIN_MAX: Duration = Duration::from_millis(500);
const LASTED: Duration = Duration::from_secs(1);
/// Bytes of an answer that are looked at.
const ANSWER_BYTES: usize = 2_048;

/// The watched nodes. Lives on the driver's thread.
#[derive(Default)]
pub(super) struct Neighbours {
    watches: RefCell<BTreeMap<Member, JoinHandle<()>>>,
}

impl Neighbours {
    /// The members have changed.
    pub(super) fn choose(&self, leasing: &Rc<Leasing>) {
        let chosen = leasing.look(choose);
        let mut watches = self.watches.borrow_mut();
        watches.retain(|member, watch| {
            let stays = chosen.contains_key(member);
            if !stays {
                watch.abort();
            }
            stays
        });
        for (member, address) in chosen {
            watches
                .entry(member)
                .or_insert_with(|| spawn_local(watch(member, address, Rc::clone(leasing))));
        }
    }
}

/// The living members behind this one in the order of ids, with their addresses.
fn choose(lease: &Lease) -> BTreeMap<Member, String> {
    let Some(me) = lease.member() else {
        return BTreeMap::new();
    };
    let living = lease.members().iter();
    let living = living.filter(|(_, view)| view.state != MemberState::Dead);
    let others: BTreeMap<Member, String> = living
        .filter(|(member, _)| member.node != me.node)
        .filter_map(|(member, view)| Some((*member, About::of(&view.about).address?)))
        .collect();
    let behind = others.range(me..).chain(others.range(..me));
    behind
        .take(WATCHED)
        .map(|(member, address)| (*member, address.clone()))
        .collect()
}

async fn watch(member: Member, address: String, leasing: Rc<Leasing>) {
    let mut pause = CONNECT_AGAIN;
    loop {
        let began = Instant::now();
        if let Ok(Ok(stream)) = timeout(ANSWER_MAX, TcpStream::connect(&*address)).await {
            // However it ends, it has ended.
            let _ = converse(stream, member.node, &leasing.proven, member).await;
            if began.elapsed() >= LASTED {
                pause = CONNECT_AGAIN;
            }
        }
        if leasing.proven.borrow().contains(&member) {
            leasing.tell(|lease, now| lease.suspect(now, member.node));
        }
        sleep(pause).await;
        pause = (pause * 2).min(CONNECT_AGAIN_MAX);
    }
}

/// Asks again and again who answers there, until the connection breaks.
async fn converse(
    mut stream: TcpStream,
    node: NodeId,
    proven: &RefCell<BTreeSet<Member>>,
    member: Member,
) -> io::Result<()> {
    let expected = node.to_string();
    let mut answer = [0; ANSWER_BYTES];
    loop {
        stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: neighbour\r\n\r\n")
            .await?;
        let len = read_some(&mut stream, &mut answer, ANSWER_MAX).await?;
        let text = String::from_utf8_lossy(answer.get(..len).unwrap_or_default()).into_owned();
        if text.contains(&expected) {
            proven.borrow_mut().insert(member);
        }
        match timeout(ASK_AGAIN, stream.read(&mut answer)).await {
            Ok(Ok(0)) => return Ok(()),
            Ok(Err(error)) => return Err(error),
            // The rest of an answer, or silence: both are well.
            Ok(Ok(_)) | Err(_) => {}
        }
    }
}

async fn read_some(
    stream: &mut TcpStream,
    answer: &mut [u8],
    patience: Duration,
) -> io::Result<usize> {
    let read = timeout(patience, stream.read(answer)).await;
    match read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?? {
        0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
        len => Ok(len),
    }
}
