//! From ledgers to tier, score and measures.

use super::model::{
    Appeal, Effect, EffectInForce, EntryCount, Ledger, LedgerEntry, LedgerStanding, Severity, Standing, Tier,
};
use super::policy::{StandingPolicy, Step};
use crate::kernel::Instant;

const DAY: i64 = 86_400;

/// What standing rests on beside the ledgers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Background {
    /// Since when the merchant is verified; absent = it is not.
    pub verified_since: Option<Instant>,
    /// Why it may not trade, whatever its ledgers say: suspended, closed, its owner is.
    pub barred: Option<String>,
}

/// What an entry counts, before expiry.
struct Counted<'a> {
    entry: &'a LedgerEntry,
    points: u32,
    because: Option<String>,
}

/// Points of each entry of one ledger, oldest first.
fn count<'a>(policy: &StandingPolicy, entries: &'a [LedgerEntry], ledger: Ledger) -> Vec<Counted<'a>> {
    let mut own: Vec<&LedgerEntry> = entries.iter().filter(|entry| entry.ledger == ledger).collect();
    own.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.id.cmp(&b.id)));
    let mut counted = Vec::with_capacity(own.len());
    let mut last_serious: Option<Instant> = None;
    let mut today = (jiff::civil::Date::ZERO, 0_u32);
    for entry in own {
        let (points, because) = if entry.appeal == Appeal::Granted {
            (0, Some("the appeal succeeded".to_owned()))
        } else if entry.severity == Severity::Serious {
            let window = i64::from(policy.count.serious_once_in_days) * DAY;
            match last_serious {
                Some(last) if entry.at < last.plus_seconds(window) => {
                    let days = policy.count.serious_once_in_days;
                    (0, Some(format!("serious breaches within {days} days count once")))
                }
                _ => {
                    last_serious = Some(entry.at);
                    (entry.points, None)
                }
            }
        } else {
            if today.0 != entry.at.date() {
                today = (entry.at.date(), 0);
            }
            let points = entry.points.min(policy.count.most_a_day.saturating_sub(today.1));
            today.1 += points;
            let cut = (points < entry.points).then(|| format!("at most {} points a day", policy.count.most_a_day));
            (points, cut)
        };
        counted.push(Counted { entry, points, because });
    }
    counted
}

