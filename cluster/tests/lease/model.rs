//! All behaviours of the protocol, without time: every order of renewals, lapses, claims,
//! replication and failovers of one member A, of B and C who both declare it dead, and of B's own
//! death, whose heir is C.

use stateright::{Model, Property};

const COPIES: usize = 3;

/// The protocol, or what is left of it in a control.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol {
    pub(crate) failovers: u8,
    /// Only what a replica has counts.
    pub(crate) confirm: bool,
    /// What all copies have counts too.
    pub(crate) all_suffice: bool,
    /// A fence comes before the lease ends.
    pub(crate) margin: bool,
    /// Whether B may die.
    pub(crate) mortal: bool,
    /// A claim that was inherited may be given up like any other.
    pub(crate) careless: bool,
}

pub(crate) const SOUND: Protocol = Protocol {
    failovers: 2,
    confirm: true,
    all_suffice: false,
    margin: true,
    mortal: false,
    careless: false,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    B,
    C,
}

/// A member's record in a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Record {
    Leased,
    Ended,
    Dead(Who),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Copy {
    a: Record,
    b: Record,
}

/// What a node knows of each copy: 0 nothing, 1 acknowledged, 2 confirmed.
type Marks = [u8; COPIES];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    master: [Copy; COPIES],
    replica: [Copy; COPIES],
    lease_of_a: Marks,
    lease_of_b: Marks,
    /// Of A, by B and by C; of B, by C.
    a_by_b: Marks,
    a_by_c: Marks,
    b_by_c: Marks,
    /// C's claims of A that were B's.
    inherited: [bool; COPIES],
    b_recovers_a: bool,
    c_recovers_a: bool,
    c_recovers_b: bool,
    failovers: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Replicate(usize),
    FailOver(usize),
    Renew(Subject, usize, bool),
    /// The node knows that its lease in this copy is over.
    Lapse(Subject, usize),
    /// The copy knows it too.
    End(Subject, usize),
    Claim(Claim, usize, bool),
    Unclaim(Claim, usize),
    Recover(Claim),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    A,
    B,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    AByB,
    AByC,
    BByC,
}

impl Claim {
    fn subject(self) -> Subject {
        match self {
            Self::AByB | Self::AByC => Subject::A,
            Self::BByC => Subject::B,
        }
    }

    fn by(self) -> Who {
        match self {
            Self::AByB => Who::B,
            Self::AByC | Self::BByC => Who::C,
        }
    }
}

impl Copy {
    fn record(&mut self, of: Subject) -> &mut Record {
        match of {
            Subject::A => &mut self.a,
            Subject::B => &mut self.b,
        }
    }

    /// A new master gives everybody a full lease.
    fn with_grace(mut self) -> Self {
        for of in [Subject::A, Subject::B] {
            let record = self.record(of);
            if *record == Record::Ended {
                *record = Record::Leased;
            }
        }
        self
    }
}

impl State {
    fn lease(&mut self, of: Subject) -> &mut Marks {
        match of {
            Subject::A => &mut self.lease_of_a,
            Subject::B => &mut self.lease_of_b,
        }
    }

    fn claim(&mut self, claim: Claim) -> &mut Marks {
        match claim {
            Claim::AByB => &mut self.a_by_b,
            Claim::AByC => &mut self.a_by_c,
            Claim::BByC => &mut self.b_by_c,
        }
    }

    fn recovers(&mut self, claim: Claim) -> &mut bool {
        match claim {
            Claim::AByB => &mut self.b_recovers_a,
            Claim::AByC => &mut self.c_recovers_a,
            Claim::BByC => &mut self.c_recovers_b,
        }
    }
}

impl Protocol {
    /// A majority, confirmed; or all.
    fn is_enough(&self, marks: &Marks) -> bool {
        let count = |least: u8| marks.iter().filter(|mark| **mark >= least).count();
        count(if self.confirm { 2 } else { 1 }) >= 2 || (self.all_suffice && count(1) == COPIES)
    }

    /// Plain and confirmed; where nothing fails over, there is no difference.
    fn kinds(&self) -> impl Iterator<Item = bool> {
        [false, true]
            .into_iter()
            .skip(usize::from(self.failovers == 0))
    }

    fn b_holds(&self, state: &State) -> bool {
        !self.mortal || self.is_enough(&state.lease_of_b)
    }

    fn may_claim(&self, state: &State, claim: Claim, copy: usize) -> bool {
        let mut at = state.master[copy];
        let mut former = *state;
        if *former.recovers(claim) || claim.by() == Who::B && !self.b_holds(state) {
            return false;
        }
        // The script asks that the claimant has a lease in this copy.
        if self.mortal && claim.by() == Who::B && at.b != Record::Leased {
            return false;
        }
        match *at.record(claim.subject()) {
            Record::Leased => false,
            Record::Ended => true,
            Record::Dead(by) => {
                by == claim.by() || claim == Claim::AByC && by == Who::B && state.c_recovers_b
            }
        }
    }

