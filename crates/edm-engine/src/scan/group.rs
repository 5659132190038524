//! Rules of one salt: a text is hashed once for every group, however many tables share it.

use std::ops::{Deref, Range};
use std::sync::Arc;

use edm_hash::{
    ATOMS_A_WORD, AtomKind, AtomSet, CHECKED_NUMBER_ATOMS_MAX, FoldOptions, Folded, Hash, Kinds, Prefilter,
    PrefilterResult, RuleKeys, RuleText, Several, Shape, SignSet, Window, WindowScratch,
    atoms_with_other_forms, has_vocabulary, near_digits, scattered, windows_of,
};
use edm_model::{DataType, KeyId, Rule};

use super::reading::Reading;
use crate::generation::{Generation, RuleGate, Union};
use crate::marks::Marks;
use crate::query::Accelerators;

/// A rule under one salt, and the tables that have it.
pub(crate) struct Group {
    pub(crate) key_id: KeyId,
    pub(crate) rule: Rule,
    pub(crate) keys: Arc<RuleKeys>,
    /// Table number and position of the rule in it.
    pub(crate) members: Vec<(usize, usize)>,
    /// Whether a table has a searchable column of this rule.
    pub(crate) searchable: bool,
    /// All tables as one, where they are several.
    pub(crate) union: Option<Union>,
    sizes: Sizes,
    /// They, where nothing is asked of the shapes.
    shapeless: Sizes,
}

/// How large the values of a group are.
#[derive(Clone, Copy)]
struct Sizes {
    atoms_max: usize,
    bytes_max: usize,
    /// Of values of one atom: of digits, and of others.
    lengths: [u64; 2],
    significant_digits: u64,
    several: Several,
    signs: SignSet,
    /// Whether the vocabulary says anything.
    vocabulary: bool,
}

impl Sizes {
    /// Returns those of groups without a table.
    fn none() -> Self {
        Self {
            atoms_max: 0,
            bytes_max: 0,
            lengths: [0; 2],
            significant_digits: 0,
            several: Several::default(),
            signs: SignSet::NONE,
            vocabulary: false,
        }
    }

    fn new(rule: &Rule, gates: &[&RuleGate]) -> Self {
        let fewest =
            |of: fn(&Several) -> Option<usize>| gates.iter().filter_map(|gate| of(&gate.several)).min();
        Self {
            atoms_max: gates.iter().map(|gate| gate.atoms_max).max().unwrap_or(0),
            bytes_max: gates.iter().map(|gate| gate.bytes_max).max().unwrap_or(0),
            lengths: [0, 1].map(|kind| gates.iter().fold(0, |all, gate| all | gate.lengths[kind])),
            significant_digits: gates.iter().fold(0, |all, gate| all | gate.significant_digits),
            several: Several {
                plain: fewest(|several| several.plain),
                mixed: fewest(|several| several.mixed),
                digits: fewest(|several| several.digits),
            },
            signs: gates.iter().fold(SignSet::NONE, |all, gate| all.united(gate.signs)),
            vocabulary: has_vocabulary(rule)
                && gates.iter().all(|gate| gate.has_vocabulary() && gate.several.any()),
        }
    }

    /// Returns them without what the shapes say.
    fn without_shapes(self) -> Self {
        Self {
            lengths: [u64::MAX; 2],
            significant_digits: u64::MAX,
            several: Several { plain: Some(2), mixed: Some(2), digits: Some(2) },
            signs: SignSet::ALL,
            ..self
        }
    }
}

/// The distinct tables of a query and their groups.
pub(crate) struct Groups {
    pub(crate) tables: Vec<Arc<Generation>>,
    pub(crate) groups: Vec<Group>,
    /// The foldings that the rules ask for, each once.
    pub(crate) foldings: Vec<FoldOptions>,
    /// The most atoms that any value has in a text.
    pub(crate) span_atoms: usize,
}

