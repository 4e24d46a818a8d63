//! The parts that a notice and a counter-notice must have, named when they are missing.

use crate::takedowns::model::{CounterDraft, MAX_EVIDENCE, MAX_LISTINGS, MAX_MARKS, MAX_REASONS, MAX_SHORT};
use crate::takedowns::model::{Ground, NoticeDraft, Regime};

/// Fewest characters that can substantiate anything; "fake" does not.
const MIN_REASONS: usize = 20;
/// Longest mail address (RFC 5321 section 4.5.3.1.3).
const MAX_EMAIL: usize = 254;

/// One part that is missing or unusable.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Missing {
    /// JSON pointer to the member: `/notifier/email`.
    pub pointer: String,
    /// The rule that asks for it: `DSA art. 16(2)(c)`.
    pub provision: String,
    /// What to do, in one sentence.
    pub says: String,
}

#[derive(Default)]
struct Parts(Vec<Missing>);

impl Parts {
    fn ask(&mut self, there: bool, pointer: &str, provision: &str, says: &str) {
        if !there {
            self.0.push(Missing {
                pointer: pointer.to_owned(),
                provision: provision.to_owned(),
                says: says.to_owned(),
            });
        }
    }

    fn bounded(&mut self, pointer: &str, text: &str, limit: usize) {
        let long = text.chars().count() > limit;
        let says = format!("is longer than {limit} characters; shorten it");
        self.ask(!long, pointer, "limits", &says);
        let control = text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t'));
        self.ask(!control, pointer, "limits", "holds control characters; remove them");
    }

    fn at_most(&mut self, pointer: &str, count: usize, limit: usize) {
        let says = format!("has {count} entries; at most {limit} are taken");
        self.ask(count <= limit, pointer, "limits", &says);
    }
}

/// Whether `text` can be a mail address: one `@`, a name before and a dotted host after it, no
/// space or control character. Whether it exists, only an answer tells.
pub fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.rsplit_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty() && !part.contains('@') && !part.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    let labels_ok = host.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
    text.len() <= MAX_EMAIL && plain(name) && plain(host) && host.contains('.') && labels_ok
}

/// What `draft` lacks under the law it is handled by; empty when it is complete.
pub fn missing_in_notice(draft: &NoticeDraft) -> Vec<Missing> {
    let mut parts = Parts::default();
    limits(&mut parts, draft);
    let regime = draft.regime();
    let (reasons, place, contact, faith) = match regime {
        Regime::Dmca => (
            "17 USC 512(c)(3)(A)(iii)",
            "17 USC 512(c)(3)(A)(iii)",
            "17 USC 512(c)(3)(A)(iv)",
            "17 USC 512(c)(3)(A)(v)",
        ),
        Regime::CnEcl => ("CN ECL art. 42", "CN ECL art. 42", "CN ECL art. 42", "CN ECL art. 42"),
        Regime::Dsa => ("DSA art. 16(2)(a)", "DSA art. 16(2)(b)", "DSA art. 16(2)(c)", "DSA art. 16(2)(d)"),
        Regime::House => ("terms for notices", "terms for notices", "terms for notices", "terms for notices"),
    };
    let substantiated = draft.reasons.trim().chars().count() >= MIN_REASONS;
    parts.ask(substantiated, "/reasons", reasons, "say in at least 20 characters why these listings are illegal");
    let named = !draft.listings.is_empty() && draft.listings.iter().all(|listing| !listing.trim().is_empty());
    parts.ask(named, "/listings", place, "name each listing by the platform's id; a shop's name is not enough");
    parts.ask(!draft.notifier.name.trim().is_empty(), "/notifier/name", contact, "give your name or your company's");
    parts.ask(
        is_email(draft.notifier.email.trim()),
        "/notifier/email",
        contact,
        "give a mail address such as name@example.com",
    );
    let declared = draft.declarations.good_faith;
    parts.ask(
        declared,
        "/declarations/good_faith",
        faith,
        "declare that you believe in good faith that what you say is accurate and complete",
    );
    right(&mut parts, draft);
    match regime {
        Regime::Dmca => dmca(&mut parts, draft),
        Regime::CnEcl => {
            let evidence = !draft.evidence.is_empty() || draft.registration.is_some() || !draft.marks.is_empty();
            parts.ask(
                evidence,
                "/evidence",
                "CN ECL art. 42",
                "add prima facie evidence: a registration, a mark of the registry, or a picture",
            );
        }
        Regime::Dsa | Regime::House => {}
    }
    parts.0
}

