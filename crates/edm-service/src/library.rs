//! What this node serves: for each store a generation, and the sensitive types ready to be matched against it. Both
//! are one snapshot, so that what is shown as served is what texts are matched against. Readers take a snapshot and
//! keep it; a new one is swapped in behind them.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use edm_engine::{ActiveType, Generation, PreparedTypes};
use edm_model::{Columns, Pattern, SensitiveType, SensitiveTypeId, SessionId, StoreId, TenantId, TypeOrigin};
use tokio::sync::{Mutex, MutexGuard};

use crate::pinned;
use crate::stores::ColumnFacts;

/// What this node serves.
#[derive(Default)]
pub(crate) struct Library {
    snapshot: ArcSwap<Snapshot>,
    /// Held while the snapshot is replaced, so that a slow change cannot undo a later one.
    change: Mutex<()>,
}

/// What is served at one moment.
#[derive(Clone, Default)]
struct Snapshot {
    stores: HashMap<StoreId, Served>,
    types: HashMap<TenantId, Arc<TenantTypes>>,
}

impl Snapshot {
    /// Matches nothing against a generation that is not the served one: the promise of a snapshot.
    fn drop_stale_types(&mut self, tenant: TenantId) {
        let Some(types) = self.types.get(&tenant) else { return };
        let mut left = TenantTypes::default();
        let mut places = vec![None; types.active.len()];
        for (active, place) in types.active.iter().zip(&mut places) {
            let served = self.stores.get(&active.generation.store_id());
            if served.is_some_and(|served| Arc::ptr_eq(&served.generation, &active.generation)) {
                *place = Some(left.active.len());
                left.active.push(active.clone());
            }
        }
        let moved = |(id, place): (&SensitiveTypeId, &Option<usize>)| {
            (*id, place.and_then(|place| places.get(place).copied().flatten()))
        };
        left.known = types.known.iter().map(moved).collect();
        self.types.insert(tenant, Arc::new(left));
    }
}

#[derive(Clone)]
struct Served {
    tenant: TenantId,
    generation: Arc<Generation>,
}

/// The sensitive types of a tenant.
#[derive(Default)]
pub(crate) struct TenantTypes {
    /// Those that can be matched now.
    pub(crate) active: Vec<Arc<ActiveType>>,
    /// All of them, with the position among the active ones.
    known: HashMap<SensitiveTypeId, Option<usize>>,
    /// All active ones made ready for scans, once the first text asks for them.
    all: OnceLock<Arc<PreparedTypes>>,
    /// Some of them, by their positions in the order of the request: requests name the same few again and again.
    some: std::sync::Mutex<HashMap<Vec<usize>, Arc<PreparedTypes>>>,
}

/// Choices of types that are kept ready for scans.
const CHOICES_KEPT_MAX: usize = 64;

impl TenantTypes {
    /// Returns the type's position among the active ones, if it has one; the outer `None` is an unknown type.
    pub(crate) fn find(&self, id: SensitiveTypeId) -> Option<Option<usize>> {
        self.known.get(&id).copied()
    }

    /// Returns all active types ready for scans. Made once: a change of types or data makes another `TenantTypes`.
    pub(crate) fn prepared(&self) -> Arc<PreparedTypes> {
        self.all.get_or_init(|| Arc::new(PreparedTypes::new(self.active.iter().cloned()))).clone()
    }

    /// Returns the types at these positions ready for scans, in their order.
    pub(crate) fn prepared_some(&self, positions: Vec<usize>) -> Arc<PreparedTypes> {
        let known = || self.some.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = known().get(&positions) {
            return prepared.clone();
        }
        let of = |position: &usize| self.active.get(*position).expect("a position of an active type").clone();
        let chosen = positions.iter().map(of);
        let prepared = Arc::new(PreparedTypes::apart(chosen));
        let mut known = known();
        if known.len() >= CHOICES_KEPT_MAX {
            known.clear();
        }
        known.insert(positions, prepared.clone());
        prepared
    }