impl Groups {
    pub(crate) fn new(generations: impl Iterator<Item = Arc<Generation>>) -> Self {
        let mut own = Self {
            tables: Vec::new(),
            groups: Vec::new(),
            foldings: Vec::new(),
            span_atoms: CHECKED_NUMBER_ATOMS_MAX,
        };
        for generation in generations {
            if !own.tables.iter().any(|table| Arc::ptr_eq(table, &generation)) {
                own.add(generation);
            }
        }
        own.foldings = own.groups.iter().map(|group| FoldOptions::of(&group.rule)).collect();
        own.foldings.sort_unstable();
        own.foldings.dedup();
        own.measure();
        // No value has more atoms than its canonical form has bytes.
        own.span_atoms =
            own.groups.iter().map(|group| group.sizes.bytes_max).fold(own.span_atoms, usize::max);
        own
    }

    /// Asks the groups' gates once what every text would ask them.
    fn measure(&mut self) {
        let of = |group: &Group| Sizes::new(&group.rule, &self.gates(group));
        let sizes: Vec<Sizes> = self.groups.iter().map(of).collect();
        self.groups.iter_mut().zip(sizes).for_each(|(group, sizes)| {
            (group.sizes, group.shapeless) = (sizes, sizes.without_shapes());
        });
    }

    /// Makes of the tables of each group one, to be asked before them.
    pub(crate) fn unite(&mut self) {
        for group in self.groups.iter_mut().filter(|group| group.members.len() > 1) {
            let table = |table: usize| self.tables.get(table).expect("a member is one of the tables");
            let member = |(number, rule): &(usize, usize)| (table(*number).clone(), *rule);
            group.union = Some(Union::new(&group.members.iter().map(member).collect::<Vec<_>>()));
        }
        self.measure();
    }

    fn add(&mut self, generation: Arc<Generation>) {
        let table = self.tables.len();
        let key_id = generation.key_id();
        for (position, rule) in generation.rules().iter().enumerate() {
            let columns = generation.columns().as_slice();
            let searchable = columns.iter().any(|column| column.searchable && column.rule == *rule);
            let known = self.groups.iter_mut().find(|group| group.key_id == key_id && group.rule == *rule);
            if let Some(group) = known {
                group.members.push((table, position));
                group.searchable |= searchable;
            } else {
                let keys = generation.rule_keys(position).expect("each rule has its keys");
                let (rule, keys) = (rule.clone(), keys.clone());
                self.groups.push(Group {
                    key_id,
                    rule,
                    keys,
                    members: vec![(table, position)],
                    searchable,
                    union: None,
                    sizes: Sizes::none(),
                    shapeless: Sizes::none(),
                });
            }
        }
        self.tables.push(generation);
    }

    /// Returns the number of a table.
    pub(crate) fn table(&self, generation: &Arc<Generation>) -> usize {
        self.tables
            .iter()
            .position(|table| Arc::ptr_eq(table, generation))
            .expect("the groups hold the table of each type")
    }

    /// Returns the group of a table's rule.
    pub(crate) fn group_of(&self, table: usize, rule: usize) -> Option<usize> {
        self.groups.iter().position(|group| group.members.contains(&(table, rule)))
    }

    /// Asks for what a group's tables need first to look up the first of some hashes.
    pub(crate) fn prefetch_filters(&self, group: &Group, hashes: &[Hash]) {
        if let Some(union) = &group.union {
            return union.prefetch_filter(hashes);
        }
        for (table, rule) in &group.members {
            if let Some(table) = self.tables.get(*table) {
                table.prefetch_filters(*rule, hashes);
            }
        }
    }

    pub(crate) fn gates<'a>(&'a self, group: &'a Group) -> Gates<'a> {
        if let Some(union) = &group.union {
            return Gates::One([union.gate()]);
        }
        let gate = |(table, rule): &(usize, usize)| {
            let gate = self.tables.get(*table).and_then(|table| table.gate(*rule));
            gate.expect("a member is a rule of one of the tables")
        };
        match group.members.as_slice() {
            [member] => Gates::One([gate(member)]),
            members => Gates::Many(members.iter().map(gate).collect()),
        }
    }
}

