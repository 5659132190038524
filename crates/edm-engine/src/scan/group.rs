//! Rules of one salt: a text is hashed once for every group, however many tables share it.

use std::ops::Range;
use std::sync::Arc;

use edm_hash::{Folded, Gate, Hash, RuleKeys, Shape, Window, vocabulary_atoms, windows};
use edm_model::{KeyId, Rule};

use crate::generation::{Generation, Member, RuleGate, Union};
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
    /// All tables as one, where they are often asked together.
    pub(crate) union: Option<Arc<Union>>,
}

/// The distinct tables of a query and their groups.
pub(crate) struct Groups {
    pub(crate) tables: Vec<Arc<Generation>>,
    pub(crate) groups: Vec<Group>,
}

impl Groups {
    pub(crate) fn new(generations: impl Iterator<Item = Arc<Generation>>) -> Self {
        let mut own = Self { tables: Vec::new(), groups: Vec::new() };
        for generation in generations {
            if !own.tables.iter().any(|table| Arc::ptr_eq(table, &generation)) {
                own.add(generation);
            }
        }
        for group in own.groups.iter_mut().filter(|group| group.members.len() > 1) {
            group.union = united(&own.tables, &group.members);
        }
        own
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
            } else if let Some(keys) = generation.rule_keys(position) {
                let (rule, keys) = (rule.clone(), keys.clone());
                self.groups.push(Group {
                    key_id,
                    rule,
                    keys,
                    members: vec![(table, position)],
                    searchable,
                    union: None,
                });
            }
        }
        self.tables.push(generation);
    }

    /// Returns the number of a table.
    pub(crate) fn table(&self, generation: &Arc<Generation>) -> usize {
        self.tables.iter().position(|table| Arc::ptr_eq(table, generation)).unwrap_or(0)
    }

    /// Returns the group of a table's rule.
    pub(crate) fn group_of(&self, table: usize, rule: usize) -> Option<usize> {
        self.groups.iter().position(|group| group.members.contains(&(table, rule)))
    }

    pub(crate) fn gates<'a>(&'a self, group: &'a Group) -> Vec<&'a RuleGate> {
        if let Some(union) = &group.union {
            return vec![union.gate()];
        }
        let gate = |(table, rule): &(usize, usize)| self.tables.get(*table)?.gate(*rule);
        group.members.iter().filter_map(gate).collect()
    }
}

/// Returns the members' union, whatever order the query names their tables in.
fn united(tables: &[Arc<Generation>], members: &[(usize, usize)]) -> Option<Arc<Union>> {
    let member = |(table, rule): &(usize, usize)| Some((tables.get(*table)?.clone(), *rule));
    let mut members: Vec<Member> = members.iter().map(member).collect::<Option<_>>()?;
    members.sort_by_key(|(generation, rule)| (*generation.store_id().as_bytes(), *rule));
    let (home, _) = members.first()?;
    home.unions().of(&members)
}

/// A hashed window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HashedWindow<'a> {
    pub(crate) window: Window,
    pub(crate) hash: Hash,
    pub(crate) canonical: &'a [u8],
}

/// Bytes of canonical forms that are hashed together.
const BATCH_BYTES: usize = 1024 * 1024;

/// Windows that wait to be hashed.
#[derive(Default)]
struct Batch {
    arena: Vec<u8>,
    forms: Vec<(u32, u32)>,
    windows: Vec<Window>,
    hashes: Vec<Hash>,
}

impl Batch {
    fn push(&mut self, window: Window, canonical: &[u8]) {
        let start = self.arena.len() as u32;
        self.arena.extend_from_slice(canonical);
        self.forms.push((start, self.arena.len() as u32));
        self.windows.push(window);
    }

    fn flush(&mut self, keys: &RuleKeys, each: &mut impl FnMut(HashedWindow<'_>)) {
        self.hashes.clear();
        keys.hash_all(&self.arena, &self.forms, &mut self.hashes);
        for ((window, hash), (start, end)) in self.windows.iter().zip(&self.hashes).zip(&self.forms) {
            let canonical = self.arena.get(*start as usize..*end as usize).unwrap_or(&[]);
            each(HashedWindow { window: *window, hash: *hash, canonical });
        }
        self.arena.clear();
        self.forms.clear();
        self.windows.clear();
    }
}

/// Hashes windows of one group in one reading; keeps its buffers.
pub(crate) struct Windower<'a> {
    group: &'a Group,
    gates: Vec<&'a RuleGate>,
    accelerators: Accelerators,
    /// For each atom of the reading: 0 not asked yet, 1 may occur in a value of several atoms, 2 does not.
    vocabulary: Vec<u8>,
    batch: Batch,
}

