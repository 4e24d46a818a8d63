//! Pages with made-up but realistic content, for the tests of this room.

use super::marking::{TextMark, plain, segments};
use super::view::*;
use crate::kernel::{Instant, Span};

/// A mark on the `nth` occurrence of `letters` in `text`.
fn on(text: &str, letters: &str, nth: usize, tone: Tone, note: &str, number: u32) -> TextMark {
    let (byte, _) = text.match_indices(letters).nth(nth).expect("the sample text holds these letters");
    let from = text[..byte].chars().count() as u32;
    let span = Span { from, to: from + letters.chars().count() as u32 };
    TextMark { span, tone, note: note.to_owned(), number: (number > 0).then_some(number) }
}

fn at(minute: u32) -> When {
    let text = format!("2026-11-22T09:{minute:02}:12.480213Z");
    text.parse::<Instant>().expect("the sample time is a time").into()
}

fn shell(title: &str) -> Shell {
    Shell::new(title, Room::Verdicts).with_revisions("9f31c2a07be4", "41d0e8b35c77")
}

fn picture(name: &str, alt: &str) -> Picture {
    Picture { src: format!("/pictures/{name}"), alt: alt.to_owned() }
}

struct Row<'a> {
    outcome: Outcome,
    title: Vec<Segment>,
    image: &'a str,
    reason: &'a str,
    more: usize,
    price: &'a str,
    queue: &'a str,
}

fn row(index: u32, row: Row<'_>) -> VerdictRow {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    VerdictRow {
        href: format!("/verdicts/vrd_01kb{index:022}"),
        thumbnail: some(row.image).map(|name| picture(&name, "")),
        title: row.title,
        lang: Some("en".to_owned()),
        listing: format!("L-{}", 48_210 + index),
        merchant: Some(format!("m-{}", 1_040 + index * 7)),
        outcome: row.outcome,
        queue: some(row.queue),
        reason: some(row.reason),
        more_reasons: row.more,
        price: some(row.price),
        at: at(59 - index * 3),
    }
}

/// Titles in the style of real catalogues, each with its marks.
fn rows() -> Vec<VerdictRow> {
    use Outcome::{Block, Clear, Review};
    let marked =
        |text: &str, letters: &str, tone: Tone, note: &str| segments(text, &[on(text, letters, 0, tone, note, 0)]);
    let hidden = "N\u{200b}0rthpeak jacket unisex 1:1 top grade";
    let knife = "Damascus butterfly knife balisong trainer, black";
    vec![
        row(
            0,
            Row {
                outcome: Block,
                title: title(),
                image: "listing.svg",
                reason: "uses the mark NORTHPEAK for goods that are called a replica",
                more: 2,
                price: "32.14 USD",
                queue: "",
            },
        ),
        row(
            1,
            Row {
                outcome: Clear,
                title: marked(
                    "Screen protector compatible with Fennix 12 Pro, 2-pack",
                    "Fennix",
                    Tone::Lawful,
                    "FENNIX, nominative",
                ),
                image: "glass.svg",
                reason: "",
                more: 0,
                price: "6.99 EUR",
                queue: "",
            },
        ),
        row(
            2,
            Row {
                outcome: Review,
                title: marked(knife, "butterfly knife", Tone::Prohibited, "prohibited blades"),
                image: "knife.svg",
                reason: "offers a blade that may not be sold in DE, GB (“butterfly knife”)",
                more: 0,
                price: "18.50 GBP",
                queue: "weapons",
            },
        ),
        row(
            3,
            Row {
                outcome: Block,
                title: segments(
                    hidden,
                    &[
                        on(hidden, "N\u{200b}0rthpeak", 0, Tone::Infringing, "NORTHPEAK, leet", 0),
                        on(hidden, "1:1", 0, Tone::Claim, "replica", 0),
                    ],
                ),
                image: "jacket.svg",
                reason: "hides the mark NORTHPEAK behind look-alike letters",
                more: 1,
                price: "41.00 USD",
                queue: "",
            },
        ),
        row(
            4,
            Row {
                outcome: Clear,
                title: plain("复古陶瓷咖啡杯 手工釉下彩 350ml 礼盒装"),
                image: "cup.svg",
                reason: "",
                more: 0,
                price: "89.00 CNY",
                queue: "",
            },
        ),
        row(
            5,
            Row {
                outcome: Review,
                title: plain(
                    "Sac à dos de randonnée 45 L avec housse de pluie, bretelles réglables, dos ventilé, couleur anthracite, plusieurs poches latérales et sangle de poitrine",
                ),
                image: "pack.svg",
                reason: "a picture is close to a registered logo (distance 38 of 256)",
                more: 0,
                price: "54.90 EUR",
                queue: "counterfeit",
            },
        ),
        row(
            6,
            Row {
                outcome: Clear,
                title: plain("Книга «Основы фотографии», твёрдый переплёт"),
                image: "",
                reason: "",
                more: 0,
                price: "1290.00 RUB",
                queue: "",
            },
        ),
        row(
            7,
            Row {
                outcome: Clear,
                title: plain("Bluetooth speaker, waterproof, 12 h battery"),
                image: "speaker.svg",
                reason: "",
                more: 0,
                price: "",
                queue: "",
            },
        ),
    ]
}

