//! What is played: who joins which rooms, when, and what they do there.

use super::numbers::whole;
use crate::load::LoadArgs;

/// A scenario, in the order in which they are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Scenario {
    /// Rooms of 50 who all move, 20 Hz.
    Arena,
    /// One room; everybody sees the fifty around.
    World,
    /// Empty rooms, and clients that say nothing.
    Idle,
    /// Two thousand join within a second, beside some who play.
    Burst,
    /// A room of 500 beside forty of 50.
    Hot,
    /// Of those who play, ten percent leave and come again each second.
    Churn,
}

/// A scenario with its numbers.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Names the figures and the files.
    pub(crate) name: String,
    pub(crate) title: String,
    /// What to read in the figures.
    pub(crate) about: String,
    pub(crate) parties: Vec<Party>,
    pub(crate) seconds: f64,
    /// Rooms that are made and stay empty, before anybody comes.
    pub(crate) empty_rooms: u32,
}

/// Clients who do the same.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    pub(crate) name: &'static str,
    pub(crate) room: String,
    pub(crate) options: String,
    pub(crate) clients: u32,
    /// Of them, so many percent leave and come again each second.
    pub(crate) churn: f64,
    /// Who begins to join, per second.
    pub(crate) ramp: f64,
    /// They only listen.
    pub(crate) is_idle: bool,
    /// They come while the others are measured.
    pub(crate) is_late: bool,
}

/// The size of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// In place of the scenario's own number, for each shard.
    pub(crate) clients: Option<u32>,
    pub(crate) shards: u32,
    pub(crate) seconds: f64,
    pub(crate) is_quick: bool,
}

/// Inputs per client and second.
const RATE_HZ: f64 = 20.0;
/// How long all play before they are measured.
const WARMUP_S: f64 = 2.0;
const QUICK_WARMUP_S: f64 = 1.0;
/// Clients that join per second, where joining is not what is measured.
const RAMP_HZ: f64 = 1_000.0;
/// A tenth is enough to see that it works.
const QUICK_PART: u32 = 10;

impl Scenario {
    pub(crate) const ALL: [Self; 6] = [
        Self::Arena,
        Self::World,
        Self::Idle,
        Self::Burst,
        Self::Hot,
        Self::Churn,
    ];

    /// This scenario in this size. By default one core of the machine that it was tried on is about
    /// half full.
    pub(crate) fn plan(self, size: Size) -> Plan {
        match self {
            Self::Arena => arena(size),
            Self::World => world(size),
            Self::Idle => idle(size),
            Self::Burst => burst(size),
            Self::Hot => hot(size),
            Self::Churn => churn(size),
        }
    }
}

impl Size {
    /// Clients of all shards together.
    fn clients(self, own: u32) -> u32 {
        let own = if self.is_quick { own / QUICK_PART } else { own };
        self.clients.unwrap_or(own) * self.shards
    }
}

fn arena(size: Size) -> Plan {
    let players = Party::new("players", "arena", size.clients(1_500));
    let title = format!("{} players in rooms of 50", count(players.clients));
    let about = "Each sends 20 inputs a second and sees the 49 others of its room move.";
    Plan::new("arena", title, about, vec![players], size)
}

fn world(size: Size) -> Plan {
    let clients = size.clients(1_500);
    // As dense as 2,000 on a side of 1,900: each sees some fifty, however many there are.
    let side = (1_900.0 * (f64::from(clients) / 2_000.0).sqrt()).clamp(300.0, 4_096.0);
    let players = Party {
        options: format!("{{\"side\":{side:.0}}}"),
        ..Party::new("players", "world", clients)
    };
    let title = format!("{} players in one room", count(clients));
    let about = "Each moves and sees the fifty or so around it: interest by a grid.";
    Plan::new("world", title, about, vec![players], size)
}

fn idle(size: Size) -> Plan {
    let silent = Party {
        is_idle: true,
        ramp: 2.0 * RAMP_HZ,
        ..Party::new("silent", "arena", size.clients(5_000))
    };
    let empty_rooms = if size.is_quick { 10 } else { 200 } * size.shards;
    let title = format!(
        "{empty_rooms} empty rooms, then {} silent clients",
        count(silent.clients)
    );
    let about = "What a server costs on which nobody plays: memory and processor time by itself, \
                 with rooms that nobody has entered yet, and with clients that say nothing.";
    Plan {
        empty_rooms,
        ..Plan::new("idle", title, about, vec![silent], size)
    }
}

fn burst(size: Size) -> Plan {
    let players = Party::new("players", "arena", size.clients(500));
    let crowd = if size.is_quick { 200 } else { 2_000 } * size.shards;
    let joiners = Party {
        ramp: f64::from(crowd),
        is_idle: true,
        is_late: true,
        ..Party::new("joiners", "arena", crowd)
    };
    let title = format!(
        "{} join within one second beside {} players",
        count(crowd),
        count(players.clients)
    );
    let about = "How long a join takes in the crowd, from its turn to its first snapshot, and what \
                 those feel who play meanwhile.";
    Plan::new("burst", title, about, vec![players, joiners], size)
}

