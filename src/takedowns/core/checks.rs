//! What speaks against a notice before it is filed, so that it need not be rejected afterwards.

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::kernel::Market;
use crate::kernel::id::NoticeId;
use crate::kernel::words::word_enum;
use crate::matching::text::{GoodsFit, goods_fit};
use crate::registry::model::{Brand, BrandKey, MarkKey, MarkStatus, NiceClass};
use crate::takedowns::model::{Ground, ItemState, NoticeDraft};

word_enum!(
    /// What was found.
    FindingKind, "finding", {
        /// No such listing was ever submitted.
        ListingUnknown = "listing_unknown",
        /// The listing stands in this notice twice.
        ListedTwice = "listed_twice",
        /// The registry does not know the mark.
        MarkUnknown = "mark_unknown",
        /// The mark belongs to another owner.
        NotOwnMark = "not_own_mark",
        /// The mark is not registered any more, or not yet.
        MarkInactive = "mark_inactive",
        /// The mark is not valid where the listing is offered.
        MarkOutsideMarket = "mark_outside_market",
        /// The mark is not registered for these goods.
        MarkOutsideClass = "mark_outside_class",
        /// The registry says that the merchant may sell under the mark.
        SellerAuthorised = "seller_authorised",
        /// Neither text nor pictures of the listing show the mark.
        MarkNotFound = "mark_not_found",
        /// The same listing, unchanged, was decided before on the same ground.
        AlreadyDecided = "already_decided",
        /// The same notifier's notice about this listing on the same ground is open.
        SameNotice = "same_notice",
    }
);

word_enum!(
    /// How heavily a finding weighs.
    FindingWeight, "weight", {
        /// The notice is not taken for this listing.
        Refuses = "refuses",
        /// The notice is taken; whoever decides sees the finding.
        Doubtful = "doubtful",
    }
);

/// One thing that speaks against the notice.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = NoticeFinding)]
pub struct Finding {
    /// What was found.
    pub kind: FindingKind,
    /// How heavily it weighs.
    pub weight: FindingWeight,
    /// The listing concerned; none: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listing: Option<String>,
    /// The mark concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub mark: Option<MarkKey>,
    /// The same in one sentence.
    pub says: String,
}

/// What is known of a listing.
#[derive(Debug, Clone, Default)]
pub struct ListingFacts {
    /// The platform's id of the merchant.
    pub merchant: Option<String>,
    /// Where it is offered; empty = not said.
    pub ships_to: Vec<Market>,
    /// The platform's category.
    pub category: Option<String>,
    /// Marks that the verdict in force found in its text.
    pub marks_found: BTreeSet<MarkKey>,
    /// Brands whose references its pictures resemble.
    pub brands_pictured: BTreeSet<BrandKey>,
    /// Earlier notices about this version on the same ground that name the same right.
    pub earlier: Vec<Earlier>,
}

/// An earlier notice about the same listing, on the same ground and right.
#[derive(Debug, Clone)]
pub struct Earlier {
    /// The notice.
    pub notice: NoticeId,
    /// Where the listing stands in it.
    pub state: ItemState,
    /// Whether the same notifier filed it.
    pub same_notifier: bool,
    /// Whether the listing has not changed since.
    pub same_version: bool,
}

/// A brand that the draft names, and whether it is the caller's.
#[derive(Debug, Clone, Copy)]
pub struct Right<'a> {
    /// The brand.
    pub brand: &'a Brand,
    /// Whether the caller may act for it; the public form cannot prove it and is not asked to.
    pub own: bool,
}

/// A mark of either kind, as far as notices need it.
struct MarkTerms<'a> {
    key: &'a MarkKey,
    nice: &'a [NiceClass],
    territories: &'a [Market],
    status: MarkStatus,
    expires: Option<Date>,
}

fn marks_of(brand: &Brand) -> impl Iterator<Item = MarkTerms<'_>> {
    let words = brand.word_marks.iter().map(|mark| MarkTerms {
        key: &mark.key,
        nice: &mark.nice,
        territories: &mark.territories,
        status: mark.status,
        expires: mark.expires,
    });
    let figures = brand.figurative_marks.iter().map(|mark| MarkTerms {
        key: &mark.key,
        nice: &mark.nice,
        territories: &mark.territories,
        status: mark.status,
        expires: mark.expires,
    });
    words.chain(figures)
}

