//! Access control: a principal has roles, a role grants rights, and a call requires a right.

use std::fmt;

use crate::ids::TenantId;

/// A named set of rights that a token carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Every right within its tenant.
    Admin,
    /// Uploads tables.
    Upload,
    /// Classifies and redacts texts.
    Classify,
    /// Reads everything except salts.
    Read,
    /// Looks up single values.
    Lookup,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 5] = [Role::Admin, Role::Upload, Role::Classify, Role::Read, Role::Lookup];

    /// Returns the role's full name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Admin => "ExactMatch.Admin",
            Role::Upload => "ExactMatch.Upload",
            Role::Classify => "ExactMatch.Classify",
            Role::Read => "ExactMatch.Read",
            Role::Lookup => "ExactMatch.Lookup",
        }
    }

    /// Returns the role of this name; the prefix is optional and case is ignored.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| {
            let full = role.as_str();
            let short = full.strip_prefix("ExactMatch.").unwrap_or(full);
            full.eq_ignore_ascii_case(name) || short.eq_ignore_ascii_case(name)
        })
    }

    const fn bit(self) -> u8 {
        match self {
            Role::Admin => 1,
            Role::Upload => 2,
            Role::Classify => 4,
            Role::Read => 8,
            Role::Lookup => 16,
        }
    }

    /// Returns whether the role grants the right.
    const fn grants(self, right: Right) -> bool {
        match self {
            Role::Admin => true,
            Role::Upload => matches!(right, Right::Read | Right::ReadTypes | Right::Upload),
            Role::Classify => matches!(right, Right::Classify | Right::ReadTypes),
            Role::Read => matches!(right, Right::Read | Right::ReadTypes),
            Role::Lookup => matches!(right, Right::Lookup),
        }
    }
}

/// One kind of action that a call performs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// To classify and redact.
    Classify,
    /// To read sensitive types.
    ReadTypes,
    /// To read stores, sessions, agents and jobs.
    Read,
    /// To register agents and drive sessions.
    Upload,
    /// To look single values up.
    Lookup,
    /// To change stores, types and tokens.
    Administer,
}

impl Right {
    /// Returns the role with the fewest rights that grants this right.
    pub const fn least_role(self) -> Role {
        match self {
            Right::Classify => Role::Classify,
            Right::ReadTypes | Right::Read => Role::Read,
            Right::Upload => Role::Upload,
            Right::Lookup => Role::Lookup,
            Right::Administer => Role::Admin,
        }
    }
}

/// A set of roles.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles(u8);

impl Roles {
    /// Collects roles into a set.
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | role.bit()))
    }

    /// Returns whether the role is in the set.
    pub const fn contains(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Returns whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Iterates over the roles, `Admin` first.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.contains(*role))
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Identifies a principal for audit and ownership: `token:<guid>`, or an issuer's subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PrincipalId(String);

impl PrincipalId {
    /// Makes an id from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The tenant; nothing outside it is visible to the caller.
    pub tenant: TenantId,
    /// The id used for ownership and in the audit log.
    pub id: PrincipalId,
    /// The display name.
    pub name: String,
    /// The roles granted to it.
    pub roles: Roles,
}

impl Principal {
    /// Makes the principal of someone with direct access to the data directory. It has every right.
    pub fn operator(tenant: TenantId) -> Self {
        Self {
            tenant,
            id: PrincipalId::new("operator"),
            name: "operator".to_owned(),
            roles: Roles::new([Role::Admin]),
        }
    }

    /// Returns whether one of its roles grants the right.
    pub fn may(&self, right: Right) -> bool {
        self.roles.iter().any(|role| role.grants(right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_grant_their_rights() {
        use Right::*;
        let table = [
            (Role::Admin, vec![Classify, ReadTypes, Read, Upload, Lookup, Administer]),
            (Role::Upload, vec![ReadTypes, Read, Upload]),
            (Role::Classify, vec![Classify, ReadTypes]),
            (Role::Read, vec![ReadTypes, Read]),
            (Role::Lookup, vec![Lookup]),
        ];
        for (role, rights) in table {
            let mut principal = Principal::operator(TenantId::DEFAULT);
            principal.roles = Roles::new([role]);
            for right in [Classify, ReadTypes, Read, Upload, Lookup, Administer] {
                assert_eq!(principal.may(right), rights.contains(&right), "{role:?} {right:?}");
            }
        }
    }

    #[test]
    fn the_least_role_brings_its_right_and_names_are_read_leniently() {
        for right in [Right::Classify, Right::Read, Right::Upload, Right::Lookup, Right::Administer] {
            assert!(right.least_role().grants(right));
        }
        for (name, role) in [
            ("ExactMatch.Admin", Some(Role::Admin)),
            ("upload", Some(Role::Upload)),
            ("root", None),
            ("", None),
        ] {
            assert_eq!(Role::parse(name), role, "{name}");
        }
    }

    #[test]
    fn a_principal_without_roles_may_nothing() {
        let mut principal = Principal::operator(TenantId::DEFAULT);
        principal.roles = Roles::default();
        assert!(!principal.may(Right::ReadTypes));
    }
}
