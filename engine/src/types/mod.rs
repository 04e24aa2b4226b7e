//! Rooms as TypeScript: what `downbeat types` prints.

use std::collections::BTreeSet;
use std::fmt::Write;

use downbeat_core::host::RoomType;
use downbeat_schemas::reflect::{Field, FieldType, TableSchema};

const HEAD: &str = "\
// Written by `downbeat types`: the rooms of a server, for @downbeat/client.
//
// State is as the Rust structs have it. Inputs and events are not known to this file: name them as
// type arguments, such as ArenaRoom<{ move: { dx: number; dy: number } }>.
";

const VARIANTS: &str = "
/** Inputs or events that nothing is known of. */
export type Variants = Record<string, unknown>;
";

/// One interface for each room, and one for the rows of each of its tables.
pub(crate) fn typescript<'r>(rooms: impl Iterator<Item = &'r RoomType>) -> String {
    let mut kinds = BTreeSet::new();
    let mut body = String::new();
    for room in rooms {
        let tables = room.schema().tables;
        kinds.extend(tables.iter().map(kind));
        write_room(&mut body, room.name(), &tables);
    }
    let kinds: Vec<_> = kinds.into_iter().collect();
    let import = match kinds.as_slice() {
        [] => String::new(),
        kinds => format!(
            "\nimport type {{ {} }} from \"@downbeat/client\";\n",
            kinds.join(", ")
        ),
    };
    format!("{HEAD}{import}{VARIANTS}{body}")
}

/// The client's mirror of a table, or of a single row.
const fn kind(table: &TableSchema) -> &'static str {
    match table.key {
        Some(_) => "Table",
        None => "Single",
    }
}

fn write_room(out: &mut String, name: &str, tables: &[TableSchema]) {
    let room = type_name(name);
    let mut state = String::new();
    for table in tables {
        let row = format!("{room}{}", type_name(&table.name));
        let mirror = match &table.key {
            Some(key) => format!("Table<{}, {row}>", value(key)),
            None => format!("Single<{row}>"),
        };
        line(&mut state, 2, &format!("{}: {mirror};", table.name));
    }
    line(out, 0, "");
    line(out, 0, &format!("/** The room `{name}`. */"));
    line(
        out,
        0,
        &format!(
            "export interface {room}Room<Inputs extends object = Variants, Events extends object = Variants> {{"
        ),
    );
    line(out, 1, "state: {");
    out.push_str(&state);
    line(out, 1, "};");
    line(out, 1, "inputs: Inputs;");
    line(out, 1, "events: Events;");
    line(out, 0, "}");
    for table in tables {
        write_row(out, &room, table);
    }
}

fn write_row(out: &mut String, room: &str, table: &TableSchema) {
    let (name, row) = (&table.name, type_name(&table.name));
    let about = match table.key {
        Some(_) => format!("/** A row of `{name}`. */"),
        None => format!("/** The row `{name}`. */"),
    };
    line(out, 0, "");
    line(out, 0, &about);
    line(out, 0, &format!("export interface {room}{row} {{"));
    for Field { name, field_type } in &table.fields {
        line(out, 1, &format!("{name}: {};", value(field_type)));
    }
    line(out, 0, "}");
}

/// What a client reads where the wire has this type.
fn value(field_type: &FieldType) -> String {
    match field_type {
        FieldType::Bool => "boolean".to_owned(),
        // What a JavaScript number does not hold exactly.
        FieldType::U64 | FieldType::I64 => "bigint".to_owned(),
        FieldType::U8
        | FieldType::U16
        | FieldType::U32
        | FieldType::I8
        | FieldType::I16
        | FieldType::I32
        | FieldType::F32
        | FieldType::F64
        | FieldType::Quantized { .. } => "number".to_owned(),
        FieldType::String | FieldType::Session => "string".to_owned(),
        FieldType::Array { element, .. } => format!("ReadonlyArray<{}>", value(element)),
        FieldType::Option(element) => format!("{} | null", value(element)),
        FieldType::Struct(fields) => {
            let fields = fields
                .iter()
                .map(|field| format!("{}: {}", field.name, value(&field.field_type)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join("; "))
        }
    }
}

/// `battle_royale` and `battle-royale` as `BattleRoyale`.
fn type_name(name: &str) -> String {
    let mut words = String::new();
    for word in name.split(|letter: char| !letter.is_alphanumeric()) {
        let mut letters = word.chars();
        words.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        words.push_str(letters.as_str());
    }
    // No type begins with a digit.
    match words.chars().next() {
        Some(first) if first.is_numeric() => format!("_{words}"),
        _ => words,
    }
}

fn line(out: &mut String, depth: usize, text: &str) {
    writeln!(out, "{:1$}{text}", "", depth * 2).expect("a String takes all text");
}

#[cfg(test)]
mod tests;
