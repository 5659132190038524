//! Sensitive types: a default one for each store, and those that people write.

use std::sync::Arc;

use edm_model::{
    Columns, ExactMatchRule, ListQuery, Listed, Pattern, RuleDraft, SensitiveType, SensitiveTypeId, TenantId,
    TypeOrigin, limits,
};
use edm_store::Catalog;

use crate::access::authorise::{CreateType, DeleteType, Grant, ListTypes, ReadType, UpdateType};
use crate::checked_text::{checked_name, checked_text};
use crate::deps::{Clock, Deps, Random, random_bytes};
use crate::error::{Error, ErrorKind, Resource};
use crate::revision::{Expected, Revision};
use crate::serve::library::Library;
use crate::serve::serving::Serving;

/// What a new sensitive type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewType {
    /// The name in a report.
    pub name: String,
    /// Its purpose, for people.
    pub description: Option<String>,
    /// Who wrote it.
    pub publisher: Option<String>,
    /// What must be found where.
    pub rule: RuleDraft,
}

/// What changes about a sensitive type; `None` leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TypeChange {
    /// Another name.
    pub name: Option<String>,
    /// Another description, or none.
    pub description: Option<Option<String>>,
    /// Another publisher, or none.
    pub publisher: Option<Option<String>>,
    /// Another rule.
    pub rule: Option<RuleDraft>,
    /// The state that the change expects.
    pub expected: Expected,
}

/// A sensitive type with its warnings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeView {
    /// The sensitive type.
    pub sensitive_type: SensitiveType,
    /// Weak columns that it names, patterns that cannot be reached, and the like.
    pub warnings: Vec<String>,
}

/// The sensitive types of all tenants.
pub(crate) struct SensitiveTypes {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    library: Arc<Library>,
    serving: Arc<Serving>,
}

impl SensitiveTypes {
    pub(crate) fn new(deps: &Deps, library: Arc<Library>, serving: Arc<Serving>) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            random: deps.random.clone(),
            library,
            serving,
        }
    }

    /// Makes a sensitive type. Its patterns must name columns of its store.
    pub(crate) async fn create(
        &self,
        grant: &Grant<'_, CreateType>,
        new: NewType,
    ) -> Result<TypeView, Error> {
        let tenant = grant.tenant();
        let allowed = limits::SENSITIVE_TYPES_MAX;
        if self.catalog.type_count(tenant, Some(TypeOrigin::Own)).await? >= allowed {
            return Err(Error::of(ErrorKind::TooMany { what: Resource::SensitiveType, allowed }));
        }
        let now = self.clock.now();
        let sensitive_type = SensitiveType {
            id: SensitiveTypeId::from_random_bytes(random_bytes(self.random.as_ref())),
            name: checked_name("name", &new.name)?,
            description: checked_text("description", new.description)?,
            publisher: checked_text("publisherName", new.publisher)?,
            origin: TypeOrigin::Own,
            rule: self.checked_rule(grant.tenant(), new.rule).await?,
            created_at: now,
            modified_at: now,
        };
        let inserted = self.catalog.insert_type(tenant, &sensitive_type).await;
        inserted.map_err(|error| Error::from(error).at("name"))?;
        self.serving.refresh_types(tenant).await?;
        Ok(self.view_of(sensitive_type))
    }

    /// Lists the tenant's sensitive types, the stores' default ones included.
    pub(crate) async fn list(
        &self,
        grant: &Grant<'_, ListTypes>,
        query: &ListQuery,
    ) -> Result<Listed<TypeView>, Error> {
        let listed = self.catalog.list_types(grant.tenant(), query).await?;
        Ok(listed.map(|found| self.view_of(found)))
    }

    /// Returns a sensitive type.
    pub(crate) async fn get(
        &self,
        grant: &Grant<'_, ReadType>,
        id: SensitiveTypeId,
    ) -> Result<TypeView, Error> {
        Ok(self.view_of(self.find(grant.tenant(), id).await?))
    }

    async fn find(&self, tenant: TenantId, id: SensitiveTypeId) -> Result<SensitiveType, Error> {
        let found = self.catalog.sensitive_type(tenant, id).await;
        found.map_err(|error| Error::from(error).missing(Resource::SensitiveType))
    }

    /// Changes a sensitive type. The rule of a store's default type is fixed.
    pub(crate) async fn update(
        &self,
        grant: &Grant<'_, UpdateType>,
        id: SensitiveTypeId,
        change: TypeChange,
    ) -> Result<TypeView, Error> {
        let known = self.find(grant.tenant(), id).await?;
        let name = change.name.map(|name| checked_name("name", &name)).transpose()?;
        let description = change.description.map(|text| checked_text("description", text)).transpose()?;
        let publisher = change.publisher.map(|text| checked_text("publisherName", text)).transpose()?;
        let rule = match change.rule.filter(|rule| !rule.describes(&known.rule)) {
            Some(_) if known.origin == TypeOrigin::StoreDefault => {
                return Err(Error::of(ErrorKind::DefaultTypeFixed).at("exactMatch"));
            }
            Some(rule) => Some(self.checked_rule(grant.tenant(), rule).await?),
            None => None,
        };
        let now = self.clock.now();
        let changed = self.catalog.change_type(grant.tenant(), id, |draft| {
            change.expected.check(|| Revision::of(&self.view_of(draft.clone())))?;
            let before = draft.clone();
            draft.name = name.unwrap_or_else(|| draft.name.clone());
            draft.description = description.unwrap_or_else(|| draft.description.clone());
            draft.publisher = publisher.unwrap_or_else(|| draft.publisher.clone());
            draft.rule = rule.unwrap_or_else(|| draft.rule.clone());
            if *draft != before {
                draft.modified_at = now;
            }
            Ok::<(), Error>(())
        });
        let changed = changed.await.map_err(|error| error.missing(Resource::SensitiveType))?;
        self.serving.refresh_types(grant.tenant()).await?;
        Ok(self.view_of(changed))
    }

    /// Removes a sensitive type. A store's default type goes with its store only.
    pub(crate) async fn delete(
        &self,
        grant: &Grant<'_, DeleteType>,
        id: SensitiveTypeId,
        expected: &Expected,
    ) -> Result<(), Error> {
        let removed = self.catalog.delete_type(grant.tenant(), id, |found| {
            expected.check(|| Revision::of(&self.view_of(found.clone())))?;
            match found.origin {
                TypeOrigin::StoreDefault => Err(Error::of(ErrorKind::DefaultTypeFixed)),
                TypeOrigin::Own => Ok(()),
            }
        });
        removed.await.map_err(|error| error.missing(Resource::SensitiveType))?;
        self.serving.refresh_types(grant.tenant()).await
    }

    fn view_of(&self, sensitive_type: SensitiveType) -> TypeView {
        TypeView { warnings: self.library.type_warnings(&sensitive_type), sensitive_type }
    }

    async fn checked_rule(&self, tenant: TenantId, rule: RuleDraft) -> Result<ExactMatchRule, Error> {
        let store = self.catalog.store(tenant, rule.store_id).await;
        let store = store.map_err(|error| Error::from(error).at("exactMatch/dataStoreId"))?.store;
        if !(1..=100).contains(&rule.recommended_confidence) {
            return Err(Error::invalid("exactMatch/recommendedConfidence", "a confidence is 1 to 100"));
        }
        if rule.redact_confidence.is_some_and(|confidence| !(1..=100).contains(&confidence)) {
            return Err(Error::invalid("exactMatch/redactConfidence", "a confidence is 1 to 100"));
        }
        if rule.patterns.is_empty() || rule.patterns.len() > limits::PATTERNS_MAX {
            let message = format!("a sensitive type has 1 to {} patterns", limits::PATTERNS_MAX);
            return Err(Error::invalid("exactMatch/patterns", message));
        }
        let mut patterns = Vec::with_capacity(rule.patterns.len());
        for (position, pattern) in rule.patterns.into_iter().enumerate() {
            patterns.push(checked_pattern(
                &store.columns,
                pattern,
                &format!("exactMatch/patterns/{position}"),
            )?);
        }
        Ok(RuleDraft { patterns, ..rule }.complete(&store.columns))
    }
}

