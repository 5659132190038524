//! The gate: every operation of a caller takes a [`Grant`] for its action, and only [`authorise`]
//! makes one.
//!
//! ```text
//! principal ──► authorise::<A> ──► Grant<A> ──► owner.operation(&grant, …)
//!                    │ lacks A's right                │ audited actions
//!                    └─► Forbidden                    └─► AuditLog::record(&grant, …)
//! ```
//!
//! An operation names its action in the type of its grant, so one that was not authorised for that
//! action does not compile. What the service does by itself (jobs, expiry, collection) has no
//! caller and takes no grant.

use std::marker::PhantomData;

use edm_model::{Principal, Right, TenantId};

use crate::error::{Error, ErrorKind};

/// Something that a caller may be allowed to do.
pub(crate) trait Action {
    /// The action's name in the audit log.
    const NAME: &'static str;
    /// The right that it needs.
    const NEEDS: Right;
}

/// The proof that a principal may perform the action `A`.
pub(crate) struct Grant<'a, A> {
    principal: &'a Principal,
    action: PhantomData<fn() -> A>,
}

impl<A> Grant<'_, A> {
    /// Returns who may perform the action.
    pub(crate) fn principal(&self) -> &Principal {
        self.principal
    }

    /// Returns the tenant in which it may be performed.
    pub(crate) fn tenant(&self) -> TenantId {
        self.principal.tenant
    }
}

impl<'a> Grant<'a, ClassifyAsJob> {
    /// Returns the grant to classify the job's text, which this one includes.
    pub(crate) fn to_classify(&self) -> Grant<'a, Classify> {
        Grant { principal: self.principal, action: PhantomData }
    }
}

/// Grants the action to the principal. Fails with `Forbidden` unless one of its roles brings the
/// right.
pub(crate) fn authorise<A: Action>(principal: &Principal) -> Result<Grant<'_, A>, Error> {
    if principal.may(A::NEEDS) {
        Ok(Grant { principal, action: PhantomData })
    } else {
        Err(Error::of(ErrorKind::Forbidden { needs: A::NEEDS }))
    }
}

/// Declares the actions: a type for each, with its name and the right that it needs.
macro_rules! actions {
    ($($action:ident, $name:literal, $needs:ident;)+) => {$(
        #[doc = concat!("The action `", $name, "`.")]
        pub(crate) enum $action {}

        impl Action for $action {
            const NAME: &'static str = $name;
            const NEEDS: Right = Right::$needs;
        }
    )+};
}

actions! {
    CreateToken, "createToken", Administer;
    ListTokens, "listTokens", Administer;
    RevokeToken, "revokeToken", Administer;

    CreateStore, "createStore", Administer;
    ListStores, "listStores", Read;
    ReadStore, "readStore", Read;
    UpdateStore, "updateStore", Administer;
    DeleteStore, "deleteStore", Administer;
    RollBackStore, "rollBackStore", Administer;

    CreateType, "createType", Administer;
    ListTypes, "listTypes", ReadTypes;
    ReadType, "readType", ReadTypes;
    UpdateType, "updateType", Administer;
    DeleteType, "deleteType", Administer;

    CreateAgent, "createAgent", Upload;
    ListAgents, "listAgents", Read;
    ReadAgent, "readAgent", Read;
    UpdateAgent, "updateAgent", Upload;
    DeleteAgent, "deleteAgent", Administer;

    CreateSession, "createSession", Upload;
    ListSessions, "listSessions", Read;
    ReadSession, "readSession", Read;
    ReadSessionAgents, "readSessionAgents", Read;
    RevealSalt, "revealSalt", Upload;
    UpdateSession, "updateSession", Upload;
    RenewSession, "renewSession", Upload;
    CancelSession, "cancelSession", Upload;
    DeleteSession, "deleteSession", Upload;
    CommitSession, "commitSession", Upload;

    Classify, "classify", Classify;
    ClassifyAsJob, "classifyAsJob", Classify;
    ListJobs, "listJobs", Read;
    ReadJob, "readJob", Read;
    DeleteJob, "deleteJob", Administer;
    Lookup, "lookup", Lookup;
}
