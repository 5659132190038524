//! What this node serves: the data of each store, and the sensitive types prepared for it. Both are
//! one snapshot, so that what is shown as served is what texts are matched against. Readers take a
//! snapshot and keep it; changes swap in a new one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use edm_engine::Generation;
use edm_model::{ColumnClass, Columns, SensitiveType, SessionId, StoreId, TenantId, TypeOrigin};
use edm_store::StoreRow;
use tokio::sync::{Mutex, MutexGuard};

use crate::serve::data_state::{Data, DataState};
use crate::serve::default_type_drift;
use crate::serve::tenant_types::{TenantTypes, fits};

/// What the live data says about a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ColumnFacts {
    /// Its class; `None` before the first generation, or if the column changed since.
    pub class: Option<ColumnClass>,
    /// Warnings for people.
    pub warnings: Vec<String>,
}

/// What this node serves.
#[derive(Default)]
pub(crate) struct Library {
    snapshot: ArcSwap<Snapshot>,
    /// Held while the snapshot is replaced, so that a slow change cannot undo a later one.
    change: Mutex<()>,
    /// Whether every live generation was loaded once.
    ready: AtomicBool,
}

/// What is served at one moment.
#[derive(Clone, Default)]
struct Snapshot {
    stores: HashMap<StoreId, StoreData>,
    types: HashMap<TenantId, Arc<TenantTypes>>,
}

/// The data of a store that has published some.
#[derive(Clone)]
struct StoreData {
    tenant: TenantId,
    data: Data,
}

impl Snapshot {
    /// Drops the types whose generation is not the searched one: a snapshot never contains any.
    fn drop_stale_types(&mut self, tenant: TenantId) {
        let Some(types) = self.types.get(&tenant) else { return };
        let searched = |store: StoreId| self.stores.get(&store).and_then(|one| one.data.generation());
        let left = types.searched_alone(searched);
        self.types.insert(tenant, Arc::new(left));
    }
}

/// A change of what is served, alone until it is dropped.
pub(crate) struct Changing<'a> {
    library: &'a Library,
    _alone: MutexGuard<'a, ()>,
}

impl Changing<'_> {
    /// Serves this data of stores from now on, with these types of their tenants.
    pub(crate) fn serve(
        &self,
        stores: Vec<(TenantId, StoreId, Data)>,
        types: Vec<(TenantId, Vec<SensitiveType>)>,
    ) {
        let mut next = Snapshot::clone(&self.library.snapshot.load());
        for (tenant, store, data) in stores {
            next.stores.insert(store, StoreData { tenant, data });
            next.drop_stale_types(tenant);
        }
        for (tenant, types) in types {
            let data_of = |store: StoreId| next.stores.get(&store).map(|stored| &stored.data);
            let made = TenantTypes::of(types, data_of);
            next.types.insert(tenant, Arc::new(made));
        }
        self.library.snapshot.store(Arc::new(next));
    }

    /// Forgets a removed store with its types.
    pub(crate) fn remove(&self, tenant: TenantId, store: StoreId) {
        let mut next = Snapshot::clone(&self.library.snapshot.load());
        next.stores.remove(&store);
        next.drop_stale_types(tenant);
        if let Some(types) = next.types.get_mut(&tenant).and_then(Arc::get_mut) {
            types.forget_store(store);
        }
        self.library.snapshot.store(Arc::new(next));
    }

    /// Stops searching the store if this generation, whose files are damaged, is what is searched.
    /// Its types stay known, and reports say that they are not searched. Returns whether it was
    /// searched.
    pub(crate) fn withdraw(&self, store: StoreId, damaged: &Arc<Generation>) -> bool {
        let mut next = Snapshot::clone(&self.library.snapshot.load());
        let Some(stored) = next.stores.get_mut(&store) else { return false };
        if !stored.data.generation().is_some_and(|searched| Arc::ptr_eq(searched, damaged)) {
            return false;
        }
        stored.data = Data::Unserved;
        let tenant = stored.tenant;
        next.drop_stale_types(tenant);
        self.library.snapshot.store(Arc::new(next));
        true
    }
}

