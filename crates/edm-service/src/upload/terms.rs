//! What a session's blocks must be made with: columns, the longest cell, and the salt.

use std::sync::Arc;

use edm_hash::Salt;
use edm_model::{Columns, DataStore, KeyId, Principal, SessionId};
use edm_store::Catalog;
use subtle::ConstantTimeEq;

use crate::deps::Deps;
use crate::error::{Error, ErrorKind};
use crate::secrets::salts::Salts;
use crate::secrets::secret_text::SecretText;
use crate::serve::library::Library;
use crate::serve::serving::Serving;

/// What a session's blocks must be made with.
pub(crate) struct Terms {
    pub(crate) columns: Columns,
    pub(crate) tokens_max: u32,
    pub(crate) key_id: KeyId,
    pub(crate) salt: Salt,
}

/// Finds the terms of new sessions.
pub(crate) struct TermsFinder {
    catalog: Catalog,
    salts: Arc<Salts>,
    serving: Arc<Serving>,
    library: Arc<Library>,
}

impl TermsFinder {
    pub(crate) fn new(deps: &Deps, salts: Arc<Salts>, serving: Arc<Serving>, library: Arc<Library>) -> Self {
        Self { catalog: deps.catalog.clone(), salts, serving, library }
    }

    /// Returns the terms of a replace: the store's columns as they are now, and the given salt or
    /// the tenant's.
    pub(crate) async fn of_replace(
        &self,
        store: &DataStore,
        salt: Option<SecretText>,
    ) -> Result<Terms, Error> {
        let (key_id, salt) = match salt {
            Some(text) => self.salts.keep_given(store.tenant, text).await?,
            None => self.salts.of_tenant(store.tenant).await?,
        };
        Ok(Terms { columns: store.columns.clone(), tokens_max: store.tokens_max, key_id, salt })
    }

    /// Returns the terms of a delta: those that the live data was made with. A salt that another
    /// caller brought must be given, because the answer reveals it.
    pub(crate) async fn of_delta(
        &self,
        principal: &Principal,
        store: &DataStore,
        salt: Option<SecretText>,
    ) -> Result<Terms, Error> {
        let Some(live) = store.live else {
            require_key(&store.columns)?;
            return Err(Error::of(ErrorKind::NoLiveData).at("updateMode"));
        };
        if !self.library.is_ready() {
            return Err(Error::of(ErrorKind::NotReady));
        }
        let generation = self.serving.generation_of(store.id, live.session_id).await?;
        require_key(generation.columns())?;
        let live_salt = self.salts.by_id(generation.key_id()).await?;
        let known = match salt {
            Some(given) => {
                let live = live_salt.expose_for_wire().as_bytes();
                bool::from(given.expose_for_wire().as_bytes().ct_eq(live))
            }
            None => {
                !self.catalog.salt(generation.key_id()).await?.own
                    || self.brought(principal, live.session_id).await?
            }
        };
        if !known {
            return Err(Error::of(ErrorKind::SaltMismatch).at("salt"));
        }
        Ok(Terms {
            columns: generation.columns().clone(),
            tokens_max: generation.tokens_max(),
            key_id: generation.key_id(),
            salt: live_salt,
        })
    }

    /// Returns whether this caller made the session; false where its history is deleted.
    async fn brought(&self, principal: &Principal, session: SessionId) -> Result<bool, Error> {
        match self.catalog.session(session).await {
            Ok(draft) => Ok(draft.session.created_by == principal.id),
            Err(error) if error.kind() == edm_store::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn require_key(columns: &Columns) -> Result<(), Error> {
    match columns.as_slice().iter().any(|column| column.key) {
        true => Ok(()),
        false => Err(Error::of(ErrorKind::KeyColumnMissing).at("updateMode")),
    }
}
