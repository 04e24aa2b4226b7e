//! `#[derive(Component)]`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Field, Ident, Result};

use crate::fields;
use crate::quantize;

/// Bits of a field mask.
const FIELDS_MAX: usize = 64;

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let named = fields::named(input, "Component")?;
    if let Some(beyond) = named.get(FIELDS_MAX) {
        return Err(Error::new(
            beyond.span(),
            format!(
                "a Component has at most {FIELDS_MAX} fields: move some into a nested struct with `#[derive(Component)]`"
            ),
        ));
    }
    let columns = named.iter().map(|field| Column::new(field));
    let columns: Vec<_> = columns.collect::<Result<_>>()?;
    let grids = columns.iter().filter_map(|column| column.grid.as_ref());
    let component = component(input, &columns);
    let value = field_value(input);
    Ok(quote! {
        const _: () = {
            #(#grids)*
            #component
            #value
        };
    })
}

/// How one field is described, compared and sent.
struct Column<'a> {
    ident: &'a Ident,
    /// A constant, which the compiler checks even if no row is ever made.
    grid: Option<TokenStream>,
    field_type: TokenStream,
    same: TokenStream,
    put: TokenStream,
}

impl<'a> Column<'a> {
    fn new(field: &'a Field) -> Result<Self> {
        let (ident, ty) = (fields::ident(field)?, &field.ty);
        let grid = fields::attribute(field, "quantize")?;
        let grid = grid.map(quantize::parse).transpose()?;
        let grid_name = grid
            .as_ref()
            .map(|_| format_ident!("GRID_{}", fields::wire_name(ident)));
        let path = match grid {
            Some(_) => quote!(Quantizable),
            None => quote!(FieldValue),
        };
        // An error about the type's trait is to point at the type.
        let value = quote_spanned!(ty.span()=> <#ty as ::downbeat::#path>);
        let by = grid_name.as_slice();
        Ok(Self {
            ident,
            field_type: quote!(#value::field_type(#(&#by)*)),
            same: quote!(#value::same(&self.#ident, &sent.#ident #(, &#by)*)),
            put: quote!(#value::put(&self.#ident #(, &#by)*, sink)),
            grid: grid.map(|grid| {
                quote! {
                    #[allow(non_upper_case_globals, unused_parens, clippy::unnecessary_cast)]
                    const #grid_name: ::downbeat::Quantize = #grid;
                }
            }),
        })
    }
}

fn component(input: &DeriveInput, columns: &[Column<'_>]) -> TokenStream {
    let (name, len) = (&input.ident, columns.len());
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let idents: Vec<_> = columns.iter().map(|column| column.ident).collect();
    let names = idents.iter().map(|ident| fields::wire_name(ident));
    let types = columns.iter().map(|column| &column.field_type);
    let same = columns.iter().map(|column| &column.same);
    let puts = columns.iter().map(|column| &column.put);
    let bits: Vec<_> = (0..len).map(|number| 1u64 << number).collect();
    let numbers = 0..len;
    quote! {
        #[automatically_derived]
        impl #generics ::downbeat::Component for #name #arguments #bounds {
            const FIELDS: usize = #len;

            fn fields() -> ::std::vec::Vec<::downbeat::reflect::Field> {
                ::std::vec![#(::downbeat::reflect::Field {
                    name: ::std::string::String::from(#names),
                    field_type: #types,
                }),*]
            }

            #[allow(unused_mut, unused_variables)]
            fn diff(&self, sent: &Self) -> u64 {
                let mut mask = 0;
                #(if !#same { mask |= #bits; })*
                mask
            }

            #[allow(unused_variables)]
            fn absorb(&mut self, now: &Self, mask: u64) {
                #(if mask & #bits != 0 {
                    ::std::clone::Clone::clone_from(&mut self.#idents, &now.#idents);
                })*
            }

            #[allow(unused_variables)]
            fn visit(&self, field: usize, sink: &mut dyn ::downbeat::FieldSink) {
                match field {
                    #(#numbers => #puts,)*
                    _ => ::std::panic!("a row of {} fields has no field {field}", #len),
                }
            }
        }
    }
}

/// A struct is also a value: nested in another one it is a field, sent whole.
fn field_value(input: &DeriveInput) -> TokenStream {
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics ::downbeat::FieldValue for #name #arguments #bounds {
            fn field_type() -> ::downbeat::reflect::FieldType {
                ::downbeat::reflect::FieldType::Struct(<Self as ::downbeat::Component>::fields())
            }

            fn same(&self, sent: &Self) -> bool {
                ::downbeat::Component::diff(self, sent) == 0
            }

            #[allow(clippy::reversed_empty_ranges)]
            fn put(&self, sink: &mut dyn ::downbeat::FieldSink) {
                for field in 0..<Self as ::downbeat::Component>::FIELDS {
                    ::downbeat::Component::visit(self, field, sink);
                }
            }
        }
    }
}
