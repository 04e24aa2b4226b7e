//! One command on its way.

use std::time::Duration;

use redis::{Pipeline, ServerError, Value};
use tokio::time::Instant;

use super::Inner;
use crate::redis::error::RedisError;
use crate::redis::link::Lane;
use crate::redis::node::RedisNode;
use crate::redis::redirect::{Redirect, RedirectKind};
use crate::redis::slot::Slot;

impl Inner {
    /// Sends commands to the owner of a slot, and on to whom it names. Answers with who answered
    /// last.
    pub(super) async fn route(
        &self,
        slot: Slot,
        pipeline: &Pipeline,
        lane: Lane,
    ) -> Result<(RedisNode, Vec<Value>), RedisError> {
        let begin = Instant::now();
        let answers = self.follow(slot, pipeline, lane).await;
        match &answers {
            Err(error) => self.note(error),
            Ok((node, answers)) => {
                if lane == Lane::Plain {
                    self.note_round_trip(begin.elapsed());
                }
                for answer in answers {
                    if let Value::ServerError(error) = answer {
                        self.note(&refusal(node, error));
                    }
                }
            }
        }
        answers
    }

    async fn follow(
        &self,
        slot: Slot,
        pipeline: &Pipeline,
        lane: Lane,
    ) -> Result<(RedisNode, Vec<Value>), RedisError> {
        let owner = self.topology.borrow().owner(slot).cloned();
        let mut node = owner.ok_or(RedisError::NoOwner { slot: slot.0 })?;
        let mut answers = self.links.to(&node).send(pipeline, 0, lane).await?;
        for _ in 0..self.settings.limits.redirections_max {
            let Some((first, redirect)) = first_redirect(&node, &answers) else {
                return Ok((node, answers));
            };
            node = self.redirected(redirect.clone());
            let again = to_send_again(&answers, first, lane);
            let kind = redirect.kind;
            let more = self.send_again(&node, kind, pipeline, &again, lane).await?;
            for (index, answer) in again.into_iter().zip(more) {
                if let Some(place) = answers.get_mut(index) {
                    *place = answer;
                }
            }
        }
        if first_redirect(&node, &answers).is_none() {
            return Ok((node, answers));
        }
        let max = self.settings.limits.redirections_max;
        Err(RedisError::Redirections { max })
    }

    /// Sends some of the commands to where they belong.
    async fn send_again(
        &self,
        node: &RedisNode,
        kind: RedirectKind,
        pipeline: &Pipeline,
        which: &[usize],
        lane: Lane,
    ) -> Result<Vec<Value>, RedisError> {
        let link = self.links.to(node);
        link.until_connected().await;
        let mut again = Pipeline::with_capacity(which.len() + 1);
        let mut skipped = 0;
        let commands = pipeline.cmd_iter().enumerate();
        let commands = commands.filter(|(index, _)| which.contains(index));
        if kind == RedirectKind::Moved {
            for (_, command) in commands {
                again.add_command(command.clone());
            }
            return link.send(&again, skipped, lane).await;
        }
        // ASKING holds for one command.
        let mut answers = Vec::with_capacity(which.len());
        for (_, command) in commands {
            again.clear();
            again.cmd("ASKING");
            again.add_command(command.clone());
            skipped = 1;
            answers.extend(link.send(&again, skipped, lane).await?);
        }
        Ok(answers)
    }

    /// Takes a redirection in, and returns where it leads.
    fn redirected(&self, redirect: Redirect) -> RedisNode {
        self.counter.add(|counts| counts.redirections += 1);
        let node = self.topology.borrow().known(redirect.node);
        if redirect.kind == RedirectKind::Moved {
            let owner = node.clone();
            self.change(|topology| {
                topology.moved(redirect.slot, owner);
                true
            });
            self.look_soon();
        }
        node
    }

    fn note_round_trip(&self, taken: Duration) {
        self.counter.add(|counts| counts.round_trips.note(taken));
    }

    /// Counts an error; some of them are a reason to look at the topology.
    fn note(&self, error: &RedisError) {
        if is_unknown_script(error) {
            // The body follows.
            return;
        }
        self.counter.add(|counts| {
            counts.command_errors += 1;
            counts.timeouts += u64::from(matches!(error, RedisError::Timeout { .. }));
        });
        if error.hints_at_change() {
            self.look_soon();
        }
    }
}

/// The answer to the one command, or its refusal.
pub(super) fn only(node: &RedisNode, answers: Vec<Value>) -> Result<Value, RedisError> {
    match answers.into_iter().next() {
        Some(Value::ServerError(error)) => Err(refusal(node, &error)),
        Some(answer) => Ok(answer),
        None => Err(RedisError::Unexpected {
            command: "a command",
        }),
    }
}

/// Whether the server has to be sent a script's body.
pub(super) fn is_unknown_script(error: &RedisError) -> bool {
    matches!(error, RedisError::Refused { code, .. } if code == "NOSCRIPT")
}

pub(super) fn refusal(node: &RedisNode, error: &ServerError) -> RedisError {
    RedisError::Refused {
        node: node.clone(),
        code: error.code().to_owned(),
        details: error.details().unwrap_or_default().to_owned(),
    }
}

fn redirect_in(node: &RedisNode, answer: &Value) -> Option<Redirect> {
    let Value::ServerError(error) = answer else {
        return None;
    };
    Redirect::parse(error.code(), error.details(), node)
}

fn first_redirect(node: &RedisNode, answers: &[Value]) -> Option<(usize, Redirect)> {
    let mut answers = answers.iter().enumerate();
    answers.find_map(|(index, answer)| Some((index, redirect_in(node, answer)?)))
}

/// What was not done here: the commands that were redirected, and in the confirming lane those that
/// follow too, for they ask about the first.
fn to_send_again(answers: &[Value], first: usize, lane: Lane) -> Vec<usize> {
    let is_redirect = |answer: &Value| matches!(answer, Value::ServerError(error) if matches!(error.code(), "MOVED" | "ASK"));
    let answers = answers.iter().enumerate().skip(first);
    let again = answers.filter(|(_, answer)| lane == Lane::Confirming || is_redirect(answer));
    again.map(|(index, _)| index).collect()
}
