//! The types of a room's state: what a generic client needs to read rows.

use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, Vector, WIPOffset};

use crate::generated::server::downbeat::wire;
use crate::generated::server::downbeat::wire::TypeKind;

/// How one value lies on the wire. Numbers are little-endian.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the numbers speak for themselves")]
pub enum FieldType {
    Bool,
    U8,
    U16,
    U32,
    U64,
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
    /// Length as varint, then UTF-8.
    String,
    /// A float on a grid of 2^bits - 1 steps from `min` to `max`, as an unsigned integer of
    /// `bits / 8` bytes.
    Quantized {
        min: f64,
        max: f64,
        bits: u8,
    },
    /// `len` elements, one after the other.
    Array {
        element: Box<Self>,
        len: u32,
    },
    /// One byte, 0 or 1; if 1, the value.
    Option(Box<Self>),
    /// The fields, one after the other.
    Struct(Vec<Field>),
    /// A [`SessionId`](crate::id::SessionId): eight bytes.
    Session,
}

/// A named value of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name in the game's struct.
    pub name: String,
    /// How it lies on the wire.
    pub field_type: FieldType,
}

/// A table with a key, or a single row without.
#[derive(Clone, Debug, PartialEq)]
pub struct TableSchema {
    /// The name in the game's struct.
    pub name: String,
    /// The type of the key; none for a single row.
    pub key: Option<FieldType>,
    /// At most 64, in the order of the bits of a field mask.
    pub fields: Vec<Field>,
}

/// The tables of a room, in the order of their numbers on the wire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateSchema {
    /// At most 64.
    pub tables: Vec<TableSchema>,
}

/// A schema that no server of this protocol sends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the reflection of `{at}` is not of this protocol: {found}")]
pub struct ReflectError {
    at: String,
    found: &'static str,
}

/// Types nest no deeper, so that a hostile schema cannot exhaust the stack.
const DEPTH_MAX: usize = 16;
/// Bits of a field mask.
pub const FIELDS_MAX: usize = 64;
/// Tables of a room.
pub const TABLES_MAX: usize = 64;

impl StateSchema {
    pub(crate) fn encode<'b>(
        &self,
        fbb: &mut FlatBufferBuilder<'b>,
    ) -> WIPOffset<wire::StateSchema<'b>> {
        let tables: Vec<_> = self.tables.iter().map(|table| table.encode(fbb)).collect();
        let tables = Some(fbb.create_vector(&tables));
        wire::StateSchema::create(fbb, &wire::StateSchemaArgs { tables })
    }

    pub(crate) fn decode(schema: wire::StateSchema<'_>) -> Result<Self, ReflectError> {
        let tables = schema.tables().iter().map(TableSchema::decode);
        Ok(Self {
            tables: tables.collect::<Result<_, _>>()?,
        })
    }
}

impl TableSchema {
    fn encode<'b>(&self, fbb: &mut FlatBufferBuilder<'b>) -> WIPOffset<wire::TableSchema<'b>> {
        let name = Some(fbb.create_string(&self.name));
        let key = self.key.as_ref().map(|key| key.encode(fbb));
        let fields = Some(encode_fields(&self.fields, fbb));
        wire::TableSchema::create(fbb, &wire::TableSchemaArgs { name, key, fields })
    }

    fn decode(table: wire::TableSchema<'_>) -> Result<Self, ReflectError> {
        let fields = decode_fields(table.fields(), 0)?;
        if fields.len() > FIELDS_MAX {
            return Err(ReflectError {
                at: table.name().to_owned(),
                found: "more than 64 fields",
            });
        }
        let key = table
            .key()
            .map(|key| FieldType::decode(key, table.name(), 0));
        Ok(Self {
            name: table.name().to_owned(),
            key: key.transpose()?,
            fields,
        })
    }
}

