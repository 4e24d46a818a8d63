//! The EU's consolidated financial sanctions list in XML, schema 1.1.
//! Layout: the schema beside the list at webgate.ec.europa.eu/fsd/fsf; written from knowledge of the format,
//! not yet held against a published file.

use super::model::{ListEntity, ListFile, ReadListError};
use super::xml::{Node, each};
use crate::matching::names::{NameKind, PartyKind};

const LAYOUT: &str = "EU consolidated list (XML)";

/// Reads the list.
pub fn read(list: &str, text: &str) -> Result<ListFile, ReadListError> {
    let mut entities = Vec::new();
    let root = each(text, LAYOUT, "export", &["sanctionEntity"], |node| entities.push(entity(list, &node)))?;
    let published = Some(root.attribute("generationDate").to_owned()).filter(|date| !date.is_empty());
    ListFile::settled(list, published, entities)
}

fn entity(list: &str, node: &Node) -> ListEntity {
    let mut entity = ListEntity::new(format!("eu-{}", node.attribute("logicalId")), list);
    let kinds: Vec<&str> = node.all("subjectType").map(|kind| kind.attribute("classificationCode")).collect();
    entity.kind = kind_of(kinds.first().copied().unwrap_or_default());
    for (place, alias) in node.all("nameAlias").enumerate() {
        let whole = match alias.attribute("wholeName") {
            "" => ["firstName", "middleName", "lastName"].map(|part| alias.attribute(part)).join(" "),
            whole => whole.to_owned(),
        };
        entity.add_name(&whole, name_kind(alias.attribute("strong"), place));
    }
    for place in ["citizenship", "address"] {
        entity.countries.extend(node.all(place).map(|place| country(place).to_owned()));
    }
    for birth in node.all("birthdate") {
        let date = match birth.attribute("birthdate") {
            "" => birth.attribute("year"),
            date => date,
        };
        entity.dob.push(date.to_owned());
    }
    entity.ids.extend(node.all("identification").map(|paper| paper.attribute("number").to_owned()));
    entity.programmes.extend(node.all("regulation").map(|law| law.attribute("programme").to_owned()));
    entity.remarks = node.all("remark").map(|remark| remark.text.trim()).collect::<Vec<_>>().join(" ");
    entity
}

fn country(place: &Node) -> &str {
    match place.attribute("countryDescription") {
        "" | "UNKNOWN" => place.attribute("countryIso2Code"),
        name => name,
    }
}

/// The sort that the EU's one-letter code tells.
pub fn kind_of(code: &str) -> PartyKind {
    match code.trim() {
        "P" | "person" => PartyKind::Person,
        "E" | "enterprise" => PartyKind::Organization,
        _ => PartyKind::Other,
    }
}

/// The first name is the main one; "strong" is false for weak aliases.
pub fn name_kind(strong: &str, place: usize) -> NameKind {
    match (strong, place) {
        ("false" | "0", _) => NameKind::Weak,
        (_, 0) => NameKind::Primary,
        _ => NameKind::Alias,
    }
}
