//! Single permissions, and sets of them.
//!
//! Adding one is a line in the list below, a line in each role of `roles.toml` that has it,
//! and `assay admin roles > docs/roles.md`.

use std::fmt;
use std::str::FromStr;

use super::model::OrganisationKind;

/// Declares the permissions: name, spelling, whose people and keys may have it, what it allows.
macro_rules! permissions {
    ($($name:ident => $text:literal, [$($kind:ident),+], $says:literal;)+) => {
        /// One kind of action that a key or a role may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $(#[doc = concat!("To ", $says, ".")] $name,)+
        }

        impl Permission {
            /// All permissions, in the order of the documentation.
            pub const ALL: [Permission; [$($text),+].len()] = [$(Self::$name),+];

            /// The permission as it is written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// What it allows, to stand after "may".
            pub const fn says(self) -> &'static str {
                match self {
                    $(Self::$name => $says,)+
                }
            }

            /// The kinds of organisation whose people and keys may have it.
            pub const fn kinds(self) -> &'static [OrganisationKind] {
                match self {
                    $(Self::$name => &[$(OrganisationKind::$kind),+],)+
                }
            }
        }
    };
}

permissions! {
    ListingsRead => "listings:read", [Platform], "read listings, verdicts, their pictures and what is known of merchants";
    ListingsWrite => "listings:write", [Platform], "submit listings and pictures";
    RegistryRead => "registry:read", [Platform], "read brands and references";
    RegistryWrite => "registry:write", [Platform], "change brands and references";
    RulesRead => "rules:read", [Platform], "read rule packs";
    RulesWrite => "rules:write", [Platform], "change rule packs";
    Hunts => "hunts", [Platform], "start, cancel and read retro-hunts";
    MerchantsRead => "merchants:read", [Platform], "read merchants' dossiers, documents, links, ledgers and list hits";
    MerchantsWrite => "merchants:write", [Platform], "tell what is known of merchants, and send their applications and documents";
    MerchantsDecide => "merchants:decide", [Platform], "verify, suspend and close merchants, keep their ledgers, decide list hits";
    AuthorisationsDecide => "authorisations:decide", [Platform, BrandOwner, Agent], "confirm and revoke authorised sellers of one's brands";
    ListsWrite => "lists:write", [Platform], "load sanctions lists";
    ShipmentsRead => "shipments:read", [Platform], "read shipments, their outcomes and certificates";
    ShipmentsWrite => "shipments:write", [Platform], "send shipments through the gate and read what was declared";
    NoticesFile => "notices:file", [Platform, BrandOwner, Agent], "file takedown notices, take them back, answer questions, appeal against rejections";
    NoticesRead => "notices:read", [Platform, BrandOwner, Agent], "read the takedown notices of the organisation and how it stands as a notifier";
    NoticesDecide => "notices:decide", [Platform], "decide on takedown notices, counter-notices and appeals, and take measures about notifiers";
    RightsGrant => "rights:grant", [Platform], "enter which brands an organisation may enforce and which merchants it is";
    Restrictions => "restrictions:read", [Platform, Merchant], "read the restrictions of the organisation's listings with their statements of reasons";
    RestrictionsAnswer => "restrictions:answer", [Platform, Merchant], "file counter-notices and appeals against restrictions";
    Statements => "statements", [Platform], "read statements of reasons and send them to the transparency database";
    EventsRead => "events:read", [Platform], "read the event feed";
    CasesRead => "cases:read", [Platform], "read queues, cases and decisions";
    CasesDecide => "cases:decide", [Platform], "take cases, decide them and undo decisions";
    Operations => "operations", [Platform], "read jobs and the audit log, and queue dead jobs again";
    PeopleManage => "people:manage", [Platform, BrandOwner, Agent, Merchant], "enter people of the organisation, give them roles, switch accounts off";
    KeysManage => "keys:manage", [Platform, BrandOwner, Agent, Merchant], "make, list and end API keys of the organisation";
    OrganisationsManage => "organisations:manage", [Platform], "list and enter organisations";
}

impl fmt::Display for Permission {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The text names no permission.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no permission; use one of {known}")]
pub struct UnknownPermission {
    /// What was given, cut to 40 characters.
    pub given: String,
    /// All permissions, in one sentence.
    pub known: String,
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        let found = Self::ALL.into_iter().find(|permission| permission.as_str() == text);
        found.ok_or_else(|| UnknownPermission {
            given: text.chars().take(40).collect(),
            known: Self::ALL.map(Self::as_str).join(", "),
        })
    }
}

/// A set of permissions.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u64);

const _: () = assert!(Permission::ALL.len() <= 64, "a set of permissions is 64 bits");

impl Permissions {
    /// No permission.
    pub const NONE: Self = Self(0);

    /// All that an organisation of this kind can have.
    pub fn of_kind(kind: OrganisationKind) -> Self {
        Permission::ALL.into_iter().filter(|permission| permission.kinds().contains(&kind)).collect()
    }

    /// Whether `permission` is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// What is in both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either set.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members, in the order of the documentation.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<List: IntoIterator<Item = Permission>>(list: List) -> Self {
        Self(list.into_iter().fold(0, |bits, permission| bits | 1 << permission as u64))
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter().map(Permission::as_str)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_read_as_it_is_written_and_others_are_refused_with_the_list() {
        for permission in Permission::ALL {
            assert_eq!(permission.to_string().parse(), Ok(permission));
        }
        let refused = "listings:all".parse::<Permission>().unwrap_err().to_string();
        assert!(refused.starts_with("\"listings:all\" is no permission; use one of listings:read, "), "{refused}");
    }

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_else() {
        for permission in Permission::ALL {
            let set: Permissions = [permission].into_iter().collect();
            assert_eq!(set.iter().collect::<Vec<_>>(), [permission]);
            assert_eq!(set.and(Permissions::NONE), Permissions::NONE);
            assert!(set.or(Permissions::NONE).contains(permission));
        }
        assert_eq!(Permissions::of_kind(OrganisationKind::Platform).iter().count(), Permission::ALL.len());
    }
}
