//! Keys as a list that is gone through each time.

use std::collections::{BTreeMap, BTreeSet};

use downbeat_presence::{Answer, Life, Operation, PresenceError};
use downbeat_schemas::time::Timestamp;

pub(crate) struct Model {
    keys: Vec<(String, Held, Timestamp)>,
    members_max: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Held {
    Set(Vec<String>),
    Hash(Vec<(String, Vec<u8>)>),
    Counter(i64),
}

type Done = Result<Answer, PresenceError>;

impl Model {
    pub(crate) const fn new(members_max: usize) -> Self {
        let keys = Vec::new();
        Self { keys, members_max }
    }

    pub(crate) fn apply(&mut self, key: &str, operation: &Operation, now: Timestamp) -> Done {
        self.keys.retain(|(_, _, ends)| now < *ends);
        let place = self.keys.iter().position(|(other, ..)| other == key);
        let held = place.map(|place| self.keys[place].1.clone());
        let mut after = held.clone();
        let answer = self.operate(&mut after, operation)?;
        match (place, after) {
            (Some(place), None) => drop(self.keys.remove(place)),
            (Some(place), Some(held)) => {
                self.keys[place].1 = held;
                if let Some(life) = life_of(operation).filter(|life| life.renews) {
                    self.keys[place].2 = Timestamp(now.0 + life.after_ms * 1_000_000);
                }
            }
            (None, Some(held)) => {
                let life = life_of(operation).unwrap();
                let ends = Timestamp(now.0 + life.after_ms * 1_000_000);
                self.keys.push((key.to_owned(), held, ends));
            }
            (None, None) => {}
        }
        Ok(answer)
    }

    fn operate(&self, held: &mut Option<Held>, operation: &Operation) -> Done {
        Ok(match operation {
            Operation::Expire { .. } => Answer::Flag(held.is_some()),
            Operation::Remove => Answer::Flag(held.take().is_some()),
            Operation::Increment { by, .. } => {
                let sum = counter(held)?.checked_add(*by);
                let sum = sum.ok_or(PresenceError::Overflow)?;
                *held = Some(Held::Counter(sum));
                Answer::Number(sum)
            }
            Operation::Value => Answer::Number(counter(held)?),
            Operation::Add { .. }
            | Operation::Take { .. }
            | Operation::Contains { .. }
            | Operation::Members
            | Operation::Len => return self.with_set(held, operation),
            _ => return self.with_hash(held, operation),
        })
    }

    fn with_set(&self, held: &mut Option<Held>, operation: &Operation) -> Done {
        let mut set = match held {
            None => Vec::new(),
            Some(Held::Set(set)) => set.clone(),
            Some(_) => return Err(PresenceError::WrongKind),
        };
        let answer = match operation {
            Operation::Add { member, .. } if set.contains(member) => Answer::Flag(false),
            Operation::Add { .. } if set.len() == self.members_max => {
                return Err(self.too_many("members of the set"));
            }
            Operation::Add { member, .. } => {
                set.push(member.clone());
                Answer::Flag(true)
            }
            Operation::Take { member } => {
                let len = set.len();
                set.retain(|other| other != member);
                Answer::Flag(set.len() < len)
            }
            Operation::Contains { member } => Answer::Flag(set.contains(member)),
            Operation::Members => Answer::Members(set.iter().cloned().collect::<BTreeSet<_>>()),
            Operation::Len => Answer::Count(set.len() as u64),
            _ => unreachable!("{operation:?}"),
        };
        *held = Some(Held::Set(set.clone())).filter(|_| !set.is_empty());
        Ok(answer)
    }

    fn with_hash(&self, held: &mut Option<Held>, operation: &Operation) -> Done {
        let mut hash = match held {
            None => Vec::new(),
            Some(Held::Hash(hash)) => hash.clone(),
            Some(_) => return Err(PresenceError::WrongKind),
        };
        let place = |name: &str| hash.iter().position(|(field, _)| field == name);
        let answer = match operation {
            Operation::Put { field, value, .. } => {
                let place = place(field);
                self.put(&mut hash, place, field, value.clone())?;
                Answer::Flag(place.is_none())
            }
            Operation::IncrementField { field, by, .. } => {
                let place = place(field);
                let former = place.map_or("0", |place| text(&hash[place].1));
                let former: i64 = former.parse().map_err(|_| PresenceError::NotANumber)?;
                let sum = former.checked_add(*by).ok_or(PresenceError::Overflow)?;
                self.put(&mut hash, place, field, sum.to_string().into_bytes())?;
                Answer::Number(sum)
            }
            Operation::Drop { field } => {
                let place = place(field);
                Answer::Flag(place.map(|place| hash.remove(place)).is_some())
            }
            Operation::Field { field } => {
                Answer::Value(place(field).map(|place| hash[place].1.clone()))
            }
            Operation::Fields => Answer::Fields(hash.iter().cloned().collect::<BTreeMap<_, _>>()),
            _ => unreachable!("{operation:?}"),
        };
        *held = Some(Held::Hash(hash.clone())).filter(|_| !hash.is_empty());
        Ok(answer)
    }

    fn put(
        &self,
        hash: &mut Vec<(String, Vec<u8>)>,
        place: Option<usize>,
        field: &str,
        value: Vec<u8>,
    ) -> Result<(), PresenceError> {
        match place {
            Some(place) => hash[place].1 = value,
            None if hash.len() == self.members_max => {
                return Err(self.too_many("fields of the hash"));
            }
            None => hash.push((field.to_owned(), value)),
        }
        Ok(())
    }

    const fn too_many(&self, what: &'static str) -> PresenceError {
        PresenceError::TooMany {
            what,
            max: self.members_max as u64,
            limit: "presence_members_max",
        }
    }
}

fn counter(held: &Option<Held>) -> Result<i64, PresenceError> {
    match held {
        None => Ok(0),
        Some(Held::Counter(number)) => Ok(*number),
        Some(_) => Err(PresenceError::WrongKind),
    }
}

fn text(value: &[u8]) -> &str {
    std::str::from_utf8(value).unwrap()
}

const fn life_of(operation: &Operation) -> Option<Life> {
    match operation {
        Operation::Add { life, .. }
        | Operation::Put { life, .. }
        | Operation::IncrementField { life, .. }
        | Operation::Increment { life, .. } => Some(*life),
        Operation::Expire { after_ms } => Some(Life {
            after_ms: *after_ms,
            renews: true,
        }),
        _ => None,
    }
}
