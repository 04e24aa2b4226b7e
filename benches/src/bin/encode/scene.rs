//! A room in which everybody walks and everybody watches.

use downbeat_core::interest::Composed;
use downbeat_core::{
    Grid, GroupId, Replicate, Replicator, SessionId, Table, Viewer, WatchError, Watcher,
};
use downbeat_schemas::id::Slot;
use downbeat_schemas::limits::Limits;
use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

use crate::walker::Walker;

/// How many walk, and how far each sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) entities: usize,
    /// The side of the square, units.
    side: f32,
    /// Whether sight ends.
    has_grid: bool,
}

/// The state of a room.
#[derive(Replicate)]
pub(crate) struct State<C: Walker> {
    #[sync]
    walkers: Table<SessionId, C>,
}

pub(crate) struct Scene<C: Walker> {
    pub(crate) state: State<C>,
    replicator: Replicator,
    viewers: Vec<Viewer>,
    velocities: Vec<(f32, f32)>,
    grid: Option<Grid>,
    side: f32,
}

/// The cells of the sample room `world`: a client sees its own and the eight around.
const CELL: f32 = 100.0;
const CELLS_SEEN: f32 = 9.0;
/// The range of a quantized place.
const SIDE_MAX: f32 = 4_096.0;
/// Units per second, as the load generator's clients walk.
const SPEED: f32 = 50.0;
/// Of a tick at 20 Hz, seconds.
const DT: f32 = 0.05;

impl Plan {
    /// Fifty who all see each other.
    pub(crate) const fn arena() -> Self {
        Self {
            entities: 50,
            side: 1_000.0,
            has_grid: false,
        }
    }

    /// A square so large that each sees about `visible`.
    pub(crate) fn world(entities: usize, visible: u32) -> Self {
        let side = (entities as f32 * CELLS_SEEN * CELL * CELL / visible as f32).sqrt();
        Self {
            entities,
            side: side.clamp(CELL, SIDE_MAX),
            has_grid: true,
        }
    }
}

impl<C: Walker> Scene<C> {
    pub(crate) fn new(plan: Plan, seed: u64) -> Self {
        let mut random = Pcg64::seed_from_u64(seed);
        let first = GroupId(1);
        let mut scene = Self {
            state: State {
                walkers: Table::new(),
            },
            replicator: Replicator::new(&Limits::default()),
            viewers: Vec::new(),
            velocities: Vec::new(),
            grid: plan
                .has_grid
                .then(|| Grid::new(plan.side, plan.side, CELL, first)),
            side: plan.side,
        };
        for number in 0..plan.entities {
            scene.join(SessionId(number as u64), &mut random);
        }
        scene
    }

    /// Everybody takes a step, and sees what there is to see from there.
    pub(crate) fn walk(&mut self) {
        for number in 0..self.viewers.len() {
            self.step(SessionId(number as u64), number);
        }
    }

    pub(crate) fn collect(&mut self) {
        self.replicator.collect(&mut self.state);
    }

    pub(crate) fn viewers(&self) -> usize {
        self.viewers.len()
    }

    pub(crate) fn compose(&mut self, viewer: usize) -> Option<Composed<'_>> {
        self.replicator.compose(&self.state, self.viewers[viewer])
    }

    /// The rows that each viewer sees.
    pub(crate) fn visible(&self) -> Vec<Vec<Slot>> {
        let mut rows = Vec::new();
        let table = self.state.table(0);
        table.known(&mut |slot, group| rows.push((group, slot)));
        rows.sort_unstable();
        let in_group = |group: GroupId| {
            let start = rows.partition_point(|(other, _)| *other < group);
            let end = rows.partition_point(|(other, _)| *other <= group);
            rows[start..end].iter().map(|(_, slot)| *slot)
        };
        let viewers = self.viewers.iter();
        viewers
            .map(|viewer| {
                self.replicator
                    .watched(*viewer)
                    .flat_map(in_group)
                    .collect()
            })
            .collect()
    }

    fn join(&mut self, session: SessionId, random: &mut Pcg64) {
        let (x, y) = (fraction(random) * self.side, fraction(random) * self.side);
        let (sin, cos) = (fraction(random) * std::f32::consts::TAU).sin_cos();
        let inserted = self.state.walkers.insert(session, C::at(x, y));
        inserted.expect("a scene has fewer rows than rows_max");
        self.viewers.push(self.replicator.add_viewer());
        self.velocities.push((cos * SPEED, sin * SPEED));
        self.look(session, x, y);
    }

    fn step(&mut self, session: SessionId, number: usize) {
        let Some(mut walker) = self.state.walkers.get_mut(&session) else {
            return;
        };
        let (dx, dy) = &mut self.velocities[number];
        let (x, y) = walker.place();
        let (x, y) = (
            bounce(x + *dx * DT, dx, self.side),
            bounce(y + *dy * DT, dy, self.side),
        );
        walker.step_to(x, y);
        self.look(session, x, y);
    }

    fn look(&mut self, session: SessionId, x: f32, y: f32) {
        let Some(grid) = &mut self.grid else { return };
        grid.place(&mut self.state.walkers, &session, x, y);
        let mut eyes = Eyes {
            replicator: &mut self.replicator,
            viewers: &self.viewers,
        };
        let looked = grid.look(&mut eyes, session, x, y, CELL);
        looked.expect("a scene has fewer cells than groups_max and watches_max allow");
    }
}

/// The edge turns walkers round, so that they do not gather there.
fn bounce(place: f32, speed: &mut f32, side: f32) -> f32 {
    if !(0.0..=side).contains(&place) {
        *speed = -*speed;
    }
    place.clamp(0.0, side)
}

fn fraction(random: &mut Pcg64) -> f32 {
    (random.next_u32() >> 8) as f32 / (1 << 24) as f32
}

/// Sessions are numbered as their viewers are.
struct Eyes<'a> {
    replicator: &'a mut Replicator,
    viewers: &'a [Viewer],
}

impl Watcher for Eyes<'_> {
    fn watch(&mut self, session: SessionId, group: GroupId) -> Result<(), WatchError> {
        let viewer = self.viewers[session.0 as usize];
        self.replicator.watch(viewer, group)
    }

    fn unwatch(&mut self, session: SessionId, group: GroupId) {
        let viewer = self.viewers[session.0 as usize];
        self.replicator.unwatch(viewer, group);
    }
}
