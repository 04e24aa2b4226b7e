//! `#[quantize(min = 0.0, max = 1000.0, bits = 16)]`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, ExprUnary, Lit, LitInt, Meta, Result, UnOp};

/// Shown where an argument is missing or unknown.
const USAGE: &str = "write `#[quantize(min = 0.0, max = 1000.0, bits = 16)]`";

#[derive(Default)]
struct Arguments {
    min: Option<Expr>,
    max: Option<Expr>,
    bits: Option<LitInt>,
}

/// The grid as a constant expression. `min` and `max` may be constants of the game.
pub(crate) fn parse(attribute: &Attribute) -> Result<TokenStream> {
    let missing = || Error::new_spanned(attribute, USAGE);
    if !matches!(attribute.meta, Meta::List(_)) {
        return Err(missing());
    }
    let found = arguments(attribute)?;
    let min = found.min.ok_or_else(missing)?;
    let max = found.max.ok_or_else(missing)?;
    let bits = found.bits.ok_or_else(missing)?;
    check_bits(&bits)?;
    check_order(&min, &max)?;
    // Where the compiler finds constants in the wrong order, it is to point at them.
    let grid = quote_spanned! {max.span()=>
        ::downbeat::Quantize::new((#min) as f64, (#max) as f64, #bits)
    };
    Ok(grid)
}

fn arguments(attribute: &Attribute) -> Result<Arguments> {
    let mut found = Arguments::default();
    attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("min") {
            found.min = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("max") {
            found.max = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("bits") {
            found.bits = Some(meta.value()?.parse()?);
        } else {
            return Err(meta.error(format!("an unknown argument: {USAGE}")));
        }
        Ok(())
    })?;
    Ok(found)
}

fn check_bits(bits: &LitInt) -> Result<()> {
    match bits.base10_parse::<u8>() {
        Ok(8 | 16 | 24 | 32) => Ok(()),
        _ => Err(Error::new(
            bits.span(),
            "a quantized float has 8, 16, 24 or 32 bits: write one of these",
        )),
    }
}

/// Numbers are compared here, where the error can point at them; constants by the compiler.
fn check_order(min: &Expr, max: &Expr) -> Result<()> {
    let (Some(low), Some(high)) = (number(min), number(max)) else {
        return Ok(());
    };
    if low < high {
        return Ok(());
    }
    let order = format!("`max` must be above `min`, and {high} is not above {low}");
    Err(Error::new_spanned(max, order))
}

fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Float(float),
            ..
        }) => float.base10_parse().ok(),
        Expr::Lit(ExprLit {
            lit: Lit::Int(int), ..
        }) => int.base10_parse().ok(),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => Some(-number(expr)?),
        _ => None,
    }
}