fn limits(parts: &mut Parts, draft: &NoticeDraft) {
    parts.at_most("/listings", draft.listings.len(), MAX_LISTINGS);
    parts.at_most("/marks", draft.marks.len(), MAX_MARKS);
    parts.at_most("/evidence", draft.evidence.len(), MAX_EVIDENCE);
    parts.bounded("/reasons", &draft.reasons, MAX_REASONS);
    parts.bounded("/work", &draft.work, MAX_REASONS);
    let short = [
        ("/notifier/name", &draft.notifier.name),
        ("/notifier/email", &draft.notifier.email),
        ("/notifier/address", &draft.notifier.address),
        ("/notifier/phone", &draft.notifier.phone),
        ("/notifier/acts_for", &draft.notifier.acts_for),
        ("/declarations/signature", &draft.declarations.signature),
    ];
    for (pointer, text) in short {
        parts.bounded(pointer, text, MAX_SHORT);
    }
    if let Some(registration) = &draft.registration {
        parts.bounded("/registration/office", &registration.office, MAX_SHORT);
        parts.bounded("/registration/number", &registration.number, MAX_SHORT);
    }
    if draft.listings.iter().any(|listing| listing.chars().count() > MAX_SHORT) {
        parts.ask(false, "/listings", "limits", "a listing's id is longer than 300 characters");
    }
}

/// The right that is infringed has to be named in the way of its kind.
fn right(parts: &mut Parts, draft: &NoticeDraft) {
    let registered = draft.registration.as_ref().is_some_and(|one| !one.number.trim().is_empty());
    match draft.ground {
        ground if ground.needs_mark() => {
            parts.ask(
                !draft.marks.is_empty() || registered,
                "/marks",
                "terms for notices",
                "name the mark, or office and number of its registration",
            );
        }
        Ground::Design | Ground::Patent => {
            parts.ask(registered, "/registration", "terms for notices", "give office and number of the registration");
        }
        Ground::Copyright => {
            let provision =
                if draft.regime() == Regime::Dmca { "17 USC 512(c)(3)(A)(ii)" } else { "terms for notices" };
            parts.ask(
                !draft.work.trim().is_empty(),
                "/work",
                provision,
                "say which work is used and where the original can be seen",
            );
        }
        _ => {}
    }
}

fn dmca(parts: &mut Parts, draft: &NoticeDraft) {
    let contact = "17 USC 512(c)(3)(A)(iv)";
    parts.ask(!draft.notifier.address.trim().is_empty(), "/notifier/address", contact, "give your postal address");
    parts.ask(!draft.notifier.phone.trim().is_empty(), "/notifier/phone", contact, "give your telephone number");
    let signed = !draft.declarations.signature.trim().is_empty();
    parts.ask(signed, "/declarations/signature", "17 USC 512(c)(3)(A)(i)", "sign with your full name");
    let sworn = draft.declarations.accurate_under_perjury;
    parts.ask(
        sworn,
        "/declarations/accurate_under_perjury",
        "17 USC 512(c)(3)(A)(vi)",
        "declare under penalty of perjury that you may act for the owner",
    );
}