/// Live points of a ledger just after `at`.
fn live_at(counted: &[Counted<'_>], at: Instant) -> u32 {
    let live = counted.iter().filter(|own| own.entry.at <= at && at < own.entry.expires_at);
    live.map(|own| own.points).sum()
}

/// Whether `step` holds at `now`, and until when.
fn holds(step: &Step, counted: &[Counted<'_>], now: Instant) -> Option<Option<Instant>> {
    let reached = |own: &&Counted<'_>| own.points > 0 && live_at(counted, own.entry.at) >= step.at;
    let past = || counted.iter().filter(|own| own.entry.at <= now);
    match step.for_days {
        _ if step.permanent => past().any(|own| reached(&own)).then_some(None),
        None => (live_at(counted, now) >= step.at).then_some(None),
        Some(days) => {
            let last = past().filter(reached).map(|own| own.entry.at).max()?;
            let until = last.plus_seconds(i64::from(days) * DAY);
            (now < until).then_some(Some(until))
        }
    }
}

/// Points of one ledger that count at `now`.
pub fn live_points(policy: &StandingPolicy, entries: &[LedgerEntry], ledger: Ledger, now: Instant) -> u32 {
    live_at(&count(policy, entries, ledger), now)
}

/// How a merchant with these entries stands at `now`.
pub fn derive(policy: &StandingPolicy, entries: &[LedgerEntry], background: &Background, now: Instant) -> Standing {
    let mut standing = Standing {
        tier: Tier::Standard,
        score: 100,
        listing_limit: None,
        effects: Vec::new(),
        ledgers: Vec::new(),
        because: Vec::new(),
        next_change: None,
        policy: policy.version.clone(),
    };
    let mut changes: Vec<Instant> = Vec::new();
    let mut share_left = 1.0_f64;
    let mut worst: Option<Tier> = None;
    for ledger in Ledger::ALL {
        let counted = count(policy, entries, ledger);
        let points = live_at(&counted, now);
        let ladder = policy.ladder(ledger);
        let top = ladder.last().map_or(1, |step| step.at);
        share_left *= 1.0 - f64::from(points.min(top)) / f64::from(top);
        for step in ladder {
            let Some(until) = holds(step, &counted, now) else { continue };
            apply(&mut standing, ledger, step, until);
            worst = worst.max(Some(step.tier));
            changes.extend(until);
        }
        changes.extend(counted.iter().filter(|own| own.points > 0).map(|own| own.entry.expires_at));
        standing.ledgers.push(ledger_standing(ledger, points, ladder, &counted, now));
    }
    standing.score = (share_left * 100.0).round() as u32;
    let any_points = standing.ledgers.iter().any(|ledger| ledger.points > 0);
    standing.tier = tier_of(policy, background, worst, any_points, now, &mut standing, &mut changes);
    standing.next_change = changes.into_iter().filter(|at| *at > now).min();
    standing
}

fn apply(standing: &mut Standing, ledger: Ledger, step: &Step, until: Option<Instant>) {
    let because = format!("{} points in the ledger {}", step.at, ledger.as_str());
    standing.because.push(format!("{because}: {}", step.tier.as_str()));
    if let Some(limit) = step.listing_limit {
        standing.listing_limit = Some(standing.listing_limit.map_or(limit, |own| own.min(limit)));
    }
    for effect in &step.effects {
        add_effect(&mut standing.effects, *effect, until, &because);
    }
}

/// Of two reasons for one measure the one that holds longer is kept.
fn add_effect(effects: &mut Vec<EffectInForce>, effect: Effect, until: Option<Instant>, because: &str) {
    let new = EffectInForce { effect, until, because: because.to_owned() };
    match effects.iter_mut().find(|own| own.effect == effect) {
        None => effects.push(new),
        Some(own) if own.until.is_some_and(|held| until.is_none_or(|until| until > held)) => *own = new,
        Some(_) => {}
    }
}

fn ledger_standing(
    ledger: Ledger,
    points: u32,
    ladder: &[Step],
    counted: &[Counted<'_>],
    now: Instant,
) -> LedgerStanding {
    let entry = |own: &Counted<'_>| {
        let expired = now >= own.entry.expires_at;
        let because = if expired { Some("it has expired".to_owned()) } else { own.because.clone() };
        EntryCount { entry: own.entry.id.clone(), points: if expired { 0 } else { own.points }, because }
    };
    LedgerStanding {
        ledger,
        points,
        next_step: ladder.iter().map(|step| step.at).find(|at| *at > points),
        entries: counted.iter().map(entry).collect(),
    }
}

fn tier_of(
    policy: &StandingPolicy,
    background: &Background,
    worst: Option<Tier>,
    any_points: bool,
    now: Instant,
    standing: &mut Standing,
    changes: &mut Vec<Instant>,
) -> Tier {
    if let Some(why) = &background.barred {
        standing.because.push(why.clone());
        add_effect(&mut standing.effects, Effect::ListingsOff, None, why);
        return Tier::Suspended;
    }
    if let Some(tier) = worst {
        return tier;
    }
    let Some(since) = background.verified_since else {
        standing.because.push("its identity is not verified".to_owned());
        standing.listing_limit = Some(policy.tiers.new_listing_limit);
        return Tier::New;
    };
    let after = |days: u32| since.plus_seconds(i64::from(days) * DAY);
    let (settled, trusted) = (after(policy.tiers.new_days), after(policy.tiers.trusted_days));
    changes.extend([settled, trusted]);
    if now < settled {
        standing.because.push(format!("verified for less than {} days", policy.tiers.new_days));
        standing.listing_limit = Some(policy.tiers.new_listing_limit);
        return Tier::New;
    }
    if now >= trusted && !any_points {
        standing.because.push(format!("verified for {} days, and no points", policy.tiers.trusted_days));
        return Tier::Trusted;
    }
    Tier::Standard
}
