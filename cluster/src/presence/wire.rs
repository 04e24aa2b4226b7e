//! Operations as commands, and replies as answers.

use downbeat_presence::{Answer, Life, Operation, PresenceError};

use super::store::{Reply, Store, StoreError};

/// Does something to a key.
pub(super) async fn ask(
    store: &impl Store,
    key: &[u8],
    operation: Operation,
    members_max: u64,
) -> Result<Answer, PresenceError> {
    let asked = ask_store(store, key, operation, members_max).await;
    asked.map_err(|error| refusal(&error, members_max))
}

/// As what a caller is told that the store gave no answer.
pub(super) fn refusal(error: &StoreError, members_max: u64) -> PresenceError {
    let StoreError::Refused(words) = error else {
        return PresenceError::Unavailable(error.to_string());
    };
    let says = |what: &str| words.contains(what);
    if says("TOOMANY") {
        let what = match says("members") {
            true => "members of the set",
            false => "fields of the hash",
        };
        return PresenceError::TooMany {
            what,
            max: members_max,
            limit: "presence_members_max",
        };
    }
    if says("WRONGTYPE") {
        return PresenceError::WrongKind;
    }
    if says("would overflow") {
        return PresenceError::Overflow;
    }
    if says("not an integer") {
        return PresenceError::NotANumber;
    }
    if says("OOM") {
        return PresenceError::Full;
    }
    PresenceError::Unavailable(error.to_string())
}

async fn ask_store(
    store: &impl Store,
    key: &[u8],
    operation: Operation,
    members_max: u64,
) -> Result<Answer, StoreError> {
    let write = async |name: &str, life: Life, operands: &[Vec<u8>]| {
        let args = [
            name.as_bytes().to_vec(),
            life.after_ms.to_string().into_bytes(),
            u8::from(life.renews).to_string().into_bytes(),
            members_max.to_string().into_bytes(),
        ];
        let args: Vec<_> = args.into_iter().chain(operands.iter().cloned()).collect();
        store.write(key, &args).await
    };
    let query = async |name, more: &[Vec<u8>]| store.query(name, key, more).await;
    match operation {
        Operation::Add { member, life } => flag(&write("add", life, &[member.into_bytes()]).await?),
        Operation::Take { member } => flag(&query("SREM", &[member.into_bytes()]).await?),
        Operation::Contains { member } => flag(&query("SISMEMBER", &[member.into_bytes()]).await?),
        Operation::Members => {
            let members = list(query("SMEMBERS", &[]).await?)?.into_iter().map(text);
            Ok(Answer::Members(members.collect::<Result<_, _>>()?))
        }
        Operation::Len => Ok(Answer::Count(
            number(&query("SCARD", &[]).await?)?.unsigned_abs(),
        )),
        Operation::Put { field, value, life } => {
            flag(&write("put", life, &[field.into_bytes(), value]).await?)
        }
        Operation::Drop { field } => flag(&query("HDEL", &[field.into_bytes()]).await?),
        Operation::Field { field } => {
            let value = query("HGET", &[field.into_bytes()]).await?;
            Ok(Answer::Value(optional(value)?))
        }
        Operation::Fields => fields(query("HGETALL", &[]).await?),
        Operation::IncrementField { field, by, life } => {
            let by = by.to_string().into_bytes();
            let sum = write("increment_field", life, &[field.into_bytes(), by]).await?;
            Ok(Answer::Number(number(&sum)?))
        }
        Operation::Increment { by, life } => {
            let sum = write("increment", life, &[by.to_string().into_bytes()]).await?;
            Ok(Answer::Number(number(&sum)?))
        }
        Operation::Value => {
            let value = query("GET", &[]).await?;
            let value = if value == Reply::Nil {
                0
            } else {
                number(&value)?
            };
            Ok(Answer::Number(value))
        }
        Operation::Expire { after_ms } => {
            flag(&query("PEXPIRE", &[after_ms.to_string().into_bytes()]).await?)
        }
        Operation::Remove => flag(&query("DEL", &[]).await?),
    }
}

fn flag(reply: &Reply) -> Result<Answer, StoreError> {
    Ok(Answer::Flag(number(reply)? != 0))
}

fn fields(reply: Reply) -> Result<Answer, StoreError> {
    let mut fields = std::collections::BTreeMap::new();
    let mut words = list(reply)?.into_iter();
    while let Some(field) = words.next() {
        let value = words.next().map(optional).transpose()?.flatten();
        fields.insert(text(field)?, value.ok_or_else(|| strange(&Reply::Nil))?);
    }
    Ok(Answer::Fields(fields))
}

