//! Loading lists, and looking for merchants on what changed.

use std::collections::BTreeSet;

use serde_json::json;

use super::store::{self, LoadedList};
use crate::audit::journal::{self, Entry, Event};
use crate::kernel::id::{EventId, JobId};
use crate::matching::names::Scratch;
use crate::merchants::dossiers::service::{DossierError, DossierService};
use crate::merchants::lists::{
    Guards, Layout, ListDiff, ListEntity, ListFile, ReadListError, RefusedUpdate, accept, read, read_ofac_csv,
};
use crate::store::StoreError;
use crate::store::jobs::{self, Job, NewJob};

/// The kind of job that screens merchants against what changed on a list.
pub const JOB_KIND: &str = "list-update";
/// Attempts of such a job.
const ATTEMPTS: i64 = 8;
/// Merchants screened between two renewals of the job's lease.
const AT_ONCE: usize = 200;
/// Characters of a list's name.
const MAX_NAME: usize = 100;

/// Why a list was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The name cannot be used.
    #[error("a list's name has 1 to 100 characters: small letters, digits, - _ .")]
    Name,
    /// The file cannot be read; nothing of it is used.
    #[error(transparent)]
    Read(#[from] ReadListError),
    /// The file is suspicious; the list in force stays.
    #[error(transparent)]
    Refused(#[from] RefusedUpdate),
    /// The database failed.
    #[error("cannot store the list")]
    Store(#[from] StoreError),
    /// Someone else loaded the list meanwhile.
    #[error("the list was loaded by someone else meanwhile; look at it and load it again if needed")]
    Overtaken,
    /// The thread that read it ended early.
    #[error("reading the list was interrupted")]
    Interrupted,
}

impl ImportError {
    /// Whether the file is at fault rather than the service: worth an alarm, because a list that is not
    /// updated screens less every day.
    pub fn is_about_the_file(&self) -> bool {
        matches!(self, Self::Read(_) | Self::Refused(_))
    }
}

/// What loading a list did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// The list.
    pub list: String,
    /// Its version now in force.
    pub number: i64,
    /// Entities in all.
    pub entities: usize,
    /// Entities that are new.
    pub added: usize,
    /// Entities that changed.
    pub changed: usize,
    /// Entities that were taken off.
    pub removed: usize,
    /// Entities without a readable name, which were passed over because a person confirmed the file.
    pub nameless: usize,
}

/// A file to be loaded.
pub struct ListSource {
    /// The list's name: `us_ofac_sdn`.
    pub name: String,
    /// What is in it.
    pub content: ListContent,
    /// Whether a person has looked at the file and takes it although the guards refuse it.
    pub confirmed: bool,
}

/// The file or files of a list.
pub enum ListContent {
    /// One file.
    One {
        /// Its layout.
        layout: Layout,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// OFAC's three comma-separated files.
    OfacCsv {
        /// Entries.
        sdn: Vec<u8>,
        /// Aliases.
        alt: Vec<u8>,
        /// Addresses.
        add: Vec<u8>,
    },
}

impl ListContent {
    /// The word of the layout in files and answers.
    fn layout_word(&self) -> String {
        match self {
            Self::One { layout, .. } => {
                serde_json::to_value(layout).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
            }
            Self::OfacCsv { .. } => "ofac_csv".to_owned(),
        }
    }

    fn read(&self, list: &str) -> Result<ListFile, ReadListError> {
        match self {
            Self::One { layout, bytes } => read(*layout, list, bytes),
            Self::OfacCsv { sdn, alt, add } => read_ofac_csv(list, sdn, alt, add),
        }
    }
}

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.');
    (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(letter)
}

impl DossierService {
    /// Loads a list: reads it whole, holds it against the one in force, and puts it in force with the job
    /// that screens merchants against what changed. A file that cannot be trusted changes nothing and is
    /// told as an alarm.
    pub async fn import_list(&self, source: ListSource, actor: &str) -> Result<ImportReport, ImportError> {
        let name = source.name.clone();
        let loaded = self.try_import(source, actor).await;
        if let Err(error) = &loaded
            && error.is_about_the_file()
        {
            tracing::error!(list = name, problem = %error, "a list was not taken; the one in force stays");
            self.alarm(&name, &error.to_string(), actor).await?;
        }
        loaded
    }

    async fn try_import(&self, source: ListSource, actor: &str) -> Result<ImportReport, ImportError> {
        if !is_name(&source.name) {
            return Err(ImportError::Name);
        }
        let present = store::list(&self.db, &source.name).await?;
        let number = present.as_ref().map_or(0, |list| list.number);
        let old = ListFile {
            list: source.name.clone(),
            published: None,
            entities: store::entities_at(&self.db, &source.name, number).await?,
            nameless: Vec::new(),
        };
        let (name, layout) = (source.name.clone(), source.content.layout_word());
        let read = tokio::task::spawn_blocking(move || compare(&old, source)).await;
        let (file, diff) = read.map_err(|_| ImportError::Interrupted)??;
        let digest = file.version();
        let report = |number: i64| ImportReport {
            list: name.clone(),
            number,
            entities: file.entities.len(),
            added: diff.added.len(),
            changed: diff.changed.len(),
            removed: diff.removed.len(),
            nameless: file.nameless.len(),
        };
        if diff.is_empty() && number > 0 {
            return Ok(report(number));
        }
        let next = number + 1;
        self.clear_drafts(&name, number).await?;
        let entities: Vec<&ListEntity> = diff.to_screen().collect();
        store::write_draft(&self.db, &name, next, &entities, &diff.removed).await?;
        let loaded = LoadedList {
            name: name.clone(),
            number: next,
            digest,
            layout,
            published: file.published.clone(),
            entities: file.entities.len() as i64,
            loaded_by: actor.to_owned(),
            loaded_at: self.clock.now(),
        };
        self.put_in_force(&loaded, &report(next), actor).await?;
        Ok(report(next))
    }

    async fn clear_drafts(&self, name: &str, in_force: i64) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        store::drop_drafts(&mut tx, name, in_force).await?;
        tx.commit().await
    }

    async fn put_in_force(&self, list: &LoadedList, report: &ImportReport, actor: &str) -> Result<(), ImportError> {
        let now = list.loaded_at;
        let mut tx = self.db.begin().await?;
        if store::number_in(&mut tx, &list.name).await? != list.number - 1 {
            return Err(ImportError::Overtaken);
        }
        let told = serde_json::to_string(report).expect("a report holds only strings and numbers");
        store::put_in_force(&mut tx, list, &told).await?;
        let body = json!({"list": list.name, "from": list.number - 1, "to": list.number}).to_string();
        let id = JobId::from_uuid(self.ids.next(now));
        jobs::enqueue(&mut tx, NewJob { id, kind: JOB_KIND, body, max_attempts: ATTEMPTS, run_at: now }, now).await?;
        let body = json!({"list": list.name, "number": list.number, "digest": list.digest, "report": report});
        self.tell_of_list(&mut tx, "list.loaded", &list.name, body, actor).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn alarm(&self, list: &str, problem: &str, actor: &str) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let body = json!({"list": list, "problem": problem});
        self.tell_of_list(&mut tx, "list.refused", list, body, actor).await?;
        tx.commit().await
    }

    async fn tell_of_list(
        &self,
        tx: &mut crate::store::Tx,
        kind: &'static str,
        list: &str,
        body: serde_json::Value,
        actor: &str,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let raw = serde_json::value::to_raw_value(&body).expect("JSON values serialise");
        let event = Event {
            id: EventId::from_uuid(self.ids.next(now)),
            kind,
            subject: list.to_owned(),
            body: body.to_string(),
        };
        let entry = Entry { kind, subject: list.to_owned(), actor: actor.to_owned(), body: raw };
        journal::append(tx, now, vec![entry], vec![event]).await?;
        Ok(())
    }

    /// Works on a list update: every merchant that a changed entry may be is held against the lists again.
    ///
    /// # Errors
    /// When the database fails; the job is tried again, and screening a merchant twice changes nothing.
    pub async fn work_on_list_update(&self, job: &Job) -> Result<(), DossierError> {
        let body: serde_json::Value = serde_json::from_str(&job.body).unwrap_or_default();
        let (Some(list), Some(from), Some(to)) = (body["list"].as_str(), body["from"].as_i64(), body["to"].as_i64())
        else {
            return Err(DossierError::Conflict("the job names no list".to_owned()));
        };
        self.follow().await?;
        let (present, removed) = store::changed(&self.db, list, from, to).await?;
        for merchants in self.concerned(present, removed).await?.chunks(AT_ONCE) {
            for merchant in merchants {
                self.rescreen(merchant, "system").await?;
            }
            let mut tx = self.db.begin().await?;
            jobs::renew(&mut tx, job, self.clock.now()).await?;
            tx.commit().await?;
        }
        let mut tx = self.db.begin().await?;
        jobs::complete(&mut tx, job, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Merchants that changed entries may be, and those that had a match with one of them.
    async fn concerned(&self, present: Vec<ListEntity>, removed: Vec<String>) -> Result<Vec<String>, StoreError> {
        let ids: Vec<String> = present.iter().map(|entity| entity.id.clone()).chain(removed).collect();
        let mut merchants: BTreeSet<String> = store::merchants_hit_by(&self.db, &ids).await?.into_iter().collect();
        let indexes = std::sync::Arc::clone(&self.indexes);
        let named = tokio::task::spawn_blocking(move || {
            let mut scratch = Scratch::default();
            present.iter().flat_map(|entity| indexes.named_like(entity, &mut scratch)).collect::<Vec<_>>()
        });
        merchants.extend(named.await.map_err(|_| interrupted())?);
        Ok(merchants.into_iter().collect())
    }
}

fn interrupted() -> StoreError {
    StoreError::Corrupt { column: "list".to_owned(), problem: "comparing names was interrupted".to_owned() }
}

/// Reads the file and holds it against the list in force.
fn compare(old: &ListFile, source: ListSource) -> Result<(ListFile, ListDiff), ImportError> {
    let mut file = source.content.read(&source.name)?;
    // Entities stand under the name by which their list is loaded here.
    file.entities.iter_mut().for_each(|entity| entity.list.clone_from(&source.name));
    if source.confirmed {
        return Ok((file.clone(), crate::merchants::lists::diff(old, &file)));
    }
    let diff = accept(old, &file, Guards::default())?;
    Ok((file, diff))
}
