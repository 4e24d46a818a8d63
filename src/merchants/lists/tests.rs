//! List files in every layout, whole, cut and wrong. All parties are invented.

use proptest::prelude::*;
use std::fmt::Write as _;

use super::*;
use crate::matching::names::{NameIndex, NameKind, NameQuery, PartyFacts, PartyKind, Scratch};

const SDN: &str = "\
101,\"NORTHPEAK TRADING LLC\",-0- ,\"SDGT] [IRAN\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"Tax ID No. 7701234567 (Russia).\"\r\n\
102,\"VERNE, Jules Gabriel\",\"individual\",\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 08 Feb 1928; nationality France; Passport AB12345 (France); a.k.a. 'CAPTAIN'.\"\r\n\
103,\"NAUTILUS\",\"vessel\",\"IRAN\",-0- ,\"ABCD7\",Crude Oil Tanker,-0- ,-0- ,Panama,-0- ,\"Vessel Registration Identification IMO 9187629; MMSI 572469210.\"\r\n\u{1a}";
const ALT: &str = "101,11,\"aka\",\"NORDGIPFEL HANDEL\",-0- \r\n102,12,\"aka\",\"WERN, Julius\",-0- \r\n\u{1a}";
const ADD: &str = "101,21,\"1 Harbour Street\",\"Lisbon\",\"Portugal\",-0- \r\n102,22,-0- ,-0- ,-0- ,-0- \r\n\u{1a}";

const UN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-11-20T23:00:00Z">
 <INDIVIDUALS><INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>JULES</FIRST_NAME><SECOND_NAME>GABRIEL</SECOND_NAME><THIRD_NAME>VERNE</THIRD_NAME>
  <UN_LIST_TYPE>Example</UN_LIST_TYPE><REFERENCE_NUMBER>EXi.001</REFERENCE_NUMBER><NAME_ORIGINAL_SCRIPT>Жюль Верн</NAME_ORIGINAL_SCRIPT>
  <COMMENTS1>Writer &amp; sailor</COMMENTS1><NATIONALITY><VALUE>France</VALUE></NATIONALITY>
  <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Captain</ALIAS_NAME></INDIVIDUAL_ALIAS>
  <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1928-02-08</DATE></INDIVIDUAL_DATE_OF_BIRTH></INDIVIDUAL></INDIVIDUALS>
 <ENTITIES><ENTITY><DATAID>2</DATAID><FIRST_NAME>NORTHPEAK TRADING</FIRST_NAME><REFERENCE_NUMBER>EXe.002</REFERENCE_NUMBER>
  <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>Nordgipfel</ALIAS_NAME></ENTITY_ALIAS>
  <ENTITY_ADDRESS><COUNTRY>Portugal</COUNTRY></ENTITY_ADDRESS></ENTITY></ENTITIES>
</CONSOLIDATED_LIST>"#;

const EU: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-20T17:00:00+01:00">
 <sanctionEntity euReferenceNumber="EU.1.1" logicalId="13"><remark>A remark</remark><regulation programme="EXA"/>
  <subjectType code="person" classificationCode="P"/>
  <nameAlias firstName="Jules" middleName="" lastName="Verne" wholeName="Jules Verne" strong="true"/>
  <nameAlias wholeName="Captain" strong="false"/><citizenship countryIso2Code="FR" countryDescription="FRANCE"/>
  <birthdate birthdate="1928-02-08" year="1928"/><identification number="AB12345"/></sanctionEntity>
</export>"#;

const EU_TABLE: &str = "fileGenerationDate;Entity_LogicalId;Entity_SubjectType_ClassificationCode;Entity_Regulation_Programme;NameAlias_LastName;NameAlias_FirstName;NameAlias_MiddleName;NameAlias_WholeName;BirthDate_BirthDate;Citizenship_CountryDescription
20/11/2026;13;P;EXA;Verne;Jules;;Jules Verne;;
20/11/2026;13;P;EXA;;;;;1928-02-08;
20/11/2026;13;P;EXA;;;;;;FRANCE
20/11/2026;14;E;EXA;;;;\"Northpeak; Trading\";;
";

const UK: &str = "Report Date: 20-Nov-2026,,,,,,,,,
Unique ID,Name 6,Name 1,Name 2,Name type,Alias strength,D.O.B,Nationality(/ies),Designation Type,Regime Name
EXA0001,VERNE,Jules,Gabriel,Primary Name,,08/02/1928,France,Individual,Example
EXA0001,WERN,Julius,,Alias,Low,,,Individual,Example
EXA0002,NORTHPEAK TRADING,,,Primary Name,,,,Entity,Example
";

