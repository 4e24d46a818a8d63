//! The UK's lists as comma-separated values: the UK Sanctions List and OFSI's consolidated list.
//! Both have a line with their date above the head line, and one row for each name.
//! Layout: head lines of the files at gov.uk; written from knowledge of the format,
//! not yet held against a published file.

use std::collections::BTreeMap;

use super::delimited::{Table, cell};
use super::model::{ListEntity, ListFile, ReadListError};
use super::text::parts;
use crate::matching::names::{NameKind, PartyKind};

const LAYOUT: &str = "UK sanctions list (CSV)";

/// Places of the columns that are read.
struct Columns {
    names: [Option<usize>; 6],
    script: Option<usize>,
    kind: Option<usize>,
    alias: Option<usize>,
    quality: Option<usize>,
    births: Option<usize>,
    countries: [Option<usize>; 3],
    numbers: [Option<usize>; 5],
    regime: Option<usize>,
    remarks: Option<usize>,
}

/// Reads the list.
pub fn read(list: &str, text: &str) -> Result<ListFile, ReadListError> {
    let (table, above) = Table::read(text, b',', &["Name 6", "Name 1"], LAYOUT)?;
    let number = table.needed(&["Unique ID", "Group ID", "OFSI Group ID"])?;
    let columns = Columns {
        names: ["Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6"].map(|name| table.column(&[name])),
        script: table.column(&["Name non-latin script"]),
        kind: table.column(&["Designation Type", "Group Type", "Individual, Entity, Ship"]),
        alias: table.column(&["Name type", "Alias Type"]),
        quality: table.column(&["Alias strength", "Alias Quality"]),
        births: table.column(&["D.O.B", "DOB"]),
        countries: [
            &["Nationality(/ies)", "Nationality"][..],
            &["Address Country", "Country"],
            &["Current believed flag of ship"],
        ]
        .map(|names| table.column(names)),
        numbers: [
            &["Passport number"][..],
            &["National Identifier number", "National Identification Number"],
            &["Business registration number (s)", "Business registration number"],
            &["IMO number"],
            &["UN Reference Number"],
        ]
        .map(|names| table.column(names)),
        regime: table.column(&["Regime Name", "Regime"]),
        remarks: table.column(&["Other Information"]),
    };
    let mut entities: BTreeMap<String, ListEntity> = BTreeMap::new();
    for (line, cells) in &table.records {
        let id = cell(cells, Some(number));
        if id.is_empty() {
            return Err(ReadListError::Record { line: *line, problem: "it has no number of its entity".to_owned() });
        }
        let entity = entities.entry(id.to_owned()).or_insert_with(|| ListEntity::new(format!("uk-{id}"), list));
        add_row(entity, cells, &columns);
    }
    let published = above.iter().find(|line| line.chars().any(|letter| letter.is_ascii_digit()));
    let published = published.map(|line| line.trim_matches([',', ' ', '"']).to_owned());
    ListFile::settled(list, published, entities.into_values().collect())
}

fn add_row(entity: &mut ListEntity, cells: &[String], columns: &Columns) {
    let told = cell(cells, columns.kind).to_ascii_lowercase();
    if entity.kind == PartyKind::Other {
        entity.kind = match told.as_str() {
            "individual" => PartyKind::Person,
            "entity" => PartyKind::Organization,
            "ship" => PartyKind::Vessel,
            _ => PartyKind::Other,
        };
    }
    let alias = cell(cells, columns.alias).to_ascii_lowercase();
    let quality = cell(cells, columns.quality).to_ascii_lowercase();
    let kind = match (alias.as_str(), quality.as_str()) {
        (_, "low" | "low quality a.k.a" | "low quality a.k.a.") => NameKind::Weak,
        ("primary name" | "primary name variation" | "", _) => NameKind::Primary,
        _ => NameKind::Alias,
    };
    entity.add_name(&columns.names.map(|name| cell(cells, name)).join(" "), kind);
    entity.add_name(cell(cells, columns.script), NameKind::Alias);
    entity.dob.extend(parts(cell(cells, columns.births), &['|', ';']));
    for country in columns.countries {
        entity.countries.extend(parts(cell(cells, country), &['|', ';']));
    }
    for number in columns.numbers {
        entity.ids.extend(parts(cell(cells, number), &['|', ';']));
    }
    entity.programmes.push(cell(cells, columns.regime).to_owned());
    if entity.remarks.is_empty() {
        entity.remarks = cell(cells, columns.remarks).to_owned();
    }
}
