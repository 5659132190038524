//! The manifest: what a generation is, and which files it is made of.

use edm_hash::{ALGORITHM_VERSION, UNICODE_VERSION};
use edm_model::{
    CaseRule, Column, ColumnClass, Columns, DataType, Delimiters, DiacriticRule, KeyId, Rule, SessionId,
    StoreId,
};

use crate::error::{Error, ErrorKind};
use crate::generation::format::layout::{self, Reader, manifest as at, push_bytes};

pub(crate) const FILE: &str = "manifest";
pub(crate) const FILES_MAX: u32 = 2_000_000;

/// A decoded manifest.
pub(crate) struct Manifest {
    pub(crate) store_id: StoreId,
    /// The session of the last replace: its id is part of the row key.
    pub(crate) base_session_id: SessionId,
    pub(crate) key_id: KeyId,
    pub(crate) tokens_max: u32,
    pub(crate) part_bits: u32,
    /// Of the entries that deltas brought, if there are any.
    pub(crate) delta_part_bits: Option<u32>,
    /// The sessions that brought the rows: each begins where the one before ends.
    pub(crate) sources: Vec<Source>,
    pub(crate) rows: u32,
    pub(crate) rejected: u32,
    /// Ascending.
    pub(crate) tombstones: Vec<u32>,
    pub(crate) columns: Columns,
    pub(crate) facts: Vec<ColumnFacts>,
    pub(crate) files: Vec<FileFacts>,
}

/// The rows that one session brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) session_id: SessionId,
    pub(crate) first_row: u32,
    pub(crate) rows: u32,
}

/// What the manifest says of a column beside its definition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnFacts {
    pub(crate) class: ColumnClass,
    pub(crate) values: u64,
    pub(crate) distinct: u64,
    pub(crate) too_long: u64,
    pub(crate) refused: u64,
    pub(crate) placeholders: u64,
    pub(crate) agreement: f64,
    pub(crate) capacity_log10: f64,
}

/// A file of the generation.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FileFacts {
    pub(crate) name: String,
    pub(crate) length: u64,
    pub(crate) sha256: [u8; 32],
}

const AGREEMENT_SCALE: f64 = 1e12;

impl Manifest {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = at::MAGIC.to_vec();
        for version in [at::FORMAT_VERSION, ALGORITHM_VERSION, UNICODE_VERSION] {
            out.extend_from_slice(&version.to_le_bytes());
        }
        let delta_part_bits = self.delta_part_bits.map_or(at::NO_DELTA_GROUP, |bits| bits as u8);
        out.extend_from_slice(&[self.part_bits as u8, delta_part_bits]);
        for id in [self.store_id.as_bytes(), self.base_session_id.as_bytes(), self.key_id.as_bytes()] {
            out.extend_from_slice(id);
        }
        let counts = [
            self.tokens_max,
            self.rows,
            self.rejected,
            self.tombstones.len() as u32,
            self.files.len() as u32,
        ];
        counts.iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes()));
        out.extend_from_slice(&(self.columns.as_slice().len() as u16).to_le_bytes());
        out.resize(at::SOURCES_AT, 0);
        out.extend_from_slice(&(self.sources.len() as u32).to_le_bytes());
        out.resize(at::HEADER_BYTES, 0);
        self.tombstones.iter().for_each(|row| out.extend_from_slice(&row.to_le_bytes()));
        for source in &self.sources {
            out.extend_from_slice(source.session_id.as_bytes());
            out.extend_from_slice(&source.first_row.to_le_bytes());
            out.extend_from_slice(&source.rows.to_le_bytes());
        }
        for (column, facts) in self.columns.as_slice().iter().zip(&self.facts) {
            write_column(column, facts, &mut out);
        }
        for file in &self.files {
            push_bytes(&mut out, file.name.as_bytes());
            out.extend_from_slice(&file.length.to_le_bytes());
            out.extend_from_slice(&file.sha256);
        }
        layout::seal(out)
    }

    /// Reads and verifies a manifest, checksum included.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let damaged = || Error::damaged(FILE);
        let (version, content) = layout::content_of_version(bytes, at::MAGIC, at::FORMAT_VERSION, FILE)?;
        layout::verify_checksum(bytes, FILE)?;
        let mut reader = Reader { bytes: content, at: 10, file: FILE };
        if (reader.u16()?, reader.u16()?) != (ALGORITHM_VERSION, UNICODE_VERSION) {
            return Err(Error::new(ErrorKind::UnknownVersion, FILE));
        }
        let part_bits = u32::from(reader.u8()?);
        let delta_part_bits = match (version, reader.u8()?) {
            (1, _) | (_, at::NO_DELTA_GROUP) => None,
            (_, bits) => Some(u32::from(bits)),
        };
        let (store, session, key) = (reader.array()?, reader.array()?, reader.array()?);
        let (tokens_max, rows, rejected) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let (tombstones, files, columns) = (reader.u32()?, reader.u32()?, reader.u16()?);
        if part_bits > 16 || delta_part_bits.is_some_and(|bits| bits > 16) || files > FILES_MAX {
            return Err(damaged());
        }
        reader.at = at::SOURCES_AT;
        let source_count = if version == 1 { 0 } else { reader.u32()? };
        reader.at = at::HEADER_BYTES;
        let (list, _) = reader.take((tombstones as usize).saturating_mul(4))?.as_chunks::<4>();
        let tombstones = list.iter().map(|row| u32::from_le_bytes(*row)).collect();
        let base_session_id = SessionId::from_bytes(session);
        let sources = match version {
            1 => vec![Source { session_id: base_session_id, first_row: 0, rows }],
            _ => read_sources(&mut reader, source_count, rows)?,
        };
        let mut definitions = Vec::new();
        let mut facts = Vec::new();
        for _ in 0..columns {
            let (column, own) = read_column(&mut reader)?;
            definitions.push(column);
            facts.push(own);
        }
        let files = (0..files).map(|_| read_file(&mut reader)).collect::<Result<_, _>>()?;
        if reader.at != content.len() {
            return Err(damaged());
        }
        Ok(Self {
            store_id: StoreId::from_bytes(store),
            base_session_id,
            key_id: KeyId::from_bytes(key),
            tokens_max,
            part_bits,
            delta_part_bits,
            sources,
            rows,
            rejected,
            tombstones,
            columns: Columns::new(definitions).map_err(|_| damaged())?,
            facts,
            files,
        })
    }
}