const CONSOLIDATED: &str = "_id,source,entity_number,type,programs,name,addresses,remarks,alt_names,citizenships,dates_of_birth,nationalities,ids
a1,Entity List (EL) - Bureau of Industry and Security,,,,Northpeak Trading,\"1 Harbour Street, Lisbon, PT; 2 Quay, Riga, LV\",,Nordgipfel; Peak North,,,,\"Tax ID, 7701234567, RU\"
a2,Denied Persons List (DPL) - Bureau of Industry and Security,,Individual,,Jules Verne,,,,,1928-02-08,,
";

const ADVANCED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Sanctions xmlns="https://example.org/asls"><DateOfIssue CalendarTypeID="1"><Year>2026</Year><Month>11</Month><Day>20</Day></DateOfIssue>
<ReferenceValueSets><AliasTypeValues><AliasType ID="1403">Name</AliasType></AliasTypeValues><CountryValues><Country ID="11">France</Country></CountryValues>
<FeatureTypeValues><FeatureType ID="8">Birthdate</FeatureType><FeatureType ID="25">Location</FeatureType></FeatureTypeValues>
<PartySubTypeValues><PartySubType ID="3" PartyTypeID="2">Unknown</PartySubType><PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType></PartySubTypeValues>
<PartyTypeValues><PartyType ID="1">Individual</PartyType><PartyType ID="2">Entity</PartyType></PartyTypeValues></ReferenceValueSets>
<Locations><Location ID="7"><LocationCountry CountryID="11"/></Location></Locations>
<IDRegDocuments><IDRegDocument ID="1" IdentityID="501"><IDRegistrationNo>AB12345</IDRegistrationNo></IDRegDocument></IDRegDocuments>
<DistinctParties><DistinctParty FixedRef="102"><Profile ID="102" PartySubTypeID="4"><Identity ID="501" Primary="true">
<Alias AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName><DocumentedNamePart><NamePartValue>Verne</NamePartValue></DocumentedNamePart><DocumentedNamePart><NamePartValue>Jules</NamePartValue></DocumentedNamePart></DocumentedName>
<DocumentedName><DocumentedNamePart><NamePartValue>Жюль Верн</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
<Alias AliasTypeID="1403" Primary="false" LowQuality="true"><DocumentedName><DocumentedNamePart><NamePartValue>Captain</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity>
<Feature FeatureTypeID="8"><FeatureVersion><DatePeriod><Start><From><Year>1928</Year><Month>2</Month><Day>8</Day></From></Start></DatePeriod></FeatureVersion></Feature>
<Feature FeatureTypeID="25"><FeatureVersion><VersionLocation LocationID="7"/></FeatureVersion></Feature></Profile></DistinctParty></DistinctParties>
<SanctionsEntries><SanctionsEntry ProfileID="102"><SanctionsMeasure><Comment>EXA</Comment></SanctionsMeasure></SanctionsEntry></SanctionsEntries></Sanctions>"#;

fn layouts() -> [(Layout, &'static str); 6] {
    [
        (Layout::UnXml, UN),
        (Layout::EuXml, EU),
        (Layout::EuCsv, EU_TABLE),
        (Layout::UkCsv, UK),
        (Layout::ConsolidatedCsv, CONSOLIDATED),
        (Layout::OfacAdvancedXml, ADVANCED),
    ]
}

fn named<'a>(file: &'a ListFile, part: &str) -> &'a ListEntity {
    let has = |entity: &&ListEntity| entity.names.iter().any(|name| name.name.to_lowercase().contains(part));
    file.entities.iter().find(has).unwrap_or_else(|| panic!("no {part} in {file:?}"))
}

fn numbered(count: usize) -> ListFile {
    let entity = |number: usize| {
        let mut entity = ListEntity::new(format!("ex-{number}"), "example");
        entity.add_name(&format!("Northpeak {number}"), NameKind::Primary);
        entity
    };
    ListFile::settled("example", None, (0..count).map(entity).collect()).unwrap()
}

