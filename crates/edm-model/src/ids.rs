//! Identifiers. Each is a GUID in its own type, so that a store's id cannot be passed for a
//! session's.

use std::fmt;
use std::str::FromStr;

/// Reports a text that is no GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseIdError;

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id is not a GUID such as b84d3f36-3f36-4b84-8d3f-363f4db8363f")
    }
}

impl std::error::Error for ParseIdError {}

macro_rules! guid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// Makes an id from 16 random bytes (version 4).
            pub fn from_random_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }

            /// Makes an id from the 16 bytes of an existing one.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Uuid::from_bytes(bytes))
            }

            /// Returns the 16 bytes, in the order in which they are printed.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                uuid::Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError)
            }
        }
    };
}

guid_id!(
    /// Identifies a tenant: the boundary that no id, salt or match crosses.
    TenantId
);
guid_id!(
    /// Identifies a data store.
    StoreId
);
guid_id!(
    /// Identifies an upload session.
    SessionId
);
guid_id!(
    /// Identifies a registered upload agent.
    AgentId
);
guid_id!(
    /// Identifies a sensitive type.
    SensitiveTypeId
);
guid_id!(
    /// Identifies a classification job.
    JobId
);
guid_id!(
    /// Identifies a salt. The id is random and never derived from the salt itself.
    KeyId
);
guid_id!(
    /// Identifies a bearer token that the server issued.
    TokenId
);

impl TenantId {
    /// The only tenant of a server without multi-tenancy.
    pub const DEFAULT: TenantId = TenantId::from_bytes([0; 16]);
}