/// What is known of the values of a group's tables. Mostly that is one, and then no list of them is made for every text.
pub(crate) enum Gates<'a> {
    One([&'a RuleGate; 1]),
    Many(Vec<&'a RuleGate>),
}

impl<'a> Deref for Gates<'a> {
    type Target = [&'a RuleGate];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::One(one) => one,
            Self::Many(many) => many,
        }
    }
}

/// Windows that are hashed and looked up together.
const BATCH_WINDOWS: usize = 4096;
/// Bytes of canonical forms of a batch, but for its last one.
const BATCH_BYTES: usize = 1024 * 1024;

/// Windows, their canonical forms and hashes.
#[derive(Default)]
pub(crate) struct Batch {
    arena: Vec<u8>,
    forms: Vec<(u32, u32)>,
    pub(crate) windows: Vec<Window>,
    pub(crate) hashes: Vec<Hash>,
}

impl Batch {
    fn push(&mut self, window: Window, canonical: &[u8]) {
        let start = self.arena.len() as u32;
        self.arena.extend_from_slice(canonical);
        self.forms.push((start, self.arena.len() as u32));
        self.windows.push(window);
    }

    fn is_full(&self) -> bool {
        self.windows.len() >= BATCH_WINDOWS || self.arena.len() >= BATCH_BYTES
    }

    /// Returns the canonical form of a window.
    pub(crate) fn canonical(&self, index: usize) -> &[u8] {
        let range = self.forms.get(index).map(|(start, end)| *start as usize..*end as usize);
        range.and_then(|range| self.arena.get(range)).expect("each window of a batch has its form")
    }

    fn flush(&mut self, keys: &RuleKeys, each: &mut impl FnMut(&mut Batch)) {
        if self.windows.is_empty() {
            return;
        }
        self.hashes.clear();
        keys.hash_all(&self.arena, &self.forms, &mut self.hashes);
        each(self);
        self.clear();
    }

    /// Forgets the windows.
    pub(crate) fn clear(&mut self) {
        self.arena.clear();
        self.forms.clear();
        self.windows.clear();
    }
}

/// Hashes windows of one group in one reading; keeps its buffers.
pub(crate) struct Windower<'a> {
    group: &'a Group,
    gates: Gates<'a>,
    accelerators: Accelerators,
    room: Box<WindowRoom>,
}

/// What a [`Windower`] works in; its buffers are reused from reading to reading and from text to text.
#[derive(Default)]
pub(crate) struct WindowRoom {
    vocabulary: Vocabulary,
    numeric: AtomSet,
    starts: AtomSet,
    windows: WindowScratch,
    batch: Batch,
}

/// Every second atom of a word.
const EVERY_SECOND: u64 = u64::MAX / 3;

/// Which atoms of a reading a value of several atoms may hold, as far as it was asked.
#[derive(Default)]
struct Vocabulary {
    asked: Vec<bool>,
    possible: AtomSet,
    /// Words of 64 atoms and which of these are asked, then which may be asked later; their places, tags and answers.
    wanted: Vec<(usize, u64)>,
    rest: Vec<(usize, u64)>,
    ranges: Vec<(u32, u32)>,
    tags: Vec<u32>,
    marks: Marks,
}

struct GroupGate<'a> {
    gates: &'a [&'a RuleGate],
    accelerators: Accelerators,
    /// `None`: nothing is known of any atom.
    possible: Option<&'a AtomSet>,
    sizes: &'a Sizes,
}

