use std::collections::BTreeSet;

use super::model::{
    Application, DocumentKind, EprNumber, Part, PaymentAccount, RegisterEntry, Representative, ResponsiblePerson,
    Sales, SelfCertification, Traces, TraderKind, TypedNumber,
};
use super::*;
use crate::kernel::{Instant, Market};

fn market(text: &str) -> Market {
    text.parse().unwrap()
}

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

fn today() -> jiff::civil::Date {
    "2026-11-22".parse().unwrap()
}

/// Everything that a Chinese company needs to sell lamps in Germany.
fn full() -> Application {
    let some = |text: &str| Some(text.to_owned());
    Application {
        country: Some(market("CN")),
        legal_name: some("深圳市海星诚科技有限公司"),
        store_name: some("Haixing Lamps"),
        address: some("Room 18, 950 Longgang Avenue, Shenzhen"),
        phone: some("+86 177 9795 1048"),
        email: some("office@haixing.example"),
        representative: Some(Representative { name: some("苟飞"), ..Representative::default() }),
        register: Some(RegisterEntry {
            register: some("State Administration for Market Regulation"),
            kind: some("cn.uscc"),
            number: some("91330782MACGM17L7K"),
        }),
        payment: Some(PaymentAccount {
            account: some("6216603213564962773"),
            holder: some("Haixingcheng"),
            bic: None,
            bank: None,
        }),
        self_certification: Some(SelfCertification { by: "苟飞".to_owned(), on: today() }),
        responsible_person: Some(ResponsiblePerson {
            name: some("Lampenhaus GmbH"),
            country: Some(market("DE")),
            address: some("Hauptstraße 1, 10115 Berlin"),
            email: some("compliance@lampenhaus.example"),
        }),
        epr: ["packaging", "electrical", "batteries"]
            .map(|stream| EprNumber { country: market("DE"), stream: stream.to_owned(), number: "DE123".to_owned() })
            .to_vec(),
        sells_to: vec![market("DE")],
        goods: vec!["electrical".to_owned()],
        ..Application::default()
    }
}

fn papers() -> BTreeSet<DocumentKind> {
    BTreeSet::from([DocumentKind::Identity])
}

fn missing(application: &Application, documents: &BTreeSet<DocumentKind>) -> Vec<Part> {
    gaps(&OnboardingPolicy::shipped(), application, documents, today()).into_iter().map(|gap| gap.part).collect()
}

#[test]
fn every_state_answers_every_event_as_the_table_says() {
    use State::*;
    // Columns in the order of Event::ALL; None = cannot happen.
    let table: [(State, [Option<State>; 9]); 7] = [
        (New, [Some(Collecting), Some(Verifying), None, None, None, None, Some(Suspended), None, Some(Closed)]),
        (
            Collecting,
            [Some(Collecting), Some(Verifying), None, None, Some(Suspended), None, Some(Suspended), None, Some(Closed)],
        ),
        (
            Verifying,
            [
                Some(Collecting),
                Some(Verifying),
                Some(Verified),
                Some(RemedyRequested),
                Some(Verifying),
                None,
                Some(Suspended),
                None,
                Some(Closed),
            ],
        ),
        (
            Verified,
            [
                Some(RemedyRequested),
                Some(Verifying),
                None,
                Some(RemedyRequested),
                None,
                Some(RemedyRequested),
                Some(Suspended),
                None,
                Some(Closed),
            ],
        ),
        (
            RemedyRequested,
            [
                Some(RemedyRequested),
                Some(Verifying),
                None,
                Some(RemedyRequested),
                Some(Suspended),
                None,
                Some(Suspended),
                None,
                Some(Closed),
            ],
        ),
        (
            Suspended,
            [Some(Suspended), Some(Suspended), None, Some(Suspended), None, None, None, Some(Verifying), Some(Closed)],
        ),
        (Closed, [None; 9]),
    ];
    assert_eq!(table.map(|(state, _)| state), State::ALL);
    for (state, row) in table {
        for (event, expected) in Event::ALL.into_iter().zip(row) {
            assert_eq!(next(state, event), expected, "{state} on {event:?}");
        }
    }
    for state in State::ALL {
        assert_eq!(state.as_str().parse(), Ok(state));
        assert_eq!(state.may_trade(), matches!(state, Verified | RemedyRequested));
    }
}

