//! Merchants: who sells, what is known of them, how they stand, and whether they were here before.
//!
//! The platform may tell facts of its own ([`api`]); an application begins a dossier ([`dossiers`]), whose
//! results become facts that screening and the shipment gate read. Lists are loaded and compared in
//! [`screening`], brand owners are asked in [`authority`]; what is pure stands in [`onboarding`], [`standing`], [`links`], [`lists`] and [`identifiers`].

pub mod api;
pub mod authority;
pub mod console;
pub mod dossiers;
pub mod identifiers;
pub mod links;
pub mod lists;
pub mod model;
pub mod onboarding;
pub mod screening;
pub mod standing;
pub mod store;
