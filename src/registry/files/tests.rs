//! Every mistake in a `brand.toml` is named with its line, field and cure.

use super::*;
use crate::registry::model::{MarkStatus, Strictness};
use rstest::rstest;

fn read(text: &str) -> Result<BrandFile, BrandFileError> {
    parse("acme", "acme/brand.toml", text.as_bytes(), |name| {
        (name == "logo.png").then(|| ImageSource::Memory(Vec::new().into()))
    })
}

const HEAD: &str = "key = \"acme\"\nname = \"Acme\"\n";

#[rstest]
#[case::unknown_field("colour = \"red\"", 3, "colour", "unknown field `colour`")]
#[case::nice_46("nice_classes = [25, 46]", 3, "nice_classes", "Nice class 46 does not exist; classes run from 1 to 45")]
#[case::nice_negative("nice_classes = [-1]", 3, "nice_classes", "Nice class -1 does not exist")]
#[case::mark_without_text("[[word_mark]]\nid = \"a\"", 3, "text", "the word mark has no text")]
#[case::empty_text("[[word_mark]]\ntext = \" \"", 4, "text", "is empty")]
#[case::two_marks_one_id(
    "[[word_mark]]\ntext = \"A B\"\n[[word_mark]]\nid = \"a-b\"\ntext = \"C\"",
    6,
    "id",
    "two marks have the id \"a-b\""
)]
#[case::no_id_possible("[[word_mark]]\ntext = \"耐克\"", 3, "id", "no id can be made")]
#[case::traversal(
    "[[image]]\nfile = \"../other/logo.png\"\nkind = \"logo\"",
    4,
    "file",
    "leads out of the brand's folder"
)]
#[case::missing_image("[[image]]\nfile = \"no.png\"\nkind = \"logo\"", 4, "file", "\"no.png\" is not in the folder")]
#[case::unknown_kind("[[image]]\nfile = \"logo.png\"\nkind = \"photo\"", 5, "kind", "unknown variant `photo`")]
#[case::unknown_mark(
    "[[image]]\nfile = \"logo.png\"\nkind = \"logo\"\nmark = \"x\"",
    6,
    "mark",
    "no figurative mark with the id \"x\""
)]
#[case::threshold(
    "[[image]]\nfile = \"logo.png\"\nkind = \"logo\"\nthreshold = 300",
    6,
    "threshold",
    "300 is not a distance"
)]
#[case::market(
    "[[authorised_seller]]\nseller = \"m-1\"\nmarkets = [\"Germany\"]",
    5,
    "markets",
    "\"Germany\" is not a market"
)]
#[case::seller_mark(
    "[[authorised_seller]]\nseller = \"m-1\"\nmarks = [\"x\"]",
    5,
    "marks",
    "no mark with the id \"x\""
)]
#[case::dates_reversed(
    "[[authorised_seller]]\nseller = \"m-1\"\nfrom = 2026-02-01\nuntil = 2026-01-01",
    6,
    "until",
    "is not after"
)]
#[case::date_with_time("[[word_mark]]\ntext = \"A\"\nexpires = 2026-02-01T10:00:00Z", 5, "expires", "is not a day")]
#[case::wrong_type("common_word = \"yes\"", 3, "common_word", "invalid type")]
#[case::broken("aliases = [\"a\"", 3, "aliases", "")]
fn a_mistake_is_reported_with_its_line_and_field(
    #[case] body: &str,
    #[case] line: usize,
    #[case] field: &str,
    #[case] says: &str,
) {
    let message = read(&format!("{HEAD}{body}\n")).unwrap_err().to_string();
    assert!(message.starts_with(&format!("acme/brand.toml, line {line}, {field}: ")), "{message}");
    assert!(message.contains(says), "{message}");
}

#[rstest]
#[case("")]
#[case("Acme")]
#[case("a/b")]
#[case("..")]
fn a_key_of_other_letters_is_refused(#[case] key: &str) {
    let text = format!("key = \"{key}\"\nname = \"Acme\"\n");
    let error = parse(key, "x/brand.toml", text.as_bytes(), |_| None).unwrap_err().to_string();
    assert!(error.contains("line 1, key") && error.contains("is not a brand key"), "{error}");
}

#[test]
fn a_full_file_keeps_every_field() {
    let text = format!(
        "{HEAD}aliases = [\"艾克\", \"艾克\"]\nnice_classes = [25, 18]\ncategories = [\"footwear\"]\ncommon_word = true\n\
         [[word_mark]]\ntext = \"Acme Air\"\nregistration = {{ office = \"EUIPO\", number = \"0001\" }}\nnice = [25]\n\
         territories = [\"EU\", \"us\"]\nstatus = \"pending\"\nexpires = 2031-05-04\nstrictness = \"wide\"\n\
         [[figurative_mark]]\nid = \"logo\"\ndescription = \"a hare\"\n\
         [[image]]\nfile = \"logo.png\"\nkind = \"logo\"\nmark = \"logo\"\nthreshold = 24\n\
         [[authorised_seller]]\nseller = \"m-1\"\nmarks = [\"acme-air\", \"logo\"]\nmarkets = [\"DE\"]\nfrom = 2026-01-01\n"
    );
    let read = read(&text).unwrap();
    let mark = &read.brand.word_marks[0];
    assert_eq!(read.brand.aliases, ["艾克"]);
    assert_eq!((mark.key.as_str(), mark.text.as_str()), ("acme/word/acme-air", "Acme Air"));
    assert_eq!(mark.expires, Some(jiff::civil::date(2031, 5, 4)));
    assert_eq!((mark.status, mark.strictness), (MarkStatus::Pending, Some(Strictness::Wide)));
    assert_eq!(mark.territories.len(), 2);
    assert_eq!(read.images[0].mark.as_ref().unwrap().as_str(), "acme/figure/logo");
    assert_eq!(read.images[0].threshold, Some(24));
    let marks: Vec<_> = read.brand.authorised_sellers[0].marks.iter().map(MarkKey::as_str).collect();
    assert_eq!(marks, ["acme/word/acme-air", "acme/figure/logo"]);
}

#[test]
fn too_many_aliases_are_refused() {
    let aliases: Vec<String> = (0..=MAX_ALIASES).map(|number| format!("\"a{number}\"")).collect();
    let error = read(&format!("{HEAD}aliases = [{}]\n", aliases.join(","))).unwrap_err().to_string();
    assert!(error.contains("201 entries are more than 200"), "{error}");
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_line() {
    let error = parse("acme", "f", b"key = \"acme\"\nname = \"\xff\"", |_| None).unwrap_err().to_string();
    assert!(error.starts_with("f, line 2") && error.contains("not UTF-8"), "{error}");
}