/// What a counter-notice lacks under the law of the notice it answers; empty when it is complete.
pub fn missing_in_counter(draft: &CounterDraft, regime: Regime) -> Vec<Missing> {
    let mut parts = Parts::default();
    parts.at_most("/evidence", draft.evidence.len(), MAX_EVIDENCE);
    parts.bounded("/explanation", &draft.explanation, MAX_REASONS);
    let short = [
        ("/name", &draft.name),
        ("/email", &draft.email),
        ("/address", &draft.address),
        ("/phone", &draft.phone),
        ("/signature", &draft.signature),
    ];
    for (pointer, text) in short {
        parts.bounded(pointer, text, MAX_SHORT);
    }
    let terms = "terms for notices";
    parts.ask(draft.reason.is_some(), "/reason", terms, "choose why the notice is wrong");
    let explained = draft.explanation.trim().chars().count() >= MIN_REASONS;
    parts.ask(explained, "/explanation", terms, "say in at least 20 characters why the notice is wrong");
    parts.ask(!draft.name.trim().is_empty(), "/name", terms, "give your name or your company's");
    parts.ask(is_email(draft.email.trim()), "/email", terms, "give a mail address such as name@example.com");
    match regime {
        Regime::Dmca => {
            let contact = "17 USC 512(g)(3)(D)";
            parts.ask(!draft.address.trim().is_empty(), "/address", contact, "give your postal address");
            parts.ask(!draft.phone.trim().is_empty(), "/phone", contact, "give your telephone number");
            parts.ask(
                draft.consents_to_jurisdiction,
                "/consents_to_jurisdiction",
                contact,
                "consent to the jurisdiction of the court and to service of process",
            );
            parts.ask(
                draft.mistake_under_perjury,
                "/mistake_under_perjury",
                "17 USC 512(g)(3)(C)",
                "declare under penalty of perjury that the material was removed by mistake",
            );
            parts.ask(
                !draft.signature.trim().is_empty(),
                "/signature",
                "17 USC 512(g)(3)(A)",
                "sign with your full name",
            );
        }
        Regime::CnEcl => {
            parts.ask(
                !draft.evidence.is_empty(),
                "/evidence",
                "CN ECL art. 43",
                "add prima facie evidence that there is no infringement",
            );
        }
        Regime::Dsa | Regime::House => {}
    }
    parts.0
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::kernel::Digest;
    use crate::registry::model::MarkKey;
    use crate::takedowns::model::{CounterReason, Declarations, Notifier};

    pub(crate) fn draft(ground: Ground, market: &str) -> NoticeDraft {
        NoticeDraft {
            ground,
            market: market.parse().unwrap(),
            regime: None,
            brand: None,
            marks: vec![MarkKey::new("northpeak/word")],
            registration: Some(crate::registry::model::Registration {
                office: "EUIPO".to_owned(),
                number: "1".to_owned(),
            }),
            work: "the photograph of our boot, https://northpeak.example/boot".to_owned(),
            reasons: "The shoes bear our mark and were not made by us.".to_owned(),
            listings: vec!["L-1".to_owned()],
            notifier: Notifier {
                name: "Northpeak GmbH".to_owned(),
                email: "brand@northpeak.example".to_owned(),
                address: "1 Hill Road".to_owned(),
                phone: "+49 30 1".to_owned(),
                acts_for: String::new(),
            },
            declarations: Declarations {
                good_faith: true,
                accurate_under_perjury: true,
                signature: "A. Berg".to_owned(),
            },
            evidence: vec![Digest([1; 32])],
        }
    }

    fn pointers(missing: &[Missing]) -> Vec<&str> {
        missing.iter().map(|part| part.pointer.as_str()).collect()
    }

    #[test]
    fn a_whole_notice_lacks_nothing_on_any_ground_in_any_market() {
        for ground in Ground::ALL {
            for market in ["EU", "DE", "US", "CN", "JP", "NO"] {
                assert_eq!(missing_in_notice(&draft(*ground, market)), [], "{ground} {market}");
            }
        }
    }

    /// Takes one part away and names the pointer that must be asked for.
    type Removal = (&'static str, fn(&mut NoticeDraft), &'static str);

    #[test]
    fn each_part_that_the_law_asks_for_is_named_when_it_is_missing() {
        let everywhere: [Removal; 6] = [
            ("/reasons", |one| one.reasons = "fake".to_owned(), "16(2)(a)"),
            ("/listings", |one| one.listings.clear(), "16(2)(b)"),
            ("/listings", |one| one.listings = vec![" ".to_owned()], "16(2)(b)"),
            ("/notifier/name", |one| one.notifier.name.clear(), "16(2)(c)"),
            ("/notifier/email", |one| one.notifier.email = "nobody".to_owned(), "16(2)(c)"),
            ("/declarations/good_faith", |one| one.declarations.good_faith = false, "16(2)(d)"),
        ];
        for (pointer, remove, provision) in everywhere {
            let mut one = draft(Ground::Counterfeit, "DE");
            remove(&mut one);
            let missing = missing_in_notice(&one);
            assert_eq!(pointers(&missing), [pointer]);
            assert_eq!(missing[0].provision, format!("DSA art. {provision}"));
        }
        let american: [Removal; 5] = [
            ("/work", |one| one.work.clear(), "(ii)"),
            ("/notifier/address", |one| one.notifier.address.clear(), "(iv)"),
            ("/notifier/phone", |one| one.notifier.phone.clear(), "(iv)"),
            ("/declarations/signature", |one| one.declarations.signature.clear(), "(i)"),
            ("/declarations/accurate_under_perjury", |one| one.declarations.accurate_under_perjury = false, "(vi)"),
        ];
        for (pointer, remove, provision) in american {
            let mut one = draft(Ground::Copyright, "US");
            remove(&mut one);
            let missing = missing_in_notice(&one);
            assert_eq!(pointers(&missing), [pointer]);
            assert_eq!(missing[0].provision, format!("17 USC 512(c)(3)(A){provision}"));
            // The Union does not ask for it, but for the work.
            one.market = "DE".parse().unwrap();
            assert_eq!(missing_in_notice(&one).len(), usize::from(pointer == "/work"), "{pointer}");
        }
    }

    #[test]
    fn a_right_is_named_in_the_way_of_its_kind() {
        for (ground, pointer) in
            [(Ground::Counterfeit, "/marks"), (Ground::Patent, "/registration"), (Ground::Design, "/registration")]
        {
            let bare = NoticeDraft { marks: Vec::new(), registration: None, ..draft(ground, "DE") };
            assert_eq!(pointers(&missing_in_notice(&bare)), [pointer]);
        }
        let bare =
            NoticeDraft { marks: Vec::new(), registration: None, evidence: Vec::new(), ..draft(Ground::Other, "CN") };
        assert_eq!(pointers(&missing_in_notice(&bare)), ["/evidence"]);
    }

    #[test]
    fn a_thousand_listings_are_taken_and_one_more_is_not() {
        let many = |count: usize| NoticeDraft {
            listings: (0..count).map(|number| format!("L-{number}")).collect(),
            ..draft(Ground::Counterfeit, "DE")
        };
        assert_eq!(missing_in_notice(&many(1_000)), []);
        let missing = missing_in_notice(&many(1_001));
        assert_eq!(missing[0].says, "has 1001 entries; at most 1000 are taken");
    }

    #[test]
    fn texts_are_bounded_and_hold_no_control_characters() {
        let mut one = draft(Ground::Counterfeit, "DE");
        one.reasons = "r".repeat(MAX_REASONS + 1);
        one.notifier.name = "North\u{0}peak".to_owned();
        assert_eq!(pointers(&missing_in_notice(&one)), ["/reasons", "/notifier/name"]);
    }

    #[test]
    fn mail_addresses_are_told_from_other_texts() {
        for good in ["a@b.co", "first.last+tag@sub.example.com", "ü@example.org"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "a@b", "@b.co", "a@", "a b@c.de", "a@b@c.de", "a@.de", "a@b..de", "a@-b.de", "a@b.de\n"] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(!is_email(&format!("{}@example.com", "a".repeat(260))));
    }

    #[test]
    fn a_counter_notice_has_the_parts_of_the_law_it_answers_under() {
        let whole = CounterDraft {
            reason: Some(CounterReason::Genuine),
            explanation: "We bought these from the owner's distributor.".to_owned(),
            name: "Shop".to_owned(),
            email: "shop@example.com".to_owned(),
            address: "2 Quay".to_owned(),
            phone: "+1 2".to_owned(),
            mistake_under_perjury: true,
            consents_to_jurisdiction: true,
            signature: "C. Shop".to_owned(),
            evidence: vec![Digest([2; 32])],
        };
        for regime in Regime::ALL {
            assert_eq!(missing_in_counter(&whole, *regime), []);
        }
        let least = CounterDraft {
            address: String::new(),
            phone: String::new(),
            mistake_under_perjury: false,
            consents_to_jurisdiction: false,
            signature: String::new(),
            evidence: Vec::new(),
            ..whole
        };
        assert_eq!(missing_in_counter(&least, Regime::Dsa), []);
        assert_eq!(pointers(&missing_in_counter(&least, Regime::CnEcl)), ["/evidence"]);
        let american = missing_in_counter(&least, Regime::Dmca);
        assert_eq!(
            pointers(&american),
            ["/address", "/phone", "/consents_to_jurisdiction", "/mistake_under_perjury", "/signature"]
        );
        let nothing = missing_in_counter(&CounterDraft::default(), Regime::House);
        assert_eq!(pointers(&nothing), ["/reason", "/explanation", "/name", "/email"]);
    }

    #[test]
    fn the_law_follows_the_market_and_the_ground() {
        let of = |ground, market: &str| Regime::of(ground, market.parse().unwrap());
        assert_eq!(of(Ground::Copyright, "US"), Regime::Dmca);
        assert_eq!(of(Ground::Counterfeit, "US"), Regime::House);
        assert_eq!(of(Ground::Copyright, "CN"), Regime::CnEcl);
        assert_eq!(of(Ground::Patent, "NO"), Regime::Dsa);
        assert_eq!(of(Ground::Patent, "GB"), Regime::House);
    }
}