#[test]
fn every_layout_gives_the_same_person() {
    for (layout, text) in layouts() {
        let file = read(layout, "example", text.as_bytes()).unwrap_or_else(|problem| panic!("{layout:?}: {problem}"));
        let person = named(&file, "jules");
        assert_eq!(person.kind, PartyKind::Person, "{layout:?}");
        let born = person.dob.first().map(String::as_str);
        assert!(matches!(born, Some("1928-02-08" | "08/02/1928")), "{layout:?} {born:?}");
        assert_eq!(person.names[0].kind, NameKind::Primary, "{layout:?}");
        assert_eq!(person.list, "example");
    }
    let file = read_ofac_csv("example", SDN.as_bytes(), ALT.as_bytes(), ADD.as_bytes()).unwrap();
    let person = named(&file, "jules");
    assert_eq!((person.kind, person.dob.as_slice()), (PartyKind::Person, &["08 Feb 1928".to_owned()][..]));
    assert!(person.names.iter().any(|name| name.name == "CAPTAIN" && name.kind == NameKind::Weak));
    assert!(person.countries.contains(&"France".to_owned()) && person.ids.contains(&"AB12345".to_owned()));
}

#[test]
fn names_kinds_places_and_numbers_are_read_where_the_layout_has_them() {
    let read = |layout, text: &str| read(layout, "example", text.as_bytes()).unwrap();
    let un = read(Layout::UnXml, UN);
    let person = named(&un, "jules");
    assert!(person.names.iter().any(|name| name.name == "Captain" && name.kind == NameKind::Weak));
    assert!(person.names.iter().any(|name| name.name == "Жюль Верн"));
    assert_eq!(person.remarks, "Writer & sailor");
    assert_eq!(named(&un, "northpeak").countries, ["Portugal"]);
    assert_eq!(un.published.as_deref(), Some("2026-11-20T23:00:00Z"));
    let table = read(Layout::EuCsv, EU_TABLE);
    assert_eq!(named(&table, "jules").countries, ["FRANCE"]);
    assert_eq!(named(&table, "northpeak").names[0].name, "Northpeak; Trading");
    let consolidated = read(Layout::ConsolidatedCsv, CONSOLIDATED);
    let company = named(&consolidated, "northpeak");
    assert_eq!(
        (company.countries.as_slice(), company.ids.as_slice()),
        (&["LV".to_owned(), "PT".to_owned()][..], &["7701234567".to_owned()][..])
    );
    assert_eq!(company.names.len(), 3);
    let advanced = read(Layout::OfacAdvancedXml, ADVANCED);
    let person = named(&advanced, "jules");
    assert_eq!((person.id.as_str(), person.ids.as_slice()), ("ofac-102", &["AB12345".to_owned()][..]));
    assert_eq!(
        (person.countries.as_slice(), person.programmes.as_slice()),
        (&["France".to_owned()][..], &["EXA".to_owned()][..])
    );
    let uk = read(Layout::UkCsv, UK);
    assert_eq!(named(&uk, "jules").names.len(), 2);
    assert!(uk.published.as_deref().is_some_and(|date| date.contains("2026")));
    let ofac = read_ofac_csv("example", SDN.as_bytes(), ALT.as_bytes(), ADD.as_bytes()).unwrap();
    let ship = named(&ofac, "nautilus");
    assert_eq!(ship.kind, PartyKind::Vessel);
    assert!(ship.ids.contains(&"572469210".to_owned()) && ship.countries == ["Panama"], "{ship:?}");
    assert_eq!(named(&ofac, "northpeak").programmes, ["IRAN", "SDGT"]);
}

#[test]
fn json_lines_come_back_as_they_were_written() {
    let file = numbered(3);
    let lines: String = file.entities.iter().fold(String::new(), |mut text, entity| {
        let _ = writeln!(text, "{}", serde_json::to_string(entity).unwrap());
        text
    });
    let again = read(Layout::JsonLines, "example", lines.as_bytes()).unwrap();
    assert_eq!(again, file);
    assert_eq!(again.version(), file.version());
}

