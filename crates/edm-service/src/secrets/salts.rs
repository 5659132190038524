//! Salts: one live salt for each tenant, made at first need; a session may bring another. All are
//! encrypted under the master key.

use std::sync::Arc;

use edm_hash::{SALT_RANDOM_BYTES, Salt};
use edm_model::{KeyId, TenantId};
use edm_store::{Catalog, SaltRow};
use zeroize::Zeroizing;

use crate::deps::{Clock, Deps, Random, random_bytes};
use crate::error::{Error, ErrorKind};
use crate::secrets::key_ring::{KeyRing, Purpose};
use crate::secrets::secret_text::SecretText;

/// The salts of all tenants.
pub(crate) struct Salts {
    catalog: Catalog,
    keys: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Salts {
    pub(crate) fn new(deps: &Deps, keys: Arc<KeyRing>) -> Self {
        Self { catalog: deps.catalog.clone(), keys, clock: deps.clock.clone(), random: deps.random.clone() }
    }

    /// Returns the live salt of a tenant, and makes it when there is none.
    pub(crate) async fn of_tenant(&self, tenant: TenantId) -> Result<(KeyId, Salt), Error> {
        if let Some(row) = self.catalog.live_salt(tenant).await? {
            return Ok((row.key_id, self.unseal(&row)?));
        }
        let random = Zeroizing::new(random_bytes::<SALT_RANDOM_BYTES>(self.random.as_ref()));
        let row = self.seal_salt(tenant, &Salt::generate(&random), false);
        match self.catalog.insert_salt(&row).await {
            Ok(()) => {}
            // Another session made one in the same moment; that one is the tenant's.
            Err(error) if error.kind() == edm_store::ErrorKind::NameTaken => {}
            Err(error) => return Err(error.into()),
        }
        let row = self.catalog.live_salt(tenant).await?.ok_or_else(|| Error::of(ErrorKind::Internal))?;
        Ok((row.key_id, self.unseal(&row)?))
    }

    /// Stores a salt that a session brought, under a new key id.
    pub(crate) async fn keep_given(
        &self,
        tenant: TenantId,
        text: SecretText,
    ) -> Result<(KeyId, Salt), Error> {
        let (row, salt) = self.seal_given(tenant, text)?;
        self.catalog.insert_salt(&row).await?;
        Ok((row.key_id, salt))
    }

    /// Seals a salt that a session brought, under a new key id, to be stored with the session.
    pub(crate) fn seal_given(&self, tenant: TenantId, text: SecretText) -> Result<(SaltRow, Salt), Error> {
        let salt = Salt::new(text.expose_for_wire().to_owned())
            .map_err(|_| Error::of(ErrorKind::InvalidSalt).at("salt"))?;
        Ok((self.seal_salt(tenant, &salt, true), salt))
    }

    /// Returns a salt by its id.
    pub(crate) async fn by_id(&self, key_id: KeyId) -> Result<Salt, Error> {
        let row = self.catalog.salt(key_id).await?;
        self.unseal(&row)
    }

    fn seal_salt(&self, tenant: TenantId, salt: &Salt, own: bool) -> SaltRow {
        let key_id = KeyId::from_random_bytes(random_bytes(self.random.as_ref()));
        let secret = salt.expose_for_wire().as_bytes();
        let random = self.random.as_ref();
        SaltRow {
            key_id,
            tenant,
            sealed: self.keys.seal(Purpose::Salt, &context(tenant, key_id), secret, random),
            own,
            live: !own,
            created_at: self.clock.now(),
        }
    }

    fn unseal(&self, row: &SaltRow) -> Result<Salt, Error> {
        let secret = self.keys.open(Purpose::Salt, &context(row.tenant, row.key_id), &row.sealed)?;
        let text = std::str::from_utf8(&secret).map_err(|_| Error::of(ErrorKind::Corrupt))?;
        Salt::new(text.to_owned()).map_err(|source| Error::of(ErrorKind::Corrupt).because(source))
    }
}

fn context(tenant: TenantId, key_id: KeyId) -> Vec<u8> {
    [tenant.as_bytes().as_slice(), key_id.as_bytes()].concat()
}
