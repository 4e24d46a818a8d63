//! What a rule does to one listing, worked out from its actions and the listing's destinations.

use super::model::{Actions, Effect, Effects, Restriction, WhenUnknown};
use crate::kernel::Market;

/// The name under which missing destinations are reported.
pub const MISSING_DESTINATIONS: &str = "listing.ships_to";

/// What a rule does, before its condition is asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ruling {
    /// Effect on the verdict; `None` = no reason is given.
    pub effect: Option<Effect>,
    /// Destinations with that effect; empty = all.
    pub markets: Vec<Market>,
    /// The strongest restriction, and the destinations with it; empty = all.
    pub restriction: Option<(Restriction, Vec<Market>)>,
    /// Whether missing destinations made the rule stronger than its default.
    pub destination_missing: bool,
}

impl Ruling {
    /// Whether the rule has nothing to say at these destinations.
    pub fn is_silent(&self) -> bool {
        self.effect.is_none() && self.restriction.is_none()
    }
}

/// Judges `actions` for a listing that ships to `ships_to` (empty = not said).
///
/// Stopped in only some of the destinations means a review that names them; in all of them, the
/// full effect. Without destinations the default counts, unless a named market is stricter and
/// `unknown` says that this matters.
pub fn rule_on(actions: &Actions, effects: &Effects, ships_to: &[Market], unknown: WhenUnknown) -> Ruling {
    if ships_to.is_empty() {
        return without_destination(actions, effects, unknown);
    }
    let destinations = expand(ships_to, actions);
    let effect_at = |destination: &Market| effects.of(actions.for_destination(*destination));
    let restriction_at = |destination: &Market| actions.for_destination(*destination).restriction();
    let (effect, markets) = strongest(&destinations, effect_at);
    let (restriction, restricted_markets) = strongest(&destinations, restriction_at);
    let only_some = !markets.is_empty();
    Ruling {
        effect: effect.map(|effect| if only_some { effect.min(Effect::Review) } else { effect }),
        markets,
        restriction: restriction.map(|restriction| (restriction, restricted_markets)),
        destination_missing: false,
    }
}

fn without_destination(actions: &Actions, effects: &Effects, unknown: WhenUnknown) -> Ruling {
    let default = Ruling {
        effect: effects.of(actions.default),
        restriction: actions.default.restriction().map(|restriction| (restriction, Vec::new())),
        ..Ruling::default()
    };
    let strongest = actions.markets.iter().map(|(_, action)| *action).max_by_key(|action| {
        // The first of equals wins for a stable answer; max_by_key would take the last.
        (effects.of(*action), action.restriction())
    });
    let Some(strongest) = strongest.filter(|action| effects.of(*action) > default.effect) else {
        return default;
    };
    let named = |restriction: Restriction| (restriction, Vec::new());
    match unknown {
        WhenUnknown::Skip => default,
        WhenUnknown::Review => Ruling {
            effect: effects.of(strongest).map(|effect| effect.min(Effect::Review)).max(default.effect),
            restriction: strongest.restriction().map(named).or(default.restriction),
            destination_missing: true,
            ..Ruling::default()
        },
        WhenUnknown::Apply => Ruling {
            effect: effects.of(strongest),
            restriction: strongest.restriction().map(named).or(default.restriction),
            destination_missing: true,
            ..Ruling::default()
        },
    }
}

/// The destinations without repeats. The Union stands for itself and for those members that
/// the actions name, since the goods may go there.
fn expand(ships_to: &[Market], actions: &Actions) -> Vec<Market> {
    let mut destinations: Vec<Market> = Vec::with_capacity(ships_to.len());
    let mut add = |market: Market| {
        if !destinations.contains(&market) {
            destinations.push(market);
        }
    };
    for destination in ships_to {
        add(*destination);
        if *destination == Market::EU {
            actions.markets.iter().filter(|(market, _)| market.is_in_eu()).for_each(|(market, _)| add(*market));
        }
    }
    destinations
}

/// The strongest value among the destinations, and where it applies; no markets = in all of them.
fn strongest<T: Ord + Copy>(destinations: &[Market], value: impl Fn(&Market) -> Option<T>) -> (Option<T>, Vec<Market>) {
    let Some(best) = destinations.iter().filter_map(&value).max() else {
        return (None, Vec::new());
    };
    let affected: Vec<Market> =
        destinations.iter().filter(|destination| value(destination) == Some(best)).copied().collect();
    let everywhere = affected.len() == destinations.len();
    (Some(best), if everywhere { Vec::new() } else { affected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::model::Action;

    fn market(text: &str) -> Market {
        text.parse().unwrap()
    }

    fn actions(default: Action, named: &[(&str, Action)]) -> Actions {
        Actions { default, markets: named.iter().map(|(name, action)| (market(name), *action)).collect() }
    }

    fn ruling(actions: &Actions, ships_to: &[&str], unknown: WhenUnknown) -> Ruling {
        let ships_to: Vec<Market> = ships_to.iter().map(|text| market(text)).collect();
        rule_on(actions, &Effects::default(), &ships_to, unknown)
    }

    #[test]
    fn prohibited_in_some_destinations_is_a_review_that_names_them() {
        let actions = actions(Action::Allowed, &[("GB", Action::Prohibited), ("EU", Action::Restricted)]);
        let some = ruling(&actions, &["US", "GB"], WhenUnknown::Skip);
        assert_eq!((some.effect, some.markets), (Some(Effect::Review), vec![market("GB")]));
        assert_eq!(some.restriction, Some((Restriction::Prohibited, vec![market("GB")])));
        let all = ruling(&actions, &["GB"], WhenUnknown::Skip);
        assert_eq!((all.effect, all.markets), (Some(Effect::Block), vec![]));
        let member = ruling(&actions, &["DE", "FR"], WhenUnknown::Skip);
        assert_eq!((member.effect, member.markets), (Some(Effect::Review), vec![]));
        assert!(ruling(&actions, &["US"], WhenUnknown::Skip).is_silent());
    }

    #[test]
    fn a_member_state_named_itself_overrides_the_union() {
        let actions = actions(Action::Prohibited, &[("EU", Action::Allowed), ("DE", Action::Restricted)]);
        assert_eq!(ruling(&actions, &["DE"], WhenUnknown::Skip).effect, Some(Effect::Review));
        assert!(ruling(&actions, &["FR"], WhenUnknown::Skip).is_silent());
        assert_eq!(ruling(&actions, &["CH"], WhenUnknown::Skip).effect, Some(Effect::Block));
        let union = ruling(&actions, &["EU"], WhenUnknown::Skip);
        assert_eq!((union.effect, union.markets), (Some(Effect::Review), vec![market("DE")]));
    }

    #[test]
    fn an_unknown_destination_takes_the_default_unless_the_rule_says_that_it_matters() {
        let strict = actions(Action::Prohibited, &[("US", Action::Allowed)]);
        assert_eq!(ruling(&strict, &[], WhenUnknown::Skip).effect, Some(Effect::Block));
        let mild = actions(Action::Allowed, &[("CN", Action::Prohibited)]);
        assert!(ruling(&mild, &[], WhenUnknown::Skip).is_silent());
        let review = ruling(&mild, &[], WhenUnknown::Review);
        assert_eq!((review.effect, review.destination_missing), (Some(Effect::Review), true));
        assert_eq!(ruling(&mild, &[], WhenUnknown::Apply).effect, Some(Effect::Block));
    }
}
