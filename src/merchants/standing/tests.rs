use super::*;
use crate::kernel::Instant;

fn at(text: &str) -> Instant {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn entry(id: &str, offence: &str, on: &str) -> LedgerEntry {
    let policy = StandingPolicy::shipped();
    let offence = policy.offence(offence).unwrap();
    LedgerEntry {
        id: id.to_owned(),
        ledger: offence.ledger,
        offence: offence.id.clone(),
        severity: offence.severity,
        points: offence.points,
        source: "a test".to_owned(),
        says: offence.says.clone(),
        at: at(on),
        expires_at: at(on).plus_seconds(i64::from(offence.lives_days) * 86_400),
        appeal: Appeal::None,
    }
}

fn verified() -> Background {
    Background { verified_since: Some(at("2025-01-01")), barred: None }
}

fn stands(entries: &[LedgerEntry], on: &str) -> Standing {
    derive(&StandingPolicy::shipped(), entries, &verified(), at(on))
}

fn effects(standing: &Standing) -> Vec<Effect> {
    standing.effects.iter().map(|own| own.effect).collect()
}

#[test]
fn a_clean_merchant_goes_from_new_to_standard_to_trusted_by_time_alone() {
    let policy = StandingPolicy::shipped();
    let of =
        |on: &str| derive(&policy, &[], &Background { verified_since: Some(at("2026-01-01")), barred: None }, at(on));
    assert_eq!((of("2026-01-30").tier, of("2026-01-30").listing_limit), (Tier::New, Some(200)));
    assert_eq!(of("2026-01-30").next_change, Some(at("2026-01-31")));
    assert_eq!((of("2026-01-31").tier, of("2026-06-29").tier), (Tier::Standard, Tier::Standard));
    assert_eq!((of("2026-06-30").tier, of("2026-06-30").score), (Tier::Trusted, 100));
    assert_eq!(of("2026-06-30").next_change, None);
    let unverified = derive(&policy, &[], &Background::default(), at("2026-06-30"));
    assert_eq!(unverified.tier, Tier::New);
    assert!(unverified.because[0].contains("not verified"));
}

#[test]
fn steps_restrict_for_their_days_and_points_stay_until_they_expire() {
    let entries = [entry("a", "counterfeit", "2026-03-01")];
    let day = stands(&entries, "2026-03-07");
    assert_eq!((day.tier, day.score), (Tier::Restricted, 75));
    assert_eq!(effects(&day), [Effect::ReviewAllListings, Effect::NoNewListings]);
    assert_eq!(day.next_change, Some(at("2026-03-08")));
    let after = stands(&entries, "2026-03-08");
    assert_eq!((after.tier, after.ledgers[0].points, after.ledgers[0].next_step), (Tier::Standard, 12, Some(24)));
    assert_eq!(after.next_change, Some(at("2027-03-01")), "then the points expire");
    assert_eq!(stands(&entries, "2027-03-01").tier, Tier::Trusted);
    let gone = stands(&entries, "2027-03-01");
    assert_eq!(gone.ledgers[0].entries[0].because.as_deref(), Some("it has expired"));
}

#[test]
fn four_counterfeits_shut_out_for_good_with_all_shops_of_the_owner() {
    let entries: Vec<LedgerEntry> = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]
        .iter()
        .map(|on| entry(on, "counterfeit", on))
        .collect();
    assert_eq!(stands(&entries[..2], "2026-02-02").tier, Tier::Restricted);
    assert_eq!(stands(&entries[..3], "2026-03-02").tier, Tier::Suspended);
    assert!(!effects(&stands(&entries[..3], "2026-03-02")).contains(&Effect::SuspendOwner));
    assert_eq!(stands(&entries[..3], "2026-03-30").tier, Tier::Standard, "21 days are over");
    let shut = stands(&entries, "2036-01-01");
    assert_eq!(shut.tier, Tier::Suspended, "long after all points have expired");
    assert!(effects(&shut).contains(&Effect::SuspendOwner));
    assert_eq!(shut.ledgers[0].points, 0);
}

#[test]
fn ledgers_never_add_to_each_other() {
    let entries = [entry("a", "counterfeit", "2026-03-01"), entry("b", "prohibited_goods", "2026-03-01")];
    let standing = stands(&entries, "2026-03-02");
    let points: Vec<u32> = standing.ledgers.iter().map(|own| own.points).collect();
    assert_eq!(points, [12, 12, 0, 0]);
    assert_eq!(standing.tier, Tier::Restricted);
    // 1 − 12/48 in both ledgers.
    assert_eq!(standing.score, 56);
}