struct GroupGate<'a> {
    gates: &'a [&'a RuleGate],
    accelerators: Accelerators,
    vocabulary: &'a [u8],
    atoms_max: usize,
    bytes_max: usize,
}

impl Gate for GroupGate<'_> {
    fn atoms_max(&self) -> usize {
        self.atoms_max
    }

    fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    fn atom(&self, index: usize) -> bool {
        self.vocabulary.get(index).is_none_or(|answer| *answer != 2)
    }

    fn shape(&self, shape: Shape) -> bool {
        !self.accelerators.shapes || self.gates.iter().any(|gate| gate.shape(&shape))
    }
}

impl<'a> Windower<'a> {
    pub(crate) fn new(groups: &'a Groups, group: &'a Group, accelerators: Accelerators) -> Self {
        Self {
            group,
            gates: groups.gates(group),
            accelerators,
            vocabulary: Vec::new(),
            batch: Batch::default(),
        }
    }

    /// Returns the longest value of the group in bytes: no window has more atoms than that.
    pub(crate) fn bytes_max(&self) -> usize {
        self.gates.iter().map(|gate| gate.bytes_max).max().unwrap_or(0)
    }

    fn atoms_max(&self) -> usize {
        self.gates.iter().map(|gate| gate.atoms_max).max().unwrap_or(0)
    }

    /// Calls `each` with every window that begins at an atom of `starts`, hashed.
    pub(crate) fn each(
        &mut self,
        folded: &Folded,
        starts: Range<usize>,
        mut each: impl FnMut(HashedWindow<'_>),
    ) {
        let (atoms_max, bytes_max) = (self.atoms_max(), self.bytes_max());
        self.ask_vocabulary(
            folded,
            starts.start..starts.end.saturating_add(bytes_max).min(folded.atoms().len()),
        );
        let gate = GroupGate {
            gates: &self.gates,
            accelerators: self.accelerators,
            vocabulary: &self.vocabulary,
            atoms_max,
            bytes_max,
        };
        let (batch, keys) = (&mut self.batch, &self.group.keys);
        windows(&self.group.rule, folded, starts, &gate, |window, canonical| {
            batch.push(window, canonical);
            if batch.arena.len() >= BATCH_BYTES {
                batch.flush(keys, &mut each);
            }
        });
        batch.flush(keys, &mut each);
    }

    fn ask_vocabulary(&mut self, folded: &Folded, range: Range<usize>) {
        let useful = self.atoms_max() > 1 && self.gates.iter().all(|gate| gate.has_vocabulary());
        if !self.accelerators.vocabulary || !useful {
            return;
        }
        self.vocabulary.resize(folded.atoms().len(), 0);
        let (mut arena, mut ranges, mut owners) = (Vec::new(), Vec::new(), Vec::new());
        vocabulary_atoms(&self.group.rule, folded, range.clone(), |index, atom| {
            if self.vocabulary.get(index) == Some(&0) {
                let start = arena.len() as u32;
                arena.extend_from_slice(atom);
                ranges.push((start, arena.len() as u32));
                owners.push(index);
            }
        });
        let mut tags = Vec::with_capacity(ranges.len());
        self.group.keys.vocabulary_tags(&arena, &ranges, &mut tags);
        for answer in self.vocabulary.get_mut(range).into_iter().flatten() {
            *answer = (*answer).max(1);
        }
        let mut known = Marks::default();
        known.clear(tags.len());
        self.gates.iter().for_each(|gate| gate.mark_atoms(&tags, &mut known));
        for (place, index) in owners.into_iter().enumerate() {
            if let Some(answer) = self.vocabulary.get_mut(index).filter(|_| !known.has(place)) {
                *answer = 2;
            }
        }
    }
}
