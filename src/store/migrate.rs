//! Bringing the schema up to date: forwards only, and by one process at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use sqlx::migrate::{MigrateError as Inner, Migrator};
use sqlx::{PgPool, SqlitePool};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database was written by a later build.
    #[error("the database has schema {0}, which this build does not know; start the newer build, or restore a backup")]
    Newer(i64),
    /// A migration that was applied differs from the one in this build.
    #[error("schema {0} was applied with another text than this build's; restore the build that made the database")]
    Changed(i64),
    /// The lock file beside the database could not be taken.
    #[error("cannot lock {path}; check that the directory exists and is writable")]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A migration failed; it left nothing behind.
    #[error("cannot bring the schema up to date")]
    Failed(#[source] Inner),
}

impl From<Inner> for MigrateError {
    fn from(error: Inner) -> Self {
        match error {
            Inner::VersionMissing(version) => Self::Newer(version),
            Inner::VersionMismatch(version) => Self::Changed(version),
            other => Self::Failed(other),
        }
    }
}

/// Holds `<database>.lock` while the schema is looked at: SQLite itself would let two
/// processes that start together apply the same migration, and the second would fail.
pub(super) fn lock_beside(database: &Path) -> Result<File, MigrateError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let lock = |source| MigrateError::Lock { path: path.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(lock)?;
    file.lock().map_err(lock)?;
    Ok(file)
}

pub(super) async fn sqlite(pool: &SqlitePool) -> Result<(), MigrateError> {
    SQLITE.run(pool).await.map_err(MigrateError::from)
}

/// PostgreSQL holds an advisory lock while it migrates.
pub(super) async fn postgres(pool: &PgPool) -> Result<(), MigrateError> {
    POSTGRES.run(pool).await.map_err(MigrateError::from)
}
