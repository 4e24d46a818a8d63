//! Roles: named lists of permissions, as data (`roles.toml`), built in.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use super::model::OrganisationKind;
use super::permission::{Permission, Permissions};

/// One role of `roles.toml`.
#[derive(Debug, Clone)]
pub struct RoleFacts {
    /// The name in data and addresses: `rule_author`.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// What it is for, in one sentence.
    pub says: String,
    /// The kinds of organisation in which it can be given.
    pub organisations: Vec<OrganisationKind>,
    /// What it allows.
    pub permissions: Permissions,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    role: Vec<FileRole>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRole {
    id: String,
    name: String,
    says: String,
    organisations: Vec<OrganisationKind>,
    permissions: Vec<String>,
}

static ROLES: LazyLock<Vec<RoleFacts>> =
    LazyLock::new(|| read(include_str!("roles.toml")).expect("a test reads the built-in file"));

/// Reads a file of roles; the error is a sentence.
fn read(text: &str) -> Result<Vec<RoleFacts>, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let role = |role: FileRole| {
        let parsed = role.permissions.iter().map(|text| text.parse::<Permission>());
        let permissions =
            parsed.collect::<Result<Permissions, _>>().map_err(|error| format!("{}: {error}", role.id))?;
        for kind in &role.organisations {
            let beyond = permissions.iter().find(|permission| !permission.kinds().contains(kind));
            if let Some(permission) = beyond {
                return Err(format!("{}: {permission} has no effect in an organisation of kind {kind}", role.id));
            }
        }
        Ok(RoleFacts { id: role.id, name: role.name, says: role.says, organisations: role.organisations, permissions })
    };
    file.role.into_iter().map(role).collect()
}

/// A role, named by its place in the built-in list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(usize);

impl Role {
    /// All roles, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Role> {
        (0..ROLES.len()).map(Role)
    }

    /// The role that may do everything on the platform.
    pub fn administrator() -> Role {
        "administrator".parse().expect("a test finds it in the built-in file")
    }

    /// What is known of it.
    pub fn facts(self) -> &'static RoleFacts {
        &ROLES[self.0]
    }

    /// The role as it is written: `rule_author`.
    pub fn as_str(self) -> &'static str {
        &self.facts().id
    }

    /// Whether it can be given in an organisation of this kind.
    pub fn fits(self, kind: OrganisationKind) -> bool {
        self.facts().organisations.contains(&kind)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The text names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no role; use one of {known}")]
pub struct UnknownRole {
    /// What was given, cut to 40 characters.
    pub given: String,
    /// All roles, in one sentence.
    pub known: String,
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::all().find(|role| role.as_str() == text).ok_or_else(|| UnknownRole {
            given: text.chars().take(40).collect(),
            known: Self::all().map(Self::as_str).collect::<Vec<_>>().join(", "),
        })
    }
}

/// Everything that these roles allow together.
pub fn permissions_of(roles: &[Role]) -> Permissions {
    roles.iter().fold(Permissions::NONE, |sum, role| sum.or(role.facts().permissions))
}

/// The matrix of roles and permissions in Markdown: `docs/roles.md`.
pub fn matrix() -> String {
    use std::fmt::Write as _;
    let mut text = "# Roles and permissions\n\nPrinted by `assay admin roles` from the built-in data; a test keeps this \
                    file the same. API keys name permissions\none by one. A permission has no effect in an organisation \
                    of a kind that is not named beside it.\n\n"
        .to_owned();
    text.push_str("| Role | In | What for |\n| --- | --- | --- |\n");
    for role in Role::all().map(Role::facts) {
        let kinds: Vec<String> = role.organisations.iter().map(|kind| kind.as_str().replace('_', " ")).collect();
        let _ = writeln!(text, "| {} `{}` | {} | {} |", role.name, role.id, kinds.join(", "), role.says);
    }
    let names: Vec<&str> = Role::all().map(|role| role.facts().name.as_str()).collect();
    let _ = writeln!(text, "\n| Permission | In | {} | Allows to |", names.join(" | "));
    let _ = writeln!(text, "| --- | --- |{} --- |", " :-: |".repeat(names.len()));
    for permission in Permission::ALL {
        let kinds: Vec<String> = permission.kinds().iter().map(|kind| kind.as_str().replace('_', " ")).collect();
        let _ = write!(text, "| `{permission}` | {} |", kinds.join(", "));
        for role in Role::all() {
            text.push_str(if role.facts().permissions.contains(permission) { " ● |" } else { "   |" });
        }
        let _ = writeln!(text, " {} |", permission.says());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_roles_load_and_the_administrator_may_do_everything() {
        let all = Permissions::of_kind(OrganisationKind::Platform);
        assert_eq!(Role::administrator().facts().permissions, all);
        let ids: std::collections::BTreeSet<_> = Role::all().map(Role::as_str).collect();
        assert_eq!(ids.len(), Role::all().count(), "every role has a name of its own");
        for role in Role::all() {
            assert_eq!(role.as_str().parse(), Ok(role));
            assert!(!role.facts().organisations.is_empty() && role.facts().says.ends_with('.'), "{role}");
            assert_ne!(role.facts().permissions, Permissions::NONE, "{role}");
        }
        assert!("root".parse::<Role>().is_err());
    }

    #[test]
    fn a_role_cannot_promise_what_its_organisations_cannot_have() {
        let text = "[[role]]\nid = \"x\"\nname = \"X\"\nsays = \"X.\"\norganisations = [\"merchant\"]\n\
                    permissions = [\"rules:write\"]";
        assert_eq!(read(text).unwrap_err(), "x: rules:write has no effect in an organisation of kind merchant");
        assert!(read(&text.replace("rules:write", "rules:wrte")).unwrap_err().contains("is no permission"));
    }

    #[test]
    fn the_matrix_has_a_line_for_each_permission_and_a_column_for_each_role() {
        let text = matrix();
        for permission in Permission::ALL {
            let line = text.lines().find(|line| line.starts_with(&format!("| `{permission}`"))).unwrap();
            assert_eq!(line.matches('|').count(), Role::all().count() + 4, "{line}");
            let marked = line.matches('●').count();
            assert_eq!(marked, Role::all().filter(|role| role.facts().permissions.contains(permission)).count());
        }
    }
}
