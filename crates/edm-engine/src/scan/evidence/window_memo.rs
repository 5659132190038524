//! A memo of hashed windows: hits close together share most of the windows around them, so what
//! starts at an atom is hashed once.

use std::ops::Range;

use edm_hash::{Alphanumerics, Hash};
use edm_model::limits::PLACE_BYTES_MAX;

use crate::scan::context::Context;
use crate::scan::evidence::row_match::RowMatch;
use crate::scan::hits::window_hasher::WindowHasher;
use crate::text::span::ZoneSpan;
use crate::text::views::TextView;

/// Atoms of which windows are hashed between two checks whether to stop.
const HASHED_ATOMS: usize = 512;
/// Hashing what starts at an atom takes as long as this many row checks.
const HASHED_ATOM_WORK: u64 = 16;

/// A window of the text near a hit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HashedWindow {
    pub(crate) span: ZoneSpan,
    pub(crate) hash: Hash,
    /// Whether the value is long enough to count as evidence.
    pub(crate) counts_as_evidence: bool,
}

impl HashedWindow {
    /// Makes it the value of a column.
    pub(crate) fn matched(&self, column: usize) -> RowMatch {
        RowMatch { span: self.span, column, counts_as_evidence: self.counts_as_evidence }
    }
}

/// Windows of one group in one view, hashed once and kept.
pub(crate) struct WindowMemo<'c> {
    pub(crate) group: usize,
    pub(crate) view: usize,
    pub(crate) hasher: WindowHasher<'c>,
    starts: StartTable,
    windows: Vec<HashedWindow>,
}

/// Atoms of a page of [`StartTable`].
const PAGE: usize = 256;

/// For each start atom where its windows are among all; `None` where they were not hashed yet. Few
/// atoms of a text are near a hit, so there are pages only for these.
#[derive(Default)]
struct StartTable(Vec<Option<Page>>);

type Page = Box<[Option<(u32, u32)>; PAGE]>;

impl StartTable {
    fn get(&self, start: usize) -> Option<(u32, u32)> {
        let page = self.0.get(start / PAGE)?.as_ref()?;
        page[start % PAGE]
    }

    fn set(&mut self, start: usize, first: u32, end: u32) {
        if self.0.len() <= start / PAGE {
            self.0.resize(start / PAGE + 1, None);
        }
        let page = self.0[start / PAGE].get_or_insert_with(|| Box::new([None; PAGE]));
        page[start % PAGE] = Some((first, end));
    }
}

impl<'c> WindowMemo<'c> {
    pub(crate) fn new(group: usize, view: usize, hasher: WindowHasher<'c>) -> Self {
        Self { group, view, hasher, starts: StartTable::default(), windows: Vec::new() }
    }

    /// Hashes the windows that start at these atoms, as far as they are not known yet. Returns
    /// false if the scan is stopped.
    pub(crate) fn hash(&mut self, view: &TextView, starts: Range<usize>, context: &Context<'_>) -> bool {
        // Unknown atoms come in runs, between those that an earlier hit needed. A run is hashed
        // together, because the hasher makes masks of 64 atoms and hashes in batches.
        let mut from = starts.start;
        while let Some(first) = (from..starts.end).find(|start| self.starts.get(*start).is_none()) {
            let end = starts.end.min(first + HASHED_ATOMS);
            from = (first..end).find(|start| self.starts.get(*start).is_some()).unwrap_or(end);
            if context.stop.before((from - first) as u64 * HASHED_ATOM_WORK) {
                return false;
            }
            let known = self.windows.len();
            self.hash_run(view, first..from, context);
            context.stop.before((self.windows.len() - known) as u64 * HASHED_ATOM_WORK);
        }
        true
    }

    /// Hashes what starts at atoms of which nothing is known yet.
    fn hash_run(&mut self, view: &TextView, run: Range<usize>, context: &Context<'_>) {
        let (number, before) = (self.view, self.windows.len());
        let mut found: Vec<(usize, HashedWindow)> = Vec::new();
        self.hasher.each(view, run.clone(), |batch| {
            for (index, (window, hash)) in batch.windows.iter().zip(&batch.hashes).enumerate() {
                let span = context.views.window_span(number, window);
                if span.len() <= PLACE_BYTES_MAX {
                    let counts_as_evidence = Alphanumerics::of(batch.canonical(index)).counts_as_evidence();
                    found.push((window.first, HashedWindow { span, hash: *hash, counts_as_evidence }));
                }
            }
        });
        // Recognisers return windows as they find them, not by start.
        found.sort_by_key(|(first, _)| *first);
        // An atom without windows gets an empty range, so that it is not hashed again.
        let mut end = before as u32;
        let mut found = found.into_iter().peekable();
        for start in run {
            let begin = end;
            while let Some((_, window)) = found.next_if(|(first, _)| *first <= start) {
                self.windows.push(window);
                end += 1;
            }
            self.starts.set(start, begin, end);
        }
    }

    /// Returns the windows that start at an atom, which was hashed before.
    #[inline]
    pub(crate) fn at(&self, start: usize) -> &[HashedWindow] {
        let (from, to) = self.starts.get(start).expect("an atom is hashed before its windows are read");
        &self.windows[from as usize..to as usize]
    }
}