#[test]
fn a_file_cut_in_half_is_refused_in_every_layout() {
    for (layout, text) in layouts()
        .into_iter()
        .filter(|(layout, _)| !matches!(layout, Layout::EuCsv | Layout::UkCsv | Layout::ConsolidatedCsv))
    {
        let mut half = text.len() / 2;
        while !text.is_char_boundary(half) {
            half += 1;
        }
        let problem = read(layout, "example", &text.as_bytes()[..half]).unwrap_err();
        assert!(matches!(problem, ReadListError::Cut { .. }), "{layout:?}: {problem}");
    }
    for (layout, text, cut) in [
        (Layout::EuCsv, EU_TABLE, "\"Northpeak"),
        (Layout::UkCsv, UK, "EXA0002,NORTH"),
        (Layout::ConsolidatedCsv, CONSOLIDATED, "a2,Denied"),
    ] {
        let end = text.find(cut).unwrap() + cut.len();
        let problem = read(layout, "example", &text.as_bytes()[..end]).unwrap_err();
        assert!(matches!(problem, ReadListError::Cut { .. }), "{layout:?}: {problem}");
    }
    let half = SDN.find("102,").unwrap();
    let problem = read_ofac_csv("example", &SDN.as_bytes()[..half + 20], ALT.as_bytes(), ADD.as_bytes()).unwrap_err();
    assert!(matches!(problem, ReadListError::Cut { .. }), "{problem}");
    // Cut between two lines, the other files show it.
    let problem = read_ofac_csv("example", &SDN.as_bytes()[..half], ALT.as_bytes(), ADD.as_bytes()).unwrap_err();
    assert!(problem.to_string().contains("102"), "{problem}");
    let problem =
        read(Layout::JsonLines, "example", b"{\"id\":\"a\",\"names\":[{\"name\":\"A b\"}]}\n{\"id\":\"b\",\"na")
            .unwrap_err();
    assert!(matches!(problem, ReadListError::Cut { .. }), "{problem}");
}

