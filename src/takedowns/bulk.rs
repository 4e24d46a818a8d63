//! Many notices in one CSV file: one row a listing, rows that agree in everything else are one notice.

use std::collections::BTreeMap;

use super::model::{Declarations, Ground, MAX_LISTINGS, NoticeDraft, Notifier, Regime};
use crate::kernel::Market;
use crate::registry::model::{MarkKey, Registration};

/// Most rows of one file.
pub const MAX_ROWS: usize = 10_000;
/// Longest cell, in bytes; no column takes more than 5,000 characters.
const MAX_CELL: usize = 20_000;
/// The columns; those not listed are refused.
const COLUMNS: [&str; 14] = [
    "listing",
    "ground",
    "market",
    "regime",
    "mark",
    "office",
    "number",
    "work",
    "reasons",
    "name",
    "email",
    "good_faith",
    "perjury",
    "signature",
];
/// Columns without which nothing can be filed.
const NEEDED: [&str; 6] = ["listing", "ground", "market", "reasons", "name", "email"];

/// What is wrong with a file or a row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct RowProblem {
    /// The line, from 1; the header is line 1.
    pub line: u64,
    /// What is wrong, in one sentence.
    pub says: String,
}

/// A notice with the lines that it was made of.
#[derive(Debug, Clone)]
pub struct Drafted {
    /// The notice.
    pub draft: NoticeDraft,
    /// The line of each of its listings.
    pub lines: Vec<u64>,
}

/// Reads a file into notices; rows that cannot be read are named and the others stand.
///
/// A cell that begins with `=`, `+`, `-`, `@`, a tab or a line end is refused: spreadsheet programs
/// run such cells as formulas, and what is filed is shown to people in tables again.
pub fn read(bytes: &[u8]) -> (Vec<Drafted>, Vec<RowProblem>) {
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::Headers).from_reader(bytes);
    let mut problems = Vec::new();
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect(),
        Err(error) => {
            return (Vec::new(), vec![RowProblem { line: 1, says: format!("the header cannot be read: {error}") }]);
        }
    };
    let unknown = header.iter().find(|name| !COLUMNS.contains(&name.as_str()));
    if let Some(name) = unknown {
        let name: String = name.chars().take(40).collect();
        let says = format!("there is no column \"{name}\"; use {}", COLUMNS.join(", "));
        return (Vec::new(), vec![RowProblem { line: 1, says }]);
    }
    if let Some(name) = NEEDED.iter().find(|name| !header.iter().any(|there| there == *name)) {
        return (Vec::new(), vec![RowProblem { line: 1, says: format!("the column \"{name}\" is missing") }]);
    }
    let mut groups: BTreeMap<Vec<String>, Vec<Drafted>> = BTreeMap::new();
    for (place, record) in reader.records().enumerate() {
        let line = place as u64 + 2;
        if place >= MAX_ROWS {
            problems
                .push(RowProblem { line, says: format!("a file has at most {MAX_ROWS} rows; the rest was not read") });
            break;
        }
        let read =
            record.map_err(|error| format!("the row cannot be read: {error}")).and_then(|record| row(&header, &record));
        match read {
            Ok((key, draft)) => add(groups.entry(key).or_default(), draft, line),
            Err(says) => problems.push(RowProblem { line, says }),
        }
    }
    (groups.into_values().flatten().collect(), problems)
}

fn add(drafts: &mut Vec<Drafted>, mut draft: NoticeDraft, line: u64) {
    match drafts.last_mut().filter(|last| last.draft.listings.len() < MAX_LISTINGS) {
        Some(last) => {
            last.draft.listings.append(&mut draft.listings);
            last.lines.push(line);
        }
        None => drafts.push(Drafted { draft, lines: vec![line] }),
    }
}

