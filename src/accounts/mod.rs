//! Who may call and what they may do: organisations, people, roles, sessions, API keys.
//!
//! A [`Permission`] allows one kind of action. An API key names permissions; a person has
//! roles ([`roles`]), and a role is a list of permissions. Nothing is allowed that no
//! permission names. Every key and every person belongs to one organisation: the platform
//! sees what is there, others see their own, and a permission that is not meant for an
//! organisation of that kind has no effect there, whoever gave it.
//!
//! Secrets (keys, session cookies, links) are 256 random bits, shown once and stored as
//! their SHA-256.

pub mod api;
pub mod budget;
pub mod manage;
pub mod model;
pub mod pages;
pub mod password;
pub mod permission;
pub mod policy;
pub mod roles;
pub mod secret;
pub mod service;
pub mod settings_pages;
pub mod settings_view;
pub mod sign_in;
pub mod store;
pub mod store_sign_in;
pub mod totp;
pub mod view;

pub use model::{Organisation, OrganisationKind, Person, StoredKey};
/// A permission as an API key carries it.
pub use permission::Permission as Scope;
pub use permission::{Permission, Permissions};