/// Checks a pattern against the store's columns and spells their names as the store does.
fn checked_pattern(columns: &Columns, mut pattern: Pattern, target: &str) -> Result<Pattern, Error> {
    if !(1..=100).contains(&pattern.confidence) {
        return Err(Error::invalid(&format!("{target}/confidence"), "a confidence is 1 to 100"));
    }
    if pattern.proximity.distance > limits::PROXIMITY_MAX {
        let message = format!("a distance is at most {}", limits::PROXIMITY_MAX);
        return Err(Error::invalid(&format!("{target}/proximity/distance"), message));
    }
    if let Some(primary) = &mut pattern.primary {
        let path = format!("{target}/primary");
        let position = spell(columns, primary, &path)?;
        if columns.as_slice().get(position).is_some_and(|column| !column.searchable) {
            return Err(Error::of(ErrorKind::ColumnNotSearchable).at(path));
        }
    }
    if pattern.supporting.len() > limits::COLUMNS_MAX {
        let message = format!("a pattern has at most {} groups", limits::COLUMNS_MAX);
        return Err(Error::invalid(&format!("{target}/supporting"), message));
    }
    for (number, group) in pattern.supporting.iter_mut().enumerate() {
        let path = format!("{target}/supporting/{number}");
        if group.columns.is_empty() {
            return Err(Error::invalid(&format!("{path}/columns"), "a group names at least one column"));
        }
        if group.max_matches.is_some_and(|most| most < group.min_matches) {
            return Err(Error::invalid(&format!("{path}/maxMatches"), "maxMatches is at least minMatches"));
        }
        if usize::try_from(group.min_matches).is_ok_and(|least| least > group.columns.len()) {
            let message = "minMatches is at most the number of the group's columns, else nothing could match";
            return Err(Error::invalid(&format!("{path}/minMatches"), message));
        }
        spell_all(columns, &mut group.columns, &format!("{path}/columns"))?;
    }
    spell_all(columns, &mut pattern.not_counted, &format!("{target}/notCounted"))?;
    spell_all(columns, &mut pattern.void_if, &format!("{target}/voidIf"))?;
    Ok(pattern)
}

fn spell_all(columns: &Columns, names: &mut [String], path: &str) -> Result<(), Error> {
    if names.len() > limits::COLUMNS_MAX {
        return Err(Error::invalid(path, format!("at most {} columns can be named", limits::COLUMNS_MAX)));
    }
    for (number, name) in names.iter_mut().enumerate() {
        spell(columns, name, &format!("{path}/{number}"))?;
    }
    Ok(())
}

fn spell(columns: &Columns, name: &mut String, path: &str) -> Result<usize, Error> {
    let position = columns.position(name).ok_or_else(|| Error::of(ErrorKind::UnknownColumn).at(path))?;
    if let Some(column) = columns.as_slice().get(position) {
        name.clone_from(&column.name);
    }
    Ok(position)
}
