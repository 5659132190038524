//! Sensitive types.

use edm_model::{
    Columns, Pattern, SensitiveType, SensitiveTypeId, SessionId, StoreId, TenantId, TypeOrigin,
    redact_confidence_default,
};
use sqlx::sqlite::SqliteRow;

use super::{Catalog, Write, get, id16, lowercase, moment, number};
use crate::error::{Context, Error};
use crate::record;

/// The selected columns and the tables they come from.
pub(super) const COLUMNS: &str = "t.*";
pub(super) const FROM: &str = "sensitive_types t";

impl Catalog {
    /// Adds a sensitive type. Fails with `NameTaken`, or with `NotFound` if its store does not
    /// exist.
    pub async fn insert_type(&self, tenant: TenantId, sensitive_type: &SensitiveType) -> Result<(), Error> {
        let mut write = self.write().await?;
        insert(&mut write, tenant, sensitive_type).await?;
        write.commit().await.context("adding a sensitive type")
    }

    /// Returns a sensitive type.
    pub async fn sensitive_type(
        &self,
        tenant: TenantId,
        id: SensitiveTypeId,
    ) -> Result<SensitiveType, Error> {
        let row = sqlx::query("select * from sensitive_types where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("sensitive type")?;
        read_type(&row)
    }

    /// Returns all of the tenant's sensitive types in order of creation.
    pub async fn types(&self, tenant: TenantId) -> Result<Vec<SensitiveType>, Error> {
        let rows = sqlx::query("select * from sensitive_types where tenant_id = $1 order by created_at, id")
            .bind(tenant.as_bytes().as_slice())
            .fetch_all(&self.reader)
            .await
            .context("listing sensitive types")?;
        rows.iter().map(read_type).collect()
    }

    /// Lists the tenants that have a sensitive type.
    pub async fn type_tenants(&self) -> Result<Vec<TenantId>, Error> {
        let rows = sqlx::query("select distinct tenant_id from sensitive_types")
            .fetch_all(&self.reader)
            .await
            .context("listing tenants")?;
        rows.iter().map(|row| Ok(TenantId::from_bytes(id16(row, "tenant_id")?))).collect()
    }

    /// Counts the tenant's sensitive types, optionally of one origin only.
    pub async fn type_count(&self, tenant: TenantId, origin: Option<TypeOrigin>) -> Result<u64, Error> {
        let row = sqlx::query(
            "select count(*) as found from sensitive_types where tenant_id = $1 and ($2 is null or origin = $2)",
        )
        .bind(tenant.as_bytes().as_slice())
        .bind(origin.map(TypeOrigin::as_str))
        .fetch_one(&self.reader)
        .await
        .context("counting sensitive types")?;
        number(&row, "found")
    }

    /// Lets the closure change a sensitive type, in one transaction, and returns it. Id, origin and
    /// creation time never change.
    pub async fn change_type<E: From<Error>>(
        &self,
        tenant: TenantId,
        id: SensitiveTypeId,
        decide: impl FnOnce(&mut SensitiveType) -> Result<(), E> + Send,
    ) -> Result<SensitiveType, E> {
        let mut write = self.write().await?;
        let before = type_in(&mut write, tenant, id).await?;
        let mut draft = before.clone();
        decide(&mut draft)?;
        if draft != before {
            update(&mut write, tenant, &draft).await?;
            write.commit().await.context("changing a sensitive type")?;
        }
        Ok(draft)
    }

    /// Removes a sensitive type if the closure allows it.
    pub async fn delete_type<E: From<Error>>(
        &self,
        tenant: TenantId,
        id: SensitiveTypeId,
        decide: impl FnOnce(&SensitiveType) -> Result<(), E> + Send,
    ) -> Result<(), E> {
        let mut write = self.write().await?;
        decide(&type_in(&mut write, tenant, id).await?)?;
        sqlx::query("delete from sensitive_types where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .execute(&mut write)
            .await
            .context("removing a sensitive type")?;
        write.commit().await.context("removing a sensitive type")?;
        Ok(())
    }
}

async fn type_in(write: &mut Write, tenant: TenantId, id: SensitiveTypeId) -> Result<SensitiveType, Error> {
    let row = sqlx::query("select * from sensitive_types where tenant_id = $1 and id = $2")
        .bind(tenant.as_bytes().as_slice())
        .bind(id.as_bytes().as_slice())
        .fetch_one(&mut *write)
        .await
        .context("sensitive type")?;
    read_type(&row)
}

fn lowercase_of(sensitive_type: &SensitiveType) -> Option<String> {
    lowercase::of_type(
        &sensitive_type.name,
        sensitive_type.description.as_deref(),
        sensitive_type.publisher.as_deref(),
    )
}

/// Renames the default type together with its store, unless the type has a name other than the
/// store's.
pub(super) async fn rename_default(
    write: &mut Write,
    tenant: TenantId,
    store_id: StoreId,
    before: &str,
    after: &str,
    at: edm_model::Timestamp,
) -> Result<(), Error> {
    let rows = sqlx::query(
        "select * from sensitive_types where store_id = $1 and origin = 'storeDefault' and name = $2",
    )
    .bind(store_id.as_bytes().as_slice())
    .bind(before)
    .fetch_all(&mut *write)
    .await
    .context("renaming the default type")?;
    for row in &rows {
        let mut found = read_type(row)?;
        after.clone_into(&mut found.name);
        found.modified_at = at;
        update(write, tenant, &found).await?;
    }
    Ok(())
}

async fn update(write: &mut Write, tenant: TenantId, sensitive_type: &SensitiveType) -> Result<(), Error> {
    sqlx::query(
        "update sensitive_types set name = $3, name_folded = $4, description = $5, publisher = $6, \
         rule = $7, modified_at = $8, store_id = $9, lowered = $10 where tenant_id = $1 and id = $2",
    )
    .bind(tenant.as_bytes().as_slice())
    .bind(sensitive_type.id.as_bytes().as_slice())
    .bind(&sensitive_type.name)
    .bind(sensitive_type.name.to_lowercase())
    .bind(&sensitive_type.description)
    .bind(&sensitive_type.publisher)
    .bind(record::write_rule(&sensitive_type.rule))
    .bind(sensitive_type.modified_at.as_micros())
    .bind(sensitive_type.rule.store_id.as_bytes().as_slice())
    .bind(lowercase_of(sensitive_type))
    .execute(&mut *write)
    .await
    .context("changing a sensitive type")?;
    Ok(())
}

pub(super) async fn insert(
    write: &mut Write,
    tenant: TenantId,
    sensitive_type: &SensitiveType,
) -> Result<(), Error> {
    sqlx::query(
        "insert into sensitive_types (id, tenant_id, store_id, name, name_folded, description, publisher, \
         origin, rule, created_at, modified_at, lowered) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(sensitive_type.id.as_bytes().as_slice())
    .bind(tenant.as_bytes().as_slice())
    .bind(sensitive_type.rule.store_id.as_bytes().as_slice())
    .bind(&sensitive_type.name)
    .bind(sensitive_type.name.to_lowercase())
    .bind(&sensitive_type.description)
    .bind(&sensitive_type.publisher)
    .bind(sensitive_type.origin.as_str())
    .bind(record::write_rule(&sensitive_type.rule))
    .bind(sensitive_type.created_at.as_micros())
    .bind(sensitive_type.modified_at.as_micros())
    .bind(lowercase_of(sensitive_type))
    .execute(&mut *write)
    .await
    .context("adding a sensitive type")?;
    Ok(())
}

/// Pins the patterns of the store's default type at the first generation. Pins them again if
/// `before` had other columns, because a change of columns means that other values are to be found.
/// The redaction confidence is recomputed from the columns each time.
pub(super) async fn pin_default(
    write: &mut Write,
    store_id: StoreId,
    columns: &Columns,
    before: Option<SessionId>,
    patterns: &[Pattern],
    at: edm_model::Timestamp,
) -> Result<(), Error> {
    let before = match before {
        Some(before) => columns_of(write, before).await?,
        None => None,
    };
    let are_others = before.is_some_and(|before| before != *columns);
    let rows = sqlx::query("select * from sensitive_types where store_id = $1 and origin = 'storeDefault'")
        .bind(store_id.as_bytes().as_slice())
        .fetch_all(&mut *write)
        .await
        .context("default type")?;
    for row in &rows {
        let mut found = read_type(row)?;
        let before = found.rule.clone();
        if found.rule.patterns.is_empty() || are_others {
            found.rule.patterns = patterns.to_vec();
        }
        found.rule.redact_confidence = redact_confidence_default(columns, &found.rule.patterns);
        if !before.patterns.is_empty() && found.rule == before {
            continue;
        }
        sqlx::query("update sensitive_types set rule = $2, modified_at = $3 where id = $1")
            .bind(found.id.as_bytes().as_slice())
            .bind(record::write_rule(&found.rule))
            .bind(at.as_micros())
            .execute(&mut *write)
            .await
            .context("pinning the default type")?;
    }
    Ok(())
}

/// Returns the columns of a session's generation; `None` if the catalog lost them. The session
/// itself may be deleted.
async fn columns_of(write: &mut Write, session: SessionId) -> Result<Option<Columns>, Error> {
    let row = sqlx::query("select columns from generations where session_id = $1")
        .bind(session.as_bytes().as_slice())
        .fetch_optional(&mut *write)
        .await
        .context("columns of a generation")?;
    row.map(|row| record::read_columns(&get::<String>(&row, "columns")?)).transpose()
}

pub(super) fn read_type(row: &SqliteRow) -> Result<SensitiveType, Error> {
    let store_id = StoreId::from_bytes(id16(row, "store_id")?);
    let origin: String = get(row, "origin")?;
    Ok(SensitiveType {
        id: SensitiveTypeId::from_bytes(id16(row, "id")?),
        name: get(row, "name")?,
        description: get(row, "description")?,
        publisher: get(row, "publisher")?,
        origin: TypeOrigin::parse(&origin).ok_or_else(|| Error::corrupt("origin of a sensitive type"))?,
        rule: record::read_rule(&get::<String>(row, "rule")?, store_id)?,
        created_at: moment(row, "created_at")?,
        modified_at: moment(row, "modified_at")?,
    })
}