/// What speaks against the marks that `draft` names, whatever the listing.
pub fn check_marks(draft: &NoticeDraft, rights: &[Right<'_>], on: Date) -> Vec<Finding> {
    let mut found = Vec::new();
    for key in &draft.marks {
        let owner = rights
            .iter()
            .find_map(|right| marks_of(right.brand).find(|mark| mark.key == key).map(|mark| (right, mark)));
        let finding = |kind, says: String| Finding {
            kind,
            weight: FindingWeight::Refuses,
            listing: None,
            mark: Some(key.clone()),
            says,
        };
        let Some((right, mark)) = owner else {
            found.push(finding(FindingKind::MarkUnknown, format!("the registry holds no mark \"{key}\"")));
            continue;
        };
        if !right.own {
            found.push(finding(
                FindingKind::NotOwnMark,
                format!("the mark \"{key}\" is not yours to enforce; have the brand verified first"),
            ));
            continue;
        }
        let ended = mark.expires.is_some_and(|first_day_off| first_day_off <= on);
        if ended || mark.status != MarkStatus::Registered {
            found.push(finding(FindingKind::MarkInactive, format!("the mark \"{key}\" is not in force on {on}")));
        } else if !mark.territories.is_empty()
            && !mark.territories.iter().any(|territory| territory.covers(draft.market))
        {
            found.push(finding(
                FindingKind::MarkOutsideMarket,
                format!("the mark \"{key}\" is not valid in {}", draft.market),
            ));
        }
    }
    found
}

/// What speaks against the notice for one listing; `facts` is none when it was never submitted.
pub fn check_listing(
    draft: &NoticeDraft,
    rights: &[Right<'_>],
    external_id: &str,
    facts: Option<&ListingFacts>,
    on: Date,
) -> Vec<Finding> {
    let finding = |kind, weight, mark: Option<&MarkKey>, says: String| Finding {
        kind,
        weight,
        listing: Some(external_id.to_owned()),
        mark: mark.cloned(),
        says,
    };
    let Some(facts) = facts else {
        let says = format!("there is no listing \"{external_id}\"; give the platform's id of one");
        return vec![finding(FindingKind::ListingUnknown, FindingWeight::Refuses, None, says)];
    };
    let mut found = Vec::new();
    for earlier in &facts.earlier {
        let id = earlier.notice;
        if earlier.same_notifier && !earlier.state.is_closed() {
            let says = format!("your notice {id} about \"{external_id}\" on this ground is open");
            found.push(finding(FindingKind::SameNotice, FindingWeight::Refuses, None, says));
        } else if earlier.same_version
            && matches!(earlier.state, ItemState::Rejected | ItemState::Reinstated | ItemState::Final)
        {
            let says = format!(
                "notice {id} decided \"{external_id}\" as it stands on this ground ({}); appeal that decision instead",
                earlier.state
            );
            found.push(finding(FindingKind::AlreadyDecided, FindingWeight::Refuses, None, says));
        }
    }
    for right in rights {
        for mark in marks_of(right.brand).filter(|mark| draft.marks.contains(mark.key)) {
            found.extend(check_mark_in_listing(draft, right.brand, &mark, external_id, facts, on));
        }
    }
    found
}

fn check_mark_in_listing(
    draft: &NoticeDraft,
    brand: &Brand,
    mark: &MarkTerms<'_>,
    external_id: &str,
    facts: &ListingFacts,
    on: Date,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |kind, weight, says: String| {
        found.push(Finding { kind, weight, listing: Some(external_id.to_owned()), mark: Some(mark.key.clone()), says });
    };
    let key = mark.key;
    let offered = !mark.territories.is_empty()
        && !facts.ships_to.is_empty()
        && !facts.ships_to.iter().any(|market| mark.territories.iter().any(|territory| territory.covers(*market)));
    if offered {
        let markets: Vec<&str> = facts.ships_to.iter().map(Market::as_str).collect();
        let says = format!(
            "\"{external_id}\" is offered in {} only, where the mark \"{key}\" is not valid",
            markets.join(", ")
        );
        say(FindingKind::MarkOutsideMarket, FindingWeight::Refuses, says);
    }
    let nice: Vec<u8> = if mark.nice.is_empty() { &brand.nice_classes[..] } else { mark.nice }
        .iter()
        .map(|class| u8::from(*class))
        .collect();
    // A counterfeit of a mark with a reputation can lie outside its classes; other grounds need them.
    if draft.ground.needs_mark()
        && facts.category.as_deref().is_some_and(|category| goods_fit(category, &nice) == GoodsFit::Outside)
    {
        let says = format!(
            "the goods of \"{external_id}\" lie outside the classes of the mark \"{key}\"; say why it is protected there"
        );
        say(FindingKind::MarkOutsideClass, FindingWeight::Doubtful, says);
    }
    let authorised = facts.merchant.as_ref().is_some_and(|merchant| {
        brand
            .authorised_sellers
            .iter()
            .any(|seller| &seller.seller == merchant && seller.covers(key, &facts.ships_to, on))
    });
    if authorised {
        let says = format!("the merchant of \"{external_id}\" is entered as authorised for the mark \"{key}\"");
        // Who may sell can still sell copies; who may sell cannot infringe by selling.
        let weight = if draft.ground == Ground::Counterfeit { FindingWeight::Doubtful } else { FindingWeight::Refuses };
        say(FindingKind::SellerAuthorised, weight, says);
    }
    if draft.ground.shows_mark() && !facts.marks_found.contains(key) && !facts.brands_pictured.contains(&brand.key) {
        let says = format!(
            "neither the text nor the pictures of \"{external_id}\" show the mark \"{key}\"; say where it is to be seen"
        );
        say(FindingKind::MarkNotFound, FindingWeight::Doubtful, says);
    }
    found
}

/// The listings that stand in `listings` more than once, each named once.
pub fn listed_twice(listings: &[String]) -> Vec<Finding> {
    let (mut seen, mut said) = (BTreeSet::new(), BTreeSet::new());
    let mut found = Vec::new();
    for listing in listings {
        if !seen.insert(listing) && said.insert(listing) {
            found.push(Finding {
                kind: FindingKind::ListedTwice,
                weight: FindingWeight::Refuses,
                listing: Some(listing.clone()),
                mark: None,
                says: format!("\"{listing}\" is listed twice; list it once"),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::parts::tests::draft;
    use super::*;
    use crate::registry::model::{AuthorisedSeller, WordMark};

    fn brand() -> Brand {
        Brand {
            key: BrandKey::new("northpeak"),
            name: "Northpeak".to_owned(),
            aliases: Vec::new(),
            word_marks: vec![WordMark {
                key: MarkKey::new("northpeak/word"),
                text: "NORTHPEAK".to_owned(),
                registration: None,
                nice: vec![NiceClass::try_from(25).unwrap()],
                territories: vec![Market::EU],
                status: MarkStatus::Registered,
                expires: Some("2030-01-01".parse().unwrap()),
                strictness: None,
            }],
            figurative_marks: Vec::new(),
            references: Vec::new(),
            nice_classes: Vec::new(),
            categories: Vec::new(),
            common_word: false,
            authorised_sellers: vec![AuthorisedSeller {
                seller: "good-shop".to_owned(),
                marks: Vec::new(),
                markets: Vec::new(),
                from: None,
                until: None,
                authorisation: None,
            }],
        }
    }

    fn facts() -> ListingFacts {
        ListingFacts {
            merchant: Some("shop".to_owned()),
            ships_to: vec!["DE".parse().unwrap()],
            category: Some("shoes".to_owned()),
            marks_found: BTreeSet::from([MarkKey::new("northpeak/word")]),
            brands_pictured: BTreeSet::new(),
            earlier: Vec::new(),
        }
    }

    fn on() -> Date {
        "2026-11-22".parse().unwrap()
    }

    fn kinds(found: &[Finding]) -> Vec<(FindingKind, FindingWeight)> {
        found.iter().map(|finding| (finding.kind, finding.weight)).collect()
    }

    fn with_listing(draft: &NoticeDraft, facts: &ListingFacts) -> Vec<(FindingKind, FindingWeight)> {
        let brand = brand();
        kinds(&check_listing(draft, &[Right { brand: &brand, own: true }], "L-1", Some(facts), on()))
    }

    #[test]
    fn a_right_notice_about_a_listing_that_shows_the_mark_finds_nothing() {
        let brand = brand();
        let rights = [Right { brand: &brand, own: true }];
        let draft = draft(Ground::Counterfeit, "DE");
        assert_eq!(check_marks(&draft, &rights, on()), []);
        assert_eq!(check_listing(&draft, &rights, "L-1", Some(&facts()), on()), []);
    }

    #[test]
    fn marks_that_are_unknown_not_own_ended_pending_or_not_valid_here_are_refused() {
        use FindingKind as K;
        let draft = draft(Ground::Counterfeit, "DE");
        let of = |brand: &Brand, own: bool, draft: &NoticeDraft, on: Date| {
            check_marks(draft, &[Right { brand, own }], on).into_iter().map(|finding| finding.kind).collect::<Vec<_>>()
        };
        assert_eq!(check_marks(&draft, &[], on())[0].kind, K::MarkUnknown);
        assert_eq!(of(&brand(), false, &draft, on()), [K::NotOwnMark]);
        assert_eq!(of(&brand(), true, &draft, "2030-01-01".parse().unwrap()), [K::MarkInactive]);
        let mut pending = brand();
        pending.word_marks[0].status = MarkStatus::Pending;
        assert_eq!(of(&pending, true, &draft, on()), [K::MarkInactive]);
        let abroad = NoticeDraft { market: "US".parse().unwrap(), ..draft };
        assert_eq!(of(&brand(), true, &abroad, on()), [K::MarkOutsideMarket]);
    }

    #[test]
    fn a_listing_that_does_not_exist_is_said_so() {
        let draft = draft(Ground::Counterfeit, "DE");
        let found = check_listing(&draft, &[], "L-9", None, on());
        assert_eq!(kinds(&found), [(FindingKind::ListingUnknown, FindingWeight::Refuses)]);
        assert!(found[0].says.contains("L-9"));
    }

    #[test]
    fn an_authorised_merchant_stops_a_trade_mark_notice_and_is_shown_with_a_counterfeit_one() {
        let authorised = ListingFacts { merchant: Some("good-shop".to_owned()), ..facts() };
        let (kind, refuses, doubtful) =
            (FindingKind::SellerAuthorised, FindingWeight::Refuses, FindingWeight::Doubtful);
        assert_eq!(with_listing(&draft(Ground::TradeMark, "DE"), &authorised), [(kind, refuses)]);
        assert_eq!(with_listing(&draft(Ground::Counterfeit, "DE"), &authorised), [(kind, doubtful)]);
    }

    #[test]
    fn a_listing_without_the_mark_or_outside_its_classes_is_doubtful() {
        let bare = ListingFacts { marks_found: BTreeSet::new(), ..facts() };
        let doubtful = FindingWeight::Doubtful;
        assert_eq!(with_listing(&draft(Ground::Counterfeit, "DE"), &bare), [(FindingKind::MarkNotFound, doubtful)]);
        let pictured = ListingFacts { brands_pictured: BTreeSet::from([BrandKey::new("northpeak")]), ..bare.clone() };
        assert_eq!(with_listing(&draft(Ground::Counterfeit, "DE"), &pictured), []);
        assert_eq!(with_listing(&draft(Ground::ParallelImport, "DE"), &bare), [], "genuine goods need not show it");
        let machines = ListingFacts { category: Some("laptop computers".to_owned()), ..facts() };
        assert_eq!(
            with_listing(&draft(Ground::Counterfeit, "DE"), &machines),
            [(FindingKind::MarkOutsideClass, doubtful)]
        );
    }

    #[test]
    fn a_listing_offered_only_where_the_mark_is_not_valid_is_refused() {
        let abroad = ListingFacts { ships_to: vec!["US".parse().unwrap()], ..facts() };
        assert_eq!(
            with_listing(&draft(Ground::Counterfeit, "DE"), &abroad),
            [(FindingKind::MarkOutsideMarket, FindingWeight::Refuses)]
        );
        let both = ListingFacts { ships_to: vec!["US".parse().unwrap(), "FR".parse().unwrap()], ..facts() };
        assert_eq!(with_listing(&draft(Ground::Counterfeit, "DE"), &both), []);
    }

    #[test]
    fn the_same_notice_and_a_decided_one_are_not_filed_again_until_the_listing_changes() {
        let earlier = |state, same_notifier, same_version| ListingFacts {
            earlier: vec![Earlier {
                notice: NoticeId::from_uuid(uuid::Uuid::from_u128(1)),
                state,
                same_notifier,
                same_version,
            }],
            ..facts()
        };
        let draft = draft(Ground::Counterfeit, "DE");
        let refused = |kind| vec![(kind, FindingWeight::Refuses)];
        assert_eq!(with_listing(&draft, &earlier(ItemState::Received, true, true)), refused(FindingKind::SameNotice));
        assert_eq!(with_listing(&draft, &earlier(ItemState::Upheld, true, false)), refused(FindingKind::SameNotice));
        assert_eq!(with_listing(&draft, &earlier(ItemState::Received, false, true)), []);
        assert_eq!(
            with_listing(&draft, &earlier(ItemState::Rejected, false, true)),
            refused(FindingKind::AlreadyDecided)
        );
        assert_eq!(with_listing(&draft, &earlier(ItemState::Rejected, true, false)), [], "the listing changed");
        assert_eq!(with_listing(&draft, &earlier(ItemState::Withdrawn, true, true)), []);
    }

    #[test]
    fn a_listing_that_stands_there_three_times_is_named_once() {
        let listings: Vec<String> = ["a", "b", "a", "a"].map(str::to_owned).to_vec();
        let found = listed_twice(&listings);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].listing.as_deref(), Some("a"));
    }
}
