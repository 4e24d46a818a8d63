//! Merchants from and to comma-separated files: a row an application, a preview before anything is stored.

use crate::kernel::Market;
use crate::merchants::onboarding::model::{
    Application, PaymentAccount, RegisterEntry, Representative, TraderKind, TypedNumber,
};
use crate::merchants::onboarding::{check, tidied};

/// Most rows of one file.
pub const MAX_ROWS: usize = 2_000;
/// The columns that are read; others are named in the preview.
pub const COLUMNS: [&str; 22] = [
    "id",
    "kind",
    "country",
    "legal_name",
    "legal_name_latin",
    "store_name",
    "address",
    "phone",
    "email",
    "representative",
    "register",
    "register_kind",
    "register_number",
    "tax_kind",
    "tax_number",
    "account",
    "bic",
    "account_holder",
    "bank",
    "sells_to",
    "goods",
    "owner",
];

/// One row of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRow {
    /// Its line in the file.
    pub line: u64,
    /// The platform's id of the merchant.
    pub id: String,
    /// What it says.
    pub application: Application,
    /// What keeps it from being stored.
    pub problems: Vec<String>,
}

/// What was read of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Import {
    /// Its rows.
    pub rows: Vec<ImportRow>,
    /// Columns that are not read.
    pub unknown: Vec<String>,
    /// What keeps the whole file from being read.
    pub problem: Option<String>,
}

impl Import {
    /// Rows that can be stored.
    pub fn good(&self) -> usize {
        self.rows.iter().filter(|row| row.problems.is_empty()).count()
    }
}

/// Reads a file with a head line. Commas or semicolons part the cells; within a cell, `|` parts the values of
/// `sells_to` and `goods`. Never fails: what is wrong stands in the answer.
pub fn read(text: &str, today: jiff::civil::Date) -> Import {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().next().unwrap_or_default();
    let delimiter = if head.matches(';').count() > head.matches(',').count() { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let mut import = Import::default();
    let names: Vec<String> = match reader.headers() {
        Ok(names) => names.iter().map(|name| name.trim().to_lowercase()).collect(),
        Err(error) => return Import { problem: Some(format!("the file cannot be read: {error}")), ..import },
    };
    if !names.iter().any(|name| name == "id") {
        let problem = format!("the first line names no column id; it names {}", names.join(", "));
        return Import { problem: Some(problem.chars().take(300).collect()), ..import };
    }
    import.unknown = names.iter().filter(|name| !COLUMNS.contains(&name.as_str())).cloned().collect();
    let mut seen = std::collections::HashSet::new();
    for (number, record) in reader.records().enumerate() {
        if number >= MAX_ROWS {
            import.problem = Some(format!("the file has more than {MAX_ROWS} rows; split it"));
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                import.problem = Some(format!("row {} cannot be read: {error}", number + 1));
                break;
            }
        };
        let line = record.position().map_or(number as u64 + 2, csv::Position::line);
        let cell = |name: &str| {
            let place = names.iter().position(|own| own == name)?;
            let text = record.get(place)?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let mut row = read_row(line, &cell, today);
        if !row.id.is_empty() && !seen.insert(row.id.clone()) {
            row.problems.push("the id stands in the file twice".to_owned());
        }
        import.rows.push(row);
    }
    import
}

/// [`read`] of one application whose cells come from elsewhere, such as a form.
pub fn read_cells(cell: &dyn Fn(&str) -> Option<String>, today: jiff::civil::Date) -> ImportRow {
    let tidy = |name: &str| cell(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    read_row(0, &tidy, today)
}

fn read_row(line: u64, cell: &dyn Fn(&str) -> Option<String>, today: jiff::civil::Date) -> ImportRow {
    let mut problems = Vec::new();
    let id = cell("id").unwrap_or_default();
    if id.is_empty() || id.chars().count() > 300 || id.chars().any(char::is_control) {
        problems.push("the id is empty, too long or holds control characters".to_owned());
    }
    let kind = match cell("kind").as_deref() {
        None | Some("company") => TraderKind::Company,
        Some("individual") => TraderKind::Individual,
        Some(other) => {
            problems.push(format!(
                "kind \"{}\" is neither company nor individual",
                other.chars().take(40).collect::<String>()
            ));
            TraderKind::Company
        }
    };
    let mut market = |name: &str, text: &str| match text.parse::<Market>() {
        Ok(market) => Some(market),
        Err(error) => {
            problems.push(format!("{name}: {error}"));
            None
        }
    };
    let country = cell("country").and_then(|text| market("country", &text));
    let values = |text: String| text.split('|').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
    let sold = cell("sells_to").map(values).unwrap_or_default();
    let sells_to = sold.iter().filter_map(|text| market("sells_to", text)).collect();
    let tax_numbers = match (cell("tax_kind"), cell("tax_number")) {
        (Some(kind), Some(value)) => vec![TypedNumber { kind, value }],
        (None, Some(_)) => {
            problems.push("tax_number needs tax_kind, such as eu.vat".to_owned());
            Vec::new()
        }
        _ => Vec::new(),
    };
    let application = tidied(Application {
        kind,
        country,
        legal_name: cell("legal_name"),
        legal_name_latin: cell("legal_name_latin"),
        store_name: cell("store_name"),
        address: cell("address"),
        phone: cell("phone"),
        email: cell("email"),
        representative: Some(Representative { name: cell("representative"), ..Representative::default() }),
        register: Some(RegisterEntry {
            register: cell("register"),
            kind: cell("register_kind"),
            number: cell("register_number"),
        }),
        tax_numbers,
        payment: Some(PaymentAccount {
            account: cell("account"),
            bic: cell("bic"),
            holder: cell("account_holder"),
            bank: cell("bank"),
        }),
        sells_to,
        goods: cell("goods").map(values).unwrap_or_default(),
        owner: cell("owner"),
        ..Application::default()
    });
    let faults = check(&application, today);
    problems.extend(faults.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.detail)));
    ImportRow { line, id, application, problems }
}