    fn may_unclaim(&self, state: &State, claim: Claim, copy: usize) -> bool {
        let (mut at, mut former) = (state.master[copy], *state);
        let kept = claim == Claim::AByC && state.inherited[copy] && !self.careless;
        let acts = claim.by() == Who::C || self.b_holds(state);
        let is_own = *at.record(claim.subject()) == Record::Dead(claim.by());
        acts && is_own && !kept && !*former.recovers(claim)
    }

    fn write(&self, state: &mut State, copy: usize, of: Subject, record: Record, confirmed: bool) {
        *state.master[copy].record(of) = record;
        if confirmed {
            state.replica[copy] = state.master[copy];
        }
    }

    fn fail_over(&self, state: &mut State, copy: usize) {
        state.failovers += 1;
        state.master[copy] = state.replica[copy].with_grace();
        state.replica[copy] = state.master[copy];
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let copy = Copy {
            a: Record::Leased,
            b: Record::Leased,
        };
        vec![State {
            master: [copy; COPIES],
            replica: [copy; COPIES],
            lease_of_a: [2; COPIES],
            lease_of_b: [2; COPIES],
            a_by_b: [0; COPIES],
            a_by_c: [0; COPIES],
            b_by_c: [0; COPIES],
            inherited: [false; COPIES],
            b_recovers_a: false,
            c_recovers_a: false,
            c_recovers_b: false,
            failovers: 0,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let subjects: &[Subject] = if self.mortal {
            &[Subject::A, Subject::B]
        } else {
            &[Subject::A]
        };
        let claims: &[Claim] = if self.mortal {
            &[Claim::AByB, Claim::AByC, Claim::BByC]
        } else {
            &[Claim::AByB, Claim::AByC]
        };
        for copy in 0..COPIES {
            let (mut at, mut now) = (state.master[copy], *state);
            if state.replica[copy] != state.master[copy] {
                actions.push(Action::Replicate(copy));
            }
            if state.failovers < self.failovers {
                actions.push(Action::FailOver(copy));
            }
            for of in subjects.iter().copied() {
                let (record, mark) = (*at.record(of), now.lease(of)[copy]);
                if matches!(record, Record::Leased | Record::Ended) {
                    actions.extend(self.kinds().map(|kind| Action::Renew(of, copy, kind)));
                }
                if mark > 0 {
                    actions.push(Action::Lapse(of, copy));
                }
                if record == Record::Leased && (mark == 0 || !self.margin) {
                    actions.push(Action::End(of, copy));
                }
            }
            for claim in claims.iter().copied() {
                if self.may_claim(state, claim, copy) {
                    actions.extend(self.kinds().map(|kind| Action::Claim(claim, copy, kind)));
                }
                if self.may_unclaim(state, claim, copy) {
                    actions.push(Action::Unclaim(claim, copy));
                }
            }
        }
        for claim in claims.iter().copied() {
            let mut now = *state;
            let holds = claim.by() == Who::C || self.b_holds(state);
            if holds && self.is_enough(now.claim(claim)) && !*now.recovers(claim) {
                actions.push(Action::Recover(claim));
            }
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        match action {
            Action::Replicate(copy) => state.replica[copy] = state.master[copy],
            Action::FailOver(copy) => self.fail_over(&mut state, copy),
            Action::Renew(of, copy, confirmed) => {
                self.write(&mut state, copy, of, Record::Leased, confirmed);
                let mark = &mut state.lease(of)[copy];
                *mark = (*mark).max(if confirmed { 2 } else { 1 });
            }
            Action::Lapse(of, copy) => state.lease(of)[copy] = 0,
            Action::End(of, copy) => {
                // Time is no write: the replica knows it as well.
                *state.master[copy].record(of) = Record::Ended;
                let replica = state.replica[copy].record(of);
                if *replica == Record::Leased {
                    *replica = Record::Ended;
                }
            }
            Action::Claim(claim, copy, confirmed) => {
                let of = claim.subject();
                let was_b = state.master[copy].a == Record::Dead(Who::B);
                state.inherited[copy] |= claim == Claim::AByC && was_b;
                self.write(&mut state, copy, of, Record::Dead(claim.by()), confirmed);
                let mark = &mut state.claim(claim)[copy];
                *mark = (*mark).max(if confirmed { 2 } else { 1 });
            }
            Action::Unclaim(claim, copy) => {
                state.claim(claim)[copy] = 0;
                let confirmed = self.failovers == 0;
                self.write(&mut state, copy, claim.subject(), Record::Leased, confirmed);
            }
            Action::Recover(claim) => *state.recovers(claim) = true,
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::<Self>::always("one owner", |protocol, state| {
                let a_ticks = protocol.is_enough(&state.lease_of_a);
                let recovered = state.b_recovers_a || state.c_recovers_a;
                let b_ticks = protocol.b_holds(state);
                let both = state.b_recovers_a && state.c_recovers_a;
                !(a_ticks && recovered) && !(b_ticks && (state.c_recovers_b || both))
            }),
            Property::<Self>::sometimes("a recovery", |_, state| state.b_recovers_a),
        ]
    }
}
