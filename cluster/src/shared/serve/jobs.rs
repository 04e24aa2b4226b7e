//! Telling the store of this node's rooms.

use std::sync::Arc;

use downbeat_schemas::id::RoomId;

use super::{Driver, Event};
use crate::TicketPass;
use crate::shared::call::{Calls, Touched};
use crate::shared::dirty::{Batch, Job};
use crate::shared::owner::Title;
use crate::shared::reply::{self, Claimed};
use crate::shared::store::{Call, Store};

impl<S: Store + 'static> Driver<S> {
    pub(super) async fn job(self, job: Job) {
        let calls = &self.0.desk.calls;
        match job {
            Job::Claim { room, name, shard } => {
                let create = calls.room_create(room, shard, &name);
                self.claim(room, &name, create).await;
            }
            Job::Keep {
                room,
                name,
                shard,
                title,
            } => {
                let keep = calls.room_keep(room, title, shard, &name);
                self.claim(room, &name, keep).await;
            }
            Job::Drop { room, name, title } => self.drop_room(room, &name, title).await,
            Job::Publish(batch) => self.publish(&batch).await,
            Job::Touch(name, touched) => self.touch(&name, &touched).await,
            Job::Announce(names) => {
                let _ = self.call(calls.names(&names)).await;
            }
            Job::Finish(ticket) => self.finish(&ticket).await,
        }
        for room in self.0.desk.look(|state| state.dirty.take_lost()) {
            (self.0.events)(Event::Lost(room));
        }
    }

    pub(super) async fn finish(&self, ticket: &TicketPass) {
        let call = self.calls().finish(ticket);
        // If it fails, the ticket expires.
        let _ = self.call(call).await;
        self.0.lines.borrow_mut().hurry(&ticket.name);
    }

    /// The index first: what is not in it is not looked for when this node is dead.
    async fn claim(&self, room: RoomId, name: &str, claim: Call) {
        let claimed = self.claimed(room, name, claim).await;
        let now = self.now();
        self.0.desk.change(|state| {
            state.dirty.claimed(room, claimed, now);
            state.tell_known();
        });
    }

    async fn claimed(&self, room: RoomId, name: &str, claim: Call) -> Option<Claimed> {
        self.call(self.calls().index_add(room, name)).await.ok()?;
        self.asked(claim, reply::claimed).await
    }

    async fn drop_room(&self, room: RoomId, name: &str, title: Option<Title>) {
        let is_done = self.dropped(room, name, title).await.is_some();
        let now = self.now();
        self.0
            .desk
            .change(|state| state.dirty.dropped(room, is_done, now));
    }

    async fn dropped(&self, room: RoomId, name: &str, title: Option<Title>) -> Option<()> {
        let calls = self.calls();
        if let Some(title) = title {
            let call = calls.room_drop(room, title.epoch, calls.owner);
            self.call(call).await.ok()?;
        }
        let call = calls.index_remove(calls.owner, room, name);
        self.call(call).await.ok().map(drop)
    }

    async fn publish(&self, batch: &Batch) {
        let call = self.calls().publish(&batch.name, &batch.changes);
        let asked = batch.changes.len();
        let words = self.asked(call, |reply| reply::words(reply, asked)).await;
        self.0.lines.borrow_mut().hurry(&batch.name);
        let now = self.now();
        self.0
            .desk
            .change(|state| state.dirty.published(batch, words, now));
    }

    async fn touch(&self, name: &Arc<str>, touched: &[Touched]) {
        let call = self.calls().touch(name, touched);
        let asked = touched.len();
        let words = self.asked(call, |reply| reply::words(reply, asked)).await;
        let now = self.now();
        self.0
            .desk
            .change(|state| state.dirty.touched(name, touched, words, now));
    }

    pub(super) fn calls(&self) -> &Calls {
        &self.0.desk.calls
    }
}
