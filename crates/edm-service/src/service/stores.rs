//! Calls about data stores and sensitive types.

use edm_model::{ListQuery, Listed, Principal, SensitiveTypeId, StoreId};

use crate::access::authorise::authorise;
use crate::error::Error;
use crate::revision::Expected;
use crate::service::Service;
use crate::stores::data_stores::{NewStore, StoreChange, StoreView};
use crate::stores::sensitive_types::{NewType, TypeChange, TypeView};
use crate::upload::sessions::{CreatedSession, NewSession};

impl Service {
    /// Makes a store, with its default type.
    pub async fn create_store(&self, principal: &Principal, new: NewStore) -> Result<StoreView, Error> {
        Ok(self.create_store_with_sessions(principal, new, Vec::new()).await?.0)
    }

    /// Makes a store, with its default type and sessions: all of it or nothing.
    pub async fn create_store_with_sessions(
        &self,
        principal: &Principal,
        new: NewStore,
        sessions: Vec<NewSession>,
    ) -> Result<(StoreView, Vec<CreatedSession>), Error> {
        self.owners.stores.create(&authorise(principal)?, new, sessions).await
    }

    /// Lists the tenant's stores.
    pub async fn list_stores(
        &self,
        principal: &Principal,
        query: &ListQuery,
    ) -> Result<Listed<StoreView>, Error> {
        self.owners.stores.list(&authorise(principal)?, query).await
    }

    /// Returns a store.
    pub async fn get_store(&self, principal: &Principal, id: StoreId) -> Result<StoreView, Error> {
        self.owners.stores.get(&authorise(principal)?, id).await
    }

    /// Changes a store. Other columns are those of the next session; open ones are refused from
    /// then on.
    pub async fn update_store(
        &self,
        principal: &Principal,
        id: StoreId,
        change: StoreChange,
    ) -> Result<StoreView, Error> {
        self.owners.stores.update(&authorise(principal)?, id, change).await
    }

    /// Removes a store with its sessions, types and data.
    pub async fn delete_store(
        &self,
        principal: &Principal,
        id: StoreId,
        expected: &Expected,
    ) -> Result<(), Error> {
        self.owners.stores.delete(&authorise(principal)?, id, expected).await
    }

    /// Makes the generation before the live one live again. It is opened and verified first.
    pub async fn rollback_store(
        &self,
        principal: &Principal,
        id: StoreId,
        expected: &Expected,
    ) -> Result<StoreView, Error> {
        self.owners.stores.roll_back(&authorise(principal)?, id, expected).await
    }

    /// Makes a sensitive type. Its patterns must name columns of its store.
    pub async fn create_type(&self, principal: &Principal, new: NewType) -> Result<TypeView, Error> {
        self.owners.types.create(&authorise(principal)?, new).await
    }

    /// Lists the tenant's sensitive types, the stores' default ones included.
    pub async fn list_types(
        &self,
        principal: &Principal,
        query: &ListQuery,
    ) -> Result<Listed<TypeView>, Error> {
        self.owners.types.list(&authorise(principal)?, query).await
    }

    /// Returns a sensitive type.
    pub async fn get_type(&self, principal: &Principal, id: SensitiveTypeId) -> Result<TypeView, Error> {
        self.owners.types.get(&authorise(principal)?, id).await
    }

    /// Changes a sensitive type. The rule of a store's default type is fixed.
    pub async fn update_type(
        &self,
        principal: &Principal,
        id: SensitiveTypeId,
        change: TypeChange,
    ) -> Result<TypeView, Error> {
        self.owners.types.update(&authorise(principal)?, id, change).await
    }

    /// Removes a sensitive type. A store's default type goes with its store only.
    pub async fn delete_type(
        &self,
        principal: &Principal,
        id: SensitiveTypeId,
        expected: &Expected,
    ) -> Result<(), Error> {
        self.owners.types.delete(&authorise(principal)?, id, expected).await
    }
}
