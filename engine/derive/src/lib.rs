//! The derives of Downbeat: what a game developer meets first, so each error points at the token
//! to change and says what to write instead.

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod component;
mod fields;
mod quantize;
mod replicate;

/// Makes a struct with named fields a row, or a value of a row.
///
/// `#[quantize(min = 0.0, max = 1000.0, bits = 16)]` on a float sends it as an integer of 8, 16, 24
/// or 32 bits: clamped, rounded to the nearest step, NaN as `min`.
#[proc_macro_derive(Component, attributes(quantize))]
pub fn component(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    answer(component::derive(&input))
}

/// Makes a struct the state of a room. Its `#[sync]` fields, tables and singles, are what clients
/// see.
#[proc_macro_derive(Replicate, attributes(sync))]
pub fn replicate(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    answer(replicate::derive(&input))
}

fn answer(derived: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    derived
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
