//! OFAC's advanced XML (`sdn_advanced.xml`, `cons_advanced.xml`): names, dates and papers by number,
//! what the numbers mean in reference sets at the head.
//! Layout: "Advanced Sanctions List Standard" schema, ofac.treasury.gov; written from knowledge of the format,
//! not yet held against a published file.

use std::collections::BTreeMap;

use super::model::{ListEntity, ListFile, ReadListError};
use super::xml::{Node, each};
use crate::matching::names::{NameKind, PartyKind};

const LAYOUT: &str = "OFAC advanced XML";

/// What numbers mean, by the name of their set.
#[derive(Default)]
struct References {
    meanings: BTreeMap<(String, String), String>,
    countries_of_places: BTreeMap<String, Vec<String>>,
    kinds_of_sorts: BTreeMap<String, String>,
}

impl References {
    fn meaning(&self, set: &str, number: &str) -> &str {
        self.meanings.get(&(set.to_owned(), number.to_owned())).map_or("", String::as_str)
    }
}

/// Reads the list.
pub fn read(list: &str, text: &str) -> Result<ListFile, ReadListError> {
    let mut references = References::default();
    let mut published = None;
    let mut parties = Vec::new();
    let mut papers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut programmes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let names = ["DateOfIssue", "ReferenceValueSets", "Location", "IDRegDocument", "DistinctParty", "SanctionsEntry"];
    each(text, LAYOUT, "Sanctions", &names, |node| match node.name.as_str() {
        "DateOfIssue" => published = Some(date(&node)),
        "ReferenceValueSets" => read_references(&node, &mut references),
        "Location" => {
            let countries = node
                .all("LocationCountry")
                .map(|place| references.meaning("Country", place.attribute("CountryID")).to_owned());
            references.countries_of_places.insert(node.attribute("ID").to_owned(), countries.collect());
        }
        "IDRegDocument" => papers
            .entry(node.attribute("IdentityID").to_owned())
            .or_default()
            .push(node.text_of("IDRegistrationNo").to_owned()),
        "SanctionsEntry" => {
            let comments = node.all("SanctionsMeasure").map(|measure| measure.text_of("Comment").to_owned());
            programmes.entry(node.attribute("ProfileID").to_owned()).or_default().extend(comments);
        }
        _ => parties.extend(node.all("Profile").map(|profile| entity(list, profile, &references))),
    })?;
    let mut entities = Vec::with_capacity(parties.len());
    for (profile, identities, mut entity) in parties {
        entity.ids.extend(identities.iter().filter_map(|identity| papers.remove(identity)).flatten());
        entity.programmes.extend(programmes.remove(&profile).unwrap_or_default());
        entities.push(entity);
    }
    ListFile::settled(list, published, entities)
}

/// Sets are named after their values: `<AliasTypeValues><AliasType ID="1403">Name</AliasType>`.
fn read_references(node: &Node, references: &mut References) {
    for set in ["AliasType", "Country", "FeatureType", "PartyType", "SanctionsProgram"] {
        for value in node.below(set) {
            references
                .meanings
                .insert((set.to_owned(), value.attribute("ID").to_owned()), value.text.trim().to_owned());
        }
    }
    for value in node.below("PartySubType") {
        let kind = match value.text.trim() {
            "Vessel" | "Aircraft" => value.text.trim().to_owned(),
            _ => references.meaning("PartyType", value.attribute("PartyTypeID")).to_owned(),
        };
        references.kinds_of_sorts.insert(value.attribute("ID").to_owned(), kind);
    }
}

fn entity(list: &str, profile: &Node, references: &References) -> (String, Vec<String>, ListEntity) {
    let number = profile.attribute("ID").to_owned();
    let mut entity = ListEntity::new(format!("ofac-{number}"), list);
    let sort = references.kinds_of_sorts.get(profile.attribute("PartySubTypeID")).map_or("", String::as_str);
    entity.kind = match sort {
        "Individual" => PartyKind::Person,
        "Entity" => PartyKind::Organization,
        "Vessel" => PartyKind::Vessel,
        "Aircraft" => PartyKind::Aircraft,
        _ => PartyKind::Other,
    };
    let mut identities = Vec::new();
    for identity in profile.all("Identity") {
        identities.push(identity.attribute("ID").to_owned());
        for alias in identity.all("Alias") {
            let kind = match (alias.attribute("LowQuality"), alias.attribute("Primary")) {
                ("true" | "1", _) => NameKind::Weak,
                (_, "true" | "1") => NameKind::Primary,
                _ => NameKind::Alias,
            };
            for (place, documented) in alias.all("DocumentedName").enumerate() {
                let parts: Vec<&str> = documented.below("NamePartValue").iter().map(|part| part.text.trim()).collect();
                // Further documented names are the same name in other scripts.
                entity.add_name(&parts.join(" "), if place == 0 { kind } else { kind.max(NameKind::Alias) });
            }
        }
    }
    for feature in profile.all("Feature") {
        read_feature(feature, references, &mut entity);
    }
    (number, identities, entity)
}

fn read_feature(feature: &Node, references: &References, entity: &mut ListEntity) {
    let sort = references.meaning("FeatureType", feature.attribute("FeatureTypeID"));
    for place in feature.below("VersionLocation") {
        let countries = references.countries_of_places.get(place.attribute("LocationID"));
        if !sort.contains("Birth") {
            entity.countries.extend(countries.into_iter().flatten().cloned());
        }
    }
    if sort == "Birthdate" {
        let starts = feature.below("Start").into_iter().flat_map(|start| start.below("From")).map(date);
        entity.dob.extend(starts);
    }
    if sort.contains("Registration") || sort.contains("MMSI") || sort.contains("IMO") {
        entity.ids.extend(feature.below("VersionDetail").iter().map(|detail| detail.text.trim().to_owned()));
    }
}

/// The date of `<Year>`, `<Month>` and `<Day>` as year-month-day.
fn date(node: &Node) -> String {
    let number = |part: &str| node.text_of(part).parse::<u32>().unwrap_or_default();
    match (number("Year"), number("Month"), number("Day")) {
        (year, 0, _) | (year, _, 0) => year.to_string(),
        (year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
    }
}
