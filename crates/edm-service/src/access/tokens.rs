//! Bearer tokens that the server makes: 256 random bits, kept only as a digest, shown once.

use std::io;
use std::sync::Arc;

use edm_model::{Principal, PrincipalId, Role, Roles, TenantId, Timestamp, TokenId};
use edm_store::{Catalog, NewToken as TokenToStore, TokenRow};
use sha2::{Digest, Sha256};

use crate::access::authorise::{CreateToken, Grant, ListTokens, RevokeToken};
use crate::catalog_cache::CachedRows;
use crate::checked_text::checked_name;
use crate::deps::{Clock, Deps, Random, random_bytes};
use crate::error::{Error, ErrorKind, Resource};
use crate::secrets::secret_text::SecretText;

const PREFIX: &str = "edm_";
const SECRET_BYTES: usize = 32;
const TOKEN_CHARACTERS_MAX: usize = 256;
const BOOTSTRAP_NAME: &str = "bootstrap";

/// What a new token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The name, for people.
    pub name: String,
    /// What its bearer may do.
    pub roles: Roles,
    /// When it stops working; `None` is never.
    pub expires_at: Option<Timestamp>,
}

/// A token as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its id.
    pub id: TokenId,
    /// Its purpose, for people.
    pub name: String,
    /// What its bearer may do.
    pub roles: Roles,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// Whether the first start made it.
    pub bootstrap: bool,
}

/// A token just made.
pub struct CreatedToken {
    /// What is listed.
    pub record: TokenRecord,
    /// The token itself, to be shown once.
    pub secret: SecretText,
}

/// The principal that a token authenticates.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bearer {
    principal: Arc<Principal>,
    /// When the token stops working; `None` is never.
    expires_at: Option<Timestamp>,
}

/// The tokens of all tenants.
pub(crate) struct Tokens {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Bearers by the digests of their tokens.
    bearers: CachedRows<[u8; 32], Bearer>,
}

impl Tokens {
    pub(crate) fn new(deps: &Deps) -> Self {
        Self {
            catalog: deps.catalog.clone(),
            clock: deps.clock.clone(),
            random: deps.random.clone(),
            bearers: CachedRows::default(),
        }
    }

    /// Returns the principal that the token authenticates.
    pub(crate) async fn authenticate(&self, token: &str) -> Result<Arc<Principal>, Error> {
        let refused = || Error::of(ErrorKind::Unauthenticated);
        if token.len() > TOKEN_CHARACTERS_MAX {
            return Err(refused());
        }
        let catalog = &self.catalog;
        let digest = digest(token);
        // Looked up by its digest: how long the look-up takes says nothing about other tokens.
        let read = async {
            let row = catalog.token_by_hash(&digest).await?;
            row.map(bearer).ok_or_else(refused)
        };
        let bearer = self.bearers.find_or_read(catalog.commit_stamp(), digest, read).await?;
        if bearer.expires_at.is_some_and(|at| at <= self.clock.now()) {
            return Err(refused());
        }
        Ok(bearer.principal)
    }

    /// Makes a token.
    pub(crate) async fn create(
        &self,
        grant: &Grant<'_, CreateToken>,
        new: NewToken,
    ) -> Result<CreatedToken, Error> {
        let name = checked_name("name", &new.name)?;
        if new.roles.is_empty() {
            return Err(Error::invalid("roles", "a token needs at least one role"));
        }
        let (row, secret) = self.make_token(grant.tenant(), NewToken { name, ..new });
        self.store_token(&row, &secret).await?;
        Ok(CreatedToken { record: record(row), secret })
    }

    /// Lists the tenant's tokens by creation, never their secrets.
    pub(crate) async fn list(&self, grant: &Grant<'_, ListTokens>) -> Result<Vec<TokenRecord>, Error> {
        Ok(self.catalog.tokens(grant.tenant()).await?.into_iter().map(record).collect())
    }

    /// Removes a token; it stops working with the next request.
    pub(crate) async fn revoke(&self, grant: &Grant<'_, RevokeToken>, id: TokenId) -> Result<(), Error> {
        let removed = self.catalog.delete_token(grant.tenant(), id).await;
        removed.map_err(|error| Error::from(error).missing(Resource::Token))
    }

    /// Makes the first Admin token when there is no token at all, and returns whether it did. It is
    /// written before it is stored, so that a crash between leaves a file that does not work yet,
    /// never a server without a way in.
    pub(crate) async fn bootstrap_admin(
        &self,
        write: impl FnOnce(&str) -> io::Result<()> + Send,
    ) -> Result<bool, Error> {
        if self.catalog.token_count().await? > 0 {
            return Ok(false);
        }
        let roles = Roles::new([Role::Admin]);
        let new = NewToken { name: BOOTSTRAP_NAME.to_owned(), roles, expires_at: None };
        let (mut row, secret) = self.make_token(TenantId::DEFAULT, new);
        row.bootstrap = true;
        write(secret.expose_for_wire())
            .map_err(|source| Error::of(ErrorKind::DataDirectory).because(source))?;
        self.store_token(&row, &secret).await?;
        Ok(true)
    }

    /// Returns whether the bootstrap token is the tenant's only Admin token: worth a warning.
    pub(crate) async fn only_bootstrap_admin(&self, tenant: TenantId) -> Result<bool, Error> {
        let rows = self.catalog.tokens(tenant).await?;
        let mut admins = rows.iter().filter(|row| row.roles.contains(Role::Admin)).peekable();
        Ok(admins.peek().is_some() && admins.all(|row| row.bootstrap))
    }

    fn make_token(&self, tenant: TenantId, new: NewToken) -> (TokenRow, SecretText) {
        let secret = random_bytes::<SECRET_BYTES>(self.random.as_ref());
        let digits = secret.iter().fold(PREFIX.to_owned(), |text, byte| format!("{text}{byte:02x}"));
        let id = TokenId::from_random_bytes(random_bytes(self.random.as_ref()));
        let NewToken { name, roles, expires_at } = new;
        let row =
            TokenRow { id, tenant, name, roles, bootstrap: false, created_at: self.clock.now(), expires_at };
        (row, SecretText::new(digits))
    }

    async fn store_token(&self, row: &TokenRow, secret: &SecretText) -> Result<(), Error> {
        let token = TokenToStore { row: row.clone(), hash: digest(secret.expose_for_wire()) };
        Ok(self.catalog.insert_token(&token).await?)
    }
}

/// Hashes a token. A plain digest is enough, because 256 random bits cannot be guessed.
fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn bearer(row: TokenRow) -> Bearer {
    let principal = Principal {
        tenant: row.tenant,
        id: PrincipalId::new(format!("token:{}", row.id)),
        name: row.name,
        roles: row.roles,
    };
    Bearer { principal: Arc::new(principal), expires_at: row.expires_at }
}

fn record(row: TokenRow) -> TokenRecord {
    TokenRecord {
        id: row.id,
        name: row.name,
        roles: row.roles,
        created_at: row.created_at,
        expires_at: row.expires_at,
        bootstrap: row.bootstrap,
    }
}
