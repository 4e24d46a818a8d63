//! What the integration tests share: a database of either engine for each test, brands,
//! rules and listings to judge, and a running service to talk to.
#![allow(dead_code, reason = "each test binary uses its own part of this module")]

pub mod browser;
pub mod data;
pub mod pictures;
pub mod server;

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

use assay::store::{Db, OpenOptions};

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The variable that names the PostgreSQL server: an address whose user may create databases.
const SERVER: &str = "ASSAY_TEST_POSTGRES";

/// A directory and a database of its own for one test; both go when it is dropped.
pub struct Place {
    pub engine: Engine,
    /// The database's address, as `--database` takes it.
    pub address: String,
    data: PathBuf,
    _directory: Option<tempfile::TempDir>,
    _created: Option<CreatedDatabase>,
}

impl Place {
    /// An empty database.
    pub async fn new(engine: Engine) -> Self {
        let directory = tempfile::tempdir().expect("the temporary directory is writable");
        let created = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(CreatedDatabase::create().await),
        };
        let address = match &created {
            Some(created) => created.address.clone(),
            None => format!("sqlite:{}", directory.path().join("assay.db").display()),
        };
        Self { engine, address, data: directory.path().to_owned(), _directory: Some(directory), _created: created }
    }

    /// A SQLite database in a directory that is there already and stays.
    pub fn over(data: &Path) -> Self {
        let address = format!("sqlite:{}", data.join("assay.db").display());
        Self { engine: Engine::Sqlite, address, data: data.to_owned(), _directory: None, _created: None }
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The SQLite file.
    pub fn file(&self) -> PathBuf {
        self.data().join("assay.db")
    }

    /// Opens and migrates the database.
    pub async fn open(&self) -> Db {
        self.try_open().await.expect("the database opens")
    }

    pub async fn try_open(&self) -> Result<Db, assay::store::StoreError> {
        Db::open(&OpenOptions { address: self.address.clone(), connections: 8 }).await
    }

    /// How the service is started here.
    pub fn app_options(&self) -> assay::app::AppOptions {
        let mut options = assay::app::AppOptions::in_directory(self.data());
        if self.engine == Engine::Postgres {
            options.database = Some(self.address.clone());
        }
        options
    }
}

/// A database on the test server.
struct CreatedDatabase {
    name: String,
    server: PgConnectOptions,
    address: String,
}

impl CreatedDatabase {
    async fn create() -> Self {
        let address = std::env::var(SERVER).unwrap_or_else(|_| {
            panic!("{SERVER} is not set: run scripts/test, which starts a PostgreSQL server and names it in {SERVER}")
        });
        let server = PgConnectOptions::from_str(&address).expect("the server's address is readable");
        let name = format!("t_{}", data::ids().next(data::clock().now()).simple());
        let mut connection = server.clone().connect().await.unwrap_or_else(|error| {
            panic!("the PostgreSQL server of {SERVER} does not answer ({error}): run scripts/test, which starts one")
        });
        // The stored order of ids must not depend on the server's locale, so the default one is used.
        let create = format!("CREATE DATABASE {name}");
        connection.execute(AssertSqlSafe(create)).await.expect("the test user may create databases");
        connection.close().await.expect("the connection closes");
        let address = match address.rsplit_once('/') {
            Some((front, _)) => format!("{front}/{name}"),
            None => panic!("{SERVER} names no database; write postgres://USER@HOST:PORT/postgres"),
        };
        Self { name, server, address }
    }
}

impl Drop for CreatedDatabase {
    fn drop(&mut self) {
        let drop_it = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = self.server.clone();
        // A test that fails drops its database too, wherever its own runtime stands.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection: PgConnection = server.connect().await?;
                connection.execute(AssertSqlSafe(drop_it)).await?;
                connection.close().await
            })
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            eprintln!("the test database {} was not dropped", self.name);
        }
    }
}

/// Waits until `look` answers something; fails the test after half a minute.
pub async fn eventually<Answer, Looking>(what: &str, mut look: impl FnMut() -> Looking) -> Answer
where
    Looking: Future<Output = Option<Answer>>,
{
    for _ in 0..600 {
        if let Some(answer) = look().await {
            return answer;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("waited half a minute in vain: {what}");
}