    /// A type is left out while its store has no data, and a pattern while the live data lacks one of its columns.
    fn of(types: Vec<SensitiveType>, stores: &HashMap<StoreId, Served>) -> Self {
        let mut made = Self::default();
        for found in types {
            let id = found.id;
            let active = stores.get(&found.rule.store_id).and_then(|served| activate(found, served));
            made.known.insert(id, active.as_ref().map(|_| made.active.len()));
            made.active.extend(active);
        }
        made
    }
}

fn activate(found: SensitiveType, served: &Served) -> Option<Arc<ActiveType>> {
    let mut patterns = found.rule.patterns;
    patterns.retain(|pattern| fits(pattern, served.generation.columns()));
    if patterns.is_empty() {
        return None;
    }
    Some(Arc::new(ActiveType {
        id: found.id,
        name: found.name,
        recommended_confidence: found.rule.recommended_confidence,
        redact_confidence: found.rule.redact_confidence,
        default_type: found.origin == TypeOrigin::StoreDefault,
        patterns,
        generation: served.generation.clone(),
    }))
}

/// A change of what is served, alone until it is dropped.
pub(crate) struct Changing<'a> {
    library: &'a Library,
    _alone: MutexGuard<'a, ()>,
}

impl Changing<'_> {
    /// Serves these generations from now on, with these types of their tenants.
    pub(crate) fn serve(
        &self,
        generations: Vec<(TenantId, Arc<Generation>)>,
        types: Vec<(TenantId, Vec<SensitiveType>)>,
    ) {
        let mut next = Snapshot::clone(&self.library.snapshot.load());
        for (tenant, generation) in generations {
            next.stores.insert(generation.store_id(), Served { tenant, generation });
            next.drop_stale_types(tenant);
        }
        for (tenant, types) in types {
            next.types.insert(tenant, Arc::new(TenantTypes::of(types, &next.stores)));
        }
        self.library.snapshot.store(Arc::new(next));
    }

    /// Serves the store no more, and nothing is matched against it. Needs nothing that could fail.
    pub(crate) fn remove(&self, tenant: TenantId, store: StoreId) {
        let mut next = Snapshot::clone(&self.library.snapshot.load());
        next.stores.remove(&store);
        next.drop_stale_types(tenant);
        self.library.snapshot.store(Arc::new(next));
    }
}

impl Library {
    /// Waits until nobody else changes what is served.
    pub(crate) async fn changing(&self) -> Changing<'_> {
        Changing { library: self, _alone: self.change.lock().await }
    }

    /// Returns the generation that is served for a store.
    pub(crate) fn generation(&self, store: StoreId) -> Option<Arc<Generation>> {
        self.snapshot.load().stores.get(&store).map(|served| served.generation.clone())
    }

    /// Returns whether the session's data is what is served for the store, and what texts are matched against.
    pub(crate) fn serves(&self, store: StoreId, session: SessionId) -> bool {
        let snapshot = self.snapshot.load();
        snapshot.stores.get(&store).is_some_and(|served| served.generation.session_id() == session)
    }

    /// Returns every store that is served, with its tenant.
    pub(crate) fn stores(&self) -> Vec<(TenantId, StoreId)> {
        self.snapshot.load().stores.iter().map(|(store, served)| (served.tenant, *store)).collect()
    }

    /// Returns the tenants whose types are known.
    pub(crate) fn tenants(&self) -> Vec<TenantId> {
        self.snapshot.load().types.keys().copied().collect()
    }

    /// Returns the tenant's types.
    pub(crate) fn types(&self, tenant: TenantId) -> Arc<TenantTypes> {
        self.snapshot.load().types.get(&tenant).cloned().unwrap_or_default()
    }

    /// Returns what the live data says of each column, and nothing of one that is another there.
    pub(crate) fn column_facts(&self, store: StoreId, columns: &Columns) -> Vec<ColumnFacts> {
        let snapshot = self.snapshot.load();
        let Some(served) = snapshot.stores.get(&store) else {
            return vec![ColumnFacts::default(); columns.as_slice().len()];
        };
        let generation = &served.generation;
        let (classes, warnings) = (generation.classes(), generation.warnings());
        let default = snapshot.types.get(&served.tenant).and_then(|types| {
            types.active.iter().find(|found| found.default_type && found.generation.store_id() == store)
        });
        let drift = default.map(|found| pinned::drift(&found.patterns, generation)).unwrap_or_default();
        let facts = |column| {
            let position = generation.columns().as_slice().iter().position(|live| live == column)?;
            let mut warnings = warnings.get(position).cloned().unwrap_or_default();
            warnings.extend(drift.of_column(position));
            Some(ColumnFacts { class: classes.get(position).copied(), warnings })
        };
        columns.as_slice().iter().map(|column| facts(column).unwrap_or_default()).collect()
    }

    /// Returns what a person should know of a type.
    pub(crate) fn type_warnings(&self, sensitive_type: &SensitiveType) -> Vec<String> {
        let Some(generation) = self.generation(sensitive_type.rule.store_id) else {
            return vec!["the data store has no data yet: upload its table".to_owned()];
        };
        let patterns = &sensitive_type.rule.patterns;
        if sensitive_type.origin == TypeOrigin::StoreDefault {
            if let Err(unreachable) = generation.default_patterns() {
                return vec![format!("noReachablePattern: {unreachable}")];
            }
            return pinned::drift(patterns, &generation).of_type().into_iter().collect();
        }
        let classes = generation.classes();
        let mut warnings = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            if !fits(pattern, generation.columns()) {
                warnings.push(format!("pattern {number} names a column that the live data does not have"));
            }
            for column in pattern.supporting.iter().flat_map(|group| &group.columns) {
                let class = generation.columns().position(column).and_then(|place| classes.get(place));
                if class.is_some_and(|class| !class.evidence) {
                    warnings.push(format!("pattern {number} counts the weak column {column}"));
                }
            }
        }
        warnings.dedup();
        warnings
    }
}

