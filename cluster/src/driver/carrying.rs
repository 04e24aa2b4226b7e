//! Orders of shards, carried out.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use downbeat_schemas::id::{NodeId, RoomId};
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::channels::Address;
use super::courier::{Courier, Delivery};
use super::hearing::Hearing;
use super::orders::{Order, OrderQueue};
use crate::post::letter::{Content, Letter};
use crate::{AskError, Location};

/// A subscription takes a round trip; one that takes longer is not waited for.
const SUBSCRIBE_MAX: Duration = Duration::from_millis(200);

/// The speaking half of the post. Lives on the driver's thread.
pub(super) struct Carrying {
    pub(super) node: NodeId,
    pub(super) queue: OrderQueue,
    pub(super) courier: Rc<Courier>,
    pub(super) hearing: Rc<Hearing>,
}

impl Carrying {
    /// Carries out orders until the node leaves.
    pub(super) async fn run(self) {
        loop {
            while let Some(order) = self.queue.take() {
                if matches!(order, Order::Leave) {
                    return;
                }
                self.carry_out(order);
            }
            self.queue.rung().await;
        }
    }

    fn carry_out(&self, order: Order) {
        match order {
            Order::Ask {
                to,
                question,
                asker,
            } => {
                let number = self.hearing.waiting.borrow_mut().add(asker);
                let content = Content::Question {
                    shard: to.shard,
                    number,
                    body: question,
                };
                self.ask(to.node, number, content);
            }
            Order::Answer { to, number, body } => {
                self.send(to, Content::Answer { number, body });
            }
            Order::Relay { to, room, letter } => self.relay(to, room, letter),
            Order::Publish { room, frame } => self.publish(Address::Room(room), frame),
            Order::Listen { room, shard } => self.hearing.join(room, shard),
            Order::StopListening { room, shard } => self.hearing.leave(room, shard),
            Order::Open(mailroom) => self.hearing.open(mailroom),
            Order::Leave => {}
        }
    }

    /// Sends a question, and says at once if nobody listens.
    fn ask(&self, to: NodeId, number: u64, content: Content) {
        let message = self.letter(content);
        let (courier, hearing) = (Rc::clone(&self.courier), Rc::clone(&self.hearing));
        spawn_local(async move {
            let error = match courier.carry(Address::Inbox(to), message).await {
                Delivery::Heard => return,
                Delivery::Unheard => AskError::NobodyThere,
                Delivery::Lost => AskError::Unreachable,
            };
            hearing.waiting.borrow_mut().answer(number, Err(error));
        });
    }

    /// Sends a letter about a room once its answer can be heard: else the first word of each edge
    /// would be answered to nobody, and said again after a while.
    fn relay(&self, to: Location, room: RoomId, letter: Bytes) {
        let shard = to.shard;
        let content = Content::Relay {
            shard,
            body: letter,
        };
        if self.hearing.hears(room) {
            return self.send(to.node, content);
        }
        let message = self.letter(content);
        let (courier, hearing) = (Rc::clone(&self.courier), Rc::clone(&self.hearing));
        spawn_local(async move {
            // Heard or not: what is lost is said again.
            let _ = timeout(SUBSCRIBE_MAX, hearing.heard(room)).await;
            courier.carry(Address::Inbox(to.node), message).await;
        });
    }

    fn send(&self, to: NodeId, content: Content) {
        self.publish(Address::Inbox(to), self.letter(content));
    }

    fn publish(&self, to: Address, message: Bytes) {
        let courier = Rc::clone(&self.courier);
        spawn_local(async move {
            courier.carry(to, message).await;
        });
    }

    fn letter(&self, content: Content) -> Bytes {
        let from = self.node;
        Letter { from, content }.encode()
    }
}
