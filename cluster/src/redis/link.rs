//! The connection to one server, kept up.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, Value};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::backoff;
use super::connector::Connector;
use super::counts::Counter;
use super::error::RedisError;
use super::figures::RedisNodeFigures;
use super::node::RedisNode;
use super::settings::RedisLimits;
use super::task::Task;

/// A server, and the connections to it while there are any. Nothing is sent later: without a
/// connection a command fails at once.
pub(crate) struct Link {
    pub(crate) node: RedisNode,
    pub(crate) figures: RefCell<RedisNodeFigures>,
    connection: RefCell<Option<MultiplexedConnection>>,
    /// A connection of its own for WAIT, which holds up what is sent behind it.
    confirming: RefCell<Option<MultiplexedConnection>>,
    /// Rises with each connection, so that the error of an old one does not end a new one.
    generation: Cell<u64>,
    broken: Notify,
    connected: Notify,
    last_error: RefCell<Option<LinkError>>,
    connector: Connector,
    counter: Rc<Counter>,
    limits: RedisLimits,
}

/// Why a server is not connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinkError {
    pub(crate) reason: String,
    /// Whether it does not accept our user or password: another try would not help.
    pub(crate) is_login: bool,
}

/// Which of the connections to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// For what is answered at once.
    Plain,
    /// For what waits for replicas.
    Confirming,
}

/// A link, and the task that keeps it up.
pub(crate) struct KeptLink {
    pub(crate) link: Rc<Link>,
    _task: Task,
}

impl KeptLink {
    /// Begins to connect.
    pub(crate) fn begin(
        node: RedisNode,
        connector: &Connector,
        counter: &Rc<Counter>,
        limits: RedisLimits,
    ) -> Self {
        let link = Rc::new(Link {
            figures: RefCell::new(RedisNodeFigures::new(&node)),
            node,
            connection: RefCell::default(),
            confirming: RefCell::default(),
            generation: Cell::new(0),
            broken: Notify::new(),
            connected: Notify::new(),
            last_error: RefCell::default(),
            connector: connector.clone(),
            counter: counter.clone(),
            limits,
        });
        let task = Task::begin(keep_up(link.clone()));
        Self { link, _task: task }
    }
}

async fn keep_up(link: Rc<Link>) {
    let mut failures = 0;
    loop {
        match link.connector.open(&link.node).await {
            Ok(connection) => {
                failures = 0;
                link.set_up(connection);
                link.broken.notified().await;
                link.take_down();
            }
            Err(error) => link.failed(&error, failures + 1),
        }
        failures += 1;
        tokio::time::sleep(backoff::wait(failures, &link.limits)).await;
    }
}

impl Link {
    /// Whether commands would be sent now.
    pub(crate) fn is_connected(&self) -> bool {
        self.connection.borrow().is_some()
    }

    /// Waits for a connection, at most as long as making one may take.
    pub(crate) async fn until_connected(&self) -> bool {
        let wait = Duration::from_millis(self.limits.connect_timeout_ms);
        let connected = self.connected.notified();
        self.is_connected() || timeout(wait, connected).await.is_ok()
    }

    /// Why it is not connected, if it was tried.
    pub(crate) fn last_error(&self) -> Option<LinkError> {
        self.last_error.borrow().clone()
    }

    /// Sends commands in one go, and waits for all answers. `skipped` answers at the beginning are
    /// of no interest. What the server refuses is in the answers.
    pub(crate) async fn send(
        &self,
        pipeline: &Pipeline,
        skipped: usize,
        lane: Lane,
    ) -> Result<Vec<Value>, RedisError> {
        let mut connection = match lane {
            Lane::Plain => self.connection.borrow().clone(),
            Lane::Confirming => self.confirming().await,
        };
        let Some(connection) = &mut connection else {
            let node = self.node.clone();
            return Err(RedisError::NotConnected { node });
        };
        let generation = self.generation.get();
        let count = pipeline.len() - skipped;
        let answers = connection.send_packed_commands(pipeline, skipped, count);
        answers.await.map_err(|error| {
            if !error.is_timeout() {
                self.mark_broken(generation, &error);
            }
            self.error(&error)
        })
    }

    /// Gives up the connection: it is there, and answers nothing.
    pub(crate) fn give_up(&self, error: &RedisError) {
        if self.is_connected() {
            self.end_connection(&error.to_string());
        }
    }

    fn set_up(&self, connection: MultiplexedConnection) {
        self.counter.connected(&self.node, "commands");
        self.generation.set(self.generation.get() + 1);
        *self.connection.borrow_mut() = Some(connection);
        self.figures.borrow_mut().is_connected = true;
        self.connected.notify_waiters();
    }

    fn take_down(&self) {
        *self.connection.borrow_mut() = None;
        *self.confirming.borrow_mut() = None;
        self.figures.borrow_mut().is_connected = false;
    }

    fn failed(&self, error: &redis::RedisError, failures: u64) {
        let is_login = error.kind() == redis::ErrorKind::AuthenticationFailed
            || matches!(error.code(), Some("WRONGPASS" | "NOAUTH"));
        let reason = error.to_string();
        self.counter.node_error(&self.node, failures, &reason);
        *self.last_error.borrow_mut() = Some(LinkError { reason, is_login });
    }

    fn mark_broken(&self, generation: u64, error: &redis::RedisError) {
        if generation == self.generation.get() && self.is_connected() {
            self.end_connection(&error.to_string());
        }
    }

    fn end_connection(&self, error: &str) {
        self.counter.node_error(&self.node, 1, error);
        let (reason, is_login) = (error.to_owned(), false);
        *self.last_error.borrow_mut() = Some(LinkError { reason, is_login });
        self.take_down();
        self.broken.notify_one();
    }

    /// The connection for WAIT, made when it is first needed.
    async fn confirming(&self) -> Option<MultiplexedConnection> {
        let made = self.confirming.borrow().clone();
        if made.is_some() || !self.is_connected() {
            return made;
        }
        let mut connection = self.connector.open(&self.node).await.ok()?;
        let timeout = Duration::from_millis(self.limits.confirm_timeout_ms);
        connection.set_response_timeout(timeout);
        *self.confirming.borrow_mut() = Some(connection.clone());
        Some(connection)
    }

    fn error(&self, error: &redis::RedisError) -> RedisError {
        let node = self.node.clone();
        if error.is_timeout() {
            let timeout_ms = self.limits.command_timeout_ms;
            return RedisError::Timeout { node, timeout_ms };
        }
        let reason = error.to_string();
        RedisError::Broken { node, reason }
    }
}
