//! What becomes of the jobs.

use std::sync::Arc;

use downbeat_schemas::id::RoomId;
use downbeat_schemas::time::Timestamp;

use super::job::Batch;
use super::partition::Partition;
use super::room::Stage;
use super::{Dirty, pause};
use crate::shared::call::Touched;
use crate::shared::owner::Title;
use crate::shared::reply::{Claimed, Word};

impl Dirty {
    /// A claim or a keep was answered; `None`: not.
    pub(crate) fn claimed(&mut self, id: RoomId, answer: Option<Claimed>, now: Timestamp) {
        self.room_jobs -= 1;
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        room.is_busy = false;
        match answer {
            Some(Claimed::Yes(title)) => self.entitle(id, title, now),
            Some(Claimed::No { .. }) => self.lose(id),
            None => self.retry_owner(id, now),
        }
    }

    /// The record of a room that ended is gone, or not.
    pub(crate) fn dropped(&mut self, id: RoomId, is_done: bool, now: Timestamp) {
        self.room_jobs -= 1;
        let is_wanted = self.record(id).is_some();
        match self.rooms.get_mut(&id) {
            Some(room) if is_done && is_wanted => {
                // Published anew meanwhile: from the start.
                room.begin_anew();
                self.reschedule(id, Timestamp::default());
            }
            _ if is_done => self.forget(id),
            _ => self.retry_owner(id, now),
        }
    }

    /// A batch was answered, room by room; `None`: not.
    pub(crate) fn published(&mut self, batch: &Batch, answer: Option<Vec<Word>>, now: Timestamp) {
        self.answered(&batch.name, answer.is_some(), now);
        let Some(words) = answer else {
            return batch.ids().for_each(|id| self.queue(id, true));
        };
        for (sent, word) in batch.sent.iter().zip(words) {
            match (word, self.rooms.get_mut(&sent.room)) {
                (_, None) => {}
                (Word::Old, Some(_)) => self.lose(sent.room),
                (_, Some(room)) if sent.version.is_none() && room.record.is_none() => {
                    room.stage = Stage::Ended;
                    self.reschedule(sent.room, Timestamp::default());
                }
                (_, Some(room)) => room.was_told(sent),
            }
        }
    }

    /// An assertion was answered, room by room; `None`: not.
    pub(crate) fn touched(
        &mut self,
        name: &Arc<str>,
        touched: &[Touched],
        answer: Option<Vec<Word>>,
        now: Timestamp,
    ) {
        let next = now.after(self.pace.assert);
        if let Some(partition) = self.partitions.get_mut(name) {
            partition.asserted(answer.is_some(), next);
        }
        self.answered(name, answer.is_some(), now);
        for (touched, word) in touched.iter().zip(answer.unwrap_or_default()) {
            match word {
                Word::Ok => {}
                Word::Again => self.queue(touched.room, true),
                Word::Old => self.lose(touched.room),
            }
        }
    }

    fn answered(&mut self, name: &Arc<str>, is_done: bool, now: Timestamp) {
        let retry = self.pace.retry;
        if let Some(partition) = self.partitions.get_mut(name) {
            partition.answered(is_done, now, retry);
            if partition.is_empty() {
                self.partitions.remove(name);
            }
        }
    }

    pub(super) fn entitle(&mut self, id: RoomId, title: Title, now: Timestamp) {
        let keep_at = now.after(self.pace.keep);
        let assert_at = now.after(self.pace.assert);
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        room.title = Some(title);
        room.failures = 0;
        let is_first = room.stage == Stage::Unclaimed;
        if is_first {
            room.stage = Stage::Owned;
            if !self.partitions.contains_key(&room.name) {
                self.announce_at = Timestamp::default();
            }
            let partition = self.partitions.entry(room.name.clone());
            partition
                .or_insert_with(|| Partition::new(assert_at))
                .add(id);
            self.queue(id, true);
        }
        let is_due = self.rooms.get_mut(&id).is_some_and(|room| {
            let is_doubted = std::mem::take(&mut room.is_doubted);
            is_doubted || room.stage == Stage::Ended
        });
        self.reschedule(id, if is_due { now } else { keep_at });
    }

    fn retry_owner(&mut self, id: RoomId, now: Timestamp) {
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        room.is_busy = false;
        room.failures += 1;
        let at = now.after(pause(self.pace.retry, room.failures));
        self.reschedule(id, at);
    }

    fn lose(&mut self, id: RoomId) {
        let is_wanted = self.record(id).is_some();
        self.lost.extend(is_wanted.then_some(id));
        self.forget(id);
    }
}