#[test]
fn a_complete_application_lacks_nothing_and_every_part_is_missed_by_name_and_cure() {
    assert_eq!(missing(&full(), &papers()), []);
    type Remove = fn(&mut Application);
    let without: [(Remove, Part); 12] = [
        (|own| own.legal_name = None, Part::LegalName),
        (|own| own.address = None, Part::Address),
        (|own| own.phone = None, Part::Phone),
        (|own| own.email = Some("office at haixing".to_owned()), Part::Email),
        (|own| own.payment.as_mut().unwrap().holder = None, Part::PaymentAccount),
        (|own| own.register = None, Part::RegisterNumber),
        (|own| own.register.as_mut().unwrap().register = None, Part::RegisterNumber),
        (|own| own.self_certification = None, Part::SelfCertification),
        (|own| own.responsible_person.as_mut().unwrap().country = Some(market("GB")), Part::ResponsiblePerson),
        (|own| own.responsible_person = None, Part::ResponsiblePerson),
        (|own| own.epr.remove(1).number.clear(), Part::EprElectrical),
        (|own| own.legal_name = Some("🚀🚀".to_owned()), Part::LegalName),
    ];
    for (remove, part) in without {
        let mut application = full();
        remove(&mut application);
        let found = gaps(&OnboardingPolicy::shipped(), &application, &papers(), today());
        assert_eq!(found.iter().map(|gap| gap.part).collect::<Vec<_>>(), [part]);
        assert!(
            !found[0].cure.is_empty() && !found[0].laws.is_empty() && found[0].says.contains(part.label()),
            "{found:?}"
        );
    }
    assert_eq!(missing(&full(), &BTreeSet::new()), [Part::IdentityDocument]);
}

#[test]
fn who_sells_where_decides_what_is_asked() {
    let asked = |change: fn(&mut Application)| {
        let mut application = full();
        change(&mut application);
        regimes(&OnboardingPolicy::shipped(), &application, today())
    };
    assert!(!asked(|own| own.sells_to = vec![market("US")]).contains(&Regime::Dsa));
    assert!(
        asked(|own| own.sells_to = vec![market("EU")]).contains(&Regime::Epr),
        "selling to the Union is selling to Germany"
    );
    assert!(!asked(|own| own.country = Some(market("FR"))).contains(&Regime::Gpsr));
    let sells = |orders: u64, gross: &str, currency: &str| {
        let sales = Some(Sales { orders, gross: gross.parse().unwrap(), currency: currency.to_owned() });
        let application = Application { sells_to: vec![market("US")], sales, ..full() };
        regimes(&OnboardingPolicy::shipped(), &application, today()).contains(&Regime::Inform)
    };
    assert!(sells(200, "5000", "USD") && !sells(199, "5000", "USD") && !sells(200, "4999.99", "USD"));
    assert!(sells(200, "10", "EUR"), "revenue in another currency is not guessed away");
    // An individual needs no trade register.
    let mut person = Application { kind: TraderKind::Individual, ..full() };
    person.register = None;
    assert_eq!(missing(&person, &papers()), []);
    // Before article 30 applied nobody asked by it.
    let before = "2024-02-16".parse().unwrap();
    assert!(!regimes(&OnboardingPolicy::shipped(), &full(), before).contains(&Regime::Dsa));
}

#[test]
fn nothing_given_names_everything_that_is_asked_of_everybody() {
    let empty = tidied(Application { legal_name: Some("  ".to_owned()), ..Application::default() });
    assert_eq!(empty, Application::default());
    assert_eq!(
        missing(&empty, &BTreeSet::new()),
        [Part::Country, Part::LegalName, Part::Address, Part::Email, Part::PaymentAccount]
    );
}

#[test]
fn clocks_run_for_whom_the_law_asks_and_end_on_the_day() {
    let policy = OnboardingPolicy::shipped();
    let since = instant("2026-08-31T09:30:00Z");
    let ends = |state: State, regimes: &[Regime]| {
        let clocked = Clocked { state, since, certified_at: None, regimes: regimes.iter().copied().collect() };
        due(&policy, &clocked).map(|due| (due.kind, due.at.to_string()))
    };
    let ten = "2026-09-10T09:30:00.000000Z".to_owned();
    let inform = &[Regime::Inform];
    let dsa = &[Regime::Dsa];
    assert_eq!(ends(State::Collecting, inform), Some((DueKind::Collect, ten.clone())));
    assert_eq!(ends(State::Collecting, dsa), None);
    assert_eq!(ends(State::Verifying, inform), Some((DueKind::Verify, ten.clone())));
    assert_eq!(ends(State::RemedyRequested, dsa), Some((DueKind::Remedy, ten)));
    assert_eq!(ends(State::Verified, inform), Some((DueKind::Recertify, "2027-08-31T09:30:00.000000Z".to_owned())));
    assert_eq!(ends(State::Verified, dsa), None);
    assert_eq!(ends(State::New, inform), None);
    assert_eq!(ends(State::Suspended, inform), None);
    // Six calendar months after the end of August is the end of February.
    assert_eq!(ends(State::Closed, &[]), Some((DueKind::Erase, "2027-02-28T09:30:00.000000Z".to_owned())));
    assert_eq!(erase_traces_at(&policy, since).to_string(), "2031-08-31T09:30:00.000000Z");
    let certified = Clocked {
        state: State::Verified,
        since,
        certified_at: Some(instant("2027-01-15T00:00:00Z")),
        regimes: BTreeSet::from([Regime::Inform]),
    };
    assert_eq!(due(&policy, &certified).unwrap().at, instant("2028-01-15T00:00:00Z"));
}

