//! Writes a block: hashed rows to bytes.

use edm_hash::{ALGORITHM_VERSION, HashedColumn, HashedRows, RuleSummary, ShapeSummary, UNICODE_VERSION};
use sha2::{Digest, Sha256};

use crate::layout::{self, BlockHeader, Operation};

/// Seals hashed rows into a block, like [`seal`].
pub fn write(header: &BlockHeader, rows: &HashedRows) -> Vec<u8> {
    seal(header, rows).0
}

/// Seals hashed rows into a block. Returns the block and its SHA-256, the trailing checksum
/// included.
///
/// # Panics
/// If the header's row count differs from that of the rows. This is a bug of the caller, not bad
/// input.
pub fn seal(header: &BlockHeader, rows: &HashedRows) -> (Vec<u8>, [u8; 32]) {
    let mut out = Vec::new();
    let sha256 = seal_into(header, rows, &mut out);
    (out, sha256)
}

/// Like [`seal`], but reuses the memory of another block, whose content is lost. Touched pages need
/// no further page faults.
pub fn seal_into(header: &BlockHeader, rows: &HashedRows, out: &mut Vec<u8>) -> [u8; 32] {
    assert_eq!(header.row_count, rows.row_count, "the header counts the rows that follow it");
    out.clear();
    out.reserve_exact(length(rows));
    write_header(header, rows, out);
    out.extend_from_slice(&rows.rejected);
    rows.columns.iter().for_each(|column| write_column(column, out));
    rows.rules.iter().for_each(|rule| write_rule(rule, out));
    let length = (out.len() + layout::CHECKSUM_BYTES) as u64;
    out[layout::LENGTH_AT..layout::LENGTH_AT + 8].copy_from_slice(&length.to_le_bytes());
    let digest = Sha256::new_with_prefix(&*out);
    let checksum = digest.clone().finalize();
    out.extend_from_slice(&checksum);
    debug_assert_eq!(out.len(), self::length(rows), "all sections were counted");
    // The digest continues from the checksum's state, so the content is hashed only once.
    digest.chain_update(checksum).finalize().into()
}

/// Returns the exact size of a block, so that the buffer never grows.
fn length(rows: &HashedRows) -> usize {
    let column = |column: &HashedColumn| {
        let counts = 7 * 4 + column.histogram.len() * layout::HISTOGRAM_ENTRY_BYTES;
        counts + column.presence.len() + column.hashes.as_flattened().len()
    };
    let rule = |rule: &RuleSummary| {
        let shapes = rule.shapes.as_ref().map_or(0, ShapeSummary::listed) * layout::SHAPE_BYTES;
        4 + shapes + 4 + rule.vocabulary.as_ref().map_or(0, Vec::len) * 4
    };
    let columns: usize = rows.columns.iter().map(column).sum();
    let rules: usize = rows.rules.iter().map(rule).sum();
    layout::HEADER_BYTES + rows.rejected.len() + columns + rules + layout::CHECKSUM_BYTES
}

fn write_header(header: &BlockHeader, rows: &HashedRows, out: &mut Vec<u8>) {
    out.extend_from_slice(layout::MAGIC);
    for version in [layout::FORMAT_VERSION, ALGORITHM_VERSION, UNICODE_VERSION] {
        out.extend_from_slice(&version.to_le_bytes());
    }
    out.push(match header.operation {
        Operation::Upsert => 0,
        Operation::Delete => 1,
    });
    out.push(0);
    out.extend_from_slice(header.store_id.as_bytes());
    out.extend_from_slice(header.key_id.as_bytes());
    out.extend_from_slice(&header.plan_digest);
    out.extend_from_slice(&header.number.to_le_bytes());
    out.extend_from_slice(&header.row_count.to_le_bytes());
    out.extend_from_slice(&header.first_row.to_le_bytes());
    out.extend_from_slice(&(rows.columns.len() as u16).to_le_bytes());
    out.extend_from_slice(&(rows.rules.len() as u16).to_le_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&rows.rejected_count.to_le_bytes());
    out.resize(layout::HEADER_BYTES, 0);
}

fn write_column(column: &HashedColumn, out: &mut Vec<u8>) {
    let counts = &column.counts;
    let present = column.hashes.len() as u32;
    for count in [
        present,
        counts.too_long,
        counts.refused,
        counts.placeholders,
        counts.anchors,
        counts.dates,
        column.histogram.len() as u32,
    ] {
        out.extend_from_slice(&count.to_le_bytes());
    }
    for ((digits, letters), count) in &column.histogram {
        out.extend_from_slice(&[*digits, *letters]);
        out.extend_from_slice(&count.to_le_bytes());
    }
    out.extend_from_slice(&column.presence);
    out.extend_from_slice(column.hashes.as_flattened());
}

fn write_rule(rule: &RuleSummary, out: &mut Vec<u8>) {
    match &rule.shapes {
        None => out.extend_from_slice(&layout::NOT_LISTED.to_le_bytes()),
        Some(shapes) => {
            let list = shapes.encode();
            out.extend_from_slice(&(list.len() as u32).to_le_bytes());
            for shape in list {
                out.extend_from_slice(&shape.atoms.to_le_bytes());
                out.extend_from_slice(&shape.bytes.to_le_bytes());
                out.push(shape.mask);
            }
        }
    }
    match &rule.vocabulary {
        None => out.extend_from_slice(&layout::NOT_LISTED.to_le_bytes()),
        Some(tags) => {
            out.extend_from_slice(&(tags.len() as u32).to_le_bytes());
            tags.iter().for_each(|tag| out.extend_from_slice(&tag.to_le_bytes()));
        }
    }
}