impl FieldType {
    fn kind(&self) -> TypeKind {
        match self {
            Self::Bool => TypeKind::Bool,
            Self::U8 => TypeKind::U8,
            Self::U16 => TypeKind::U16,
            Self::U32 => TypeKind::U32,
            Self::U64 => TypeKind::U64,
            Self::I8 => TypeKind::I8,
            Self::I16 => TypeKind::I16,
            Self::I32 => TypeKind::I32,
            Self::I64 => TypeKind::I64,
            Self::F32 => TypeKind::F32,
            Self::F64 => TypeKind::F64,
            Self::String => TypeKind::String,
            Self::Quantized { .. } => TypeKind::Quantized,
            Self::Array { .. } => TypeKind::Array,
            Self::Option(_) => TypeKind::Option,
            Self::Struct(_) => TypeKind::Struct,
            Self::Session => TypeKind::Session,
        }
    }

    fn encode<'b>(&self, fbb: &mut FlatBufferBuilder<'b>) -> WIPOffset<wire::Type<'b>> {
        let mut args = wire::TypeArgs {
            kind: self.kind(),
            ..wire::TypeArgs::default()
        };
        match self {
            Self::Quantized { min, max, bits } => {
                (args.min, args.max, args.bits) = (*min, *max, *bits);
            }
            Self::Array { element, len } => {
                args.element = Some(element.encode(fbb));
                args.len = *len;
            }
            Self::Option(element) => args.element = Some(element.encode(fbb)),
            Self::Struct(fields) => args.fields = Some(encode_fields(fields, fbb)),
            _ => {}
        }
        wire::Type::create(fbb, &args)
    }

    fn decode(found: wire::Type<'_>, at: &str, depth: usize) -> Result<Self, ReflectError> {
        let error = |found| ReflectError {
            at: at.to_owned(),
            found,
        };
        if depth > DEPTH_MAX {
            return Err(error("types nested too deeply"));
        }
        let element = || {
            let element = found.element().ok_or(error("an element type is missing"))?;
            Self::decode(element, at, depth + 1).map(Box::new)
        };
        Ok(match found.kind() {
            TypeKind::Bool => Self::Bool,
            TypeKind::U8 => Self::U8,
            TypeKind::U16 => Self::U16,
            TypeKind::U32 => Self::U32,
            TypeKind::U64 => Self::U64,
            TypeKind::I8 => Self::I8,
            TypeKind::I16 => Self::I16,
            TypeKind::I32 => Self::I32,
            TypeKind::I64 => Self::I64,
            TypeKind::F32 => Self::F32,
            TypeKind::F64 => Self::F64,
            TypeKind::String => Self::String,
            TypeKind::Session => Self::Session,
            TypeKind::Option => Self::Option(element()?),
            TypeKind::Array => Self::Array {
                element: element()?,
                len: found.len(),
            },
            TypeKind::Struct => {
                let fields = found.fields().ok_or(error("a struct without fields"))?;
                Self::Struct(decode_fields(fields, depth + 1)?)
            }
            TypeKind::Quantized => {
                if !matches!(found.bits(), 8 | 16 | 24 | 32) {
                    return Err(error("quantized to other than 8, 16, 24 or 32 bits"));
                }
                Self::Quantized {
                    min: found.min(),
                    max: found.max(),
                    bits: found.bits(),
                }
            }
            _ => return Err(error("an unknown kind of type")),
        })
    }
}

type WireFields<'b> = Vector<'b, ForwardsUOffset<wire::Field<'b>>>;

fn encode_fields<'b>(
    fields: &[Field],
    fbb: &mut FlatBufferBuilder<'b>,
) -> WIPOffset<WireFields<'b>> {
    let fields: Vec<_> = fields
        .iter()
        .map(|field| {
            let name = Some(fbb.create_string(&field.name));
            let type_ = Some(field.field_type.encode(fbb));
            wire::Field::create(fbb, &wire::FieldArgs { name, type_ })
        })
        .collect();
    fbb.create_vector(&fields)
}

fn decode_fields(fields: WireFields<'_>, depth: usize) -> Result<Vec<Field>, ReflectError> {
    fields
        .iter()
        .map(|field| {
            Ok(Field {
                name: field.name().to_owned(),
                field_type: FieldType::decode(field.type_(), field.name(), depth)?,
            })
        })
        .collect()
}