#[test]
fn what_cannot_be_stored_is_named_by_its_pointer() {
    let long = "x".repeat(5_000);
    let application = Application {
        legal_name: Some(long.clone()),
        store_name: Some("a\u{7}b".to_owned()),
        tax_numbers: vec![TypedNumber { kind: "us.ein".to_owned(), value: long }],
        goods: vec!["x".to_owned(); 101],
        self_certification: Some(SelfCertification { by: "A".to_owned(), on: "2027-01-01".parse().unwrap() }),
        sales: Some(Sales { orders: 1, gross: "-1".parse().unwrap(), currency: "XXZ".to_owned() }),
        ..Application::default()
    };
    let found: Vec<String> = check(&application, today()).into_iter().map(|fault| fault.pointer).collect();
    assert_eq!(
        found,
        [
            "/legal_name",
            "/store_name",
            "/tax_numbers/0/value",
            "/self_certification/on",
            "/goods",
            "/sales/currency",
            "/sales/gross"
        ]
    );
    let marks = Application { store_name: Some("\u{200f}شركة الشمال\u{202e} 🚀".to_owned()), ..full() };
    assert_eq!(check(&marks, today()), [], "right-to-left marks and emoji are letters of a name like others");
    assert_eq!(tidied(marks.clone()), marks, "and are kept as they were written");
    let traces = Traces { devices: vec!["d".to_owned(); 1_001], ..Traces::default() };
    assert_eq!(check_traces(&traces)[0].pointer, "/devices");
}

#[test]
fn identifiers_names_and_links_are_read_off_the_application() {
    let mut application = full();
    application.payment.as_mut().unwrap().account = Some("DE02 1203 0000 0000 2020 51".to_owned());
    application.tax_numbers = vec![TypedNumber { kind: "eu.vat".to_owned(), value: "DE136695976".to_owned() }];
    let kinds: Vec<String> = identifiers(&application).into_iter().map(|own| own.kind).collect();
    assert_eq!(kinds, ["cn.uscc", "eu.vat", "iban"]);
    assert!(identifiers(&full()).iter().all(|own| own.kind != "iban"), "a domestic account number is no IBAN");
    let names: Vec<String> = names_to_screen(&application).into_iter().map(|query| query.name).collect();
    assert_eq!(names, ["深圳市海星诚科技有限公司", "Haixing Lamps", "苟飞", "Haixingcheng"]);
    let record =
        link_record("m-1", &application, &Traces { devices: vec!["abcdef01".to_owned()], ..Traces::default() });
    assert_eq!((record.id.as_str(), record.country.as_deref()), ("m-1", Some("CN")));
    assert_eq!(record.devices.unwrap(), ["abcdef01"]);
    assert!(record.ips.is_none());
}

#[test]
fn a_document_is_what_its_bytes_say() {
    assert_eq!(sniff(b"%PDF-1.7 ..."), Ok(MediaType::Pdf));
    assert_eq!(sniff(b"\xff\xd8\xff\xe0 ..."), Ok(MediaType::Jpeg));
    assert_eq!(sniff(b"RIFF\0\0\0\0WEBPVP8 "), Ok(MediaType::Webp));
    assert_eq!(sniff(b"II*\0...."), Ok(MediaType::Tiff));
    for program in [&b"MZ\x90\0"[..], b"\x7fELF\x02", b"#!/bin/sh", b"PK\x03\x04", b"\xca\xfe\xba\xbe", b"\0asm\x01"] {
        let refused = sniff(program).unwrap_err();
        assert!(matches!(refused, DocumentFault::Executable(_)), "{program:?}");
        assert!(refused.to_string().contains("send a PDF"), "{refused}");
    }
    assert_eq!(sniff(b""), Err(DocumentFault::Empty));
    assert_eq!(sniff(b"<html><script>"), Err(DocumentFault::Unknown));
    assert_eq!(sniff(b"x%PDF-1.7"), Err(DocumentFault::Unknown), "a paper hidden behind something else is none");
    assert_eq!(sniff(&vec![b'%'; MAX_DOCUMENT + 1]), Err(DocumentFault::TooLarge));
}

#[test]
fn the_shipped_policy_says_where_each_rule_was_had_and_a_faulty_one_is_refused() {
    let policy = OnboardingPolicy::shipped();
    for demand in &policy.demands {
        assert!(
            !demand.source.is_empty() && ["confirmed", "memory"].contains(&demand.confidence.as_str()),
            "{}",
            demand.id
        );
    }
    let text = include_str!("../../../rules/merchants/onboarding.toml");
    for (from, to, words) in [
        ("threshold = \"inform_high_volume\"", "threshold = \"none\"", "names the threshold none"),
        ("epr_country = \"DE\"", "", "names no epr_country"),
        ("list_hit = 0.5", "list_hit = 5.0", "between 0 and 1"),
        ("id = \"dsa-30-1-b\"", "id = \"dsa-30-1-a\"", "twice"),
        ("tax_number = \"Give", "# tax_number = \"Give", "no [part] line"),
        ("regime = \"dsa\"", "regime = \"dsb\"", "cannot be read"),
    ] {
        let faulty = text.replacen(from, to, 1);
        assert_ne!(faulty, text, "{from}");
        assert!(OnboardingPolicy::parse(&faulty).unwrap_err().to_string().contains(words), "{words}");
    }
}