fn title() -> Vec<Segment> {
    let text = "Northpeak trail runner 1:1 replica, men, black, sizes 40–46";
    let marks = [
        on(text, "Northpeak", 0, Tone::Infringing, "NORTHPEAK, exact, infringing use, score 0.98", 1),
        on(text, "1:1 replica", 0, Tone::Claim, "says that the goods are a replica", 2),
    ];
    segments(text, &marks)
}

/// `/` with eight rows.
pub fn home() -> HomeView {
    let counter = |label: &str, count: &str, outcome: Option<Outcome>, current| Counter {
        label: label.to_owned(),
        count: count.to_owned(),
        outcome,
        href: outcome.map_or_else(|| "/".to_owned(), |outcome| format!("/?verdict={}", outcome.word())),
        current,
    };
    HomeView {
        shell: shell("Verdicts"),
        counters: vec![
            counter("All", "1,204", None, true),
            counter("Block", "187", Some(Outcome::Block), false),
            counter("Review", "142", Some(Outcome::Review), false),
            counter("Clear", "875", Some(Outcome::Clear), false),
        ],
        search: String::new(),
        filter: None,
        rows: rows(),
        newer: None,
        older: Some("/?cursor=eyJ2IjoxfQ".to_owned()),
        indexed_through: Some("Search knows every listing up to 09:59:13 UTC.".to_owned()),
    }
}

/// `/` on the first day.
pub fn empty_home() -> HomeView {
    HomeView { counters: Vec::new(), rows: Vec::new(), older: None, indexed_through: None, ..home() }
}

fn reasons() -> Vec<ReasonPanel> {
    let line = |text: &str, href: &str| EvidenceLine { text: text.to_owned(), href: Some(href.to_owned()) };
    let first = ReasonPanel {
        says: "uses the mark NORTHPEAK for goods that are called a replica (“1:1 replica”)".to_owned(),
        cure:
            "Remove the mark from title, description and pictures, or show that the goods come from the brand’s owner."
                .to_owned(),
        effect: Outcome::Block,
        queue: None,
        rule: "replica-of-mark".to_owned(),
        pack: "counterfeit".to_owned(),
        version: "1.2.0".to_owned(),
        class: "counterfeit".to_owned(),
        severity: 5,
        markets: Vec::new(),
        evidence: vec![
            line("Title, “Northpeak”: mark NORTHPEAK, exact, score 0.98", "#hit-1"),
            line("Title, “1:1 replica”: says that the goods are a replica", "#hit-2"),
        ],
        unknown: Vec::new(),
    };
    let second = ReasonPanel {
        says: "shows the logo northpeak/logo-2019.png (distance 12)".to_owned(),
        cure: "Replace the picture with one that does not show the logo.".to_owned(),
        rule: "logo-in-picture".to_owned(),
        severity: 4,
        evidence: vec![line(
            "front.jpg resembles northpeak/logo-2019.png: 12 of 256 bits differ, mirrored",
            "#image-1",
        )],
        ..first.clone()
    };
    let third = ReasonPanel {
        says: "sells under a mark that the merchant is not known to be authorised for".to_owned(),
        cure: "Upload the authorisation for the destinations named here.".to_owned(),
        effect: Outcome::Review,
        queue: Some("counterfeit".to_owned()),
        rule: "unknown-seller".to_owned(),
        class: "trade mark".to_owned(),
        severity: 3,
        markets: vec!["DE".to_owned(), "FR".to_owned()],
        evidence: Vec::new(),
        unknown: vec!["merchant.verified".to_owned(), "merchant.country".to_owned()],
        ..first.clone()
    };
    vec![first, second, third]
}