fn number(reply: &Reply) -> Result<i64, StoreError> {
    let number = match reply {
        Reply::Number(number) => Some(*number),
        Reply::Bytes(bytes) => std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| text.parse().ok()),
        _ => None,
    };
    number.ok_or_else(|| strange(reply))
}

fn list(reply: Reply) -> Result<Vec<Reply>, StoreError> {
    match reply {
        Reply::List(list) => Ok(list),
        other => Err(strange(&other)),
    }
}

fn optional(reply: Reply) -> Result<Option<Vec<u8>>, StoreError> {
    match reply {
        Reply::Nil => Ok(None),
        Reply::Bytes(bytes) => Ok(Some(bytes)),
        other => Err(strange(&other)),
    }
}

fn text(reply: Reply) -> Result<String, StoreError> {
    match reply {
        Reply::Bytes(bytes) => {
            String::from_utf8(bytes).map_err(|error| strange(&Reply::Bytes(error.into_bytes())))
        }
        other => Err(strange(&other)),
    }
}

fn strange(reply: &Reply) -> StoreError {
    let kind = match reply {
        Reply::Nil => "nothing",
        Reply::Number(_) => "a number",
        Reply::Bytes(_) => "a text",
        Reply::List(_) => "a list",
    };
    StoreError::Unreachable(format!(
        "Redis answered with {kind} where something else was due: is another program writing to these keys?"
    ))
}

#[cfg(test)]
mod tests {
    use downbeat_presence::testing::answer;

    use super::*;

    /// Says one thing, whatever it is asked.
    struct Parrot(Result<Reply, StoreError>);

    impl Store for Parrot {
        async fn query(
            &self,
            _: &'static str,
            _: &[u8],
            _: &[Vec<u8>],
        ) -> Result<Reply, StoreError> {
            self.0.clone()
        }

        async fn write(&self, _: &[u8], _: &[Vec<u8>]) -> Result<Reply, StoreError> {
            self.0.clone()
        }

        async fn publish(&self, _: &[u8], _: &[u8]) -> Result<(), StoreError> {
            self.0.clone().map(drop)
        }
    }

    const LIFE: Life = Life {
        after_ms: 1,
        renews: true,
    };

    fn operations() -> [Operation; 14] {
        let name = || String::from("name");
        [
            Operation::Add {
                member: name(),
                life: LIFE,
            },
            Operation::Take { member: name() },
            Operation::Contains { member: name() },
            Operation::Members,
            Operation::Len,
            Operation::Put {
                field: name(),
                value: Vec::new(),
                life: LIFE,
            },
            Operation::Drop { field: name() },
            Operation::Field { field: name() },
            Operation::Fields,
            Operation::IncrementField {
                field: name(),
                by: 1,
                life: LIFE,
            },
            Operation::Increment { by: 1, life: LIFE },
            Operation::Value,
            Operation::Expire { after_ms: 1 },
            Operation::Remove,
        ]
    }

    #[test]
    fn whatever_redis_says_is_an_answer_or_an_error() {
        let text = |text: &[u8]| Reply::Bytes(text.to_vec());
        let replies = [
            Reply::Nil,
            Reply::Number(i64::MIN),
            text(b"7"),
            text(b"9223372036854775808"),
            text(b"\xff"),
            Reply::List(Vec::new()),
            Reply::List(vec![text(b"odd")]),
            Reply::List(vec![text(b"a"), text(b"b")]),
            Reply::List(vec![text(b"\xff"), text(b"b")]),
            Reply::List(vec![Reply::Nil, Reply::List(Vec::new())]),
        ];
        let mut understood = 0;
        for reply in replies {
            for operation in operations() {
                let store = Parrot(Ok(reply.clone()));
                let asked = answer(ask(&store, b"key", operation, 4));
                understood += u32::from(asked.is_ok());
            }
        }
        assert!((20..80).contains(&understood), "{understood}");
    }

    #[test]
    fn what_redis_refuses_has_its_reason() {
        let check = |words: &str, expected: PresenceError| {
            let store = Parrot(Err(StoreError::Refused(words.to_owned())));
            for operation in operations() {
                let refused = answer(ask(&store, b"key", operation, 4));
                assert_eq!(refused, Err(expected.clone()));
            }
        };
        check(
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            PresenceError::WrongKind,
        );
        check(
            "ERR hash value is not an integer script: 1234, on @user_script:30.",
            PresenceError::NotANumber,
        );
        check(
            "ERR increment or decrement would overflow",
            PresenceError::Overflow,
        );
        check(
            "OOM command not allowed when used memory > 'maxmemory'.",
            PresenceError::Full,
        );
        let words = "Redis refused: LOADING Redis is loading";
        check(
            "LOADING Redis is loading",
            PresenceError::Unavailable(words.to_owned()),
        );
    }
}
