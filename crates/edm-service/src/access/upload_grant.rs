//! The gate of the upload wire: a signed upload URI takes the place of a principal.
//!
//! ```text
//! URI ──► SignedAddress ──► authorise_upload::<A> ──► UploadGrant<A> ──► put_block(&grant, …)
//!                             │ wrong signature or date, or not signed for A
//!                             └─► AddressRefusal
//! ```
//!
//! Only `authorise_upload` makes a grant, so an operation on blocks that was not authorised does
//! not compile.

use std::marker::PhantomData;

use edm_model::{SessionId, StoreId, Timestamp};

use crate::secrets::upload_signer::{AddressRefusal, SignedAddress, UploadPermission, UploadSigner};

/// Something that the holder of an upload URI may be allowed to do.
pub trait BlockAction: sealed::Sealed {
    /// The permission that it needs.
    const NEEDS: UploadPermission;
}

/// The action of listing the blocks of a session.
#[derive(Debug)]
pub enum ListBlocks {}

/// The action of putting blocks of a session and committing their list.
#[derive(Debug)]
pub enum PutBlocks {}

impl BlockAction for ListBlocks {
    const NEEDS: UploadPermission = UploadPermission::Read;
}

impl BlockAction for PutBlocks {
    const NEEDS: UploadPermission = UploadPermission::Write;
}

mod sealed {
    /// Keeps the actions to those of this file.
    pub trait Sealed {}
    impl Sealed for super::ListBlocks {}
    impl Sealed for super::PutBlocks {}
}

/// The proof that a request may perform the action `A` on the blocks of one session.
#[derive(Debug)]
pub struct UploadGrant<A> {
    store_id: StoreId,
    session_id: SessionId,
    action: PhantomData<fn() -> A>,
}

impl<A> UploadGrant<A> {
    /// Returns the store of the session.
    pub fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// Returns the session.
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }
}

/// Grants the action to the holder of the address. Fails unless it is ours, valid now and signed
/// for the action.
pub(crate) fn authorise_upload<A: BlockAction>(
    signer: &UploadSigner,
    address: &SignedAddress,
    now: Timestamp,
) -> Result<UploadGrant<A>, AddressRefusal> {
    signer.check(address, A::NEEDS, now)?;
    let SignedAddress { store_id, session_id, .. } = *address;
    Ok(UploadGrant { store_id, session_id, action: PhantomData })
}
