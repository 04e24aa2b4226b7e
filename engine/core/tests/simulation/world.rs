//! A room's state, its replicator, and clients that only see bytes.

use std::collections::BTreeSet;

use downbeat::interest::FrozenReplicator;
use downbeat::{GroupId, Replicate, Replicator, SessionId, Viewer};
use downbeat_schemas::limits::Limits;
use downbeat_schemas::mirror::Mirror;
use downbeat_schemas::rows::Value;
use downbeat_schemas::server::RowsKind;

use crate::model::{Item, Player, State};
use crate::random::Random;

pub(crate) struct World {
    limits: Limits,
    state: State,
    replicator: Replicator,
    clients: Vec<Client>,
}

struct Client {
    viewer: Viewer,
    mirror: Mirror,
    watched: BTreeSet<GroupId>,
    /// Reads too slowly: nothing is composed for it.
    paused: bool,
}

/// A row as a test compares it: table, group, key and fields.
type Seen = (usize, GroupId, Option<Value>, Vec<Value>);

impl World {
    pub(crate) fn new(random: &mut Random) -> Self {
        // Some worlds meet their limits.
        let limits = Limits {
            rows_max: 4 + random.below(60),
            watches_max: 3 + random.below(8),
            patch_bytes_max: [48, 1 << 20][random.below(2) as usize],
            ..Limits::default()
        };
        Self {
            replicator: Replicator::new(&limits),
            limits,
            state: State::default(),
            clients: Vec::new(),
        }
    }

    /// Something that a hook, a client or a socket may do.
    pub(crate) fn act(&mut self, random: &mut Random) {
        match random.below(14) {
            0..=3 => self.put_row(random),
            4..=6 => self.write_row(random),
            7 => self.remove_row(random),
            8 | 9 => self.place_row(random),
            10 => self.join(random),
            _ => self.with_client(random),
        }
    }

    /// Collects, and composes for each client; returns what each was sent.
    pub(crate) fn patch(&mut self, random: &mut Random) -> Vec<(Viewer, Vec<u8>)> {
        self.replicator.collect(&mut self.state);
        let rows = self.rows();
        // Hooks may run between a patch and its flush, and change what is next, not what is.
        while random.one_in(3) {
            self.act(random);
        }
        let mut said = Vec::new();
        for client in &mut self.clients {
            if client.paused {
                continue;
            }
            if let Some(bytes) = client.hear(&mut self.replicator, &self.state) {
                said.push((client.viewer, bytes));
            }
            client.check(&rows);
        }
        said
    }

    pub(crate) fn freeze_and_thaw(self) -> Self {
        let frozen = rmp_serde::to_vec(&(&self.state, self.replicator.freeze())).unwrap();
        let (state, replicator): (State, FrozenReplicator) =
            rmp_serde::from_slice(&frozen).unwrap();
        let replicator = Replicator::thaw(&replicator, &self.limits);
        let again = rmp_serde::to_vec(&(&state, replicator.freeze())).unwrap();
        assert_eq!(frozen, again, "what was thawed freezes to the same bytes");
        Self {
            state,
            replicator,
            ..self
        }
    }

    fn put_row(&mut self, random: &mut Random) {
        let (player, item) = (session(random), name(random));
        // Full tables refuse; that is part of the game.
        if random.one_in(2) {
            let _ = self.state.players.insert(player, Player::random(random));
        } else {
            let _ = self.state.items.insert(item, Item::random(random));
        }
    }

    fn write_row(&mut self, random: &mut Random) {
        let (other, item) = (Player::random(random), Item::random(random));
        match random.below(5) {
            0 => {
                for (_, mut player) in self.state.players.iter_mut() {
                    player.x = other.x;
                }
            }
            1 => self.state.round.number = random.below(3) as u8,
            2 => {
                if let Some(mut row) = self.state.items.get_mut(&name(random)) {
                    *row = item;
                }
            }
            _ => {
                if let Some(mut row) = self.state.players.get_mut(&session(random)) {
                    (row.aim, row.name) = (other.aim, other.name);
                }
            }
        }
    }

    fn remove_row(&mut self, random: &mut Random) {
        match random.below(20) {
            0 => self.state.items.clear(),
            1..=9 => {
                self.state.items.remove(&name(random));
            }
            _ => {
                self.state.players.remove(&session(random));
            }
        }
    }

