//! `#[derive(Replicate)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{DeriveInput, Error, Field, Ident, Meta, Result, Type};

use crate::fields;

/// Tables of one room on the wire.
const TABLES_MAX: usize = 64;

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let named = fields::named(input, "Replicate")?;
    let mut tables = Vec::new();
    for field in named {
        if is_sync(field)? {
            tables.push((fields::ident(field)?, &field.ty));
        }
    }
    if let Some((beyond, _)) = tables.get(TABLES_MAX) {
        return Err(Error::new(
            beyond.span(),
            format!("a room has at most {TABLES_MAX} `#[sync]` fields: join some tables into one"),
        ));
    }
    Ok(implement(input, &tables))
}

fn is_sync(field: &Field) -> Result<bool> {
    match fields::attribute(field, "sync")? {
        None => Ok(false),
        Some(attribute) => match &attribute.meta {
            Meta::Path(_) => Ok(true),
            other => Err(Error::new(
                other.span(),
                "`sync` takes no arguments: write `#[sync]`",
            )),
        },
    }
}

fn implement(input: &DeriveInput, tables: &[(&Ident, &Type)]) -> TokenStream {
    let (name, len) = (&input.ident, tables.len());
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    let idents: Vec<_> = tables.iter().map(|(ident, _)| ident).collect();
    let names = idents.iter().map(|ident| fields::wire_name(ident));
    // An error about a field that is no table is to point at its type.
    let schemas = tables
        .iter()
        .map(|(_, ty)| quote_spanned!(ty.span()=> <#ty as ::downbeat::Replicated>::schema));
    let fields = tables
        .iter()
        .map(|(ident, ty)| quote_spanned!(ty.span()=> &self.#ident));
    let fields_mut = tables
        .iter()
        .map(|(ident, ty)| quote_spanned!(ty.span()=> &mut self.#ident));
    let numbers: Vec<_> = (0..len).collect();
    quote! {
        #[automatically_derived]
        impl #generics ::downbeat::Replicate for #name #arguments #bounds {
            fn schema() -> ::downbeat::reflect::StateSchema {
                ::downbeat::reflect::StateSchema { tables: ::std::vec![#(#schemas(#names)),*] }
            }

            fn tables(&self) -> usize {
                #len
            }

            fn table(&self, index: usize) -> &dyn ::downbeat::Replicated {
                match index {
                    #(#numbers => #fields,)*
                    _ => ::std::panic!("a state of {} tables has no table {index}", #len),
                }
            }

            fn table_mut(&mut self, index: usize) -> &mut dyn ::downbeat::Replicated {
                match index {
                    #(#numbers => #fields_mut,)*
                    _ => ::std::panic!("a state of {} tables has no table {index}", #len),
                }
            }
        }
    }
}
