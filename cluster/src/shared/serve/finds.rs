//! Looking for rooms to join, and waiting for those that others create.

use std::collections::VecDeque;
use std::sync::Arc;

use downbeat_schemas::id::RoomId;

use super::Driver;
use crate::shared::desk::Asked;
use crate::shared::lines::{LineKey, RoundEnd};
use crate::shared::reply::{self, FindAnswer, FindReply};
use crate::shared::store::Store;
use crate::{FindError, Found, HoldId, HoldPass, Mode, Query, RoomRecord, TicketId, TicketPass};

/// Times that one request asks while the store puts its rooms in order, some hundred each time.
const ASKED_MAX: usize = 4_096;

impl<S: Store + 'static> Driver<S> {
    pub(super) async fn find(&self, asked: Asked) {
        let line = LineKey::of(&asked.query);
        let may_wait = asked.query.mode == Mode::JoinOrCreate;
        if may_wait && self.0.lines.borrow().has(&line) {
            // Behind those who wait for the same already.
            return self.wait(line, asked);
        }
        match self.look_for(&asked.query).await {
            Ok(Some(found)) => answer(asked, Ok(found)),
            Ok(None) => self.wait(line, asked),
            Err(error) => answer(asked, Err(error)),
        }
    }

    fn wait(&self, line: LineKey, asked: Asked) {
        if self.0.desk.look(|state| state.is_stopped) {
            return answer(asked, Err(FindError::Stopped));
        }
        let now = self.now();
        let joined = self.0.lines.borrow_mut().join(line, asked, now);
        if let Err((asked, error)) = joined {
            self.0.desk.look(|state| state.counts.finds_refused += 1);
            answer(asked, Err(error));
        }
    }

    pub(super) fn stop_waiting(&self) {
        let stopped = self.0.lines.borrow_mut().take_all();
        if stopped.is_empty() {
            return;
        }
        let waiting = self.0.lines.borrow().waiting();
        self.0.desk.look(|state| state.counts.waiting = waiting);
        for asked in stopped {
            answer(asked, Err(FindError::Stopped));
        }
    }

    /// Asks for all who wait in a line, in their order, as far as there may be an answer.
    pub(super) async fn round(self, line: LineKey, mut waiting: VecDeque<Asked>) {
        let (mut unserved, mut gone, mut end) = (VecDeque::new(), 0, RoundEnd::Asked);
        // Rooms without which there is none: who excludes them too need not ask.
        let mut refused: Vec<Vec<RoomId>> = Vec::new();
        while let Some(asked) = waiting.pop_front() {
            let exclude = &asked.query.exclude;
            let is_refused =
                |refused: &Vec<RoomId>| refused.iter().all(|room| exclude.contains(room));
            if asked.answer.is_canceled() {
                gone += 1;
            } else if end == RoundEnd::Failed || refused.iter().any(is_refused) {
                unserved.push_back(asked);
            } else {
                match self.look_for(&asked.query).await {
                    Ok(Some(found)) => {
                        gone += 1;
                        answer(asked, Ok(found));
                    }
                    Ok(None) => {
                        refused.push(asked.query.exclude.clone());
                        unserved.push_back(asked);
                    }
                    Err(_) => {
                        end = RoundEnd::Failed;
                        unserved.push_back(asked);
                    }
                }
            }
        }
        self.end_round(&line, unserved, gone, end);
    }

    fn end_round(&self, line: &LineKey, unserved: VecDeque<Asked>, gone: u64, end: RoundEnd) {
        let (mut lines, now) = (self.0.lines.borrow_mut(), self.now());
        lines.end_round(line, unserved, gone, end, now);
        let waiting = lines.waiting();
        self.0.desk.change(|state| state.counts.waiting = waiting);
    }

    /// Asks; `None` if another creates a room.
    async fn look_for(&self, query: &Query) -> Result<Option<Found>, FindError> {
        let desk = &self.0.desk;
        let (hold, ticket) = desk.new_claims();
        let may_create = query.mode == Mode::JoinOrCreate;
        let may_create = may_create.then_some((ticket, desk.create_time));
        for _ in 0..ASKED_MAX {
            let call = desk.calls.find(query, (hold, desk.hold_time), may_create);
            let reply = self.call(call).await.map_err(|error| {
                // It may have been given all the same.
                drop(desk.ticket(ticket_pass(query, ticket)));
                unavailable(&error)
            })?;
            let FindReply {
                answer,
                holds_expired,
            } = self
                .read(&reply, reply::find)
                .map_err(|error| unavailable(&error))?;
            desk.look(|state| state.counts.holds_expired += holds_expired);
            if answer != FindAnswer::Again {
                return Ok(self.found(answer, query, hold, ticket));
            }
        }
        let reason = "the store is still putting its rooms in order".to_owned();
        Err(FindError::Unavailable { reason })
    }

    fn found(
        &self,
        answer: FindAnswer,
        query: &Query,
        hold: HoldId,
        ticket: TicketId,
    ) -> Option<Found> {
        let desk = &self.0.desk;
        match answer {
            FindAnswer::Room(record) => {
                let record: Arc<RoomRecord> = Arc::from(record);
                let pass = HoldPass {
                    room: record.room,
                    name: query.name.clone(),
                    id: hold,
                };
                let hold = desk.hold(pass);
                Some(Found::Room { record, hold })
            }
            FindAnswer::Nothing => Some(Found::Nothing),
            FindAnswer::Create => {
                let pass = ticket_pass(query, ticket);
                Some(Found::Create(desk.ticket(pass)))
            }
            FindAnswer::Wait | FindAnswer::Again => None,
        }
    }
}

fn ticket_pass(query: &Query, id: TicketId) -> TicketPass {
    TicketPass {
        name: query.name.clone(),
        filter: query.filter.clone(),
        id,
    }
}

fn unavailable(error: &dyn std::error::Error) -> FindError {
    let reason = error.to_string();
    FindError::Unavailable { reason }
}

/// Who has given up drops the answer, and what was promised with it.
fn answer(asked: Asked, found: Result<Found, FindError>) {
    let _ = asked.answer.send(found);
}
