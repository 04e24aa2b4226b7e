//! The named fields of a struct.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, Result};

/// The named fields of a struct, or an error for all else. `derive` names who asks.
pub(crate) fn named<'a>(input: &'a DeriveInput, derive: &str) -> Result<Vec<&'a Field>> {
    let name = &input.ident;
    let instead = |found: &str| {
        format!(
            "{derive} is for structs with named fields, not for {found}: write `struct {name} {{ .. }}`"
        )
    };
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Ok(fields.named.iter().collect()),
            Fields::Unnamed(fields) => Err(Error::new_spanned(fields, instead("tuple structs"))),
            Fields::Unit => Err(Error::new(name.span(), instead("unit structs"))),
        },
        Data::Enum(data) => Err(Error::new(data.enum_token.span, instead("enums"))),
        Data::Union(data) => Err(Error::new(data.union_token.span, instead("unions"))),
    }
}

/// The attribute of this name; at most one.
pub(crate) fn attribute<'a>(field: &'a Field, name: &str) -> Result<Option<&'a Attribute>> {
    let mut found = field.attrs.iter().filter(|attr| attr.path().is_ident(name));
    let first = found.next();
    match found.next() {
        Some(second) => Err(Error::new_spanned(
            second,
            format!("a second `#[{name}]` on one field: remove one"),
        )),
        None => Ok(first),
    }
}

/// The name of a named field.
pub(crate) fn ident(field: &Field) -> Result<&Ident> {
    let missing = || Error::new(field.span(), "a field without a name");
    field.ident.as_ref().ok_or_else(missing)
}

/// A field's name as clients read it.
pub(crate) fn wire_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}
