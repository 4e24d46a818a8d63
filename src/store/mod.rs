//! Both databases behind one face: pools, transactions, rows, migrations, jobs.
//!
//! Slice code writes one SQL text with `$1` placeholders and runs it on SQLite or
//! PostgreSQL; where the engines must differ, [`Sql::per_engine`] holds both
//! texts side by side. SQLite runs in WAL mode with `synchronous = FULL`: a
//! commit that returned is on the disk. It has one writer connection, so a
//! transaction must never wait for anything but the database.

mod db;
pub mod group;
pub mod jobs;
mod migrate;
mod value;

pub use db::{Db, Engine, OpenOptions, Sql, Tx};
pub use migrate::MigrateError;
pub use value::{FromColumn, Row, Value};

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address names neither engine.
    #[error("database address \"{0}\" is not understood; use sqlite:PATH or postgres://USER@HOST/NAME")]
    Address(String),
    /// A statement, a connection or a commit failed.
    #[error("cannot {doing}")]
    Database {
        /// What was being done, for the log.
        doing: &'static str,
        /// The driver's error.
        #[source]
        source: sqlx::Error,
    },
    /// There is no connection to be had in time, or it went away.
    #[error("the database does not answer")]
    Away,
    /// A stored value is not what its column should hold.
    #[error("stored {column} is unreadable: {problem}")]
    Corrupt {
        /// The column.
        column: String,
        /// What was wrong.
        problem: String,
    },
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
}

impl StoreError {
    /// Whether a uniqueness rule of the schema refused the statement.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database { source: sqlx::Error::Database(error), .. } if error.is_unique_violation())
    }

    /// Whether the database is not to be had at all, so that trying another statement is in vain.
    ///
    /// PostgreSQL's class 57P is the operator's shutdown, class 08 a broken connection.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Away => true,
            Self::Database { source: sqlx::Error::Database(error), .. } => {
                error.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
            }
            Self::Database { source, .. } => matches!(
                source,
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::WorkerCrashed
            ),
            _ => false,
        }
    }

    /// Whether the disk or the database's quota is full.
    ///
    /// SQLite's code 13 is SQLITE_FULL; PostgreSQL's 53100 is disk_full.
    pub fn is_storage_full(&self) -> bool {
        let Self::Database { source: sqlx::Error::Database(error), .. } = self else {
            return false;
        };
        let code = error.code();
        matches!(code.as_deref(), Some("13" | "53100")) || error.message().contains("database or disk is full")
    }
}

/// Collects bound values: `params![id, at, 3]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::store::Value::from($value)),*]
    };
}