#[test]
fn a_wrong_encoding_is_named_with_its_place() {
    let mut latin1 = UN.replace("Жюль Верн", "Jul\u{1}s").into_bytes();
    let at = latin1.iter().position(|byte| *byte == 1).unwrap();
    latin1[at] = 0xE8;
    let problem = read(Layout::UnXml, "example", &latin1).unwrap_err();
    assert_eq!(problem, ReadListError::Encoding { found: "a byte of another encoding", at });
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(UK.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert!(read(Layout::UkCsv, "example", &utf16).unwrap_err().to_string().contains("UTF-16"));
}

#[test]
fn another_file_is_refused_by_what_is_missing() {
    for (layout, _) in layouts() {
        let problem = read(layout, "example", b"<html><body>Service unavailable</body></html>").unwrap_err();
        assert!(matches!(problem, ReadListError::Layout { .. }), "{layout:?}: {problem}");
        assert!(read(layout, "example", b"").is_err(), "{layout:?}");
    }
}

#[test]
fn an_entity_that_lost_all_its_names_keeps_the_old_list() {
    let old = read(Layout::UnXml, "example", UN.as_bytes()).unwrap();
    let without = UN
        .replace("<FIRST_NAME>NORTHPEAK TRADING</FIRST_NAME>", "")
        .replace("<ALIAS_NAME>Nordgipfel</ALIAS_NAME>", "<ALIAS_NAME>–</ALIAS_NAME>");
    let new = read(Layout::UnXml, "example", without.as_bytes()).unwrap();
    let refused = accept(&old, &new, Guards::default()).unwrap_err();
    assert_eq!(
        refused,
        RefusedUpdate::LostNames { list: "example".to_owned(), count: 1, first: "un-EXe.002".to_owned() }
    );
}

#[test]
fn a_list_of_less_than_half_its_size_keeps_the_old_one() {
    let old = numbered(100);
    assert!(matches!(
        accept(&old, &numbered(49), Guards::default()),
        Err(RefusedUpdate::Shrunk { old: 100, new: 49, .. })
    ));
    assert_eq!(accept(&old, &numbered(50), Guards::default()).unwrap().removed.len(), 50);
    let mut other = numbered(100);
    other.list = "another".to_owned();
    assert!(matches!(accept(&old, &other, Guards::default()), Err(RefusedUpdate::OtherList { .. })));
}

#[test]
fn only_changed_entities_are_screened_again() {
    let old = numbered(50);
    let mut new = numbered(52);
    new.entities.retain(|entity| entity.id != "ex-7");
    let changed = new.entities.iter_mut().find(|entity| entity.id == "ex-9").unwrap();
    changed.add_name("Nordgipfel", NameKind::Alias);
    let found = accept(&old, &new, Guards::default()).unwrap();
    let ids: Vec<&str> = found.to_screen().map(|entity| entity.id.as_str()).collect();
    assert_eq!(ids, ["ex-50", "ex-51", "ex-9"]);
    assert_eq!(found.removed, ["ex-7"]);
    assert!(diff(&old, &old).is_empty());
}

#[test]
fn a_changed_entity_finds_the_merchants_it_may_mean() {
    let merchant = |id: &str, name: &str| {
        let mut entity = ListEntity::new(id.to_owned(), "merchants");
        entity.kind = PartyKind::Organization;
        entity.add_name(name, NameKind::Primary);
        entity.party()
    };
    let merchants = NameIndex::build([
        merchant("m-1", "Nordgipfel Handel GmbH"),
        merchant("m-2", "Bluewater Shoes Ltd"),
        merchant("m-3", "Handel GmbH"),
    ]);
    let file = read_ofac_csv("example", SDN.as_bytes(), ALT.as_bytes(), ADD.as_bytes()).unwrap();
    let entity = named(&file, "nordgipfel");
    let mut scratch = Scratch::default();
    let asked = |name: &str| NameQuery { name: name.to_owned(), kind: entity.kind, facts: PartyFacts::default() };
    let hits: Vec<_> = entity
        .names
        .iter()
        .flat_map(|name| merchants.search(&asked(&name.name), 5, &mut scratch))
        .filter(|hit| hit.score > 0.5)
        .collect();
    assert_eq!(hits.len(), 1, "{hits:?}");
    assert_eq!(hits[0].id, "m-1");
}

#[test]
fn a_clearance_is_reopened_when_the_merchant_or_the_entity_changes() {
    let entity = numbered(1).entities.remove(0);
    let merchant = |name: &str| {
        vec![NameQuery { name: name.to_owned(), kind: PartyKind::Organization, facts: PartyFacts::default() }]
    };
    let key = ClearanceKey { merchant: "m-1".to_owned(), entity: entity.id.clone() };
    let mut clearances = Clearances::default();
    assert_eq!(clearances.state(&key, &merchant("Northpeak"), &entity), ClearanceState::Open);
    clearances.remember(key.clone(), Clearance::of(&merchant("Northpeak"), &entity, "another country"));
    assert_eq!(clearances.state(&key, &merchant("Northpeak"), &entity), ClearanceState::Cleared);
    assert_eq!(
        clearances.state(&key, &merchant("Northpeak 2"), &entity),
        ClearanceState::Reopened(Reopened::MerchantChanged)
    );
    let mut changed = entity.clone();
    changed.dob.push("1928".to_owned());
    assert_eq!(
        clearances.state(&key, &merchant("Northpeak"), &changed),
        ClearanceState::Reopened(Reopened::EntityChanged)
    );
    assert_eq!(
        clearances.state(&key, &merchant("Northpeak 2"), &changed),
        ClearanceState::Reopened(Reopened::BothChanged)
    );
    assert!(clearances.forget(&key) && !clearances.forget(&key));
}

#[test]
fn custom_xml_entities_and_deep_nesting_are_not_expanded() {
    let bomb = UN
        .replace(
            "<CONSOLIDATED_LIST",
            "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><CONSOLIDATED_LIST",
        )
        .replace("&amp;", "&b;");
    let file = read(Layout::UnXml, "example", bomb.as_bytes()).unwrap();
    assert_eq!(named(&file, "jules").remarks, "Writer  sailor");
    let deep = format!("<CONSOLIDATED_LIST>{}", "<ENTITY>".repeat(10_000));
    assert!(read(Layout::UnXml, "example", deep.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (layout, _) in layouts() {
            let _ = read(layout, "example", &bytes);
        }
        let _ = read_ofac_csv("example", &bytes, &bytes, &bytes);
    }

    #[test]
    fn any_prefix_of_an_xml_list_is_refused(share in 0.0f64..0.999) {
        for (layout, text) in [(Layout::UnXml, UN), (Layout::EuXml, EU), (Layout::OfacAdvancedXml, ADVANCED)] {
            let bytes = &text.as_bytes()[..(text.len() as f64 * share) as usize];
            prop_assert!(read(layout, "example", bytes).is_err());
        }
    }

    #[test]
    fn the_order_of_a_list_does_not_change_its_version(seed in any::<u64>()) {
        let file = numbered(20);
        let mut entities = file.entities.clone();
        entities.rotate_left((seed % 20) as usize);
        prop_assert_eq!(ListFile::settled("example", None, entities).unwrap().version(), file.version());
    }
}
