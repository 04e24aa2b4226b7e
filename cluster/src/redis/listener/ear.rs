//! The listening connection to one server.
//!
//! A subscription is confirmed by a push, and so is its end, which may also come unasked when its
//! slot moves away. The library takes each such push for the answer to the oldest command, so an
//! answer here may belong to another command: nothing is read from answers but that there is one,
//! and that a server refuses something. What counts are the pushes.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use redis::aio::{MultiplexedConnection, SendError};
use redis::{Pipeline, PushInfo, PushKind, Value};
use tokio::sync::{Notify, mpsc};
use tokio::time::sleep;

use super::Heard;
use super::placements::Order;
use crate::redis::backoff;
use crate::redis::node::RedisNode;
use crate::redis::router::{Inner as Routing, Router};
use crate::redis::task::Task;

/// Orders in one write.
const BATCH: usize = 256;
/// Signs of life that may be missing before a connection is given up.
const SILENT_MAX: u32 = 2;

/// What all connections say. They run as tasks of the library, which wants to be able to move them
/// between threads.
#[derive(Debug)]
pub(super) struct Sound {
    messages: mpsc::Sender<Heard>,
    /// At most two for each subscription: each is taken at the next turn.
    said: Mutex<Vec<(RedisNode, Said)>>,
    pub(super) woken: Notify,
    pub(super) heard: AtomicU64,
    pub(super) unheard: AtomicU64,
}

/// What a connection says of itself.
#[derive(Debug)]
pub(super) enum Said {
    Up,
    Down,
    Subscribed(Vec<u8>),
    Unsubscribed(Vec<u8>),
}

impl Sound {
    pub(super) fn new(messages: mpsc::Sender<Heard>) -> Self {
        Self {
            messages,
            said: Mutex::default(),
            woken: Notify::new(),
            heard: AtomicU64::new(0),
            unheard: AtomicU64::new(0),
        }
    }

    /// What was said since the last time.
    pub(super) fn take(&self) -> Vec<(RedisNode, Said)> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *said)
    }

    fn say(&self, node: &RedisNode, what: Said) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push((node.clone(), what));
        self.woken.notify_one();
    }

    fn hear(&self, node: &RedisNode, push: PushInfo) {
        let mut data = push.data.into_iter().map_while(|value| match value {
            Value::BulkString(bytes) => Some(bytes),
            _ => None,
        });
        let Some(channel) = data.next() else {
            return;
        };
        match push.kind {
            PushKind::SMessage => self.message(channel, data.next().unwrap_or_default()),
            PushKind::SSubscribe => self.say(node, Said::Subscribed(channel)),
            PushKind::SUnsubscribe => self.say(node, Said::Unsubscribed(channel)),
            _ => {}
        }
    }

    fn message(&self, channel: Vec<u8>, payload: Vec<u8>) {
        let heard = (Bytes::from(channel), Bytes::from(payload));
        let count = match self.messages.try_send(heard) {
            Ok(()) => &self.heard,
            Err(_) => &self.unheard,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// A connection for subscriptions, kept up.
pub(super) struct Ear {
    connection: Rc<RefCell<Option<MultiplexedConnection>>>,
    _task: Task,
}

impl Ear {
    /// Begins to connect.
    pub(super) fn begin(node: RedisNode, routing: &Rc<Routing>, sound: &Arc<Sound>) -> Self {
        let connection = Rc::new(RefCell::new(None));
        let kept = Kept {
            node,
            connection: connection.clone(),
            routing: Rc::downgrade(routing),
            sound: sound.clone(),
        };
        Self {
            connection,
            _task: Task::begin(kept.keep_up()),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.connection.borrow().is_some()
    }

    /// Sends orders. Without a connection they are lost, as is what they were to change.
    pub(super) fn send(&self, orders: Vec<Order>, router: &Router) {
        let Some(connection) = self.connection.borrow().clone() else {
            return;
        };
        let routing = Rc::downgrade(router.inner());
        tokio::task::spawn_local(send(connection, orders, routing));
    }
}

async fn send(mut connection: MultiplexedConnection, orders: Vec<Order>, routing: Weak<Routing>) {
    for batch in orders.chunks(BATCH) {
        let mut pipeline = Pipeline::with_capacity(batch.len());
        for order in batch {
            match order {
                Order::Subscribe(channel) => pipeline.cmd("SSUBSCRIBE").arg(&channel[..]),
                Order::Unsubscribe(channel) => pipeline.cmd("SUNSUBSCRIBE").arg(&channel[..]),
            };
        }
        let answers = connection
            .send_packed_commands(&pipeline, 0, batch.len())
            .await;
        let refusal = answers.iter().flatten().find_map(|answer| match answer {
            Value::ServerError(error) => Some(error),
            _ => None,
        });
        if let (Some(refusal), Some(routing)) = (refusal, routing.upgrade()) {
            // Most often the slot is on its way to another server.
            tracing::debug!(%refusal, "redis: a subscription was refused");
            routing.counter.add(|counts| counts.command_errors += 1);
            routing.look_soon();
        }
    }
}

/// What the task of a connection has.
struct Kept {
    node: RedisNode,
    connection: Rc<RefCell<Option<MultiplexedConnection>>>,
    routing: Weak<Routing>,
    sound: Arc<Sound>,
}

impl Kept {
    async fn keep_up(self) {
        let mut failures = 0;
        while let Some(routing) = self.routing.upgrade() {
            let limits = routing.settings.limits;
            let (sound, node) = (self.sound.clone(), self.node.clone());
            let gone = Arc::new(Notify::new());
            let end = gone.clone();
            let push = move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    end.notify_one();
                }
                sound.hear(&node, push);
                Ok::<_, SendError>(())
            };
            match routing.connector.open_listening(&self.node, push).await {
                Ok(connection) => {
                    failures = 0;
                    routing.counter.connected(&self.node, "subscriptions");
                    *self.connection.borrow_mut() = Some(connection.clone());
                    self.sound.say(&self.node, Said::Up);
                    let heartbeat = Duration::from_millis(limits.heartbeat_ms);
                    drop(routing);
                    let error = tokio::select! {
                        () = gone.notified() => "the server closed it".to_owned(),
                        error = until_silent(connection, heartbeat) => error,
                    };
                    self.down(&error);
                }
                Err(error) => {
                    let error = error.to_string();
                    routing.counter.node_error(&self.node, failures + 1, &error);
                }
            }
            failures += 1;
            sleep(backoff::wait(failures, &limits)).await;
        }
    }

    fn down(&self, error: &str) {
        *self.connection.borrow_mut() = None;
        self.sound.say(&self.node, Said::Down);
        if let Some(routing) = self.routing.upgrade() {
            routing.counter.node_error(&self.node, 1, error);
            routing.look_soon();
        }
    }
}

/// Returns once a connection is broken or does not answer, with the reason.
async fn until_silent(mut connection: MultiplexedConnection, heartbeat: Duration) -> String {
    let ping = redis::cmd("PING");
    let mut silent = 0;
    loop {
        match connection.send_packed_command(&ping).await {
            Ok(_) => silent = 0,
            Err(error) if error.is_timeout() && silent + 1 < SILENT_MAX => silent += 1,
            Err(error) => return error.to_string(),
        }
        sleep(heartbeat).await;
    }
}