/// A cell for a file that people open with a spreadsheet: one that would be taken for a formula gets an
/// apostrophe in front, and everything is quoted (OWASP, CSV injection).
pub fn cell(text: &str) -> String {
    let first = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}').chars().next();
    let formula = first.is_some_and(|letter| "=+-@\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(letter))
        || text.starts_with(['\t', '\r', '\n']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// A line of cells.
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> jiff::civil::Date {
        "2026-11-22".parse().unwrap()
    }

    #[test]
    fn rows_become_applications_and_what_is_wrong_is_named_by_line() {
        let text = "id;country;legal_name;sells_to;tax_kind;tax_number;colour\n\
                    m-1;DE;\"Nord; Wind GmbH\";DE|FR;eu.vat;DE136695976;red\n\
                    m-2;Germany;X;;;;\n;DE;;;;;\nm-1;DE;;;;;\nm-3;DE;;;;12;\n";
        let import = read(text, today());
        assert_eq!((import.rows.len(), import.good(), import.problem.as_deref()), (5, 1, None));
        assert_eq!(import.unknown, ["colour"]);
        let first = &import.rows[0];
        assert_eq!(first.application.legal_name.as_deref(), Some("Nord; Wind GmbH"));
        assert_eq!((first.application.sells_to.len(), first.application.tax_numbers.len()), (2, 1));
        assert!(first.application.payment.is_none() && first.line == 2);
        for (row, words) in [(1, "country"), (2, "id is empty"), (3, "twice"), (4, "tax_kind")] {
            assert!(import.rows[row].problems[0].contains(words), "{:?}", import.rows[row]);
        }
    }

    #[test]
    fn files_that_are_none_are_answered_with_a_sentence() {
        assert!(read("", today()).problem.unwrap().contains("no column id"));
        assert!(read("name,country\nA,DE\n", today()).problem.unwrap().contains("no column id"));
        let many = format!("id\n{}", "m\n".repeat(MAX_ROWS + 1));
        let import = read(&many, today());
        assert_eq!(import.rows.len(), MAX_ROWS);
        assert!(import.problem.unwrap().contains("split it"));
        let long = read(&format!("id,legal_name\nm-1,{}\n", "x".repeat(5_000)), today());
        assert!(long.rows[0].problems[0].contains("5000 characters"));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\u{ff1d}1", "\r=1", "=cmd|' /C calc'!A0"] {
            assert!(cell(formula).starts_with("\"'"), "{formula:?} gave {}", cell(formula));
        }
        assert_eq!(cell("Nord \"Wind\""), "\"Nord \"\"Wind\"\"\"");
        assert_eq!(line(["m-1", "=A1"]), "\"m-1\",\"'=A1\"\r\n");
    }
}
