//! The rules of all tables of a query, those of one salt gathered: a text is hashed once for each
//! group, however many tables share it.
//!
//! ```text
//! tables   A (salt 1)      B (salt 1)      C (salt 2)
//! rules    ssn   name      ssn             ssn
//!           \___________/__/    |             |
//! groups     ssn under salt 1   name, salt 1  ssn under salt 2
//! ```

use std::ops::Deref;
use std::sync::Arc;

use edm_hash::{CHECKED_NUMBER_ATOMS_MAX, FoldOptions, Hash, RuleKeys, Several, SignSet, has_vocabulary};
use edm_model::{KeyId, Rule};

use crate::generation::{CombinedFilter, Generation, RulePrefilter};
use crate::text::views::ViewPlan;

/// A table and the position of a rule in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RuleMember {
    pub(crate) table: usize,
    pub(crate) rule: usize,
}

/// A rule under one salt, and the tables that have it.
pub(crate) struct RuleGroup {
    pub(crate) key_id: KeyId,
    pub(crate) rule: Rule,
    pub(crate) keys: Arc<RuleKeys>,
    pub(crate) members: Vec<RuleMember>,
    /// Whether a table has a searchable column of this rule.
    pub(crate) searchable: bool,
    /// One filter for all tables, where there are several and the caller wants it.
    pub(crate) combined: Option<CombinedFilter>,
    pub(crate) sizes: Sizes,
    /// Same, with the shape prefilter off.
    pub(crate) shapeless: Sizes,
}

/// How large the values of a group are.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) atoms_max: usize,
    pub(crate) bytes_max: usize,
    /// Of values of one atom: of digits, and of others.
    pub(crate) lengths: [u64; 2],
    pub(crate) significant_digits: u64,
    pub(crate) several: Several,
    pub(crate) signs: SignSet,
    /// Whether the vocabulary says anything.
    pub(crate) vocabulary: bool,
}

impl Sizes {
    /// Returns the sizes of a group without a table.
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

    fn new(rule: &Rule, prefilters: &[&RulePrefilter]) -> Self {
        // The union over the tables: a window must be tested if any of them may hold it. A table
        // without values of several atoms has no fewest number and does not count for it.
        let fewest =
            |of: fn(&Several) -> Option<usize>| prefilters.iter().filter_map(|one| of(&one.several)).min();
        Self {
            atoms_max: prefilters.iter().map(|one| one.atoms_max).max().unwrap_or(0),
            bytes_max: prefilters.iter().map(|one| one.bytes_max).max().unwrap_or(0),
            lengths: [0, 1].map(|kind| prefilters.iter().fold(0, |all, one| all | one.lengths[kind])),
            significant_digits: prefilters.iter().fold(0, |all, one| all | one.significant_digits),
            several: Several {
                plain: fewest(|several| several.plain),
                mixed: fewest(|several| several.mixed),
                digits: fewest(|several| several.digits),
            },
            signs: prefilters.iter().fold(SignSet::NONE, |all, one| all.united(one.signs)),
            // If one table has no vocabulary, no atom can be ruled out.
            vocabulary: has_vocabulary(rule)
                && prefilters.iter().all(|one| one.has_vocabulary() && one.several.any()),
        }
    }

    /// Returns the sizes without what the shapes say.
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
pub(crate) struct RuleGroups {
    pub(crate) tables: Vec<Arc<Generation>>,
    pub(crate) groups: Vec<RuleGroup>,
    /// What the rules need of a text's views.
    pub(crate) views: ViewPlan,
}

impl RuleGroups {
    pub(crate) fn new(generations: impl Iterator<Item = Arc<Generation>>) -> Self {
        let mut all = Self { tables: Vec::new(), groups: Vec::new(), views: ViewPlan::default() };
        for generation in generations {
            // Two types of one store search the same generation: its table is scanned once.
            if !all.tables.iter().any(|table| Arc::ptr_eq(table, &generation)) {
                all.add(generation);
            }
        }
        all.measure();
        let mut foldings: Vec<FoldOptions> =
            all.groups.iter().map(|group| FoldOptions::of(&group.rule)).collect();
        foldings.sort_unstable();
        foldings.dedup();
        // No value has more atoms than its canonical form has bytes.
        // The decoded view takes this many atoms around an escape.
        let bytes_max = all.groups.iter().map(|group| group.sizes.bytes_max);
        let value_atoms_max = bytes_max.fold(CHECKED_NUMBER_ATOMS_MAX, usize::max);
        all.views = ViewPlan { foldings, value_atoms_max };
        all
    }

