//! The sensitive types of a tenant, prepared for scans. Types that cannot be matched keep the
//! reason, which reports show.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use edm_engine::{ActiveType, Generation, PreparedTypes};
use edm_model::{Columns, Pattern, SensitiveType, SensitiveTypeId, StoreId, TypeOrigin};

use crate::serve::data_state::{Data, DataState};
use crate::serve::omission::{Omission, OmissionReason};

/// The sensitive types of a tenant.
#[derive(Default)]
pub(crate) struct TenantTypes {
    /// Those that can be matched now.
    pub(crate) active: Vec<Arc<ActiveType>>,
    /// All of them.
    known: HashMap<SensitiveTypeId, KnownType>,
    /// All active ones prepared for scans, made for the first text that needs them.
    all: OnceLock<Arc<PreparedTypes>>,
    /// Some of them, by their positions in the order of the request: requests name the same few
    /// again and again.
    pub(crate) some: Mutex<HashMap<Vec<usize>, Arc<PreparedTypes>>>,
}

/// A type of the tenant.
#[derive(Clone)]
struct KnownType {
    name: Arc<str>,
    store_id: StoreId,
    state: TypeState,
}

/// Whether a type can be matched.
#[derive(Clone, Copy)]
enum TypeState {
    /// It can, and is at this position among the active ones.
    Active {
        position: usize,
        /// Whether the data is that before the live one.
        is_stale: bool,
        /// Whether a pattern of it does not fit the data, and is not searched for.
        lacks_patterns: bool,
    },
    /// It cannot.
    Omitted(OmissionReason),
}

impl TypeState {
    fn position(self) -> Option<usize> {
        match self {
            TypeState::Active { position, .. } => Some(position),
            TypeState::Omitted(_) => None,
        }
    }
}

/// The types that a request selects.
pub(crate) struct SelectedTypes {
    /// Those that are matched.
    pub(crate) types: Arc<PreparedTypes>,
    /// The names that no type of the tenant has.
    pub(crate) unknown: Vec<String>,
    /// What a text is not searched for.
    pub(crate) omissions: Vec<Omission>,
    /// The names of the types among them whose data cannot be read.
    pub(crate) unavailable: Vec<Arc<str>>,
}

/// Choices of types that are kept ready for scans.
pub(crate) const CHOICES_KEPT_MAX: usize = 64;

impl TenantTypes {
    /// Returns the types that a request names, all of them where it names none. Reads no storage,
    /// because a permit is held meanwhile.
    pub(crate) fn select(&self, named: &[String]) -> SelectedTypes {
        let mut selected = SelectedTypes {
            types: Arc::new(PreparedTypes::prepare_without_combined_filter([])),
            unknown: Vec::new(),
            omissions: Vec::new(),
            unavailable: Vec::new(),
        };
        if named.is_empty() {
            self.known.iter().for_each(|(id, known)| self.note(*id, known, &mut selected));
            // Of many types some may have no data yet; where none has any, nothing at all is looked
            // for.
            let nothing = |omission: &Omission| omission.reason == OmissionReason::NoData;
            let all = self.active.is_empty() && selected.omissions.iter().all(nothing);
            selected.omissions.retain(|omission| !nothing(omission));
            if all {
                selected.omissions.push(Omission { type_id: None, reason: OmissionReason::NoData });
            }
            selected.omissions.sort_unstable_by_key(|omission| omission.type_id);
            selected.types = self.prepared();
            return selected;
        }
        let mut positions = Vec::new();
        let mut chosen = HashSet::new();
        for name in named {
            let found = name.parse::<SensitiveTypeId>().ok().and_then(|id| Some((id, self.known.get(&id)?)));
            let Some((id, known)) = found else {
                selected.unknown.push(name.clone());
                continue;
            };
            if chosen.insert(id) {
                self.note(id, known, &mut selected);
                if let TypeState::Active { position, .. } = known.state {
                    positions.push(position);
                }
            }
        }
        selected.types = self.prepared_some(positions);
        selected
    }

    /// Notes what of the type a text is not searched for.
    fn note(&self, id: SensitiveTypeId, known: &KnownType, selected: &mut SelectedTypes) {
        let reasons = match known.state {
            TypeState::Active { is_stale, lacks_patterns, .. } => [
                is_stale.then_some(OmissionReason::DataStale),
                lacks_patterns.then_some(OmissionReason::SomePatterns),
            ],
            TypeState::Omitted(reason) => [Some(reason), None],
        };
        for reason in reasons.into_iter().flatten() {
            if reason == OmissionReason::DataUnavailable {
                selected.unavailable.push(known.name.clone());
            }
            selected.omissions.push(Omission { type_id: Some(id), reason });
        }
    }

