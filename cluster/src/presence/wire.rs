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
