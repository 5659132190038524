//! Salts. The service encrypts them; here they are opaque.

use edm_model::{KeyId, TenantId, Timestamp};
use sqlx::Row;

use super::{Catalog, Write, get, id16};
use crate::error::{Context, Error};

/// One salt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaltRow {
    /// Its id.
    pub key_id: KeyId,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The encrypted salt.
    pub sealed: Vec<u8>,
    /// Whether a session brought it for its exclusive use.
    pub own: bool,
    /// Whether new sessions without a salt get this one.
    pub live: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Catalog {
    /// Adds a salt. Fails with `NameTaken` if the tenant already has a different live one.
    pub async fn insert_salt(&self, salt: &SaltRow) -> Result<(), Error> {
        let mut write = self.write().await?;
        insert(&mut write, salt).await?;
        write.commit().await.context("adding a salt")
    }

    /// Returns the salt that the tenant's new sessions get.
    pub async fn live_salt(&self, tenant: TenantId) -> Result<Option<SaltRow>, Error> {
        let row = sqlx::query("select * from salts where tenant_id = $1 and live = 1")
            .bind(tenant.as_bytes().as_slice())
            .fetch_optional(&self.reader)
            .await
            .context("live salt")?;
        row.map(|row| read_salt(&row)).transpose()
    }

    /// Returns a salt.
    pub async fn salt(&self, key_id: KeyId) -> Result<SaltRow, Error> {
        let row = sqlx::query("select * from salts where key_id = $1")
            .bind(key_id.as_bytes().as_slice())
            .fetch_one(&self.reader)
            .await
            .context("salt")?;
        read_salt(&row)
    }

    /// Removes salts created before the given time that no session, generation or future session
    /// uses. Returns how many. Newer ones may belong to a session that is just being written.
    pub async fn delete_unused_salts(&self, before: Timestamp) -> Result<u64, Error> {
        let done = sqlx::query(
            "delete from salts where live = 0 and created_at < $1 \
             and not exists (select 1 from sessions s where s.key_id = salts.key_id) \
             and not exists (select 1 from generations g where g.key_id = salts.key_id)",
        )
        .bind(before.as_micros())
        .execute(&self.writer)
        .await
        .context("removing unused salts")?;
        Ok(done.rows_affected())
    }
}

pub(super) async fn insert(write: &mut Write, salt: &SaltRow) -> Result<(), Error> {
    sqlx::query(
        "insert into salts (key_id, tenant_id, sealed, own, live, created_at) \
         values ($1, $2, $3, $4, $5, $6)",
    )
    .bind(salt.key_id.as_bytes().as_slice())
    .bind(salt.tenant.as_bytes().as_slice())
    .bind(&salt.sealed)
    .bind(i64::from(salt.own))
    .bind(i64::from(salt.live))
    .bind(salt.created_at.as_micros())
    .execute(&mut *write)
    .await
    .context("adding a salt")?;
    Ok(())
}

fn read_salt(row: &sqlx::sqlite::SqliteRow) -> Result<SaltRow, Error> {
    Ok(SaltRow {
        key_id: KeyId::from_bytes(id16(row, "key_id")?),
        tenant: TenantId::from_bytes(id16(row, "tenant_id")?),
        sealed: row.try_get("sealed").context("salt")?,
        own: get::<i64>(row, "own")? != 0,
        live: get::<i64>(row, "live")? != 0,
        created_at: super::moment(row, "created_at")?,
    })
}