/// Reads the sources, which must cover every row once.
fn read_sources(reader: &mut Reader<'_>, count: u32, rows: u32) -> Result<Vec<Source>, Error> {
    let mut sources = Vec::new();
    let mut next = 0u32;
    for _ in 0..count {
        let session_id = SessionId::from_bytes(reader.array()?);
        let source = Source { session_id, first_row: reader.u32()?, rows: reader.u32()? };
        let end = source.first_row.checked_add(source.rows).filter(|end| *end > source.first_row);
        next = end.filter(|_| source.first_row == next).ok_or_else(|| Error::damaged(FILE))?;
        sources.push(source);
    }
    if next == rows { Ok(sources) } else { Err(Error::damaged(FILE)) }
}

fn write_column(column: &Column, facts: &ColumnFacts, out: &mut Vec<u8>) {
    push_bytes(out, column.name.as_bytes());
    push_bytes(out, &column.rule.canonical_bytes());
    out.push(u8::from(column.searchable) | u8::from(column.key) << 1);
    let class = facts.class;
    out.push(u8::from(class.identifier) | u8::from(class.standalone) << 1 | u8::from(class.evidence) << 2);
    let agreement = (facts.agreement * AGREEMENT_SCALE).round() as u64;
    for field in [facts.values, facts.distinct, facts.too_long, facts.refused, facts.placeholders, agreement]
    {
        out.extend_from_slice(&field.to_le_bytes());
    }
    out.extend_from_slice(&facts.capacity_log10.to_le_bytes());
}

fn read_column(reader: &mut Reader<'_>) -> Result<(Column, ColumnFacts), Error> {
    let damaged = || Error::damaged(FILE);
    let name = String::from_utf8(reader.bytes()?.to_vec()).map_err(|_| damaged())?;
    let rule = read_rule(reader.bytes()?)?;
    let (flags, class) = (reader.u8()?, reader.u8()?);
    if flags > 3 || class > 7 {
        return Err(damaged());
    }
    let facts = ColumnFacts {
        class: ColumnClass {
            identifier: class & 1 != 0,
            standalone: class & 2 != 0,
            evidence: class & 4 != 0,
        },
        values: reader.u64()?,
        distinct: reader.u64()?,
        too_long: reader.u64()?,
        refused: reader.u64()?,
        placeholders: reader.u64()?,
        agreement: reader.u64()? as f64 / AGREEMENT_SCALE,
        capacity_log10: f64::from_le_bytes(reader.array()?),
    };
    Ok((Column { name, searchable: flags & 1 != 0, key: flags & 2 != 0, rule }, facts))
}

/// Reads rule bytes (`docs/formats/hash.md`, section 5).
fn read_rule(bytes: &[u8]) -> Result<Rule, Error> {
    let damaged = || Error::damaged(FILE);
    let mut reader = Reader { bytes, at: 0, file: FILE };
    let kind = reader.u8()?;
    let data_type = DataType::from_number(kind, reader.u16()?).ok_or_else(damaged)?;
    let case = match reader.u8()? {
        0 => CaseRule::Insensitive,
        1 => CaseRule::Sensitive,
        _ => return Err(damaged()),
    };
    let diacritics = match reader.u8()? {
        0 => DiacriticRule::Keep,
        1 => DiacriticRule::Fold,
        _ => return Err(damaged()),
    };
    let mut characters = Vec::new();
    for _ in 0..reader.u16()? {
        characters.push(char::from_u32(reader.u32()?).ok_or_else(damaged)?);
    }
    let rule = Rule { data_type, case, diacritics, delimiters: Delimiters::restored(characters) };
    if rule.canonical_bytes() != bytes {
        return Err(damaged());
    }
    Ok(rule)
}

fn read_file(reader: &mut Reader<'_>) -> Result<FileFacts, Error> {
    let name = String::from_utf8(reader.bytes()?.to_vec()).map_err(|_| Error::damaged(FILE))?;
    Ok(FileFacts { name, length: reader.u64()?, sha256: reader.array()? })
}
