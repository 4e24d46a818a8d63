//! OFAC's `sdn.csv`, `alt.csv` and `add.csv`: no head lines, `-0-` for nothing.
//! Layout: "Specially Designated Nationals data formats and data schemas", ofac.treasury.gov; written from knowledge of the format,
//! not yet held against a published file.

use std::collections::BTreeMap;

use super::delimited::records;
use super::model::{ListEntity, ListFile, ReadListError};
use super::text::parts;
use crate::matching::names::{NameKind, PartyKind};

const LAYOUT: &str = "OFAC comma-separated list";

/// Reads the three files as one list.
pub fn read(list: &str, sdn: &str, alt: &str, add: &str) -> Result<ListFile, ReadListError> {
    let mut entities: BTreeMap<String, ListEntity> = BTreeMap::new();
    for (_, cells) in records(sdn, b',', 12, LAYOUT)? {
        let cell = |place: usize| told(&cells[place]);
        let mut entity = ListEntity::new(format!("ofac-{}", cells[0]), list);
        entity.kind = match cells[2].to_ascii_lowercase().as_str() {
            "individual" => PartyKind::Person,
            "vessel" => PartyKind::Vessel,
            "aircraft" => PartyKind::Aircraft,
            _ => PartyKind::Organization,
        };
        entity.add_name(cell(1), NameKind::Primary);
        entity.programmes = parts(&cell(3).replace("] [", ";").replace(['[', ']'], ""), &[';']);
        entity.ids.extend(Some(cell(5).to_owned()));
        entity.countries.extend(Some(cell(9).to_owned()));
        read_remarks(cell(11), &mut entity);
        entities.insert(cells[0].clone(), entity);
    }
    for (line, cells) in records(alt, b',', 5, LAYOUT)? {
        let entity = known(&mut entities, &cells[0], line)?;
        entity.add_name(told(&cells[3]), NameKind::Alias);
    }
    for (line, cells) in records(add, b',', 6, LAYOUT)? {
        let entity = known(&mut entities, &cells[0], line)?;
        entity.countries.push(told(&cells[4]).to_owned());
    }
    ListFile::settled(list, None, entities.into_values().collect())
}

/// The entity of a secondary file's row. Rows of entities that are not in the main file show that
/// the files are of different days or that the main file is cut.
fn known<'a>(
    entities: &'a mut BTreeMap<String, ListEntity>,
    number: &str,
    line: u64,
) -> Result<&'a mut ListEntity, ReadListError> {
    entities.get_mut(number).ok_or_else(|| ReadListError::Cut {
        problem: format!("the main file lacks the entity {number} that line {line} of another file belongs to"),
    })
}

fn told(cell: &str) -> &str {
    let cell = cell.trim();
    if cell == "-0-" { "" } else { cell }
}

/// Remarks hold birth dates, weak aliases, nationalities and numbers between semicolons.
fn read_remarks(remarks: &str, entity: &mut ListEntity) {
    for remark in parts(remarks.trim_end_matches('.'), &[';']) {
        let after = |mark: &str| remark.strip_prefix(mark).map(str::trim);
        if let Some(birth) = after("DOB ").or_else(|| after("alt. DOB ")) {
            entity.dob.push(birth.to_owned());
        } else if let Some(alias) = after("a.k.a. ").or_else(|| after("alt. a.k.a. ")) {
            entity.add_name(alias.trim_matches(['\'', '"']), NameKind::Weak);
        } else if let Some(country) =
            ["nationality ", "alt. nationality ", "citizen ", "alt. citizen "].iter().find_map(|mark| after(mark))
        {
            entity.countries.push(country.to_owned());
        } else if let Some(number) = number_of(&remark) {
            entity.ids.push(number.to_owned());
        }
    }
    entity.remarks = remarks.to_owned();
}

/// The number in "Passport A123456 (Iran)" or "Vessel Registration Identification IMO 9187629".
fn number_of(remark: &str) -> Option<&str> {
    const MARKS: [&str; 13] = [
        "Passport",
        "Tax ID No.",
        "National ID No.",
        "Registration ID",
        "Registration Number",
        "Identification Number",
        "Cedula No.",
        "Business Registration Number",
        "C.R. No.",
        "IMO",
        "Vessel Registration Identification",
        "MMSI",
        "D-U-N-S Number",
    ];
    let mark = MARKS.iter().find(|mark| remark.trim_start_matches("alt. ").starts_with(**mark))?;
    let rest = remark.trim_start_matches("alt. ").strip_prefix(mark)?;
    let rest = rest.split('(').next().unwrap_or(rest);
    rest.split_whitespace().find(|word| word.chars().filter(char::is_ascii_digit).count() >= 3)
}
