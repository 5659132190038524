//! The audit log: the one place that writes what callers did.

use edm_model::{StoreId, Timestamp};
use edm_store::{AuditEntry, Catalog};

use crate::access::authorise::{Action, Grant};
use crate::error::Error;

/// What an audited action is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuditSubject {
    pub(crate) store_id: StoreId,
    /// How many values, records or other items the action names.
    pub(crate) item_count: u64,
}

/// Writes audit entries into the catalog.
pub(crate) struct AuditLog {
    catalog: Catalog,
}

impl AuditLog {
    pub(crate) fn new(catalog: Catalog) -> Self {
        Self { catalog }
    }

    /// Records that the grant is used. Call it before the result is known, so that no use goes
    /// unrecorded.
    pub(crate) async fn record<A: Action>(
        &self,
        grant: &Grant<'_, A>,
        subject: AuditSubject,
        at: Timestamp,
    ) -> Result<(), Error> {
        let AuditSubject { store_id, item_count } = subject;
        let principal = grant.principal();
        tracing::info!(
            target: "audit",
            principal = principal.id.as_str(),
            store.id = %store_id,
            value_count = item_count,
            "{}",
            A::NAME
        );
        let entry = AuditEntry {
            tenant: principal.tenant,
            principal: principal.id.clone(),
            action: A::NAME.to_owned(),
            store_id: Some(store_id),
            item_count,
            at,
        };
        Ok(self.catalog.audit(&entry).await?)
    }
}
