//! The manifest: what a generation is, which files it is made of, and their keys. It is a secret:
//! who stores it seals it.

use edm_hash::{ALGORITHM_VERSION, UNICODE_VERSION};
use edm_model::{
    CaseRule, Column, ColumnClass, Columns, DataType, Delimiters, DiacriticRule, KeyId, Rule, SessionId,
    StoreId,
};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};
use crate::generation::format::file_id::FileId;
use crate::generation::format::layout::{self, FORMAT_VERSION, Reader, manifest as at, push_bytes};
use crate::generation::format::sealed_file::{SealedFile, sealed_length};
use crate::generation::generation_key::GenerationKey;

pub(crate) const FILE: &str = "manifest";
pub(crate) const FILES_MAX: u32 = 2_000_000;

/// A decoded manifest.
pub(crate) struct Manifest {
    pub(crate) store_id: StoreId,
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

/// A session and the rows that it brought.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) session_id: SessionId,
    pub(crate) first_row: u32,
    pub(crate) rows: u32,
    /// The key of the files that it made.
    pub(crate) key: GenerationKey,
}

impl Source {
    /// Returns whether all of these rows are of the session.
    pub(crate) fn has_rows(&self, first_row: u32, rows: u32) -> bool {
        let skipped = first_row.checked_sub(self.first_row);
        skipped.and_then(|skipped| skipped.checked_add(rows)).is_some_and(|end| end <= self.rows)
    }
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileFacts {
    pub(crate) id: FileId,
    /// Of its content.
    pub(crate) length: u64,
    /// The number of the source whose key it is encrypted under.
    pub(crate) source: u32,
    pub(crate) tags_sha256: [u8; 32],
}

impl FileFacts {
    /// Describes a file that a source made.
    pub(crate) fn of(file: &SealedFile, id: FileId, source: u32) -> Self {
        Self { id, length: file.length() as u64, source, tags_sha256: *file.tags_sha256() }
    }

