//! Packs as a whole: what is refused, what is said, and what it costs.

use std::collections::BTreeMap;

use super::*;
use crate::kernel::{Instant, Market, Span};
use crate::listings::model::Listing;
use crate::matching::image::{How, ImageHit};
use crate::matching::text::{ClaimHit, ClaimKind, Field, MarkHit, Pass, TextFindings, UseKind};
use crate::merchants::model::MerchantFacts;
use crate::registry::model::{BrandKey, MarkKey, ReferenceKey, ReferenceKind};

const HEAD: &str = "[pack]\nid = \"p\"\nversion = \"1\"\nname = \"P\"\n\n\
    [[lexicon]]\nid = \"guns\"\nterms = { en = [\"pistol\", \"rifle\"] }\nexcept = { en = [\"water pistol\"] }\n\n\
    [[lexicon]]\nid = \"toys\"\nterms = { en = [\"toy\"] }\n\n";

/// A rule that is right, with `change` applied: a field replaced, or taken out when the value is empty.
fn rule_with(change: &[(&str, &str)]) -> String {
    let mut fields = vec![
        ("id", "\"r\""),
        ("class", "\"firearms\""),
        ("severity", "5"),
        ("state", "\"live\""),
        ("trigger", "{ lexicon = \"guns\" }"),
        ("score", "0.9"),
        ("action", "{ default = \"prohibited\" }"),
        ("says", "\"offers a firearm (“{matched}”)\""),
        ("cure", "\"Remove the offer.\""),
        ("match", "[{ title = \"a pistol\" }]"),
        ("miss", "[{ title = \"a water pistol\" }]"),
    ];
    for (name, value) in change {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    let lines: Vec<String> = fields.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    format!("[[rule]]\n{}", lines.concat())
}

fn pack_with(change: &[(&str, &str)]) -> String {
    format!("{HEAD}{}", rule_with(change))
}

fn source(text: &str) -> PackSource {
    PackSource { path: "p.toml".into(), text: text.into() }
}

fn load(text: &str) -> Result<Packs, LoadPacksError> {
    Packs::from_sources(vec![source(text)])
}

fn packs(change: &[(&str, &str)]) -> Packs {
    load(&pack_with(change)).unwrap_or_else(|error| panic!("{error}"))
}

/// The first problem of a refused pack.
fn problem(text: &str) -> Problem {
    load(text).expect_err(text).problems().first().expect("a problem").clone()
}

fn line_of(text: &str, part: &str) -> u32 {
    text.lines().position(|line| line.contains(part)).expect(part) as u32 + 1
}

fn listing(title: &str, ships_to: &[&str]) -> Listing {
    Listing {
        external_id: "1".into(),
        title: title.into(),
        description: String::new(),
        category: None,
        price: None,
        merchant: None,
        brand: None,
        lang: None,
        images: Vec::new(),
        ships_to: ships_to.iter().map(|market| market.parse::<Market>().unwrap()).collect(),
        attributes: BTreeMap::new(),
    }
}

fn now() -> Instant {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn judge(packs: &Packs, listing: &Listing) -> Outcome {
    judge_found(packs, listing, &TextFindings::default(), &[])
}

fn judge_found(packs: &Packs, listing: &Listing, text: &TextFindings, images: &[ListingImageHits]) -> Outcome {
    let merchant = MerchantFacts::default();
    packs.evaluate(&Facts { listing, merchant: &merchant, text, images, prepared: None, brand_names: None, now: now() })
}

fn mark_hit(brand: &str, use_kind: UseKind, score: f32) -> MarkHit {
    MarkHit {
        brand: BrandKey::new(brand),
        mark: MarkKey::new(format!("{brand}/word/{brand}")),
        mark_text: brand.to_uppercase(),
        use_kind,
        score,
        pass: Pass::Exact,
        field: Field::Title,
        span: Span { from: 0, to: 4 },
        matched: brand.into(),
        because: Vec::new(),
    }
}

fn image_hit(brand: &str, kind: ReferenceKind, distance: u16) -> ListingImageHits {
    let hit = ImageHit {
        reference: ReferenceKey::new(format!("{brand}/logo.png")),
        brand: BrandKey::new(brand),
        kind,
        distance,
        threshold: 31,
        how: How::Whole,
        score: 0.9,
        false_match_rate: None,
        inliers: None,
        placement: None,
    };
    ListingImageHits { image: "1.jpg".into(), hits: vec![hit] }
}

#[test]
fn each_mistake_is_refused_with_its_line_and_a_reason() {
    type Change = &'static [(&'static str, &'static str)];
    let cases: &[(Change, &str, &str)] = &[
        (&[("colour", "\"x\"")], "colour", "no field \"colour\""),
        (&[("severty", "3"), ("severity", "")], "severty", "did you mean severity"),
        (&[("class", "")], "[[rule]]", "has no class"),
        (&[("severity", "9")], "severity", "1 (low) to 5"),
        (&[("severity", "\"high\"")], "severity", "is a number"),
        (&[("state", "\"alive\"")], "state", "known are draft, shadow, live, retired"),
        (&[("from", "\"2026-01-01\"")], "from", "without quotes"),
        (&[("from", "2026-01-01T10:00:00Z")], "from", "calendar day"),
        (&[("from", "2026-03-01"), ("until", "2026-02-01")], "until", "never hold"),
        (&[("trigger", "")], "[[rule]]", "has no trigger"),
        (&[("trigger", "{ lexicon = \"gunz\" }")], "trigger", "unknown lexicon \"gunz\""),
        (&[("trigger", "{ lexicon = \"guns\", mark = [\"resale\"] }")], "trigger", "exactly one"),
        (&[("trigger", "{ mark = [\"stolen\"] }")], "trigger", "unknown; known are infringing_use"),
        (&[("trigger", "{ claim = [] }")], "trigger", "never speak"),
        (&[("trigger", "{ attribute = \"weight\" }")], "trigger", "unknown attribute"),
        (&[("trigger", "{ lexicon = \"guns\", fields = [\"subtitle\"] }")], "trigger", "unknown; known are title"),
        (&[("trigger", "{ claim = [\"replica\"], fields = [\"title\"] }")], "trigger", "has no fields"),
        (&[("when", "'listing.titel == \"x\"'")], "when", "listing has no field titel"),
        (&[("when", "'frob(1)'")], "when", "unknown function frob"),
        (&[("when", "'listing.images == \"1\"'")], "when", "an int is compared with a string"),
        (&[("when", "'hit.score > 0.5'")], "when", "a lexicon hit has no field score"),
        (&[("when", "'listing.category == \"x\"'")], "[[rule]]", "unknown = \"skip\""),
        (&[("categories", "[\"x\"]")], "[[rule]]", "unknown = \"skip\""),
        (&[("categories", "[\"!\"]"), ("unknown", "\"skip\"")], "categories", "no letter or digit"),
        (&[("unknown", "\"maybe\"")], "unknown", "known are skip, review, apply"),
        (&[("score", "1.5")], "score", "from 0 to 1"),
        (&[("action", "{ US = \"prohibited\" }")], "action", "no default"),
        (&[("action", "{ default = \"forbidden\" }")], "action", "unknown; known are prohibited"),
        (&[("action", "{ default = \"allowed\", XX = \"prohibited\" }")], "action", "not a country"),
        (&[("action", "{ default = \"allowed\", Germany = \"block\" }")], "action", "not a market"),
        (&[("action", "{ default = \"allowed\", UK = \"block\", GB = \"block\" }")], "action", "named twice"),
        (&[("effect", "{ prohibited = \"stop\" }")], "effect", "known are block, review, note, none"),
        (&[("says", "\"near {distance} bits\"")], "says", "cannot fill {distance}"),
        (&[("says", "\"{nonsense}\"")], "says", "unknown placeholder"),
        (&[("says", "\"\"")], "says", "says is empty"),
        (&[("match", "")], "[[rule]]", "no [[rule.match]]"),
        (&[("miss", "")], "[[rule]]", "no [[rule.miss]]"),
        (&[("match", "[{ titel = \"x\" }]")], "match =", "did you mean title"),
        (&[("match", "[{ title = \"pistol\", price = \"12,50\" }]")], "match =", "use 12.50"),
        (&[("match", "[{ title = \"pistol\", ships_to = [\"Mars\"] }]")], "match =", "not a market"),
        (&[("match", "[{ title = \"a knife\" }]")], "match =", "does not fire the trigger"),
        (&[("miss", "[{ title = \"a rifle\" }]")], "miss =", "matches, by “rifle”"),
        (&[("id", "\"Bad Id\"")], "[[rule]]", "is not an id"),
    ];
    for (change, part, reason) in cases {
        let text = pack_with(change);
        let found = problem(&text);
        assert!(found.problem.contains(reason), "{change:?}: {found}");
        let lines = text.lines().skip(HEAD.lines().count()).collect::<Vec<_>>().join("\n");
        let expected = line_of(&lines, part) + HEAD.lines().count() as u32;
        assert_eq!(found.line, expected, "{change:?}: {found}\n{text}");
        assert_eq!(found.path, "p.toml");
    }
}

#[test]
fn mistakes_outside_rules_are_refused_too() {
    let right = rule_with(&[]);
    for (text, line, reason) in [
        (format!("{HEAD}{right}{right}"), 27, "two rules of the pack have the id \"r\""),
        (
            format!("{HEAD}[[lexicon]]\nid = \"guns\"\nterms = {{ en = [\"gun\"] }}\n{right}"),
            15,
            "two lexicons have the id",
        ),
        (format!("{HEAD}[[lexicon]]\nid = \"x\"\nterms = {{ english = [\"gun\"] }}\n{right}"), 17, "is not a language"),
        (format!("{HEAD}[[lexicon]]\nid = \"x\"\nterms = {{ en = [\"g\"] }}\n{right}"), 17, "single letter"),
        (format!("{HEAD}[extra]\na = 1\n{right}"), 15, "no field \"extra\""),
        (format!("{HEAD}{right}oops ="), 27, "not TOML"),
        (HEAD.to_owned(), 1, "has no rule"),
        (right.clone(), 1, "no [pack] table"),
        (format!("pack = 5\n{right}"), 1, "pack is a table"),
    ] {
        let found = problem(&text);
        assert!(found.problem.contains(reason), "{found}");
        assert_eq!(found.line, line, "{found}");
    }
    let twice =
        Packs::from_sources(vec![source(&pack_with(&[])), PackSource { path: "q.toml".into(), text: pack_with(&[]) }]);
    assert!(twice.unwrap_err().to_string().contains("also used by p.toml"));
}

#[test]
fn all_problems_are_reported_at_once() {
    let text = pack_with(&[("severity", "9"), ("score", "7"), ("says", "\"{x}\"")]);
    assert_eq!(load(&text).unwrap_err().problems().len(), 3);
}

#[test]
fn a_condition_over_several_lines_is_refused_on_its_own_line() {
    let text = pack_with(&[("when", "'''\ntrue &&\nlisting.titel == \"x\"'''")]);
    assert_eq!(problem(&text).line, line_of(&text, "titel"));
}

#[test]
fn packs_that_explode_are_refused_and_not_suffered() {
    let deep = format!("{HEAD}x = {}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(problem(&deep).problem.contains("TOML"));
    let huge = format!("{HEAD}# {}", "x".repeat(17 * 1024 * 1024));
    assert!(problem(&huge).problem.contains("split the pack"));
    let terms: Vec<String> = (0..400_000).map(|number| format!("\"t{number}\"")).collect();
    let many = |id: &str| {
        let lexicon = format!("[[lexicon]]\nid = \"many\"\nterms = {{ und = [{}] }}\n\n", terms.join(","));
        let text = pack_with(&[])
            .replace("id = \"p\"", &format!("id = \"{id}\""))
            .replace("[[rule]]", &format!("{lexicon}[[rule]]"));
        PackSource { path: format!("{id}.toml"), text }
    };
    let error = Packs::from_sources(vec![many("a"), many("b"), many("c")]).unwrap_err();
    assert!(error.to_string().contains("1000000 are allowed"), "{error}");
    let bomb = pack_with(&[("when", &format!("'{}true{}'", "(".repeat(1_000), ")".repeat(1_000)))]);
    assert!(problem(&bomb).problem.contains("nested deeper"));
    let pattern = pack_with(&[("when", r#"'listing.title.matches("((a{100}){100}){100}")'"#)]);
    assert!(problem(&pattern).problem.contains("pattern is refused"));
}

#[test]
fn a_live_rule_speaks_with_its_evidence() {
    let outcome = judge(&packs(&[]), &listing("New PISTOL, rifle", &[]));
    let reason = &outcome.reasons[0];
    assert_eq!((reason.effect, reason.severity, reason.class.as_str()), (Effect::Block, 5, "firearms"));
    assert_eq!(reason.says, "offers a firearm (“PISTOL”)");
    let text = |from, to, matched: &str| Evidence::Text {
        field: Field::Title,
        span: Span { from, to },
        matched: matched.into(),
    };
    assert_eq!(reason.evidence, [text(4, 10, "PISTOL"), text(12, 17, "rifle")]);
    let found = &outcome.prohibited[0];
    assert_eq!((found.action, found.score, found.span), (Restriction::Prohibited, 0.9, Some(Span { from: 4, to: 10 })));
    assert!(judge(&packs(&[]), &listing("water pistol", &[])).reasons.is_empty());
}

#[test]
fn only_live_rules_speak_and_shadow_rules_speak_aside() {
    let shadow = judge(&packs(&[("state", "\"shadow\"")]), &listing("pistol", &[]));
    assert!(shadow.reasons.is_empty() && shadow.prohibited.is_empty());
    assert_eq!(shadow.shadow.len(), 1);
    for state in ["\"draft\"", "\"retired\""] {
        assert_eq!(judge(&packs(&[("state", state)]), &listing("pistol", &[])), Outcome::default());
    }
}

#[test]
fn a_retired_rule_needs_no_cases_and_a_draft_does() {
    assert!(load(&pack_with(&[("state", "\"retired\""), ("match", ""), ("miss", "")])).is_ok());
    assert!(load(&pack_with(&[("state", "\"draft\""), ("match", "")])).is_err());
}

#[test]
fn a_rule_holds_from_its_first_day_until_before_its_last() {
    for (from, until, speaks) in
        [("2026-06-01", "2026-06-02", true), ("2026-06-02", "2026-07-01", false), ("2026-05-01", "2026-06-01", false)]
    {
        let outcome = judge(&packs(&[("from", from), ("until", until)]), &listing("pistol", &[]));
        assert_eq!(!outcome.reasons.is_empty(), speaks, "{from} {until}");
    }
}

#[test]
fn the_action_depends_on_the_destination() {
    let rules = packs(&[("action", "{ default = \"prohibited\", US = \"restricted\", EU = \"allowed\" }")]);
    let effect = |ships_to: &[&str]| {
        let outcome = judge(&rules, &listing("pistol", ships_to));
        outcome
            .reasons
            .first()
            .map(|reason| (reason.effect, reason.markets.iter().map(Market::to_string).collect::<Vec<_>>()))
    };
    assert_eq!(effect(&[]), Some((Effect::Block, vec![])));
    assert_eq!(effect(&["CN", "BR"]), Some((Effect::Block, vec![])));
    assert_eq!(effect(&["US"]), Some((Effect::Review, vec![])));
    assert_eq!(effect(&["DE", "CN"]), Some((Effect::Review, vec!["CN".to_owned()])));
    assert_eq!(effect(&["DE", "FR"]), None);
    let shown = packs(&[("says", "\"{matched} cannot go to {markets}\"")]);
    assert_eq!(judge(&shown, &listing("pistol", &["CN", "BR"])).reasons[0].says, "pistol cannot go to CN, BR");
}

#[test]
fn an_undecided_condition_does_what_the_rule_says() {
    let when = ("when", "'merchant.tier == \"new\"'");
    let cases = ("match", "[{ title = \"pistol\", merchant = { tier = \"new\" } }]");
    let judged = |unknown: &str| judge(&packs(&[when, cases, ("unknown", unknown)]), &listing("pistol", &[]));
    assert_eq!(judged("\"skip\""), Outcome::default());
    let review = judged("\"review\"");
    assert_eq!(
        (review.reasons[0].effect, &review.reasons[0].unknown),
        (Effect::Review, &vec!["merchant.tier".to_owned()])
    );
    assert!(review.prohibited[0].score < 0.9);
    let apply = judged("\"apply\"");
    assert_eq!((apply.reasons[0].effect, apply.reasons[0].unknown.len()), (Effect::Block, 1));
}

#[test]
fn categories_limit_and_exempt() {
    let with_category = |category: Option<&str>| {
        let mut listing = listing("pistol", &[]);
        listing.category = category.map(str::to_owned);
        listing
    };
    let exempt = packs(&[("not_categories", "[\"toys\"]")]);
    assert!(judge(&exempt, &with_category(Some("Toys & Games"))).reasons.is_empty());
    assert_eq!(judge(&exempt, &with_category(Some("Toysport"))).reasons.len(), 1);
    assert_eq!(judge(&exempt, &with_category(None)).reasons[0].effect, Effect::Block);
    let cases = ("match", "[{ title = \"pistol\", category = \"Hunting\" }]");
    let limited = packs(&[("categories", "[\"hunt*\"]"), ("unknown", "\"review\""), cases]);
    assert_eq!(judge(&limited, &with_category(Some("Sport > Hunting"))).reasons[0].effect, Effect::Block);
    assert!(judge(&limited, &with_category(Some("Books"))).reasons.is_empty());
    let unknown = judge(&limited, &with_category(None));
    assert_eq!(
        (unknown.reasons[0].effect, &unknown.reasons[0].unknown),
        (Effect::Review, &vec!["listing.category".to_owned()])
    );
}

#[test]
fn a_lexicon_of_the_same_pack_can_be_asked_for() {
    let rules = packs(&[("when", "'!found(\"toys\")'"), ("miss", "[{ title = \"toy pistol\" }]")]);
    assert!(judge(&rules, &listing("pistol toy", &[])).reasons.is_empty());
    assert_eq!(judge(&rules, &listing("pistol", &[])).reasons.len(), 1);
}

#[test]
fn a_mark_rule_gives_one_reason_for_each_brand() {
    let rules = packs(&[
        ("trigger", "{ mark = [\"infringing_use\"] }"),
        ("when", "'hit.score >= 0.8'"),
        ("action", "{ default = \"block\" }"),
        ("says", "\"uses the mark {mark} of {brand} in the {field}\""),
        ("match", "[{ marks = [{ brand = \"acme\" }] }]"),
        (
            "miss",
            "[{ marks = [{ brand = \"acme\", type = \"nominative\" }] }, { marks = [{ brand = \"acme\", score = 0.79 }] }]",
        ),
    ]);
    let text = TextFindings {
        hits: vec![
            mark_hit("acme", UseKind::InfringingUse, 0.8),
            mark_hit("bolt", UseKind::InfringingUse, 0.9),
            mark_hit("cord", UseKind::Resale, 1.0),
            mark_hit("dune", UseKind::InfringingUse, 0.5),
        ],
        ..TextFindings::default()
    };
    let outcome = judge_found(&rules, &listing("acme bolt cord dune", &[]), &text, &[]);
    let says: Vec<&str> = outcome.reasons.iter().map(|reason| reason.says.as_str()).collect();
    assert_eq!(says, ["uses the mark ACME of acme in the title", "uses the mark BOLT of bolt in the title"]);
    assert!(outcome.prohibited.is_empty());
}

#[test]
fn image_claim_and_attribute_triggers_fire() {
    let image = packs(&[
        ("trigger", "{ image = [\"logo\"] }"),
        ("when", "'hit.distance <= 20 && images.exists(i, i.brand == hit.brand)'"),
        ("action", "\"review\""),
        ("says", "\"{image} shows {reference} ({distance} bits)\""),
        ("match", "[{ images = [{ brand = \"acme\", kind = \"logo\", distance = 12 }] }]"),
        ("miss", "[{ images = [{ brand = \"acme\", kind = \"product\" }] }]"),
    ]);
    let shown = image_hit("acme", ReferenceKind::Logo, 7);
    let outcome = judge_found(&image, &listing("x", &[]), &TextFindings::default(), &[shown]);
    assert_eq!(outcome.reasons[0].says, "1.jpg shows acme/logo.png (7 bits)");

    let claim = packs(&[
        ("trigger", "{ claim = [\"replica\"] }"),
        ("when", "'size(marks) > 0 && counterfeit_signal >= 0.5'"),
        ("match", "[{ claims = [\"replica\"], marks = [{ brand = \"acme\" }], counterfeit_signal = 0.9 }]"),
        ("miss", "[{ claims = [\"compatible\"] }]"),
    ]);
    let said = ClaimHit {
        kind: ClaimKind::Replica,
        field: Field::Title,
        span: Span { from: 0, to: 3 },
        matched: "1:1".into(),
    };
    let text = TextFindings {
        hits: vec![mark_hit("acme", UseKind::Nominative, 0.4)],
        claims: vec![said],
        counterfeit_signal: 0.5,
    };
    assert_eq!(judge_found(&claim, &listing("1:1 acme", &[]), &text, &[]).reasons.len(), 1);

    let attribute = packs(
        &[
            ("trigger", "{ attribute = \"attributes.material\" }"),
            ("when", "'hit.matched.mentions(\"ivory\")'"),
            ("match", "[{ attributes = { material = \"ivory\" } }]"),
            ("miss", "[{ attributes = { material = \"resin\" } }]"),
        ]
        .map(|(name, value)| {
            if name == "when" { (name, "'hit.matched.lowerAscii().contains(\"ivory\")'") } else { (name, value) }
        }),
    );
    let mut carved = listing("figure", &[]);
    carved.attributes.insert("material".into(), "Ivory".into());
    let outcome = judge(&attribute, &carved);
    assert_eq!(
        outcome.reasons[0].evidence,
        [Evidence::Attribute { name: "attributes.material".into(), value: "Ivory".into() }]
    );
}

#[test]
fn a_case_may_pin_its_effect() {
    let pinned =
        |effect: &str| load(&pack_with(&[("match", &format!("[{{ title = \"pistol\", effect = \"{effect}\" }}]"))]));
    assert!(pinned("block").is_ok());
    assert!(pinned("review").unwrap_err().to_string().contains("has the effect block, not review"));
}

#[test]
fn five_thousand_rules_cost_what_fired() {
    let mut text = String::from("[pack]\nid = \"p\"\nversion = \"1\"\nname = \"P\"\n\n");
    for number in 0..5_000 {
        text.push_str(&format!("[[lexicon]]\nid = \"l{number}\"\nterms = {{ und = [\"word{number}\"] }}\n\n"));
    }
    for number in 0..5_000 {
        let rule = rule_with(&[
            ("id", &format!("\"r{number}\"")),
            ("trigger", &format!("{{ lexicon = \"l{number}\" }}")),
            ("when", "'hit.field == \"title\"'"),
            ("match", &format!("[{{ title = \"word{number}\" }}]")),
        ]);
        text.push_str(&rule);
    }
    let packs = Packs::from_sources_untested(vec![source(&text)]).unwrap();
    assert_eq!(packs.rule_count(), 5_000);
    let merchant = MerchantFacts::default();
    let (found, clean) = (listing("word17 and word4999", &[]), listing("nothing to see", &[]));
    let empty = TextFindings::default();
    let facts = |listing| Facts {
        listing,
        merchant: &merchant,
        text: &empty,
        images: &[],
        prepared: None,
        brand_names: None,
        now: now(),
    };
    let (outcome, cost) = packs.evaluate_counted(&facts(&found));
    assert_eq!((cost.candidates, cost.conditions, outcome.reasons.len()), (2, 2, 2));
    let (outcome, cost) = packs.evaluate_counted(&facts(&clean));
    assert_eq!((cost, outcome), (Cost::default(), Outcome::default()));
}

#[test]
fn the_same_packs_in_any_order_give_the_same_revision_and_outcome() {
    let other = pack_with(&[("severity", "3")]).replace("id = \"p\"", "id = \"q\"");
    let (p, q) = (source(&pack_with(&[])), PackSource { path: "q.toml".into(), text: other });
    let forward = Packs::from_sources(vec![p.clone(), q.clone()]).unwrap();
    let backward = Packs::from_sources(vec![q, p.clone()]).unwrap();
    assert_eq!(forward.revision(), backward.revision());
    assert_ne!(forward.revision(), Packs::from_sources(vec![p]).unwrap().revision());
    assert_ne!(forward.revision(), Packs::empty().revision());
    let subject = listing("pistol rifle", &["US", "DE"]);
    let outcome = judge(&forward, &subject);
    assert_eq!(outcome, judge(&backward, &subject));
    assert_eq!(outcome.reasons.iter().map(|reason| reason.pack.as_str()).collect::<Vec<_>>(), ["p", "q"]);
}

#[test]
fn an_outcome_survives_json() {
    let outcome = judge(&packs(&[]), &listing("pistol", &["US"]));
    let json = serde_json::to_string(&outcome).unwrap();
    assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome);
    assert!(json.contains(r#""kind":"text""#) && json.contains(r#""effect":"block""#), "{json}");
}

#[test]
fn an_explanation_shows_what_was_read_and_answered() {
    let rules = packs(&[
        ("when", "'hit.field == \"title\" && merchant.tier == \"new\"'"),
        ("unknown", "\"review\""),
        ("not_categories", "[\"toys\"]"),
        ("match", "[{ title = \"pistol\", merchant = { tier = \"new\" } }]"),
    ]);
    let merchant = MerchantFacts::default();
    let text = TextFindings::default();
    let mut subject = listing("pistol", &[]);
    let explained = rules.explain(&Facts {
        listing: &subject,
        merchant: &merchant,
        text: &text,
        images: &[],
        prepared: None,
        brand_names: None,
        now: now(),
    });
    let rule = &explained.rules[0];
    assert_eq!((rule.effect, rule.hits[0].answer), (Some(Effect::Review), AnswerWord::Unknown));
    assert_eq!(rule.hits[0].missing, ["merchant.tier"]);
    assert_eq!(rule.hits[0].readings[0], Reading { name: "hit.field".into(), value: Some("\"title\"".into()) });
    assert_eq!(rule.hits[0].readings[1].value, None);
    subject.category = Some("Toys".into());
    let explained = rules.explain(&Facts {
        listing: &subject,
        merchant: &merchant,
        text: &text,
        images: &[],
        prepared: None,
        brand_names: None,
        now: now(),
    });
    assert_eq!(explained.rules[0].stopped, Some(Stopped::Category));
    let clean = listing("nothing", &[]);
    let explained = rules.explain(&Facts {
        listing: &clean,
        merchant: &merchant,
        text: &text,
        images: &[],
        prepared: None,
        brand_names: None,
        now: now(),
    });
    assert_eq!((explained.rules.len(), explained.silent), (0, 1));
}

#[test]
fn a_back_test_counts_changes_and_keeps_samples() {
    let current = packs(&[]);
    let proposed = packs(&[("action", "\"review\""), ("when", "'!found(\"toys\")'")]);
    let merchant = MerchantFacts::default();
    let text = TextFindings::default();
    let mut backtest = Backtest::new(&current, &proposed, 1);
    for (id, title) in [("1", "pistol"), ("2", "toy pistol"), ("3", "rifle"), ("4", "book")] {
        let subject = listing(title, &[]);
        backtest.add(
            id,
            &Facts {
                listing: &subject,
                merchant: &merchant,
                text: &text,
                images: &[],
                prepared: None,
                brand_names: None,
                now: now(),
            },
        );
    }
    let report = backtest.report();
    assert_eq!((report.listings, report.changed), (4, 3));
    let changes = &report.rules[0];
    assert_eq!((changes.rule.as_str(), changes.gained, changes.lost, changes.effect_changed), ("p/r", 0, 1, 2));
    assert_eq!(report.samples.len(), 1);
    assert_eq!(report.samples[0].listing, "1");
    assert_eq!(report.verdicts.len(), 2);
}

#[test]
fn a_directory_is_read_in_order_and_other_files_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("p.toml"), pack_with(&[])).unwrap();
    std::fs::write(directory.path().join("README.md"), "not a pack").unwrap();
    let packs = Packs::load_dir(directory.path()).unwrap();
    assert_eq!((packs.packs().len(), packs.sources()[0].path.as_str()), (1, "p.toml"));
    assert!(packs.rule("p", "r").is_some() && packs.rule("p", "x").is_none());
    let missing = Packs::load_dir(directory.path().join("nowhere")).unwrap_err();
    assert!(missing.to_string().contains("cannot read the rule packs in"));
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_clean_word_never_takes_a_reason_away(title in "[a-z ]{0,30}", clean in "(blue|large|[0-9]{1,3}cm)") {
            let rules = super::packs(&[]);
            let before = judge(&rules, &listing(&format!("pistol {title}"), &[]));
            let after = judge(&rules, &listing(&format!("pistol {title} {clean}"), &[]));
            prop_assert!(after.reasons.len() >= before.reasons.len());
        }

        #[test]
        fn any_toml_is_read_or_refused_without_a_panic(junk in "(\\[\\[rule\\]\\]|\\[pack\\]|id = |\"|x|=|\\{|\\}|\\[|\\]|\n|when|'| |1|,){0,40}") {
            let _ = load(&format!("{HEAD}{junk}"));
        }
    }
}
