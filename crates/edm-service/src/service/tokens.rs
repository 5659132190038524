//! Calls about bearer tokens.

use std::io;
use std::sync::Arc;

use edm_model::{Principal, TenantId, TokenId};

use crate::access::authorise::authorise;
use crate::access::tokens::{CreatedToken, NewToken, TokenRecord};
use crate::error::Error;
use crate::service::Service;

impl Service {
    /// Returns the principal that the token authenticates.
    pub async fn authenticate(&self, token: &str) -> Result<Arc<Principal>, Error> {
        self.owners.tokens.authenticate(token).await
    }

    /// Makes a token.
    pub async fn create_token(&self, principal: &Principal, new: NewToken) -> Result<CreatedToken, Error> {
        self.owners.tokens.create(&authorise(principal)?, new).await
    }

    /// Lists the tenant's tokens by creation, never their secrets.
    pub async fn list_tokens(&self, principal: &Principal) -> Result<Vec<TokenRecord>, Error> {
        self.owners.tokens.list(&authorise(principal)?).await
    }

    /// Removes a token; it stops working with the next request.
    pub async fn revoke_token(&self, principal: &Principal, id: TokenId) -> Result<(), Error> {
        self.owners.tokens.revoke(&authorise(principal)?, id).await
    }

    /// Makes the first Admin token when there is no token at all, and returns whether it did. It is
    /// written before it is stored, so that a crash between leaves a file that does not work yet,
    /// never a server without a way in.
    pub async fn bootstrap_admin(
        &self,
        write: impl FnOnce(&str) -> io::Result<()> + Send,
    ) -> Result<bool, Error> {
        self.owners.tokens.bootstrap_admin(write).await
    }

    /// Returns whether the bootstrap token is the tenant's only Admin token: worth a warning.
    pub async fn only_bootstrap_admin(&self, tenant: TenantId) -> Result<bool, Error> {
        self.owners.tokens.only_bootstrap_admin(tenant).await
    }
}