    /// Returns the bytes of the file at rest.
    pub(crate) fn sealed_length(&self) -> u64 {
        // A manifest with a longer file is refused when it is read.
        sealed_length(self.length).unwrap_or(u64::MAX)
    }
}

const AGREEMENT_SCALE: f64 = 1e12;

impl Manifest {
    pub(crate) fn write(&self) -> Zeroizing<Vec<u8>> {
        // The room is made at once: a vector that grows would leave copies of the keys behind.
        let mut out = Zeroizing::new(Vec::with_capacity(self.bytes_max()));
        out.extend_from_slice(at::MAGIC);
        for version in [FORMAT_VERSION, ALGORITHM_VERSION, UNICODE_VERSION] {
            out.extend_from_slice(&version.to_le_bytes());
        }
        let delta_part_bits = self.delta_part_bits.map_or(at::NO_DELTA_GROUP, |bits| bits as u8);
        out.extend_from_slice(&[self.part_bits as u8, delta_part_bits]);
        for id in [self.store_id.as_bytes(), self.key_id.as_bytes()] {
            out.extend_from_slice(id);
        }
        let counts = [
            self.tokens_max,
            self.rows,
            self.rejected,
            self.tombstones.len() as u32,
            self.files.len() as u32,
            self.sources.len() as u32,
        ];
        counts.iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes()));
        out.extend_from_slice(&(self.columns.as_slice().len() as u16).to_le_bytes());
        out.resize(at::HEADER_BYTES, 0);
        self.tombstones.iter().for_each(|row| out.extend_from_slice(&row.to_le_bytes()));
        for source in &self.sources {
            out.extend_from_slice(source.session_id.as_bytes());
            out.extend_from_slice(&source.first_row.to_le_bytes());
            out.extend_from_slice(&source.rows.to_le_bytes());
            out.extend_from_slice(source.key.expose_for_sealing());
        }
        for (column, facts) in self.columns.as_slice().iter().zip(&self.facts) {
            write_column(column, facts, &mut out);
        }
        for file in &self.files {
            push_bytes(&mut out, file.id.to_string().as_bytes());
            out.extend_from_slice(&file.length.to_le_bytes());
            out.extend_from_slice(&file.source.to_le_bytes());
            out.extend_from_slice(&file.tags_sha256);
        }
        layout::push_checksum(&mut out);
        out
    }

    /// Returns the bytes that the manifest has at most.
    fn bytes_max(&self) -> usize {
        let columns = self.columns.as_slice().iter();
        let columns = columns.map(|column| column.name.len() + column.rule.canonical_bytes().len());
        let lists = self.tombstones.len() * 4
            + self.sources.len() * at::SOURCE_BYTES
            + self.files.len() * at::FILE_BYTES_MAX;
        let columns = columns.sum::<usize>() + self.facts.len() * at::COLUMN_BYTES;
        at::HEADER_BYTES + lists + columns + layout::CHECKSUM_BYTES
    }

    /// Reads and verifies a manifest, checksum included.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        let damaged = || Error::damaged(FILE);
        if layout::version(bytes, at::MAGIC, FILE)? != FORMAT_VERSION {
            return Err(Error::new(ErrorKind::UnknownVersion, FILE));
        }
        let content = layout::verify_checksum(bytes, FILE)?;
        let mut reader = Reader { bytes: content, at: 10, file: FILE };
        if (reader.u16()?, reader.u16()?) != (ALGORITHM_VERSION, UNICODE_VERSION) {
            return Err(Error::new(ErrorKind::UnknownVersion, FILE));
        }
        let part_bits = u32::from(reader.u8()?);
        let delta_part_bits = match reader.u8()? {
            at::NO_DELTA_GROUP => None,
            bits => Some(u32::from(bits)),
        };
        let (store, key) = (reader.array()?, reader.array()?);
        let (tokens_max, rows, rejected) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let (tombstones, files) = (reader.u32()?, reader.u32()?);
        let (source_count, columns) = (reader.u32()?, reader.u16()?);
        if part_bits > 16 || delta_part_bits.is_some_and(|bits| bits > 16) || files > FILES_MAX {
            return Err(damaged());
        }
        reader.at = at::HEADER_BYTES;
        let (list, _) = reader.take((tombstones as usize).saturating_mul(4))?.as_chunks::<4>();
        let tombstones = list.iter().map(|row| u32::from_le_bytes(*row)).collect();
        let sources = read_sources(&mut reader, source_count, rows)?;
        let mut definitions = Vec::new();
        let mut facts = Vec::new();
        for _ in 0..columns {
            let (column, own) = read_column(&mut reader)?;
            definitions.push(column);
            facts.push(own);
        }
        let files = (0..files).map(|_| read_file(&mut reader, &sources)).collect::<Result<_, _>>()?;
        if reader.at != content.len() {
            return Err(damaged());
        }
        Ok(Self {
            store_id: StoreId::from_bytes(store),
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
        let (first_row, rows) = (reader.u32()?, reader.u32()?);
        let source = Source { session_id, first_row, rows, key: GenerationKey::new(reader.array()?) };
        let end = source.first_row.checked_add(source.rows).filter(|end| *end > source.first_row);
        next = end.filter(|_| source.first_row == next).ok_or_else(|| Error::damaged(FILE))?;
        sources.push(source);
    }
    if next == rows && count > 0 { Ok(sources) } else { Err(Error::damaged(FILE)) }
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

fn read_file(reader: &mut Reader<'_>, sources: &[Source]) -> Result<FileFacts, Error> {
    let damaged = || Error::damaged(FILE);
    let name = std::str::from_utf8(reader.bytes()?).map_err(|_| damaged())?;
    let id = FileId::parse(name).ok_or_else(damaged)?;
    let facts = FileFacts { id, length: reader.u64()?, source: reader.u32()?, tags_sha256: reader.array()? };
    let whole = sealed_length(facts.length).is_some() && (facts.source as usize) < sources.len();
    if whole { Ok(facts) } else { Err(damaged()) }
}
