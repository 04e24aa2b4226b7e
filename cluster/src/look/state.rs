//! What the copies of the lease say together. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{CopyLook, EntryLook};
use crate::lease::{Member, Standing};

/// Whether a node lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// It holds its lease.
    Up,
    /// Its lease has ended, and nobody has declared it dead.
    Late,
    /// It gave its lease back.
    Left,
    /// It was declared dead.
    Dead,
    /// Too few copies could be read to say.
    Unknown,
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Up => "up",
            Self::Late => "late",
            Self::Left => "left",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        })
    }
}

/// All lives of nodes that any copy knows, each with its state.
pub(super) fn states(copies: &[CopyLook]) -> BTreeMap<Member, NodeState> {
    let read = || copies.iter().filter_map(|copy| copy.entries.as_ref().ok());
    let members: BTreeSet<Member> = read().flatten().map(|entry| entry.member).collect();
    let majority = copies.len() / 2 + 1;
    let state = |member: Member| {
        let entries: Vec<&EntryLook> = read()
            .flatten()
            .filter(|entry| entry.member == member)
            .collect();
        state_of(&entries, read().count(), majority)
    };
    members
        .into_iter()
        .map(|member| (member, state(member)))
        .collect()
}

fn state_of(entries: &[&EntryLook], read: usize, majority: usize) -> NodeState {
    let is_majority =
        |is: fn(&EntryLook) -> bool| entries.iter().filter(|entry| is(entry)).count() >= majority;
    if is_majority(|entry| entry.standing == Standing::Up && entry.left.is_some()) {
        NodeState::Up
    } else if is_majority(|entry| matches!(entry.standing, Standing::Dead(_))) {
        NodeState::Dead
    } else if is_majority(|entry| entry.standing == Standing::Left) {
        NodeState::Left
    } else if read < majority {
        NodeState::Unknown
    } else {
        NodeState::Late
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use downbeat_schemas::id::NodeId;

    use super::*;
    use crate::lease::{Claimant, Incarnation};

    const HELD: (Standing, bool) = (Standing::Up, true);
    const OVER: (Standing, bool) = (Standing::Up, false);
    const LEFT: (Standing, bool) = (Standing::Left, false);
    const DEAD: (Standing, bool) = (Standing::Dead(BY), false);
    const BY: Claimant = Claimant {
        member: Member {
            node: NodeId(8),
            incarnation: Incarnation(1),
        },
        round: 1,
    };

    /// Each copy says this of one member, or nothing, or cannot be read.
    fn check(copies: &[Result<Option<(Standing, bool)>, ()>], expected: NodeState) {
        let member = Member {
            node: NodeId(7),
            incarnation: Incarnation(1),
        };
        let entry = |(standing, is_held): (Standing, bool)| EntryLook {
            member,
            standing,
            left: is_held.then_some(Duration::from_millis(1)),
        };
        let copies = copies.iter().map(|said| CopyLook {
            master: None,
            entries: match said {
                Ok(said) => Ok(said.map(entry).into_iter().collect()),
                Err(()) => Err("its server is gone".to_owned()),
            },
        });
        let states = states(&copies.collect::<Vec<_>>());
        assert_eq!(states.get(&member), Some(&expected));
    }

    #[test]
    fn a_majority_of_all_copies_decides() {
        check(&[Ok(Some(HELD))], NodeState::Up);
        check(&[Ok(Some(OVER))], NodeState::Late);
        let said = |said| Ok(Some(said));
        check(&[said(HELD), said(HELD), Err(())], NodeState::Up);
        check(&[said(HELD), said(DEAD), said(DEAD)], NodeState::Dead);
        check(&[said(LEFT), said(LEFT), Ok(None)], NodeState::Left);
        check(&[said(HELD), said(OVER), said(DEAD)], NodeState::Late);
        check(&[said(HELD), Ok(None), Ok(None)], NodeState::Late);
        check(&[said(HELD), Err(()), Err(())], NodeState::Unknown);
    }
}
