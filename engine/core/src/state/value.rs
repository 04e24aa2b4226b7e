//! The values that fields may have.

use downbeat_schemas::id::SessionId;
use downbeat_schemas::reflect::FieldType;

use super::Quantize;

/// One value of a row: bool, u8–u64, i8–i64, f32, f64, String, [`SessionId`], fixed arrays and
/// options of these, and each nested [`Component`](super::Component), which is sent whole.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value that clients can be sent",
    label = "not a FieldValue",
    note = "write bool, u8 to u64, i8 to i64, f32, f64, String, SessionId, [T; N], Option<T>, or a struct with `#[derive(Component, Clone)]`"
)]
pub trait FieldValue: Clone + 'static {
    /// How clients read it.
    fn field_type() -> FieldType;

    /// Whether `sent` looks the same on the wire. Floats are compared by their bits, so that a NaN
    /// is not sent again and again.
    fn same(&self, sent: &Self) -> bool;

    /// Hands the value to an encoder.
    fn put(&self, sink: &mut dyn FieldSink);
}

/// Takes the values of a row one after the other: what each dialect implements.
///
/// Arrays and structs come as their elements; the schema tells where they begin.
pub trait FieldSink {
    /// A flag.
    fn bool(&mut self, value: bool);
    /// An unsigned integer of `bytes` bytes: 1, 2, 4 or 8.
    fn unsigned(&mut self, value: u64, bytes: usize);
    /// A signed integer of `bytes` bytes: 1, 2, 4 or 8.
    fn signed(&mut self, value: i64, bytes: usize);
    /// A single float.
    fn f32(&mut self, value: f32);
    /// A double float.
    fn f64(&mut self, value: f64);
    /// A text.
    fn text(&mut self, value: &str);
    /// A session.
    fn session(&mut self, value: SessionId);
    /// A float as a step of `grid`.
    fn quantized(&mut self, step: u32, grid: &Quantize);
    /// Whether a value follows.
    fn option(&mut self, present: bool);
}

macro_rules! integers {
    ($sink:ident as $wide:ty: $($int:ty => $name:ident),*) => { $(
        impl FieldValue for $int {
            fn field_type() -> FieldType {
                FieldType::$name
            }

            fn same(&self, sent: &Self) -> bool {
                self == sent
            }

            fn put(&self, sink: &mut dyn FieldSink) {
                sink.$sink(<$wide>::from(*self), size_of::<Self>());
            }
        }
    )* };
}

integers!(unsigned as u64: u8 => U8, u16 => U16, u32 => U32, u64 => U64);
integers!(signed as i64: i8 => I8, i16 => I16, i32 => I32, i64 => I64);

macro_rules! floats {
    ($($float:ident => $name:ident),*) => { $(
        impl FieldValue for $float {
            fn field_type() -> FieldType {
                FieldType::$name
            }

            fn same(&self, sent: &Self) -> bool {
                self.to_bits() == sent.to_bits()
            }

            fn put(&self, sink: &mut dyn FieldSink) {
                sink.$float(*self);
            }
        }
    )* };
}

floats!(f32 => F32, f64 => F64);

impl FieldValue for bool {
    fn field_type() -> FieldType {
        FieldType::Bool
    }

    fn same(&self, sent: &Self) -> bool {
        self == sent
    }

    fn put(&self, sink: &mut dyn FieldSink) {
        sink.bool(*self);
    }
}

impl FieldValue for String {
    fn field_type() -> FieldType {
        FieldType::String
    }

    fn same(&self, sent: &Self) -> bool {
        self == sent
    }

    fn put(&self, sink: &mut dyn FieldSink) {
        sink.text(self);
    }
}

impl FieldValue for SessionId {
    fn field_type() -> FieldType {
        FieldType::Session
    }

    fn same(&self, sent: &Self) -> bool {
        self == sent
    }

    fn put(&self, sink: &mut dyn FieldSink) {
        sink.session(*self);
    }
}

impl<T: FieldValue, const N: usize> FieldValue for [T; N] {
    fn field_type() -> FieldType {
        FieldType::Array {
            element: Box::new(T::field_type()),
            len: const { array_len(N) },
        }
    }

    fn same(&self, sent: &Self) -> bool {
        self.iter().zip(sent).all(|(now, sent)| now.same(sent))
    }

    fn put(&self, sink: &mut dyn FieldSink) {
        for element in self {
            element.put(sink);
        }
    }
}

impl<T: FieldValue> FieldValue for Option<T> {
    fn field_type() -> FieldType {
        FieldType::Option(Box::new(T::field_type()))
    }

    fn same(&self, sent: &Self) -> bool {
        match (self, sent) {
            (Some(now), Some(sent)) => now.same(sent),
            (now, sent) => now.is_none() == sent.is_none(),
        }
    }

    fn put(&self, sink: &mut dyn FieldSink) {
        sink.option(self.is_some());
        if let Some(value) = self {
            value.put(sink);
        }
    }
}

pub(super) const fn array_len(len: usize) -> u32 {
    assert!(
        len <= u32::MAX as usize,
        "the wire counts elements in 32 bits"
    );
    len as u32
}
