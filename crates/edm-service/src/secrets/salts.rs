//! Salts: one live salt a tenant, made at first need; a session may bring its own. Sealed with the master key.

use edm_hash::{SALT_RANDOM_BYTES, Salt};
use edm_model::{KeyId, TenantId};
use edm_store::SaltRow;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};
use crate::secrets::key_ring::{Purpose, SecretText};
use crate::service::Service;

impl Service {
    /// Returns the salt that the tenant's sessions get, and makes it when there is none.
    pub(crate) async fn tenant_salt(&self, tenant: TenantId) -> Result<(KeyId, Salt), Error> {
        if let Some(row) = self.inner.catalog.live_salt(tenant).await? {
            return Ok((row.key_id, self.unseal(&row)?));
        }
        let random = Zeroizing::new(self.random_bytes::<SALT_RANDOM_BYTES>());
        let row = self.seal_salt(tenant, &Salt::generate(&random), false);
        match self.inner.catalog.insert_salt(&row).await {
            Ok(()) => {}
            // Another session made one in the same moment; that one is the tenant's.
            Err(error) if error.kind() == edm_store::ErrorKind::NameTaken => {}
            Err(error) => return Err(error.into()),
        }
        let row =
            self.inner.catalog.live_salt(tenant).await?.ok_or_else(|| Error::of(ErrorKind::Internal))?;
        Ok((row.key_id, self.unseal(&row)?))
    }

    /// Keeps a salt that a session brought, under an id of its own.
    pub(crate) async fn keep_own_salt(
        &self,
        tenant: TenantId,
        text: SecretText,
    ) -> Result<(KeyId, Salt), Error> {
        let (row, salt) = self.own_salt(tenant, text)?;
        self.inner.catalog.insert_salt(&row).await?;
        Ok((row.key_id, salt))
    }

    /// Seals a salt that a session brought, under an id of its own, to be kept with the session.
    pub(crate) fn own_salt(&self, tenant: TenantId, text: SecretText) -> Result<(SaltRow, Salt), Error> {
        let salt = Salt::new(text.expose_for_wire().to_owned())
            .map_err(|_| Error::of(ErrorKind::InvalidSalt).at("salt"))?;
        Ok((self.seal_salt(tenant, &salt, true), salt))
    }

    /// Returns a salt by its id.
    pub(crate) async fn salt(&self, key_id: KeyId) -> Result<Salt, Error> {
        let row = self.inner.catalog.salt(key_id).await?;
        self.unseal(&row)
    }

    fn seal_salt(&self, tenant: TenantId, salt: &Salt, own: bool) -> SaltRow {
        let key_id = KeyId::from_random_bytes(self.random_bytes());
        let secret = salt.expose_for_wire().as_bytes();
        let random = self.inner.random.as_ref();
        SaltRow {
            key_id,
            tenant,
            sealed: self.inner.seals.seal(Purpose::Salt, &context(tenant, key_id), secret, random),
            own,
            live: !own,
            created_at: self.now(),
        }
    }

    fn unseal(&self, row: &SaltRow) -> Result<Salt, Error> {
        let secret = self.inner.seals.open(Purpose::Salt, &context(row.tenant, row.key_id), &row.sealed)?;
        let text = std::str::from_utf8(&secret).map_err(|_| Error::of(ErrorKind::Corrupt))?;
        Salt::new(text.to_owned()).map_err(|source| Error::of(ErrorKind::Corrupt).because(source))
    }
}

fn context(tenant: TenantId, key_id: KeyId) -> Vec<u8> {
    [tenant.as_bytes().as_slice(), key_id.as_bytes()].concat()
}