impl Library {
    /// Waits until no other change of what is served is in progress.
    pub(crate) async fn changing(&self) -> Changing<'_> {
        Changing { library: self, _alone: self.change.lock().await }
    }

    /// Returns whether every live generation was loaded.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Marks every live generation as loaded.
    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Returns the generation that is searched for a store.
    pub(crate) fn generation(&self, store: StoreId) -> Option<Arc<Generation>> {
        self.snapshot.load().stores.get(&store).and_then(|stored| stored.data.generation().cloned())
    }

    /// Returns what is searched of a store; nothing where it has no data yet.
    pub(crate) fn data(&self, store: StoreId) -> Option<Data> {
        self.snapshot.load().stores.get(&store).map(|stored| stored.data.clone())
    }

    /// Returns the state of a store on this node: `Unserved` also where the catalog has lost its
    /// live generation.
    pub(crate) fn data_state(&self, row: &StoreRow) -> DataState {
        match self.data(row.store.id) {
            Some(data) => data.state(),
            // Until this node has loaded it, nothing of it is searched.
            None if row.store.live.is_some() || row.live_is_lost => DataState::Unserved,
            None => DataState::None,
        }
    }

    /// Returns whether the session's data is what is served for the store, and what texts are
    /// matched against.
    pub(crate) fn serves(&self, store: StoreId, session: SessionId) -> bool {
        let snapshot = self.snapshot.load();
        let live = snapshot.stores.get(&store).map(|stored| &stored.data);
        matches!(live, Some(Data::Live(generation)) if generation.session_id() == session)
    }

    /// Returns every store that has published data, as far as this node knows, with its data.
    pub(crate) fn stores(&self) -> Vec<(TenantId, StoreId, Data)> {
        let snapshot = self.snapshot.load();
        let each = snapshot.stores.iter();
        each.map(|(store, stored)| (stored.tenant, *store, stored.data.clone())).collect()
    }

    /// Returns the tenants whose types are known.
    pub(crate) fn tenants(&self) -> Vec<TenantId> {
        self.snapshot.load().types.keys().copied().collect()
    }

    /// Returns the tenant's types.
    pub(crate) fn types(&self, tenant: TenantId) -> Arc<TenantTypes> {
        self.snapshot.load().types.get(&tenant).cloned().unwrap_or_default()
    }

    /// Returns whether a type of this name or id can be matched in any tenant.
    pub(crate) fn can_match(&self, wanted: &str) -> bool {
        self.snapshot.load().types.values().any(|types| types.can_match(wanted))
    }

    /// Returns what the live data says about each column; nothing for a column that it lacks.
    pub(crate) fn column_facts(&self, store: StoreId, columns: &Columns) -> Vec<ColumnFacts> {
        let snapshot = self.snapshot.load();
        let stored = snapshot.stores.get(&store);
        let Some((stored, generation)) = stored.and_then(|stored| Some((stored, stored.data.generation()?)))
        else {
            return vec![ColumnFacts::default(); columns.as_slice().len()];
        };
        let (classes, warnings) = (generation.classes(), generation.warnings());
        let default = snapshot.types.get(&stored.tenant).and_then(|types| {
            types.active.iter().find(|found| found.default_type && found.generation.store_id() == store)
        });
        let drift =
            default.map(|found| default_type_drift::drift(&found.patterns, generation)).unwrap_or_default();
        let facts = |column| {
            let position = generation.columns().as_slice().iter().position(|live| live == column)?;
            let mut warnings = warnings.get(position).cloned().unwrap_or_default();
            warnings.extend(drift.of_column(position));
            Some(ColumnFacts { class: classes.get(position).copied(), warnings })
        };
        columns.as_slice().iter().map(|column| facts(column).unwrap_or_default()).collect()
    }

    /// Returns the warnings about a type.
    pub(crate) fn type_warnings(&self, sensitive_type: &SensitiveType) -> Vec<String> {
        let generation = match self.data(sensitive_type.rule.store_id) {
            None => return vec!["the data store has no data yet: upload its table".to_owned()],
            Some(Data::Unserved) => return vec![UNAVAILABLE.to_owned()],
            Some(Data::Live(generation) | Data::Stale(generation)) => generation,
        };
        let patterns = &sensitive_type.rule.patterns;
        if sensitive_type.origin == TypeOrigin::StoreDefault {
            if let Err(unreachable) = generation.default_patterns() {
                return vec![format!("noReachablePattern: {unreachable}")];
            }
            return default_type_drift::drift(patterns, &generation).of_type().into_iter().collect();
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

/// The warning about a type whose data cannot be read.
const UNAVAILABLE: &str = "dataUnavailable: the live data of the data store cannot be read, so texts are not searched for \
                           this type: restore its files from a backup, or upload its table again";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::omission::{Omission, OmissionReason};
    use crate::serve::tenant_types::CHOICES_KEPT_MAX;
    use edm_engine::build::{self, BlockFacts, PART_BYTES_DEFAULT, Plan, PlanInput};
    use edm_engine::{ActiveType, FileBytes, GenerationKey, PreparedTypes};
    use edm_hash::{RecordHasher, Salt};
    use edm_model::{Column, ExactMatchRule, KeyId, SensitiveTypeId, Timestamp};

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
            key: GenerationKey::new([session; 32]),
            columns,
            tokens_max: 64,
            blocks: vec![BlockFacts { number: 0, first_row: 0, row_count: 1 }],
            part_bytes: PART_BYTES_DEFAULT,
        };
        let plan = Plan::new(input).expect("a plan");
        let mut files: HashMap<String, FileBytes> = HashMap::new();
        let mut builder = build::Builder::new(&plan, &plan.jobs(), &salt);
        let row_file = builder.add(0, &rows.view()).expect("the plan's block");
        for file in row_file.into_iter().chain(builder.finish()) {
            files.insert(Plan::file_name(file.job), Arc::new(file.bytes));
        }
        let mut open = |name: &str| Ok(files[name].clone());
        let manifest = build::manifest(&plan, &mut open).expect("a manifest");
        Arc::new(Generation::open(&manifest, &mut open, &salt).expect("opens"))
    }

    fn live(generation: &Arc<Generation>) -> (TenantId, StoreId, Data) {
        (TENANT, generation.store_id(), Data::Live(generation.clone()))
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

    /// Data and types were swapped one after the other once: what failed between them left texts
    /// matched against the old table while the session was shown as completed.
    #[tokio::test]
    async fn nothing_is_matched_against_what_is_not_served() {
        let library = Library::default();
        let changing = library.changing().await;
        let (old, other, new) = (generation(1, 1), generation(2, 2), generation(1, 3));
        let types = vec![type_of(&old), type_of(&other)];
        let check = |step: &str, sessions: &[u8], omitted: &[(u8, OmissionReason)]| {
            let selected = library.types(TENANT).select(&[]);
            let of = |active: &Arc<ActiveType>| active.generation.session_id().as_bytes()[0];
            let matched: Vec<u8> = selected.types.types().iter().map(of).collect();
            assert_eq!(matched, sessions, "{step}");
            let expected = omitted.iter().map(|(store, reason)| Omission {
                type_id: (*store > 0).then(|| SensitiveTypeId::from_bytes([*store; 16])),
                reason: *reason,
            });
            assert_eq!(selected.omissions, expected.collect::<Vec<_>>(), "{step}");
        };
        use OmissionReason::{DataStale, DataUnavailable, NoData};
        let (first, second) = (StoreId::from_bytes([1; 16]), StoreId::from_bytes([2; 16]));
        changing.serve(Vec::new(), vec![(TENANT, types.clone())]);
        check("types without data", &[], &[(0, NoData)]);
        changing.serve(vec![live(&old), live(&other)], vec![(TENANT, types.clone())]);
        check("both", &[1, 2], &[]);
        changing.serve(vec![live(&new)], Vec::new());
        check("new data without its types", &[2], &[(1, DataUnavailable)]);
        changing.serve(Vec::new(), vec![(TENANT, types.clone())]);
        check("and with them", &[3, 2], &[]);
        assert!(library.serves(first, SessionId::from_bytes([3; 16])));
        assert!(!changing.withdraw(first, &old), "what is not searched is not withdrawn");
        assert!(changing.withdraw(second, &other));
        check("one damaged", &[3], &[(2, DataUnavailable)]);
        changing.serve(vec![(TENANT, first, Data::Stale(old.clone()))], vec![(TENANT, types)]);
        check("one stale", &[1], &[(1, DataStale), (2, DataUnavailable)]);
        assert!(!library.serves(first, SessionId::from_bytes([1; 16])), "stale data is not live");
        changing.remove(TENANT, first);
        check("one store removed", &[], &[(2, DataUnavailable)]);
    }

    /// What is prepared of types is shared by all requests that name the same, and goes with the
    /// types and data that it was made of.
    #[tokio::test]
    async fn types_are_prepared_once_until_something_changes() {
        let library = Library::default();
        let changing = library.changing().await;
        let (old, other, new) = (generation(1, 1), generation(2, 2), generation(1, 3));
        let types = vec![type_of(&old), type_of(&other)];
        changing.serve(vec![live(&old), live(&other)], vec![(TENANT, types.clone())]);
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
        changing.serve(vec![live(&new)], vec![(TENANT, types)]);
        let after = library.types(TENANT);
        assert_eq!(
            (sessions(&after.prepared()), sessions(&after.prepared_some(vec![0]))),
            (vec![3, 2], vec![3])
        );
    }
}
