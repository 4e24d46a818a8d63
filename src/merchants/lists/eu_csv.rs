//! The EU's consolidated financial sanctions list as separated values, version 1.1: one row for each
//! name, address, birth date or paper, all with the number of their entity.
//! Layout: head line of the file at webgate.ec.europa.eu/fsd/fsf; written from knowledge of the format,
//! not yet held against a published file.

use std::collections::BTreeMap;

use super::delimited::{Table, cell};
use super::eu_xml::{kind_of, name_kind};
use super::model::{ListEntity, ListFile, ReadListError};
use crate::matching::names::PartyKind;

const LAYOUT: &str = "EU consolidated list (CSV)";

/// Reads the list.
pub fn read(list: &str, text: &str) -> Result<ListFile, ReadListError> {
    let (table, _) = Table::read(text, b';', &["Entity_LogicalId", "NameAlias_WholeName"], LAYOUT)?;
    let number = table.needed(&["Entity_LogicalId"])?;
    let whole = table.needed(&["NameAlias_WholeName"])?;
    let kind = table.column(&["Entity_SubjectType_ClassificationCode", "Entity_SubjectType"]);
    let strong = table.column(&["NameAlias_Strong"]);
    let parts = ["NameAlias_FirstName", "NameAlias_MiddleName", "NameAlias_LastName"].map(|name| table.column(&[name]));
    let countries = ["Address_CountryDescription", "Citizenship_CountryDescription"].map(|name| table.column(&[name]));
    let births = [table.column(&["BirthDate_BirthDate"]), table.column(&["BirthDate_Year"])];
    let paper = table.column(&["Identification_Number"]);
    let programme = table.column(&["Entity_Regulation_Programme"]);
    let remark = table.column(&["Entity_Remark"]);
    let made = table.column(&["fileGenerationDate"]);
    let published =
        table.records.first().map(|(_, cells)| cell(cells, made).to_owned()).filter(|date| !date.is_empty());
    let mut entities: BTreeMap<String, ListEntity> = BTreeMap::new();
    for (line, cells) in &table.records {
        let id = cell(cells, Some(number));
        if id.is_empty() {
            return Err(ReadListError::Record { line: *line, problem: "it has no Entity_LogicalId".to_owned() });
        }
        let entity = entities.entry(id.to_owned()).or_insert_with(|| ListEntity::new(format!("eu-{id}"), list));
        if entity.kind == PartyKind::Other {
            entity.kind = kind_of(cell(cells, kind));
        }
        let name = match cell(cells, Some(whole)) {
            "" => parts.map(|part| cell(cells, part)).join(" "),
            whole => whole.to_owned(),
        };
        entity.add_name(&name, name_kind(cell(cells, strong), entity.names.len()));
        entity
            .countries
            .extend(countries.map(|place| cell(cells, place).to_owned()).into_iter().filter(|name| name != "UNKNOWN"));
        entity.dob.extend(
            births.map(|birth| cell(cells, birth)).into_iter().find(|text| !text.is_empty()).map(str::to_owned),
        );
        entity.ids.push(cell(cells, paper).to_owned());
        entity.programmes.push(cell(cells, programme).to_owned());
        if entity.remarks.is_empty() {
            entity.remarks = cell(cells, remark).to_owned();
        }
    }
    ListFile::settled(list, published, entities.into_values().collect())
}