fn images() -> Vec<ImagePanel> {
    let near = |reference: &str, kind: &str, how: &str, score: &str, distance| ImageMatch {
        brand: "Northpeak".to_owned(),
        reference: reference.to_owned(),
        kind: kind.to_owned(),
        picture: Some(picture("reference.svg", "Reference picture of Northpeak")),
        how: how.to_owned(),
        score: score.to_owned(),
        bar: Some(DistanceBar { distance, threshold: 31 }),
        seen: None,
        odds: Some("1 in 50,000 unrelated photographs would come as near".to_owned()),
        on_listing: None,
        on_reference: None,
    };
    let closely = ImageMatch {
        bar: None,
        seen: Some("57 details agree".to_owned()),
        on_listing: Some(Outline { width: 800, height: 600, points: "96,120 552,96 560,480 88,456".to_owned() }),
        on_reference: Some(Outline { width: 640, height: 480, points: "0,0 640,0 640,480 0,480".to_owned() }),
        ..near("northpeak/trail-runner-side.jpg", "Product", "geometric", "0.71", 0)
    };
    vec![
        ImagePanel {
            name: "front.jpg".to_owned(),
            picture: Some(picture("listing.svg", "First picture of the listing")),
            about: Some("1200 × 1200, quality 97".to_owned()),
            problem: None,
            matches: vec![
                near("northpeak/logo-2019.png", "Logo", "mirrored", "0.94", 12),
                near("northpeak/trail-runner-side.jpg", "Product", "whole", "0.31", 58),
            ],
        },
        ImagePanel {
            name: "sole.jpg".to_owned(),
            picture: Some(picture("sole.svg", "Second picture of the listing")),
            about: Some("800 × 600, quality 88".to_owned()),
            problem: None,
            matches: vec![closely],
        },
        ImagePanel {
            name: "box.jpg".to_owned(),
            picture: None,
            about: None,
            problem: Some("the JPEG breaks off after 20,480 bytes; send the original file".to_owned()),
            matches: Vec::new(),
        },
    ]
}

fn hits() -> Vec<HitRow> {
    let hit =
        |number, tone, what: &str, brand: &str, kind: &str, field: &str, matched: &str, pass: &str, score: &str| {
            HitRow {
                number,
                tone,
                what: what.to_owned(),
                brand: brand.to_owned(),
                kind: kind.to_owned(),
                field: field.to_owned(),
                matched: plain(matched),
                pass: pass.to_owned(),
                score: score.to_owned(),
                because: Vec::new(),
            }
        };
    let mut all = vec![
        hit(1, Tone::Infringing, "NORTHPEAK", "Northpeak", "infringing use", "title", "Northpeak", "exact", "0.98"),
        hit(2, Tone::Claim, "replica", "", "claim", "title", "1:1 replica", "lexicon", ""),
        hit(
            3,
            Tone::Infringing,
            "NORTHPEAK",
            "Northpeak",
            "infringing use",
            "description",
            "N\u{200b}0RTHPEAK",
            "leet",
            "0.91",
        ),
        hit(4, Tone::Lawful, "FENNIX", "Fennix", "nominative", "description", "Fennix", "exact", "0.22"),
        hit(5, Tone::Lawful, "ALPENRUH", "Alpenruh", "authorised", "description", "Alpenruh", "folded", "0.05"),
    ];
    all[0].because = vec!["at the start of the title".to_owned(), "footwear is in the brand’s classes (25)".to_owned()];
    all[3].because = vec!["follows “compatible with”".to_owned(), "another brand leads the title".to_owned()];
    all[4].because = vec!["m-1042 is authorised in DE until 2027-03-01".to_owned()];
    all
}