impl Prefilter for GroupGate<'_> {
    fn atoms_max(&self) -> usize {
        self.sizes.atoms_max
    }

    fn bytes_max(&self) -> usize {
        self.sizes.bytes_max
    }

    fn lengths(&self, kind: AtomKind) -> u64 {
        let [digits, others] = self.sizes.lengths;
        if kind == AtomKind::Digits { digits } else { others }
    }

    fn significant_digits(&self) -> u64 {
        self.sizes.significant_digits
    }

    fn several(&self) -> Several {
        self.sizes.several
    }

    fn kinds(&self, kinds: Kinds) -> bool {
        !self.accelerators.shapes || self.gates.iter().any(|gate| gate.kinds.contains(kinds))
    }

    fn signs(&self) -> SignSet {
        self.sizes.signs
    }

    fn begins(&self, kinds: Kinds) -> bool {
        !self.accelerators.shapes || self.gates.iter().any(|gate| gate.beginnings.contains(kinds))
    }

    fn possible(&self, word: usize) -> u64 {
        self.possible.map_or(u64::MAX, |possible| possible.word(word))
    }

    fn shape(&self, shape: Shape) -> bool {
        !self.accelerators.shapes || self.gates.iter().any(|gate| gate.shape(&shape))
    }

    #[inline]
    fn fit(&self, shape: Shape) -> PrefilterResult {
        match self.gates {
            [gate] if self.accelerators.shapes => gate.fit(shape),
            _ => self.fit_any(shape),
        }
    }
}

impl GroupGate<'_> {
    #[cold]
    fn fit_any(&self, shape: Shape) -> PrefilterResult {
        match self.accelerators.shapes {
            true => self.gates.iter().fold(PrefilterResult::default(), |all, gate| all.or(gate.fit(shape))),
            false => PrefilterResult::bounded(shape, self.sizes.atoms_max, self.sizes.bytes_max),
        }
    }
}

impl<'a> Windower<'a> {
    pub(crate) fn new(groups: &'a Groups, group: &'a Group, accelerators: Accelerators) -> Self {
        Self::within(Box::default(), groups, group, accelerators)
    }

    /// Makes one that works in the room of another.
    pub(crate) fn within(
        mut room: Box<WindowRoom>,
        groups: &'a Groups,
        group: &'a Group,
        accelerators: Accelerators,
    ) -> Self {
        room.vocabulary.asked.clear();
        Self { group, gates: groups.gates(group), accelerators, room }
    }

    /// Returns the room, for the next.
    pub(crate) fn into_room(self) -> Box<WindowRoom> {
        self.room
    }

    /// Returns the longest value of the group in bytes: no window has more atoms than that.
    pub(crate) fn bytes_max(&self) -> usize {
        self.group.sizes.bytes_max
    }

    fn sizes(&self) -> &'a Sizes {
        if self.accelerators.shapes { &self.group.sizes } else { &self.group.shapeless }
    }

    /// Calls `each` with every window that begins at an atom of `starts`, hashed, in batches. It may keep a batch, if it gives
    /// another for it: whatever that holds is forgotten.
    pub(crate) fn each(&mut self, reading: &Reading, starts: Range<usize>, mut each: impl FnMut(&mut Batch)) {
        let folded = &reading.folded;
        let sizes = self.sizes();
        let words = starts.start / ATOMS_A_WORD..starts.end.div_ceil(ATOMS_A_WORD);
        let asks = self.accelerators.vocabulary && sizes.vocabulary;
        let gate = GroupGate { gates: &self.gates, accelerators: self.accelerators, possible: None, sizes };
        let (keys, rule) = (&self.group.keys, &self.group.rule);
        let WindowRoom { vocabulary, numeric, starts: possible, windows, batch } = &mut *self.room;
        let last = starts.end.saturating_add(sizes.bytes_max).min(folded.atom_count());
        let asked = words.start..last.div_ceil(ATOMS_A_WORD).max(words.end + 1);
        let numeric = edm_hash::numeric(rule, folded, asked.clone(), numeric);
        if asks {
            vocabulary.ask((self.group, folded), asked, numeric, &gate);
        }
        let gate = GroupGate { possible: asks.then_some(&vocabulary.possible), ..gate };
        possible.fit(folded.atom_count());
        let text = RuleText { rule, folded };
        edm_hash::start_mask(text, words.clone(), numeric, &gate, possible);
        if let Some(own) = &reading.starts {
            words.clone().for_each(|word| possible.set_word(word, possible.word(word) & own.word(word)));
        }
        if words.clone().all(|word| possible.word(word) == 0) {
            return;
        }
        windows_of(text, possible, starts, &gate, windows, |window, canonical| {
            batch.push(window, canonical);
            if batch.is_full() {
                batch.flush(keys, &mut each);
            }
        });
        batch.flush(keys, &mut each);
    }
}

