//! Entities of lists, and why a file is refused.

use serde::{Deserialize, Serialize};

use crate::kernel::Digest;
use crate::matching::names::{NameKind, Party, PartyFacts, PartyKind, PartyName};

/// Most entities of one file. All public lists together hold fewer than 200,000.
pub const MAX_ENTITIES: usize = 2_000_000;
/// Most values of one sort that an entity keeps.
pub const MAX_VALUES: usize = 400;
/// Longest remark that is kept, in Unicode scalars.
pub const MAX_REMARKS: usize = 4_000;

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntity {
    /// Unique over all lists, and the same in every version of its list.
    pub id: String,
    /// The list's name.
    #[serde(default)]
    pub list: String,
    /// What sort of party it is.
    #[serde(rename = "type", default = "ListEntity::usual_kind")]
    pub kind: PartyKind,
    /// All names.
    #[serde(default)]
    pub names: Vec<PartyName>,
    /// Countries of address, nationality and flag.
    #[serde(default)]
    pub countries: Vec<String>,
    /// Dates of birth as the list writes them.
    #[serde(default)]
    pub dob: Vec<String>,
    /// Identity, registration and ship numbers.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Sanctions programmes or regimes.
    #[serde(default)]
    pub programmes: Vec<String>,
    /// What else the list says.
    #[serde(default)]
    pub remarks: String,
}

impl ListEntity {
    fn usual_kind() -> PartyKind {
        PartyKind::Other
    }

    /// An entity without any value.
    pub fn new(id: String, list: &str) -> Self {
        Self {
            id,
            list: list.to_owned(),
            kind: PartyKind::Other,
            names: Vec::new(),
            countries: Vec::new(),
            dob: Vec::new(),
            ids: Vec::new(),
            programmes: Vec::new(),
            remarks: String::new(),
        }
    }

    /// Adds a name unless it is empty or there.
    pub fn add_name(&mut self, name: &str, kind: NameKind) {
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let known = self.names.iter().any(|known| known.name == name);
        if !known && self.names.len() < MAX_VALUES && name.chars().any(char::is_alphanumeric) {
            self.names.push(PartyName { name, kind });
        }
    }

    /// Puts the entity in its canonical form: values sorted and each once, the primary name first.
    pub fn settle(&mut self) {
        self.names.sort_by(|one, other| one.kind.cmp(&other.kind).then_with(|| one.name.cmp(&other.name)));
        let mut seen = std::collections::BTreeSet::new();
        self.names.retain(|name| name.name.chars().any(char::is_alphanumeric) && seen.insert(name.name.clone()));
        self.names.truncate(MAX_VALUES);
        for values in [&mut self.countries, &mut self.dob, &mut self.ids, &mut self.programmes] {
            values.iter_mut().for_each(|value| *value = value.trim().to_owned());
            values.retain(|value| !value.is_empty());
            values.sort();
            values.dedup();
            values.truncate(MAX_VALUES);
        }
        self.remarks = self.remarks.trim().chars().take(MAX_REMARKS).collect();
    }

    /// The entity's version: a digest of all it says. Two entities with one version are equal.
    pub fn version(&self) -> Digest {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Digest::of(&bytes)
    }

    /// The entity as names are matched with it.
    pub fn party(&self) -> Party {
        let facts =
            PartyFacts { countries: self.countries.clone(), births: self.dob.clone(), numbers: self.ids.clone() };
        Party { id: self.id.clone(), kind: self.kind, names: self.names.clone(), facts }
    }
}

/// What was read from a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFile {
    /// The list's name.
    pub list: String,
    /// When its publisher says it was made, as written.
    pub published: Option<String>,
    /// All entities with a name, by id.
    pub entities: Vec<ListEntity>,
    /// Ids of entities that have no readable name.
    pub nameless: Vec<String>,
}

impl ListFile {
    /// Sorts entities, merges those with one id, and sets apart those without a name.
    ///
    /// # Errors
    /// When there is no entity, or too many.
    pub fn settled(list: &str, published: Option<String>, entities: Vec<ListEntity>) -> Result<Self, ReadListError> {
        if entities.len() > MAX_ENTITIES {
            return Err(ReadListError::TooMany { most: MAX_ENTITIES });
        }
        let mut by_id: std::collections::BTreeMap<String, ListEntity> = std::collections::BTreeMap::new();
        for entity in entities {
            match by_id.get_mut(&entity.id) {
                Some(known) => merge(known, entity),
                None => {
                    by_id.insert(entity.id.clone(), entity);
                }
            }
        }
        let mut file = Self { list: list.to_owned(), published, ..Self::default() };
        for mut entity in by_id.into_values() {
            entity.settle();
            match entity.names.is_empty() {
                true => file.nameless.push(entity.id),
                false => file.entities.push(entity),
            }
        }
        if file.entities.is_empty() {
            return Err(ReadListError::Empty);
        }
        Ok(file)
    }

    /// The version of the whole list: a digest over its entities' versions.
    pub fn version(&self) -> Digest {
        let versions: Vec<[u8; 32]> = self.entities.iter().map(|entity| entity.version().0).collect();
        Digest::of(versions.as_flattened())
    }
}

fn merge(known: &mut ListEntity, other: ListEntity) {
    known.names.extend(other.names);
    known.countries.extend(other.countries);
    known.dob.extend(other.dob);
    known.ids.extend(other.ids);
    known.programmes.extend(other.programmes);
    if known.kind == PartyKind::Other {
        known.kind = other.kind;
    }
    if !other.remarks.is_empty() && !known.remarks.contains(&other.remarks) && known.remarks.len() < MAX_REMARKS {
        known.remarks = format!("{} {}", known.remarks, other.remarks);
    }
}

/// Why a list file is refused. Nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadListError {
    /// The bytes are not text in UTF-8.
    #[error("the file is not UTF-8: {found} at byte {at}; fetch it again, or convert it to UTF-8")]
    Encoding {
        /// What stands there instead.
        found: &'static str,
        /// Where.
        at: usize,
    },
    /// The file ends before it should.
    #[error("the file is cut off: {problem}; fetch it again")]
    Cut {
        /// How that shows.
        problem: String,
    },
    /// The file is of another layout.
    #[error("the file is not a {layout}: {problem}; check which file was loaded")]
    Layout {
        /// The layout that was expected.
        layout: &'static str,
        /// What is missing or wrong.
        problem: String,
    },
    /// One record cannot be read.
    #[error("line {line} cannot be read: {problem}")]
    Record {
        /// Where, from 1.
        line: u64,
        /// What is wrong.
        problem: String,
    },
    /// There is no entity.
    #[error("the file holds no entity with a name; check which file was loaded")]
    Empty,
    /// There are more entities than any list has.
    #[error("the file holds more than {most} entities; check which file was loaded")]
    TooMany {
        /// The most that are read.
        most: usize,
    },
}
