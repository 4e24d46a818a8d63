//! The UN Security Council's consolidated list in XML.
//! Layout: the list's own schema at scsanctions.un.org; written from knowledge of the format,
//! not yet held against a published file.

use super::model::{ListEntity, ListFile, ReadListError};
use super::xml::{Node, each};
use crate::matching::names::{NameKind, PartyKind};

const LAYOUT: &str = "UN consolidated list (XML)";

/// Reads the list.
pub fn read(list: &str, text: &str) -> Result<ListFile, ReadListError> {
    let mut entities = Vec::new();
    let root = each(text, LAYOUT, "CONSOLIDATED_LIST", &["INDIVIDUAL", "ENTITY"], |node| {
        entities.push(entity(list, &node));
    })?;
    let published = Some(root.attribute("dateGenerated").to_owned()).filter(|date| !date.is_empty());
    ListFile::settled(list, published, entities)
}

fn entity(list: &str, node: &Node) -> ListEntity {
    let reference = match node.text_of("REFERENCE_NUMBER") {
        "" => node.text_of("DATAID"),
        reference => reference,
    };
    let mut entity = ListEntity::new(format!("un-{reference}"), list);
    entity.kind = if node.name == "INDIVIDUAL" { PartyKind::Person } else { PartyKind::Organization };
    let parts = ["FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME"].map(|part| node.text_of(part));
    entity.add_name(&parts.join(" "), NameKind::Primary);
    entity.add_name(node.text_of("NAME_ORIGINAL_SCRIPT"), NameKind::Alias);
    for alias in node.all("INDIVIDUAL_ALIAS").chain(node.all("ENTITY_ALIAS")) {
        let weak = alias.text_of("QUALITY").eq_ignore_ascii_case("low");
        entity.add_name(alias.text_of("ALIAS_NAME"), if weak { NameKind::Weak } else { NameKind::Alias });
    }
    for address in node.all("INDIVIDUAL_ADDRESS").chain(node.all("ENTITY_ADDRESS")) {
        entity.countries.push(address.text_of("COUNTRY").to_owned());
    }
    entity.countries.extend(node.all("NATIONALITY").map(|nationality| nationality.text_of("VALUE").to_owned()));
    for birth in node.all("INDIVIDUAL_DATE_OF_BIRTH") {
        entity.dob.extend(
            ["DATE", "YEAR", "FROM_YEAR"]
                .iter()
                .map(|part| birth.text_of(part).to_owned())
                .find(|text| !text.is_empty()),
        );
    }
    entity.ids.extend(node.all("INDIVIDUAL_DOCUMENT").map(|document| document.text_of("NUMBER").to_owned()));
    entity.programmes.push(node.text_of("UN_LIST_TYPE").to_owned());
    entity.remarks = node.text_of("COMMENTS1").to_owned();
    entity
}
