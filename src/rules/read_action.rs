//! What a rule does: its actions by destination and the effect of each.

use super::model::{Action, Actions, Effect, Effects};
use super::toml_reader::{File, Section};
use crate::kernel::Market;

const ACTIONS: [(&str, Action); 7] = [
    ("prohibited", Action::Prohibited),
    ("restricted", Action::Restricted),
    ("document_required", Action::DocumentRequired),
    ("allowed", Action::Allowed),
    ("review", Action::Review),
    ("block", Action::Block),
    ("note", Action::Note),
];

const EFFECTS: [(&str, Option<Effect>); 4] = [
    ("block", Some(Effect::Block)),
    ("review", Some(Effect::Review)),
    ("note", Some(Effect::ClearNote)),
    ("none", None),
];

/// Reads `action`.
pub fn read_actions(section: Section<'_, '_>, file: &mut File<'_>) -> Option<Actions> {
    let Some(item) = section.get("action") else {
        file.refuse(section.start, "the rule has no action; add action = { default = \"review\" }");
        return None;
    };
    if item.get_ref().is_str() {
        let default = section.word("action", &ACTIONS, file)?;
        return Some(Actions { default, markets: Vec::new() });
    }
    let table = Section::of(item, "action", file)?;
    let mut default = None;
    let mut markets: Vec<(Market, Action)> = Vec::new();
    for (name, at, _) in table.fields() {
        let action = table.word(name, &ACTIONS, file);
        if name == "default" {
            default = action;
            continue;
        }
        match name.parse::<Market>() {
            Ok(market) if !known_market(market) => {
                file.refuse(at, format!("\"{name}\" is not a country of ISO 3166-1, nor EU"));
            }
            Ok(market) if markets.iter().any(|(known, _)| *known == market) => {
                file.refuse(at, format!("the market {market} is named twice"));
            }
            Ok(market) => markets.extend(action.map(|action| (market, action))),
            Err(error) => file.refuse(at, error.to_string()),
        }
    }
    if table.get("default").is_none() {
        file.refuse(item.span().start, "the action has no default; add default = \"allowed\" or another");
    }
    default.map(|default| Actions { default, markets })
}

/// The codes assigned in ISO 3166-1 alpha-2 (2024), and XK for Kosovo as the European
/// Commission uses it, and EU.
fn known_market(market: Market) -> bool {
    const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS \
        BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET EU \
        FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ \
        IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML \
        MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS \
        PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL \
        TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";
    CODES.split_ascii_whitespace().any(|code| code == market.as_str())
}

/// Reads `effect`.
pub fn read_effects(section: Section<'_, '_>, file: &mut File<'_>) -> Effects {
    let mut effects = Effects::default();
    let Some(table) = section.get("effect").and_then(|item| Section::of(item, "effect", file)) else {
        return effects;
    };
    table.only(&["prohibited", "restricted", "document_required"], "effect", file);
    for (name, place) in [
        ("prohibited", &mut effects.prohibited),
        ("restricted", &mut effects.restricted),
        ("document_required", &mut effects.document_required),
    ] {
        if let Some(effect) = table.word(name, &EFFECTS, file) {
            *place = effect;
        }
    }
    effects
}