    /// Returns the types without those whose generation is not the searched one of their store.
    /// Until types of the new data are there, a text is not searched for them.
    pub(crate) fn searched_alone<'a>(
        &self,
        searched: impl Fn(StoreId) -> Option<&'a Arc<Generation>>,
    ) -> Self {
        let mut left = Self::default();
        let mut known: Vec<_> = self.known.iter().collect();
        // What is left keeps its order, which is that of reports.
        known.sort_unstable_by_key(|(id, known)| (known.state.position(), **id));
        for (id, known) in known {
            let state = match known.state {
                TypeState::Active { position, is_stale, lacks_patterns } => {
                    let active = self.active.get(position).expect("a position is that of an active type");
                    if searched(known.store_id).is_some_and(|found| Arc::ptr_eq(found, &active.generation)) {
                        left.active.push(active.clone());
                        TypeState::Active { position: left.active.len() - 1, is_stale, lacks_patterns }
                    } else {
                        TypeState::Omitted(OmissionReason::DataUnavailable)
                    }
                }
                omitted @ TypeState::Omitted(_) => omitted,
            };
            left.known.insert(*id, KnownType { state, ..known.clone() });
        }
        left
    }

    /// Forgets the types of a store that there is no more.
    pub(crate) fn forget_store(&mut self, store: StoreId) {
        self.known.retain(|_, known| known.store_id != store);
    }

    /// Returns whether a type of this name or id can be matched.
    pub(crate) fn can_match(&self, wanted: &str) -> bool {
        let named = |id: &SensitiveTypeId, known: &KnownType| {
            known.name.as_ref() == wanted
                || wanted.parse::<SensitiveTypeId>().is_ok_and(|wanted| wanted == *id)
        };
        self.known.iter().any(|(id, known)| known.state.position().is_some() && named(id, known))
    }

    /// Returns all active types ready for scans. Made once: a change of types or data makes another
    /// `TenantTypes`.
    pub(crate) fn prepared(&self) -> Arc<PreparedTypes> {
        self.all.get_or_init(|| Arc::new(PreparedTypes::prepare(self.active.iter().cloned()))).clone()
    }

    /// Returns the types at these positions ready for scans, in their order.
    pub(crate) fn prepared_some(&self, positions: Vec<usize>) -> Arc<PreparedTypes> {
        let known = || self.some.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(prepared) = known().get(&positions) {
            return prepared.clone();
        }
        let chosen = positions.iter().map(|position| {
            self.active.get(*position).expect("a position is that of an active type").clone()
        });
        let prepared = Arc::new(PreparedTypes::prepare_without_combined_filter(chosen));
        let mut known = known();
        if known.len() >= CHOICES_KEPT_MAX {
            known.clear();
        }
        known.insert(positions, prepared.clone());
        prepared
    }

    /// A type is left out while its store has no data or data that cannot be read, and a pattern
    /// while the live data lacks one of its columns.
    pub(crate) fn of<'a>(types: Vec<SensitiveType>, data_of: impl Fn(StoreId) -> Option<&'a Data>) -> Self {
        let mut made = Self::default();
        for found in types {
            let (id, store_id, name) = (found.id, found.rule.store_id, Arc::from(found.name.as_str()));
            let data = data_of(store_id);
            let state = match data.and_then(Data::generation) {
                None if data.is_some() => TypeState::Omitted(OmissionReason::DataUnavailable),
                None => TypeState::Omitted(OmissionReason::NoData),
                Some(generation) => {
                    let pattern_count = found.rule.patterns.len();
                    match activate(found, generation) {
                        None => TypeState::Omitted(OmissionReason::NoPattern),
                        Some(active) => {
                            let lacks_patterns = active.patterns.len() < pattern_count;
                            let is_stale = data.is_some_and(|data| data.state() == DataState::Stale);
                            made.active.push(active);
                            TypeState::Active { position: made.active.len() - 1, is_stale, lacks_patterns }
                        }
                    }
                }
            };
            made.known.insert(id, KnownType { name, store_id, state });
        }
        made
    }
}

fn activate(found: SensitiveType, generation: &Arc<Generation>) -> Option<Arc<ActiveType>> {
    let mut patterns = found.rule.patterns;
    patterns.retain(|pattern| fits(pattern, generation.columns()));
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
        generation: generation.clone(),
    }))
}

/// Returns whether the data has every column that the pattern names, and can anchor its primary.
pub(crate) fn fits(pattern: &Pattern, columns: &Columns) -> bool {
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