fn hot(size: Size) -> Plan {
    let seats = if size.is_quick { 50 } else { 500 };
    let crowd = Party {
        options: format!("{{\"seats\":{seats}}}"),
        ..Party::new("crowd", "hall", seats * size.shards)
    };
    let neighbours = Party::new("neighbours", "arena", size.clients(2_000));
    let rooms = neighbours.clients.div_ceil(50);
    let title = format!("a room of {seats} beside {rooms} rooms of 50");
    let about = "What the neighbours of a large room feel on the same shard. Its players are \
                 `hall`, the neighbours `arena`.";
    Plan::new("hot", title, about, vec![neighbours, crowd], size)
}

fn churn(size: Size) -> Plan {
    let players = Party {
        churn: 10.0,
        ..Party::new("players", "arena", size.clients(1_000))
    };
    let title = format!(
        "{} players, 10 % leave and come again each second",
        count(players.clients)
    );
    let about = "Joins and leaves while all others play: seats, sockets, snapshots, rooms that end \
                 and begin.";
    Plan::new("churn", title, about, vec![players], size)
}

fn count(clients: u32) -> String {
    whole(clients.into())
}

impl Plan {
    fn new(name: &str, title: String, about: &str, parties: Vec<Party>, size: Size) -> Self {
        Self {
            name: name.to_owned(),
            title,
            about: about.to_owned(),
            parties,
            seconds: size.seconds,
            empty_rooms: 0,
        }
    }

    /// Players in one room type of somebody's server.
    pub(crate) fn of_game(room: &str, options: &str, size: Size) -> Self {
        let players = Party {
            options: options.to_owned(),
            ..Party::new("players", room, size.clients(1_000))
        };
        let title = format!("{} players in rooms of type {room}", count(players.clients));
        let about = "Each sends 20 inputs a second, those of the arena: \
                     {\"move\": {\"dx\": …, \"dy\": …}}.";
        Self::new(room, title, about, vec![players], size)
    }

    /// All who are there when the window opens.
    pub(crate) fn present(&self) -> u32 {
        let present = self.parties.iter().filter(|party| !party.is_late);
        present.map(|party| party.clients).sum()
    }

    pub(crate) fn clients(&self) -> u32 {
        self.parties.iter().map(|party| party.clients).sum()
    }

    pub(crate) fn warmup_s(&self) -> f64 {
        if self.seconds < 4.0 {
            QUICK_WARMUP_S
        } else {
            WARMUP_S
        }
    }

    /// About how long it takes, with the server's start and end.
    pub(crate) fn expected_s(&self) -> f64 {
        let joins = self.parties.iter().filter(|party| !party.is_late);
        let joins_s: f64 = joins
            .map(|party| f64::from(party.clients) / party.ramp)
            .fold(0.0, f64::max);
        let idle_s = if self.empty_rooms > 0 { 6.0 } else { 0.0 };
        joins_s + self.warmup_s() + self.seconds + idle_s + 2.5
    }
}

impl Party {
    fn new(name: &'static str, room: &str, clients: u32) -> Self {
        Self {
            name,
            room: room.to_owned(),
            options: "{}".to_owned(),
            clients,
            churn: 0.0,
            ramp: RAMP_HZ,
            is_idle: false,
            is_late: false,
        }
    }

    /// So many of these clients, as one thread of the generator plays them.
    pub(crate) fn load_args(&self, plan: &Plan, url: &str, clients: u32, seed: u64) -> LoadArgs {
        let part = f64::from(clients) / f64::from(self.clients.max(1));
        LoadArgs {
            url: url.to_owned(),
            room: self.room.clone(),
            clients,
            rate: RATE_HZ,
            seconds: plan.seconds,
            warmup: if self.is_late { 0.0 } else { plan.warmup_s() },
            ramp: (self.ramp * part).max(1.0),
            cpu: None,
            options: self.options.clone(),
            churn: self.churn,
            joining_max: if self.is_late { clients } else { 256 },
            idle: self.is_idle,
            seed,
            verify: None,
            server_pid: None,
            json: true,
            hgrm: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(scenario: Scenario, clients: Option<u32>, shards: u32) -> Plan {
        scenario.plan(Size {
            clients,
            shards,
            seconds: 15.0,
            is_quick: false,
        })
    }

    #[test]
    fn numbers_are_for_each_shard() {
        for scenario in Scenario::ALL {
            let (one, two) = (plan(scenario, None, 1), plan(scenario, None, 2));
            assert_eq!(two.clients(), 2 * one.clients(), "{scenario:?}");
        }
        assert_eq!(plan(Scenario::Arena, Some(700), 3).present(), 2_100);
        assert_eq!(plan(Scenario::Burst, Some(300), 1).present(), 300);
    }

    #[test]
    fn all_of_them_fit_into_five_minutes() {
        let expected_s: f64 = Scenario::ALL
            .iter()
            .map(|scenario| plan(*scenario, None, 1).expected_s())
            .sum();
        assert!(expected_s < 240.0, "{expected_s}");
    }

    #[test]
    fn a_world_is_as_dense_whoever_comes() {
        let options = |clients| {
            plan(Scenario::World, Some(clients), 1).parties[0]
                .options
                .clone()
        };
        assert_eq!(options(2_000), r#"{"side":1900}"#);
        assert_eq!(options(500), r#"{"side":950}"#);
    }
}
