//! Listings: intake, versions, search and retro-hunt.

pub mod api;
pub mod aside;
pub mod fetch;
pub mod follow;
pub mod hunt;
pub mod images;
pub mod index;
pub mod intake;
pub mod model;
mod public_address;
pub mod search_api;
