//! Players in a table: the state that the micro benchmarks change, pack and send.

use downbeat_core::{Component, GroupId, Replicate, SessionId, Table};

/// The arena's row: twelve bytes on the wire with its slot.
#[derive(Component, Clone, Debug)]
pub struct Player {
    x: f32,
    y: f32,
    hp: u16,
}

/// A room's state of one table.
#[derive(Replicate, Debug)]
pub struct Crowd {
    #[sync]
    players: Table<SessionId, Player>,
}

impl Crowd {
    /// So many players, dealt out to `groups` groups in turn; all in
    /// [`GroupId::EVERYONE`] if there is one.
    ///
    /// # Panics
    /// If they are more than the limit `rows_max`.
    pub fn new(players: u64, groups: u32) -> Self {
        let mut crowd = Self {
            players: Table::new(),
        };
        for number in 0..players {
            let session = SessionId(number);
            let player = Player {
                x: number as f32,
                y: 0.0,
                hp: 100,
            };
            let inserted = crowd.players.insert(session, player);
            inserted.expect("a crowd has fewer rows than rows_max");
            if groups > 1 {
                let group = Self::group(number, groups);
                crowd.players.place(&session, group);
            }
        }
        crowd
    }

    /// The group of a player; viewers are dealt out like them.
    ///
    /// # Panics
    /// Never: a group is less than their number.
    pub fn group(number: u64, groups: u32) -> GroupId {
        let group = number % u64::from(groups);
        GroupId(1 + u32::try_from(group).expect("less than `groups`"))
    }

    /// The first `walkers` players take a step: two of their three fields change.
    pub fn walk(&mut self, walkers: u64) {
        for number in 0..walkers {
            if let Some(mut player) = self.players.get_mut(&SessionId(number)) {
                player.x += 0.5;
                player.y += 0.25;
            }
        }
    }
}