/// Returns whether the data has every column that the pattern names, and can anchor its primary.
fn fits(pattern: &Pattern, columns: &Columns) -> bool {
    let known = |name: &String| columns.position(name).is_some();
    let anchors = |name: &String| {
        columns
            .position(name)
            .and_then(|position| columns.as_slice().get(position))
            .is_some_and(|c| c.searchable)
    };
    pattern.primary.as_ref().is_none_or(anchors)
        && pattern.supporting.iter().all(|group| group.columns.iter().all(known))
        && pattern.not_counted.iter().all(known)
        && pattern.void_if.iter().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use edm_engine::FileBytes;
    use edm_engine::build::{self, BlockFacts, PART_BYTES_DEFAULT, Plan, PlanInput};
    use edm_hash::{RecordHasher, Salt};
    use edm_model::{Column, ExactMatchRule, KeyId, Timestamp};

    const TENANT: TenantId = TenantId::DEFAULT;

    fn generation(store: u8, session: u8) -> Arc<Generation> {
        let columns = Columns::new(vec![Column::text("account").searchable(), Column::text("name")]);
        let columns = columns.expect("valid columns");
        let salt = Salt::new("0123456789abcdefghijklmnopqrstuv".into()).expect("a salt");
        let mut hasher = RecordHasher::new(&salt, &columns, 64);
        hasher.push(["4711081542", "van der Berg"].into_iter());
        let rows = hasher.finish();
        let input = PlanInput {
            store_id: StoreId::from_bytes([store; 16]),
            session_id: SessionId::from_bytes([session; 16]),
            key_id: KeyId::from_bytes([3; 16]),
            columns,
            tokens_max: 64,
            blocks: vec![BlockFacts { number: 0, first_row: 0, row_count: 1 }],
            part_bytes: PART_BYTES_DEFAULT,
        };
        let plan = Plan::new(input).expect("a plan");
        let mut files: HashMap<String, FileBytes> = HashMap::new();
        let mut builder = plan.builder(&plan.jobs(), &salt);
        let row_file = builder.add(0, &rows.view()).expect("the plan's block");
        for file in row_file.into_iter().chain(builder.finish()) {
            files.insert(Plan::file_name(file.job), Arc::new(file.bytes));
        }
        let mut open = |name: &str| Ok(files[name].clone());
        let manifest = build::manifest(&plan, &mut open).expect("a manifest");
        Arc::new(Generation::open(&manifest, &mut open, &salt).expect("opens"))
    }

    fn type_of(generation: &Generation) -> SensitiveType {
        let store_id = generation.store_id();
        let patterns = generation.default_patterns().expect("patterns");
        SensitiveType {
            id: SensitiveTypeId::from_bytes(*store_id.as_bytes()),
            name: "people".to_owned(),
            description: None,
            publisher: None,
            origin: TypeOrigin::StoreDefault,
            rule: ExactMatchRule { store_id, recommended_confidence: 75, redact_confidence: 75, patterns },
            created_at: Timestamp::from_micros(0),
            modified_at: Timestamp::from_micros(0),
        }
    }

    /// Data and types were swapped one after the other once: what failed between them left texts matched against the
    /// old table while the session was shown as completed.
    #[tokio::test]
    async fn nothing_is_matched_against_what_is_not_served() {
        let library = Library::default();
        let changing = library.changing().await;
        let (old, other, new) = (generation(1, 1), generation(2, 2), generation(1, 3));
        let types = vec![type_of(&old), type_of(&other)];
        let check = |step: &str, sessions: &[u8]| {
            let types = library.types(TENANT);
            let matched: Vec<u8> =
                types.active.iter().map(|active| active.generation.session_id().as_bytes()[0]).collect();
            assert_eq!(matched, sessions, "{step}");
            for (store, place) in
                [1u8, 2].map(|store| (store, types.find(SensitiveTypeId::from_bytes([store; 16]))))
            {
                let at = types
                    .active
                    .iter()
                    .position(|active| active.generation.store_id().as_bytes()[0] == store);
                assert_eq!(place, Some(at), "{step}: type of store {store}");
            }
        };
        changing.serve(vec![(TENANT, old), (TENANT, other)], vec![(TENANT, types.clone())]);
        check("both", &[1, 2]);
        changing.serve(vec![(TENANT, new)], Vec::new());
        check("new data without its types", &[2]);
        changing.serve(Vec::new(), vec![(TENANT, types)]);
        check("and with them", &[3, 2]);
        assert!(library.serves(StoreId::from_bytes([1; 16]), SessionId::from_bytes([3; 16])));
        changing.remove(TENANT, StoreId::from_bytes([1; 16]));
        check("one store removed", &[2]);
        assert!(!library.serves(StoreId::from_bytes([1; 16]), SessionId::from_bytes([3; 16])));
    }

    /// What is prepared of types is shared by all requests that name the same, and goes with the types and data that it was
    /// made of.
    #[tokio::test]
    async fn types_are_prepared_once_until_something_changes() {
        let library = Library::default();
        let changing = library.changing().await;
        let (old, other, new) = (generation(1, 1), generation(2, 2), generation(1, 3));
        let types = vec![type_of(&old), type_of(&other)];
        changing.serve(vec![(TENANT, old), (TENANT, other)], vec![(TENANT, types.clone())]);
        let sessions = |prepared: &PreparedTypes| -> Vec<u8> {
            prepared.types().iter().map(|active| active.generation.session_id().as_bytes()[0]).collect()
        };
        let before = library.types(TENANT);
        assert_eq!(sessions(&before.prepared()), [1, 2]);
        assert!(Arc::ptr_eq(&before.prepared(), &library.types(TENANT).prepared()));
        let some = before.prepared_some(vec![1, 0]);
        assert_eq!(sessions(&some), [2, 1], "in the order of the request");
        assert!(Arc::ptr_eq(&some, &library.types(TENANT).prepared_some(vec![1, 0])));
        assert!(before.prepared_some(Vec::new()).types().is_empty());
        for choice in 0..2 * CHOICES_KEPT_MAX {
            before.prepared_some(vec![0; choice % CHOICES_KEPT_MAX + 2]);
        }
        assert!(before.some.lock().expect("nobody panicked").len() <= CHOICES_KEPT_MAX);
        changing.serve(vec![(TENANT, new)], vec![(TENANT, types)]);
        let after = library.types(TENANT);
        assert_eq!(
            (sessions(&after.prepared()), sessions(&after.prepared_some(vec![0]))),
            (vec![3, 2], vec![3])
        );
    }
}