    fn place_row(&mut self, random: &mut Random) {
        let group = group(random);
        match random.below(9) {
            0 => self.state.round.place(group),
            1..=4 => {
                self.state.items.place(&name(random), group);
            }
            _ => {
                self.state.players.place(&session(random), group);
            }
        }
    }

    fn join(&mut self, random: &mut Random) {
        if self.clients.len() < 6 {
            let viewer = self.replicator.add_viewer();
            self.clients.push(Client::new(viewer));
        } else {
            let client = random.below(self.clients.len() as u64) as usize;
            let client = self.clients.swap_remove(client);
            self.replicator.remove_viewer(client.viewer);
        }
    }

    fn with_client(&mut self, random: &mut Random) {
        if self.clients.is_empty() {
            return;
        }
        let client = random.below(self.clients.len() as u64) as usize;
        let client = &mut self.clients[client];
        match random.below(12) {
            0 => self.replicator.request_snapshot(client.viewer),
            1 => client.paused = !client.paused,
            2..=7 => client.watch(group(random), &mut self.replicator),
            _ => client.unwatch(group(random), &mut self.replicator),
        }
    }

    /// All rows as they are now.
    fn rows(&self) -> Vec<Seen> {
        let (players, items) = (&self.state.players, &self.state.items);
        let players = players.iter().map(|(key, row)| {
            let group = players.group(key).unwrap();
            (0, group, Some(Value::Session(*key)), row.values())
        });
        let items = items.iter().map(|(key, row)| {
            let group = items.group(key).unwrap();
            (1, group, Some(Value::String(key.clone())), row.values())
        });
        let number = Value::Unsigned(self.state.round.number.into());
        let round = (2, self.state.round.group(), None, vec![number]);
        players.chain(items).chain([round]).collect()
    }
}

impl Client {
    fn new(viewer: Viewer) -> Self {
        Self {
            viewer,
            mirror: Mirror::new(State::schema()),
            watched: BTreeSet::from([GroupId::EVERYONE]),
            paused: false,
        }
    }

    fn watch(&mut self, group: GroupId, replicator: &mut Replicator) {
        if replicator.watch(self.viewer, group).is_ok() {
            self.watched.insert(group);
        }
        assert!(
            replicator
                .watched(self.viewer)
                .eq(self.watched.iter().copied())
        );
    }

    fn unwatch(&mut self, group: GroupId, replicator: &mut Replicator) {
        replicator.unwatch(self.viewer, group);
        if group != GroupId::EVERYONE {
            self.watched.remove(&group);
        }
        assert!(
            replicator
                .watched(self.viewer)
                .eq(self.watched.iter().copied())
        );
    }

    /// Takes its part of the patch, if there is one.
    fn hear(&mut self, replicator: &mut Replicator, state: &State) -> Option<Vec<u8>> {
        let composed = replicator.compose(state, self.viewer)?;
        let bytes = composed.parts.concat();
        assert_eq!(bytes.len(), composed.rows_len);
        self.mirror.apply(composed.kind, &bytes).unwrap();
        let head = u8::from(composed.kind == RowsKind::Snapshot);
        Some([&[head][..], &bytes].concat())
    }

    /// Sees exactly the rows of its groups.
    fn check(&self, rows: &[Seen]) {
        let tables = &self.mirror.schema().tables;
        let mut count = 0;
        for (table, group, key, fields) in rows {
            if !self.watched.contains(group) {
                continue;
            }
            let rows = self.mirror.rows(&tables[*table].name).unwrap().values();
            let seen = rows.filter(|row| row.key == *key);
            let seen: Vec<_> = seen.map(|row| (row.group, &row.fields)).collect();
            assert_eq!(seen, [(*group, fields)], "{key:?}");
            count += 1;
        }
        let rows = tables
            .iter()
            .map(|table| self.mirror.rows(&table.name).unwrap());
        assert_eq!(rows.map(|rows| rows.len()).sum::<usize>(), count);
    }
}

fn session(random: &mut Random) -> SessionId {
    SessionId(random.below(12))
}

fn name(random: &mut Random) -> String {
    random.below(8).to_string()
}

fn group(random: &mut Random) -> GroupId {
    GroupId(random.below(6) as u32 * 1_000)
}
