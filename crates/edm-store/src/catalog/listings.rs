//! The lists of each kind of rows. They are here and not beside their kinds, so that the tables of
//! lists can name the queries of the kinds without an import circle.

use edm_model::{
    ClassificationJob, JobOrigin, ListQuery, Listed, SensitiveType, SessionId, StoreId, TenantId, UploadAgent,
};
use sqlx::sqlite::SqliteRow;

use super::agents::read_agent;
use super::classification_jobs::read_classification_job;
use super::lists::{self, tables};
use super::sessions::{LastColumns, ListedSession, LiveData, session_of};
use super::stores::{StoreRow, read_store};
use super::types::read_type;
use super::{Catalog, optional_id16};
use crate::error::Error;

impl Catalog {
    /// Lists the tenant's agents.
    pub async fn list_agents(
        &self,
        tenant: TenantId,
        query: &ListQuery,
    ) -> Result<Listed<UploadAgent>, Error> {
        let scope = [("a.tenant_id", tenant.as_bytes())];
        lists::page(&self.lists, &tables::AGENTS, &scope, query, read_agent).await
    }

    /// Lists the tenant's stores.
    pub async fn list_stores(&self, tenant: TenantId, query: &ListQuery) -> Result<Listed<StoreRow>, Error> {
        let scope = [("d.tenant_id", tenant.as_bytes())];
        lists::page(&self.lists, &tables::STORES, &scope, query, read_store).await
    }

    /// Lists the tenant's sensitive types.
    pub async fn list_types(
        &self,
        tenant: TenantId,
        query: &ListQuery,
    ) -> Result<Listed<SensitiveType>, Error> {
        let scope = [("t.tenant_id", tenant.as_bytes())];
        lists::page(&self.lists, &tables::TYPES, &scope, query, read_type).await
    }

    /// Lists a store's sessions as the node shows them.
    pub async fn list_sessions(
        &self,
        tenant: TenantId,
        store_id: StoreId,
        live: LiveData,
        query: &ListQuery,
    ) -> Result<Listed<ListedSession>, Error> {
        let table = match live {
            LiveData::Served => &tables::SESSIONS,
            LiveData::NotServed => &tables::SESSIONS_LIVE_NOT_SERVED,
        };
        // The tenant is constant within a store. Testing it on the store lets an index on sessions
        // alone do the counting.
        let scope = [("s.store_id", store_id.as_bytes()), ("d.tenant_id", tenant.as_bytes())];
        let mut columns = LastColumns::default();
        let read = move |row: &SqliteRow| {
            Ok(ListedSession {
                session: session_of(row, &mut columns)?,
                live_session_id: optional_id16(row, "live_session_id")?.map(SessionId::from_bytes),
            })
        };
        lists::page(&self.lists, table, &scope, query, read).await
    }

    /// Lists the tenant's jobs, optionally of one origin only.
    pub async fn list_classification_jobs(
        &self,
        tenant: TenantId,
        origin: Option<JobOrigin>,
        query: &ListQuery,
    ) -> Result<Listed<ClassificationJob>, Error> {
        let table = match origin {
            None => &tables::JOBS,
            Some(JobOrigin::Text) => &tables::TEXT_JOBS,
            Some(JobOrigin::File) => &tables::FILE_JOBS,
        };
        let scope = [("j.tenant_id", tenant.as_bytes())];
        lists::page(&self.lists, table, &scope, query, read_classification_job).await
    }
}
