//! The pools and transactions of both engines.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::query::Query;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _, Postgres, Sqlite, Transaction};
use sqlx_core::transaction::TransactionManager as _;

use super::value::{PgDecimal, PgInstant};
use super::{Row, StoreError, Value, migrate};

/// Rows put into one `INSERT`; the statement texts stay few, so they stay prepared.
const INSERT_STEPS: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];

/// Longest wait for a connection to PostgreSQL.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Which database runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, in one file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A statement: one text for both engines, or one for each.
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Sql {
    /// Two texts that do the same.
    pub const fn per_engine(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }

    /// The text that `engine` runs.
    pub fn text(self, engine: Engine) -> &'static str {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

impl From<&'static str> for Sql {
    fn from(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }
}

/// How to open a database.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// `sqlite:PATH`, a bare path, or `postgres://…`.
    pub address: String,
    /// Connections for reading; PostgreSQL's pool in all.
    pub connections: u32,
}

impl OpenOptions {
    /// Default pool size for `address`: two for each core and one more.
    pub fn new(address: impl Into<String>) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, |count| count.get());
        Self { address: address.into(), connections: (cores * 2 + 1) as u32 }
    }
}

/// An open database, migrated to this build's schema.
#[derive(Debug, Clone)]
pub enum Db {
    /// SQLite: one writer connection, several readers.
    Sqlite {
        /// The only connection that writes.
        writer: SqlitePool,
        /// Connections that cannot write.
        readers: SqlitePool,
        /// The file, absent for a database in memory.
        path: PathBuf,
    },
    /// PostgreSQL.
    Postgres(PgPool),
}

fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError::Database { doing, source }
}

