//! Bearer tokens, stored as hashes only, and the audit log of look-ups.

use edm_model::{PrincipalId, Role, Roles, StoreId, TenantId, Timestamp, TokenId};
use sqlx::sqlite::SqliteRow;

use super::{Catalog, get, id16, moment, number, optional_moment, signed};
use crate::error::{Context, Error, ErrorKind};

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Its id.
    pub id: TokenId,
    /// The tenant that owns it.
    pub tenant: TenantId,
    /// The name that people gave it.
    pub name: String,
    /// The roles it grants.
    pub roles: Roles,
    /// Whether it is the token that the first start created.
    pub bootstrap: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// A token to insert.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// The listed properties.
    pub row: TokenRow,
    /// The digest of the secret.
    pub hash: [u8; 32],
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The tenant.
    pub tenant: TenantId,
    /// The caller.
    pub principal: PrincipalId,
    /// The action.
    pub action: String,
    /// The store, if there is one.
    pub store_id: Option<StoreId>,
    /// The number of items in the call.
    pub item_count: u64,
    /// The time of the call.
    pub at: Timestamp,
}

impl Catalog {
    /// Adds a token.
    pub async fn insert_token(&self, token: &NewToken) -> Result<(), Error> {
        let roles: Vec<&str> = token.row.roles.iter().map(Role::as_str).collect();
        sqlx::query(
            "insert into tokens (id, tenant_id, name, hash, roles, bootstrap, created_at, expires_at) \
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(token.row.id.as_bytes().as_slice())
        .bind(token.row.tenant.as_bytes().as_slice())
        .bind(&token.row.name)
        .bind(token.hash.as_slice())
        .bind(roles.join(" "))
        .bind(i64::from(token.row.bootstrap))
        .bind(token.row.created_at.as_micros())
        .bind(token.row.expires_at.map(Timestamp::as_micros))
        .execute(&self.writer)
        .await
        .context("adding a token")?;
        Ok(())
    }

    /// Returns the token whose secret has this digest.
    pub async fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, Error> {
        let row = sqlx::query("select * from tokens where hash = $1")
            .bind(hash.as_slice())
            .fetch_optional(&self.access)
            .await
            .context("token")?;
        row.map(|row| read_token(&row)).transpose()
    }

    /// Lists the tenant's tokens in order of creation.
    pub async fn tokens(&self, tenant: TenantId) -> Result<Vec<TokenRow>, Error> {
        let rows = sqlx::query("select * from tokens where tenant_id = $1 order by created_at, id")
            .bind(tenant.as_bytes().as_slice())
            .fetch_all(&self.reader)
            .await
            .context("listing tokens")?;
        rows.iter().map(read_token).collect()
    }

    /// Counts the tokens of every tenant.
    pub async fn token_count(&self) -> Result<u64, Error> {
        let row = sqlx::query("select count(*) as found from tokens")
            .fetch_one(&self.reader)
            .await
            .context("counting tokens")?;
        number(&row, "found")
    }

    /// Removes a token. It is invalid from the next request on.
    pub async fn delete_token(&self, tenant: TenantId, id: TokenId) -> Result<(), Error> {
        let done = sqlx::query("delete from tokens where tenant_id = $1 and id = $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(id.as_bytes().as_slice())
            .execute(&self.writer)
            .await
            .context("removing a token")?;
        if done.rows_affected() == 0 { Err(Error::new(ErrorKind::NotFound, "token")) } else { Ok(()) }
    }

    /// Appends a line to the audit log.
    pub async fn audit(&self, entry: &AuditEntry) -> Result<(), Error> {
        sqlx::query(
            "insert into audit (tenant_id, principal, action, store_id, item_count, at) \
             values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(entry.tenant.as_bytes().as_slice())
        .bind(entry.principal.as_str())
        .bind(&entry.action)
        .bind(entry.store_id.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(signed(entry.item_count)?)
        .bind(entry.at.as_micros())
        .execute(&self.writer)
        .await
        .context("writing the audit")?;
        Ok(())
    }

    /// Returns the latest lines of the tenant's audit log, newest first.
    pub async fn audit_entries(&self, tenant: TenantId, limit: u32) -> Result<Vec<AuditEntry>, Error> {
        let rows = sqlx::query("select * from audit where tenant_id = $1 order by id desc limit $2")
            .bind(tenant.as_bytes().as_slice())
            .bind(i64::from(limit))
            .fetch_all(&self.reader)
            .await
            .context("reading the audit")?;
        rows.iter()
            .map(|row| {
                Ok(AuditEntry {
                    tenant,
                    principal: PrincipalId::new(get::<String>(row, "principal")?),
                    action: get(row, "action")?,
                    store_id: super::optional_id16(row, "store_id")?.map(StoreId::from_bytes),
                    item_count: number(row, "item_count")?,
                    at: moment(row, "at")?,
                })
            })
            .collect()
    }
}

fn read_token(row: &SqliteRow) -> Result<TokenRow, Error> {
    let roles: String = get(row, "roles")?;
    let roles = roles.split_whitespace().map(|word| Role::parse(word).ok_or_else(|| Error::corrupt("role")));
    Ok(TokenRow {
        id: TokenId::from_bytes(id16(row, "id")?),
        tenant: TenantId::from_bytes(id16(row, "tenant_id")?),
        name: get(row, "name")?,
        roles: Roles::new(roles.collect::<Result<Vec<Role>, Error>>()?),
        bootstrap: get::<i64>(row, "bootstrap")? != 0,
        created_at: moment(row, "created_at")?,
        expires_at: optional_moment(row, "expires_at")?,
    })
}