    /// Evaluates the groups' prefilters once for what every text would compute.
    fn measure(&mut self) {
        let sizes = |group: &RuleGroup| Sizes::new(&group.rule, &self.prefilters(group));
        let sizes: Vec<Sizes> = self.groups.iter().map(sizes).collect();
        self.groups.iter_mut().zip(sizes).for_each(|(group, sizes)| {
            (group.sizes, group.shapeless) = (sizes, sizes.without_shapes());
        });
    }

    /// Makes one filter for the tables of each group, to be tested before theirs.
    pub(crate) fn combine_filters(&mut self) {
        for group in self.groups.iter_mut().filter(|group| group.members.len() > 1) {
            let member = |member: &RuleMember| (self.tables[member.table].clone(), member.rule);
            group.combined = Some(CombinedFilter::new(&group.members.iter().map(member).collect::<Vec<_>>()));
        }
        self.measure();
    }

    fn add(&mut self, generation: Arc<Generation>) {
        let table = self.tables.len();
        let key_id = generation.key_id();
        for (position, rule) in generation.rules().iter().enumerate() {
            let columns = generation.columns().as_slice();
            let searchable = columns.iter().any(|column| column.searchable && column.rule == *rule);
            let member = RuleMember { table, rule: position };
            let known = self.groups.iter_mut().find(|group| group.key_id == key_id && group.rule == *rule);
            if let Some(group) = known {
                group.members.push(member);
                group.searchable |= searchable;
            } else {
                self.groups.push(RuleGroup {
                    key_id,
                    rule: rule.clone(),
                    keys: generation.rule_keys(position).clone(),
                    members: vec![member],
                    searchable,
                    combined: None,
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
    pub(crate) fn group_of(&self, member: RuleMember) -> usize {
        self.groups
            .iter()
            .position(|group| group.members.contains(&member))
            .expect("each rule of a table is in a group")
    }

    /// Prefetches what a group's tables read first to look up the first of some hashes.
    pub(crate) fn prefetch_filters(&self, group: &RuleGroup, hashes: &[Hash]) {
        if let Some(combined) = &group.combined {
            return combined.prefetch_filter(hashes);
        }
        for member in &group.members {
            self.tables[member.table].prefetch_filters(member.rule, hashes);
        }
    }

    /// Returns the prefilters of a group: one where its tables are combined, else one for each
    /// table.
    pub(crate) fn prefilters<'a>(&'a self, group: &'a RuleGroup) -> Prefilters<'a> {
        if let Some(combined) = &group.combined {
            return Prefilters::One([combined.prefilter()]);
        }
        let prefilter = |member: &RuleMember| self.tables[member.table].prefilter(member.rule);
        match group.members.as_slice() {
            [member] => Prefilters::One([prefilter(member)]),
            members => Prefilters::Many(members.iter().map(prefilter).collect()),
        }
    }
}

/// The prefilters of a group. Mostly there is one, and then no list is allocated for every text.
pub(crate) enum Prefilters<'a> {
    One([&'a RulePrefilter; 1]),
    Many(Vec<&'a RulePrefilter>),
}

impl<'a> Deref for Prefilters<'a> {
    type Target = [&'a RulePrefilter];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::One(one) => one,
            Self::Many(many) => many,
        }
    }
}