impl Db {
    /// Opens the database, creates it where it is a missing SQLite file, and brings
    /// its schema up to date.
    ///
    /// Fails when it cannot be reached, and when its schema is newer than this build.
    pub async fn open(options: &OpenOptions) -> Result<Self, StoreError> {
        let address = options.address.as_str();
        if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            return Self::open_postgres(options).await;
        }
        match address.strip_prefix("sqlite:") {
            Some(path) => Self::open_sqlite(Path::new(path.trim_start_matches("//")), options.connections).await,
            None if address.contains("://") => Err(StoreError::Address(hide_password(address))),
            None => Self::open_sqlite(Path::new(address), options.connections).await,
        }
    }

    async fn open_sqlite(path: &Path, readers: u32) -> Result<Self, StoreError> {
        let base = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(Duration::from_secs(10))
            .foreign_keys(true)
            .statement_cache_capacity(256)
            .pragma("cache_size", "-65536")
            .pragma("mmap_size", "268435456")
            // 64 MB of log between two checkpoints: each costs the writer milliseconds.
            .pragma("wal_autocheckpoint", "16384");
        let writing = base
            .clone()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        // Waiting for a lock blocks its thread; on a worker of the runtime it could keep the holder from going on.
        let beside = path.to_owned();
        let locked = tokio::task::spawn_blocking(move || migrate::lock_beside(&beside)).await;
        let _one_at_a_time = locked.map_err(|_| failed("lock the SQLite database")(sqlx::Error::WorkerCrashed))??;
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(writing)
            .await
            .map_err(failed("open the SQLite database"))?;
        migrate::sqlite(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(readers)
            .connect_with(base.read_only(true))
            .await
            .map_err(failed("open the SQLite database for reading"))?;
        Ok(Self::Sqlite { writer, readers, path: path.to_owned() })
    }

    async fn open_postgres(options: &OpenOptions) -> Result<Self, StoreError> {
        let connect = PgConnectOptions::from_str(&options.address)
            .map_err(|_| StoreError::Address(hide_password(&options.address)))?
            .application_name("assay")
            .statement_cache_capacity(256);
        // Once outside the pool, which would try a refused connection or a wrong password again and again.
        let first = tokio::time::timeout(CONNECT_TIME, PgConnection::connect_with(&connect)).await;
        let first = first.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(failed("connect to PostgreSQL"))?;
        first.close().await.map_err(failed("connect to PostgreSQL"))?;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(CONNECT_TIME)
            .connect_with(connect)
            .await
            .map_err(failed("connect to PostgreSQL"))?;
        migrate::postgres(&pool).await?;
        Ok(Self::Postgres(pool))
    }

    /// Which database this is.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite { .. } => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Starts a transaction that writes. On SQLite it takes the one writer at once.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { writer, .. } => {
                let begun = begin_on_the_writer(writer).await;
                begun.map(Tx::Sqlite).map_err(failed("begin a transaction"))
            }
            Self::Postgres(pool) => pool.begin().await.map(Tx::Postgres).map_err(failed("begin a transaction")),
        }
    }

    /// [`Db::begin`] for callers that have another answer when the database takes longer than `most`.
    pub async fn begin_within(&self, most: Duration) -> Result<Tx, StoreError> {
        tokio::time::timeout(most, self.begin()).await.unwrap_or(Err(StoreError::Away))
    }

    /// All rows of a query, read outside any transaction.
    pub async fn all(&self, sql: impl Into<Sql>, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let text = sql.into().text(self.engine());
        match self {
            Self::Sqlite { readers, .. } => {
                let rows = sqlite_query(text, values).fetch_all(readers).await.map_err(failed("read rows"))?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(pool) => {
                let rows = postgres_query(text, values).fetch_all(pool).await.map_err(failed("read rows"))?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row of a query, if there is one.
    pub async fn optional(&self, sql: impl Into<Sql>, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        let text = sql.into().text(self.engine());
        match self {
            Self::Sqlite { readers, .. } => {
                let row = sqlite_query(text, values).fetch_optional(readers).await.map_err(failed("read a row"))?;
                Ok(row.map(Row::Sqlite))
            }
            Self::Postgres(pool) => {
                let row = postgres_query(text, values).fetch_optional(pool).await.map_err(failed("read a row"))?;
                Ok(row.map(Row::Postgres))
            }
        }
    }

    /// All rows whose key is one of `keys`, read outside any transaction; see [`Tx::all_in`].
    pub async fn all_in(&self, head: &str, keys: &[String]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for chunk in keys.chunks(INSERT_STEPS[0]) {
            let (text, values) = in_list(self.engine(), head, chunk);
            match self {
                Self::Sqlite { readers, .. } => {
                    let query = bind_sqlite(sqlx::query(AssertSqlSafe(text)), values);
                    let found = query.fetch_all(readers).await.map_err(failed("read rows"))?;
                    rows.extend(found.into_iter().map(Row::Sqlite));
                }
                Self::Postgres(pool) => {
                    let query = bind_postgres(sqlx::query(AssertSqlSafe(text)), values);
                    let found = query.fetch_all(pool).await.map_err(failed("read rows"))?;
                    rows.extend(found.into_iter().map(Row::Postgres));
                }
            }
        }
        Ok(rows)
    }

    /// Closes all connections; SQLite folds its log into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// Begins on SQLite's one writer.
///
/// SQLite ends a transaction by itself when the disk is full. The driver's own rollback then
/// fails, and the driver counts that transaction as open for ever; begun again and rolled
/// back, both agree.
async fn begin_on_the_writer(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    type Manager = <Sqlite as sqlx::Database>::TransactionManager;
    let begun = writer.begin_with("BEGIN IMMEDIATE").await;
    if !matches!(begun, Err(sqlx::Error::InvalidSavePointStatement)) {
        return begun;
    }
    let mut connection = writer.acquire().await?;
    while Manager::get_transaction_depth(&connection) > 0 {
        // Refused where a transaction is open after all, which the rollback ends too.
        let _ = sqlx::query("BEGIN").execute(&mut *connection).await;
        Manager::rollback(&mut connection).await?;
    }
    drop(connection);
    writer.begin_with("BEGIN IMMEDIATE").await
}

/// A transaction; dropped without [`Tx::commit`], it leaves nothing.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Which database this is.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite(_) => Engine::Sqlite,
            Self::Postgres(_) => Engine::Postgres,
        }
    }

    /// Runs a statement; answers the number of rows it changed.
    pub async fn execute(&mut self, sql: impl Into<Sql>, values: Vec<Value>) -> Result<u64, StoreError> {
        let text = sql.into().text(self.engine());
        match self {
            Self::Sqlite(tx) => {
                let done = sqlite_query(text, values).execute(&mut **tx).await.map_err(failed("change rows"))?;
                Ok(done.rows_affected())
            }
            Self::Postgres(tx) => {
                let done = postgres_query(text, values).execute(&mut **tx).await.map_err(failed("change rows"))?;
                Ok(done.rows_affected())
            }
        }
    }

    /// All rows of a query.
    pub async fn all(&mut self, sql: impl Into<Sql>, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let text = sql.into().text(self.engine());
        match self {
            Self::Sqlite(tx) => {
                let rows = sqlite_query(text, values).fetch_all(&mut **tx).await.map_err(failed("read rows"))?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(tx) => {
                let rows = postgres_query(text, values).fetch_all(&mut **tx).await.map_err(failed("read rows"))?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row of a query, if there is one.
    pub async fn optional(&mut self, sql: impl Into<Sql>, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.all(sql, values).await?.into_iter().next())
    }

    /// Inserts many rows with few statements. `head` is the text up to `VALUES`, `tail`
    /// what follows the rows (an `ON CONFLICT` clause or nothing); every row holds the
    /// same number of values.
    pub async fn insert_many(
        &mut self,
        head: &'static str,
        tail: &'static str,
        mut rows: Vec<Vec<Value>>,
    ) -> Result<u64, StoreError> {
        let Some(width) = rows.first().map(Vec::len) else {
            return Ok(0);
        };
        debug_assert!(rows.iter().all(|row| row.len() == width), "rows of one width");
        let mut changed = 0;
        let mut rest = rows.drain(..);
        let mut left = rest.len();
        while left > 0 {
            let step = INSERT_STEPS.into_iter().find(|step| *step <= left).unwrap_or(1);
            left -= step;
            let values: Vec<Value> = rest.by_ref().take(step).flatten().collect();
            changed += self.execute_built(insert_text(self.engine(), head, tail, width, step), values).await?;
        }
        Ok(changed)
    }

    /// All rows whose key is one of `keys`; `head` is a text of constants that ends in `IN`.
    /// Lists are padded to a few lengths, so that the statements stay prepared.
    pub async fn all_in(&mut self, head: &str, keys: Vec<String>) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for chunk in keys.chunks(INSERT_STEPS[0]) {
            let (text, values) = in_list(self.engine(), head, chunk);
            rows.extend(self.all_built(text, values).await?);
        }
        Ok(rows)
    }

    /// Runs a statement on all rows whose key is one of `keys`; see [`Tx::all_in`].
    pub async fn execute_in(&mut self, head: &str, keys: &[String]) -> Result<u64, StoreError> {
        let mut changed = 0;
        for chunk in keys.chunks(INSERT_STEPS[0]) {
            let (text, values) = in_list(self.engine(), head, chunk);
            changed += self.execute_built(text, values).await?;
        }
        Ok(changed)
    }

    async fn all_built(&mut self, text: String, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(tx) => {
                let query = bind_sqlite(sqlx::query(AssertSqlSafe(text)), values);
                let rows = query.fetch_all(&mut **tx).await.map_err(failed("read rows"))?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(tx) => {
                let query = bind_postgres(sqlx::query(AssertSqlSafe(text)), values);
                let rows = query.fetch_all(&mut **tx).await.map_err(failed("read rows"))?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    async fn execute_built(&mut self, text: String, values: Vec<Value>) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(tx) => {
                let query = bind_sqlite(sqlx::query(AssertSqlSafe(text)), values);
                let done = query.execute(&mut **tx).await.map_err(failed("insert rows"))?;
                Ok(done.rows_affected())
            }
            Self::Postgres(tx) => {
                let query = bind_postgres(sqlx::query(AssertSqlSafe(text)), values);
                let done = query.execute(&mut **tx).await.map_err(failed("insert rows"))?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Makes everything done in this transaction durable, or nothing of it.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await.map_err(failed("commit")),
            Self::Postgres(tx) => tx.commit().await.map_err(failed("commit")),
        }
    }
}

/// The place of the `number`th value of a built statement, counted from 1.
///
/// SQLite's driver looks every numbered place up in a list of names, which for a thousand
/// values costs more than the insertion; unnumbered ones are bound in their order.
fn write_place(engine: Engine, number: usize, text: &mut String) {
    use std::fmt::Write as _;
    match engine {
        Engine::Sqlite => text.push('?'),
        Engine::Postgres => {
            let _ = write!(text, "${number}");
        }
    }
}

/// `head ($1, $2 …)` for a chunk of keys, padded with its first one to a length that is used often.
fn in_list(engine: Engine, head: &str, chunk: &[String]) -> (String, Vec<Value>) {
    let width = INSERT_STEPS.into_iter().rev().find(|step| *step >= chunk.len()).unwrap_or(chunk.len());
    let padding = std::iter::repeat_n(&chunk[0], width - chunk.len());
    let values = chunk.iter().chain(padding).map(Value::from).collect();
    let mut text = format!("{head} (");
    for place in 1..=width {
        if place > 1 {
            text.push_str(", ");
        }
        write_place(engine, place, &mut text);
    }
    text.push(')');
    (text, values)
}

/// `head VALUES ($1, $2), ($3, $4) tail`; built from constants and numbers only.
fn insert_text(engine: Engine, head: &str, tail: &str, width: usize, rows: usize) -> String {
    let mut text = format!("{head} VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            if column > 0 {
                text.push_str(", ");
            }
            write_place(engine, row * width + column + 1, &mut text);
        }
        text.push(')');
    }
    text.push(' ');
    text.push_str(tail);
    text
}

fn sqlite_query(text: &'static str, values: Vec<Value>) -> Query<'static, Sqlite, SqliteArguments> {
    bind_sqlite(sqlx::query(text), values)
}

fn bind_sqlite<'query>(
    mut query: Query<'query, Sqlite, SqliteArguments>,
    values: Vec<Value>,
) -> Query<'query, Sqlite, SqliteArguments> {
    for value in values {
        query = match value {
            Value::Text(text) => query.bind(text),
            Value::Int(number) => query.bind(number),
            Value::Bool(truth) => query.bind(truth),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Instant(at) => query.bind(at.map(|at| at.to_string())),
            Value::Decimal(amount) => query.bind(amount.map(|amount| amount.to_string())),
            Value::Json(json) => query.bind(json.map(|json| json.to_string())),
        };
    }
    query
}

fn postgres_query(text: &'static str, values: Vec<Value>) -> Query<'static, Postgres, PgArguments> {
    bind_postgres(sqlx::query(text), values)
}

fn bind_postgres<'query>(
    mut query: Query<'query, Postgres, PgArguments>,
    values: Vec<Value>,
) -> Query<'query, Postgres, PgArguments> {
    for value in values {
        query = match value {
            Value::Text(text) => query.bind(text),
            Value::Int(number) => query.bind(number),
            Value::Bool(truth) => query.bind(truth),
            Value::Bytes(bytes) => query.bind(bytes),
            Value::Instant(at) => query.bind(at.map(PgInstant)),
            Value::Decimal(amount) => query.bind(amount.map(PgDecimal)),
            Value::Json(json) => query.bind(json),
        };
    }
    query
}

/// `postgres://user:secret@host/db` without the secret, for messages.
fn hide_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{host}")
        }
        None => address.to_owned(),
    }
}
