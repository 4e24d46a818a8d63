//! The US Consolidated Screening List as comma-separated values: the BIS Denied Persons, Entity,
//! Unverified and Military End User lists, and others beside them.
//! Layout: head line of the file at data.trade.gov; written from knowledge of the format,
//! not yet held against a published file.

use super::delimited::{Table, cell};
use super::model::{ListEntity, ListFile, ReadListError};
use super::text::parts;
use crate::matching::names::{NameKind, PartyKind};

const LAYOUT: &str = "Consolidated Screening List (CSV)";

/// Reads the list. Each row is one entity; several names stand in one cell.
pub fn read(list: &str, text: &str) -> Result<ListFile, ReadListError> {
    let (table, _) = Table::read(text, b',', &["_id", "name", "alt_names"], LAYOUT)?;
    let (number, name) = (table.needed(&["_id"])?, table.needed(&["name"])?);
    let (source, kind) = (table.column(&["source"]), table.column(&["type"]));
    let (alts, addresses) = (table.column(&["alt_names"]), table.column(&["addresses"]));
    let countries = ["citizenships", "nationalities", "vessel_flag"].map(|column| table.column(&[column]));
    let (births, ids) = (table.column(&["dates_of_birth"]), table.column(&["ids"]));
    let (programmes, remarks) = (table.column(&["programs"]), table.column(&["remarks"]));
    let mut entities = Vec::with_capacity(table.records.len());
    for (line, cells) in &table.records {
        let id = cell(cells, Some(number));
        if id.is_empty() {
            return Err(ReadListError::Record { line: *line, problem: "it has no _id".to_owned() });
        }
        let mut entity = ListEntity::new(format!("csl-{id}"), list);
        entity.kind = match cell(cells, kind).to_ascii_lowercase().as_str() {
            "individual" => PartyKind::Person,
            "vessel" => PartyKind::Vessel,
            "aircraft" => PartyKind::Aircraft,
            // The lists of the BIS do not tell companies from people.
            "" => PartyKind::Other,
            _ => PartyKind::Organization,
        };
        entity.add_name(cell(cells, Some(name)), NameKind::Primary);
        for alias in parts(cell(cells, alts), &[';']) {
            entity.add_name(&alias, NameKind::Alias);
        }
        let last_part = |address: String| address.rsplit(',').next().map(|part| part.trim().to_owned());
        let codes = parts(cell(cells, addresses), &[';']).into_iter().filter_map(last_part);
        entity.countries.extend(codes.filter(|code| code.len() == 2));
        for country in countries {
            entity.countries.extend(parts(cell(cells, country), &[';']));
        }
        entity.dob.extend(parts(cell(cells, births), &[';']));
        let number_in = |paper: String| {
            paper
                .split(',')
                .map(str::trim)
                .find(|part| part.chars().filter(char::is_ascii_digit).count() >= 4)
                .map(str::to_owned)
        };
        entity.ids.extend(parts(cell(cells, ids), &[';']).into_iter().filter_map(number_in));
        entity.programmes = parts(cell(cells, programmes), &[';']);
        entity.programmes.push(cell(cells, source).to_owned());
        entity.remarks = cell(cells, remarks).to_owned();
        entities.push(entity);
    }
    ListFile::settled(list, None, entities)
}