#[test]
fn serious_breaches_within_three_days_count_once_and_small_ones_six_a_day() {
    let burst: Vec<LedgerEntry> = ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"]
        .iter()
        .map(|on| entry(on, "counterfeit", on))
        .collect();
    let standing = stands(&burst, "2026-03-05");
    let counted: Vec<u32> = standing.ledgers[0].entries.iter().map(|own| own.points).collect();
    assert_eq!(counted, [12, 0, 0, 12]);
    assert!(standing.ledgers[0].entries[1].because.as_deref().unwrap().contains("count once"));
    let many: Vec<LedgerEntry> =
        (0..20).map(|number| entry(&format!("{number:02}"), "late_delivery", "2026-03-01")).collect();
    let standing = stands(&many, "2026-03-02");
    assert_eq!(standing.ledgers[3].points, 6);
    assert_eq!((standing.tier, standing.listing_limit), (Tier::Restricted, Some(100)));
}

#[test]
fn a_granted_appeal_takes_the_points_away_and_an_open_one_does_not() {
    let mut entries = [entry("a", "counterfeit", "2026-03-01"), entry("b", "counterfeit", "2026-03-02")];
    entries[0].appeal = Appeal::Open;
    assert_eq!(stands(&entries, "2026-03-03").ledgers[0].points, 12);
    entries[0].appeal = Appeal::Granted;
    let standing = stands(&entries, "2026-03-03");
    let counted: Vec<u32> = standing.ledgers[0].entries.iter().map(|own| own.points).collect();
    assert_eq!(counted, [0, 12], "what it hid counts again");
    use Appeal::*;
    let all = [None, Open, Granted, Refused];
    for from in all {
        for to in all {
            let allowed = matches!((from, to), (None, Open) | (Open, Granted | Refused));
            assert_eq!(from.then(to).is_some(), allowed, "{from:?} to {to:?}");
        }
        assert_eq!(from.as_str().parse(), Ok(from));
    }
}

#[test]
fn who_is_barred_is_suspended_whatever_its_ledgers_say() {
    let background = Background { barred: Some("its owner is shut out".to_owned()), ..verified() };
    let standing = derive(&StandingPolicy::shipped(), &[], &background, at("2026-06-30"));
    assert_eq!(standing.tier, Tier::Suspended);
    assert_eq!(effects(&standing), [Effect::ListingsOff]);
    assert_eq!(standing.because, ["its owner is shut out"]);
}

#[test]
fn the_same_entries_in_any_order_give_the_same_standing() {
    let mut entries = vec![
        entry("a", "counterfeit", "2026-03-01"),
        entry("b", "infringing_use", "2026-03-01"),
        entry("c", "late_delivery", "2026-03-02"),
        entry("d", "counterfeit", "2026-03-03"),
    ];
    let forwards = stands(&entries, "2026-03-10");
    entries.reverse();
    assert_eq!(stands(&entries, "2026-03-10"), forwards);
}

#[test]
fn the_histogram_shows_what_moving_a_step_would_do() {
    let shown = histogram(&[2, 4, 12, 12, 30], 100, 12, 20);
    assert_eq!((shown.merchants, shown.reached_now, shown.reached_then), (100, 3, 1));
    assert_eq!(shown.bars.iter().map(|bar| bar.merchants).sum::<u64>(), 100);
    assert_eq!((shown.bars[0].from, shown.bars[0].merchants), (0, 95));
    assert_eq!(shown.bars[12].merchants, 2);
    let wide = histogram(&[4_000_000_000], 1, 12, 12);
    assert!(wide.bars.len() <= 61 && wide.bars.last().unwrap().merchants == 1);
    assert_eq!(histogram(&[], 0, 1, 1).bars.iter().map(|bar| bar.merchants).sum::<u64>(), 0);
}

#[test]
fn a_faulty_policy_is_refused_with_the_place() {
    let text = include_str!("../../../rules/merchants/standing.toml");
    for (from, to, words) in [
        ("at = 24", "at = 12", "ladder ip do not climb"),
        ("tier = \"restricted\"", "tier = \"trusted\"", "ladder ip"),
        ("points = 12", "points = 0", "offence counterfeit"),
        ("permanent = true", "permanent = true\nfor_days = 3", "permanent and has for_days"),
        ("ledger = \"ip\"", "ledger = \"ipr\"", "cannot be read"),
    ] {
        let faulty = text.replacen(from, to, 1);
        assert_ne!(faulty, text, "{from}");
        assert!(StandingPolicy::parse(&faulty).unwrap_err().to_string().contains(words), "{words}");
    }
    for offence in StandingPolicy::shipped().offences() {
        assert!(!offence.source.is_empty() && !offence.says.is_empty());
    }
}
