//! A node that shares presence with others: its driver is a thread with two connections.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::future::poll_fn;
use std::io::Write;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread::JoinHandle;

use downbeat_cluster::presence::{Channels, Reply, Store, StoreError, WRITE_LUA, serve, shared};
use downbeat_presence::Presence;
use downbeat_schemas::limits::Limits;
use downbeat_tests_redis::client::request;
use futures_executor::block_on;

use crate::redis::{Client, Redis, Refusal, read};

/// Its presence ends with it.
pub(crate) struct Node {
    pub(crate) presence: Presence,
    driver: Option<JoinHandle<()>>,
}

impl Node {
    pub(crate) fn start(redis: &Redis, limits: &Limits) -> Self {
        let (presence, work) = shared(limits, "test");
        let (store, channels) = (Client::of(redis), Client::of(redis));
        let driver = std::thread::spawn(move || {
            block_on(serve(work, Commands::new(store), Ears::new(channels)));
        });
        Self {
            presence,
            driver: Some(driver),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.presence.close();
        let driver = self.driver.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            driver.unwrap().unwrap();
        }
    }
}

/// One command after the other, each waited for.
struct Commands(RefCell<Client>);

impl Commands {
    const fn new(client: Client) -> Self {
        Self(RefCell::new(client))
    }

    fn command(&self, words: &[&[u8]]) -> Result<Reply, StoreError> {
        let reply = self.0.borrow_mut().command(words);
        reply.map_err(|refusal| match refusal {
            Refusal::Said(words) => StoreError::Refused(words),
            Refusal::Broken(why) => StoreError::Unreachable(why),
        })
    }
}

impl Store for Commands {
    async fn query(
        &self,
        name: &'static str,
        key: &[u8],
        more: &[Vec<u8>],
    ) -> Result<Reply, StoreError> {
        let words = [name.as_bytes(), key];
        let more = more.iter().map(Vec::as_slice);
        self.command(&words.into_iter().chain(more).collect::<Vec<_>>())
    }

    async fn write(&self, key: &[u8], args: &[Vec<u8>]) -> Result<Reply, StoreError> {
        let words = [b"EVAL", WRITE_LUA.as_bytes(), b"1", key];
        let more = args.iter().map(Vec::as_slice);
        self.command(&words.into_iter().chain(more).collect::<Vec<_>>())
    }

    async fn publish(&self, channel: &[u8], payload: &[u8]) -> Result<(), StoreError> {
        self.command(&[b"SPUBLISH", channel, payload]).map(drop)
    }
}

/// Sharded subscriptions on one connection, read by a thread of its own.
struct Ears {
    write: RefCell<TcpStream>,
    heard: Arc<Mutex<Heard>>,
    wanted: RefCell<BTreeSet<Vec<u8>>>,
    is_taken: Cell<bool>,
}

#[derive(Default)]
struct Heard {
    messages: VecDeque<(Vec<u8>, Vec<u8>)>,
    confirmed: BTreeSet<Vec<u8>>,
    wakers: Vec<Waker>,
}

impl Ears {
    fn new(client: Client) -> Self {
        let write = client.0.sender().unwrap();
        // Silence is no fault here.
        write.set_read_timeout(None).unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let filled = Arc::clone(&heard);
        std::thread::spawn(move || fill(client.0, &filled));
        Self {
            write: RefCell::new(write),
            heard,
            wanted: RefCell::default(),
            is_taken: Cell::new(false),
        }
    }

    fn say(&self, word: &[u8], channel: &[u8]) {
        // A connection that is gone says so to its reader.
        let _ = self
            .write
            .borrow_mut()
            .write_all(&request(&[word, channel]));
    }
}

impl Drop for Ears {
    fn drop(&mut self) {
        let _ = self.write.get_mut().shutdown(std::net::Shutdown::Both);
    }
}

fn fill(mut from: downbeat_tests_redis::Client, into: &Mutex<Heard>) {
    while let Ok(Reply::List(words)) = read(from.reply()) {
        let mut heard = into.lock().unwrap();
        match &words[..] {
            [Reply::Bytes(kind), Reply::Bytes(channel), last] => match (&kind[..], last) {
                (b"smessage", Reply::Bytes(payload)) => {
                    heard.messages.push_back((channel.clone(), payload.clone()));
                }
                (b"ssubscribe", _) => drop(heard.confirmed.insert(channel.clone())),
                (b"sunsubscribe", _) => drop(heard.confirmed.remove(channel)),
                _ => panic!("{words:?}"),
            },
            _ => panic!("{words:?}"),
        }
        let wakers = std::mem::take(&mut heard.wakers);
        drop(heard);
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Channels for Ears {
    type Bytes = Vec<u8>;

    fn subscribe(&self, channel: &[u8]) {
        let is_new = self.wanted.borrow_mut().insert(channel.to_vec());
        assert!(is_new, "asked for once");
        self.say(b"SSUBSCRIBE", channel);
    }

    fn unsubscribe(&self, channel: &[u8]) {
        assert!(self.wanted.borrow_mut().remove(channel), "asked for before");
        self.say(b"SUNSUBSCRIBE", channel);
    }

    async fn next(&self) -> (Vec<u8>, Vec<u8>) {
        assert!(!self.is_taken.replace(true), "one after the other");
        let next = poll_fn(|context| {
            let mut heard = self.heard.lock().unwrap();
            match heard.messages.pop_front() {
                Some(message) => Poll::Ready(message),
                None => {
                    heard.wakers.push(context.waker().clone());
                    Poll::Pending
                }
            }
        });
        let next = next.await;
        self.is_taken.set(false);
        next
    }

    async fn heard(&self, channel: &[u8]) -> bool {
        poll_fn(|context| {
            if !self.wanted.borrow().contains(channel) {
                return Poll::Ready(false);
            }
            let mut heard = self.heard.lock().unwrap();
            if heard.confirmed.contains(channel) {
                return Poll::Ready(true);
            }
            heard.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}
