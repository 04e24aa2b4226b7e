//! The dialect of `downbeat.v1`: columns of packed rows, see [`downbeat_schemas::rows`].

use downbeat_schemas::id::{GroupId, SessionId};
use downbeat_schemas::rows::{Op, put_chunk, put_forget, put_head, put_slots, put_varint};

use super::Dialect;
use crate::change::{Change, ChangeKind, ChangeSet};
use crate::state::{FieldSink, Quantize, Replicate, Replicated};

/// The native dialect. Holds only memory that is used again.
#[derive(Debug, Default)]
pub struct Native {
    sections: Vec<u8>,
}

impl Dialect for Native {
    fn put_changes(
        &mut self,
        out: &mut Vec<u8>,
        group: GroupId,
        changes: &ChangeSet,
        state: &dyn Replicate,
    ) {
        self.sections.clear();
        for run in changes.runs() {
            put_section(&mut self.sections, run, state.table(run[0].table));
        }
        put_chunk(out, group, &self.sections);
    }

    fn put_forget(&mut self, out: &mut Vec<u8>, group: GroupId) {
        put_forget(out, group);
    }
}

/// Writes rows of one table that the same happened to.
fn put_section(out: &mut Vec<u8>, run: &[Change], table: &dyn Replicated) {
    let Change {
        table: number,
        kind,
        ..
    } = run[0];
    let slots = run.iter().map(|change| change.slot);
    match kind {
        ChangeKind::Updated { mask } => {
            put_head(out, number, Op::Update);
            put_varint(out, mask);
            put_slots(out, slots);
            let fields = (0..table.fields()).filter(|field| mask >> field & 1 == 1);
            put_columns(out, fields, run, table);
        }
        ChangeKind::Inserted => {
            put_head(out, number, Op::Insert);
            put_slots(out, slots);
            table.put_keys(run, &mut Values(out));
            put_columns(out, 0..table.fields(), run, table);
        }
        ChangeKind::Removed => {
            put_head(out, number, Op::Remove);
            put_slots(out, slots);
        }
    }
}

fn put_columns(
    out: &mut Vec<u8>,
    fields: impl Iterator<Item = usize>,
    run: &[Change],
    table: &dyn Replicated,
) {
    for field in fields {
        table.put_column(field, run, &mut Values(out));
    }
}

/// Values as `read_value` of the schemas reads them.
pub(crate) struct Values<'a>(pub(crate) &'a mut Vec<u8>);

impl Values<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

impl FieldSink for Values<'_> {
    fn bool(&mut self, value: bool) {
        self.0.push(u8::from(value));
    }

    fn unsigned(&mut self, value: u64, bytes: usize) {
        self.put(&value.to_le_bytes()[..bytes]);
    }

    fn signed(&mut self, value: i64, bytes: usize) {
        self.put(&value.to_le_bytes()[..bytes]);
    }

    fn f32(&mut self, value: f32) {
        self.put(&value.to_le_bytes());
    }

    fn f64(&mut self, value: f64) {
        self.put(&value.to_le_bytes());
    }

    fn text(&mut self, value: &str) {
        put_varint(self.0, value.len() as u64);
        self.put(value.as_bytes());
    }

    fn session(&mut self, value: SessionId) {
        self.put(&value.0.to_le_bytes());
    }

    fn quantized(&mut self, step: u32, grid: &Quantize) {
        self.put(&step.to_le_bytes()[..grid.bytes()]);
    }

    fn option(&mut self, present: bool) {
        self.bool(present);
    }
}