/// A blocked listing with everything a page can show.
pub fn verdict() -> VerdictView {
    let text = "Original quality N\u{200b}0RTHPEAK trail running shoes.\nBreathable upper, rubber sole, laces included.\n\n\
                Strap compatible with Fennix watches. Box in the style of Alpenruh.\n<b>Ships in 24 h!</b>";
    let marks = [
        on(text, "N\u{200b}0RTHPEAK", 0, Tone::Infringing, "NORTHPEAK, leet, infringing use, score 0.91", 3),
        on(text, "compatible with Fennix", 0, Tone::Lawful, "FENNIX, nominative: follows “compatible with”", 4),
        on(text, "Alpenruh", 0, Tone::Lawful, "ALPENRUH, authorised", 5),
    ];
    let mut shadow = reasons().remove(2);
    shadow.rule = "price-far-below-genuine".to_owned();
    shadow.says = "costs 71 % less than the genuine article".to_owned();
    VerdictView {
        shell: shell("Block · Northpeak trail runner"),
        outcome: Outcome::Block,
        queue: None,
        summary: "3 reasons, in all destinations".to_owned(),
        at: at(59),
        title: title(),
        description: segments(text, &marks),
        lang: Some("en".to_owned()),
        reasons: reasons(),
        shadow: vec![shadow],
        images: images(),
        hits: hits(),
        listing: vec![
            Fact::code("Listing", "L-48210"),
            Fact::new("Price", "32.14 USD"),
            Fact::code("Merchant", "m-1042"),
            Fact::new("Standing", "new, identity not verified"),
            Fact::new("Brand attribute", "Northpeak"),
            Fact::new("Category", "Shoes › Running › Trail"),
            Fact::new("Ships to", "DE, FR, GB, US"),
            Fact::new("Language", ""),
        ],
        provenance: vec![
            Fact::code("Verdict", "vrd_01kb0000000000000000000000"),
            Fact::code("Registry", "9f31c2a07be4"),
            Fact::code("Rules", "41d0e8b35c77"),
            Fact::code("Audit entry", "4,812"),
            Fact::code("Input", "sha256 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"),
        ],
        replay: "assay replay vrd_01kb0000000000000000000000".to_owned(),
        json: Some("/v1/verdicts/vrd_01kb0000000000000000000000".to_owned()),
        history: vec![
            HistoryRow {
                href: None,
                at: at(59),
                outcome: Outcome::Block,
                cause: "retro-hunt, new reference picture".to_owned(),
            },
            HistoryRow {
                href: Some("/verdicts/vrd_1".to_owned()),
                at: at(20),
                outcome: Outcome::Review,
                cause: "version 2 submitted".to_owned(),
            },
            HistoryRow {
                href: Some("/verdicts/vrd_0".to_owned()),
                at: at(2),
                outcome: Outcome::Clear,
                cause: "version 1 submitted".to_owned(),
            },
        ],
    }
}

/// A clear listing with nothing to show.
pub fn clear_verdict() -> VerdictView {
    VerdictView {
        shell: shell("Clear"),
        outcome: Outcome::Clear,
        summary: "Nothing found".to_owned(),
        title: plain("Hand-thrown stoneware mug, 350 ml"),
        description: Vec::new(),
        reasons: Vec::new(),
        shadow: Vec::new(),
        images: Vec::new(),
        hits: Vec::new(),
        ..verdict()
    }
}