/// One row: everything but the listing as a key, and the notice about that listing alone.
fn row(header: &[String], record: &csv::StringRecord) -> Result<(Vec<String>, NoticeDraft), String> {
    if record.len() != header.len() {
        return Err(format!("has {} cells; the header has {}", record.len(), header.len()));
    }
    let cell = |name: &str| {
        let place = header.iter().position(|there| there == name);
        place.and_then(|place| record.get(place)).unwrap_or_default().trim().to_owned()
    };
    for (name, text) in header.iter().zip(record.iter()) {
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            let begin: String = text.chars().take(1).collect();
            return Err(format!(
                "the cell \"{name}\" begins with \"{}\", which spreadsheet programs run as a formula; remove it",
                begin.escape_debug()
            ));
        }
        if text.len() > MAX_CELL {
            return Err(format!("the cell \"{name}\" is longer than {MAX_CELL} bytes"));
        }
    }
    let says_yes = |name: &str| matches!(cell(name).to_lowercase().as_str(), "yes" | "true" | "1");
    let optional = |text: String| (!text.is_empty()).then_some(text);
    let regime = optional(cell("regime")).map(|text| text.parse::<Regime>().map_err(|error| error.to_string()));
    let registration = optional(cell("number")).map(|number| Registration { office: cell("office"), number });
    let draft = NoticeDraft {
        ground: cell("ground").parse::<Ground>().map_err(|error| error.to_string())?,
        market: cell("market").parse::<Market>().map_err(|error| error.to_string())?,
        regime: regime.transpose()?,
        brand: None,
        marks: optional(cell("mark")).map(MarkKey::new).into_iter().collect(),
        registration,
        work: cell("work"),
        reasons: cell("reasons"),
        listings: vec![cell("listing")],
        notifier: Notifier { name: cell("name"), email: cell("email"), ..Notifier::default() },
        declarations: Declarations {
            good_faith: says_yes("good_faith"),
            accurate_under_perjury: says_yes("perjury"),
            signature: cell("signature"),
        },
        evidence: Vec::new(),
    };
    let key = COLUMNS.iter().filter(|name| **name != "listing").map(|name| cell(name)).collect();
    Ok((key, draft))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "listing,ground,market,mark,reasons,name,email,good_faith\n";

    fn read_rows(rows: &str) -> (Vec<Drafted>, Vec<RowProblem>) {
        read(format!("{HEADER}{rows}").as_bytes())
    }

    #[test]
    fn rows_that_agree_in_everything_but_the_listing_are_one_notice() {
        let (drafts, problems) = read_rows(
            "L-1,counterfeit,DE,n/w,\"copies, all of them\",N,n@x.de,yes\n\
             L-2,counterfeit,DE,n/w,\"copies, all of them\",N,n@x.de,yes\n\
             L-3,trade_mark,DE,n/w,uses it,N,n@x.de,yes\n",
        );
        assert_eq!(problems, []);
        let listings: Vec<_> = drafts.iter().map(|one| (one.draft.listings.join(" "), one.lines.clone())).collect();
        assert_eq!(listings, [("L-1 L-2".to_owned(), vec![2, 3]), ("L-3".to_owned(), vec![4])]);
        assert!(drafts[0].draft.declarations.good_faith);
    }

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_refused_by_its_line_and_the_others_stand() {
        let (drafts, problems) = read_rows(
            "=HYPERLINK(\"http://x\"),counterfeit,DE,n/w,r,N,n@x.de,yes\n\
             L-2,counterfeit,DE,n/w,@SUM(A1),N,n@x.de,yes\n\
             L-3,counterfeit,DE,n/w,r,N,n@x.de,yes\n",
        );
        assert_eq!(drafts.len(), 1);
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [2, 3]);
        assert!(problems[0].says.contains("\"listing\" begins with \"=\""), "{}", problems[0].says);
    }

    #[test]
    fn more_than_a_thousand_listings_become_several_notices() {
        let rows: String = (0..1_001).map(|number| format!("L-{number},patent,DE,,r,N,n@x.de,yes\n")).collect();
        let (drafts, problems) = read_rows(&rows);
        assert_eq!(problems, []);
        assert_eq!(drafts.iter().map(|one| one.lines.len()).collect::<Vec<_>>(), [1_000, 1]);
    }

    #[test]
    fn broken_files_say_what_is_wrong() {
        let says = |text: &str| read(text.as_bytes()).1[0].says.clone();
        assert!(says("listing,colour\n").contains("no column \"colour\""));
        assert!(says("listing,ground\n").contains("\"market\" is missing"));
        assert!(read_rows("L-1,piracy,DE,,r,N,n@x.de,yes\n").1[0].says.contains("\"piracy\" is no ground"));
        assert!(read_rows("L-1,patent,Germany,,r,N,n@x.de,yes\n").1[0].says.contains("is not a market"));
        assert!(read_rows("L-1,patent\n").1[0].says.contains("has 2 cells"));
        assert!(!read(&[0xff, 0xfe, 0x00]).1.is_empty());
    }
}