impl Vocabulary {
    /// Asks which atoms of some words of 64 may occur.
    ///
    /// No value of several atoms holds one whose neighbours both may not occur: where atoms of the text are those of the value,
    /// every second one is asked first, and of the others those beside one that may occur.
    fn ask(
        &mut self,
        (group, folded): (&Group, &Folded),
        words: Range<usize>,
        numeric: &AtomSet,
        gate: &GroupGate<'_>,
    ) {
        let count = folded.atom_count().div_ceil(ATOMS_A_WORD);
        if self.asked.len() != count {
            self.asked.clear();
            self.asked.resize(count, false);
            self.possible.reset(folded.atom_count());
        }
        let several = gate.several();
        let anywhere = several.plain.is_some();
        let digits_too = several.mixed.is_some() || several.digits.is_some();
        let regular = group.rule.data_type != DataType::Address && group.rule.delimiters.is_empty();
        self.wanted.clear();
        self.rest.clear();
        for number in words.start..words.end.min(count) {
            if self.asked.get(number) != Some(&false) {
                continue;
            }
            self.asked.iter_mut().skip(number).take(1).for_each(|asked| *asked = true);
            let near = match anywhere {
                true => u64::MAX,
                false => near_digits(RuleText { rule: &group.rule, folded }, number, numeric, gate),
            };
            let wanted = near & if digits_too { u64::MAX } else { !folded.digits().word(number) };
            if regular && !folded.has_marks_near(number) {
                self.wanted.push((number, wanted & EVERY_SECOND));
                self.rest.push((number, wanted & !EVERY_SECOND));
            } else {
                self.wanted.push((number, wanted));
            }
        }
        self.ask_wanted((group, folded), gate);
        std::mem::swap(&mut self.wanted, &mut self.rest);
        for (number, wanted) in &mut self.wanted {
            let known = self.possible.word(*number);
            // What stands behind the word's last atom may not have been asked.
            *wanted &= known << 1 | known >> 1 | 1 << (ATOMS_A_WORD - 1);
        }
        self.ask_wanted((group, folded), gate);
    }

    /// Asks of the wanted atoms, and adds those that may occur.
    fn ask_wanted(&mut self, (group, folded): (&Group, &Folded), gate: &GroupGate<'_>) {
        self.ranges.clear();
        for (number, wanted) in &mut self.wanted {
            *wanted = folded.append_ranges(*number, *wanted, &mut self.ranges);
        }
        if self.ranges.is_empty() {
            return;
        }
        self.tags.clear();
        group.keys.vocabulary_tags(folded.text().as_bytes(), &self.ranges, &mut self.tags);
        self.marks.clear(self.tags.len());
        gate.gates.iter().for_each(|gate| gate.mark_atoms(&self.tags, &mut self.marks));
        let mut next = 0;
        for (number, wanted) in self.wanted.iter().copied() {
            let possible = scattered(self.marks.from(next), wanted);
            next += wanted.count_ones() as usize;
            let others = atoms_with_other_forms(&group.rule, folded, number, wanted & !possible);
            self.possible.set_word(number, self.possible.word(number) | possible | others);
        }
    }
}
