//! The policy tree as data: what may be decided, for which reasons, and what merchants are told.

use std::collections::BTreeMap;

use super::decision::{Action, Ruling};
use super::model::{Case, CaseKind};
use crate::kernel::Instant;

/// Longest text that a reviewer fills in, and longest note, in scalar values.
pub const MAX_FILL: usize = 2_000;
/// Longest duration, in days.
const MAX_DAYS: u32 = 3_650;

/// The data of `policies/policies.toml`.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policies {
    /// Version of the file.
    pub version: String,
    /// How long a decision can be taken back, in seconds.
    pub undo_seconds: u32,
    /// Most findings of one decision.
    pub most_findings: usize,
    /// What a second person has to confirm.
    pub four_eyes: FourEyes,
    /// What can be done.
    #[serde(rename = "action")]
    pub actions: Vec<ActionRule>,
    /// What can be broken.
    #[serde(rename = "policy")]
    pub policies: Vec<Policy>,
}

/// What a second person has to confirm.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FourEyes {
    /// These actions, always.
    pub actions: Vec<Action>,
}

/// Where an action may be used and what it needs.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionRule {
    /// Which.
    pub name: Action,
    /// Its name for people.
    pub title: String,
    /// Its key on the case page.
    pub key: char,
    /// The kinds of cases it is used on.
    pub kinds: Vec<CaseKind>,
    /// Whether a policy has to be named.
    #[serde(default)]
    pub needs_policy: bool,
    /// Whether markets can be named.
    #[serde(default)]
    pub markets: bool,
    /// Whether it can end by itself.
    #[serde(default)]
    pub days: bool,
    /// How the message to the merchant begins; empty = no message.
    #[serde(default)]
    pub message: String,
}

/// Something that must not be done.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// The policy above it in the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Its name for people.
    pub name: String,
    /// 1 (low) to 5 (critical).
    pub severity: u8,
    /// The kinds of cases it is used on; empty = any.
    #[serde(default)]
    pub kinds: Vec<CaseKind>,
    /// What may be done about it; empty = it is only a branch of the tree.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// What is usually done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommended: Option<Action>,
    /// How it can be broken.
    #[serde(default, rename = "reason")]
    pub reasons: Vec<PolicyReason>,
}

/// One way to break a policy.
#[derive(Debug, Clone, serde::Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyReason {
    /// Its id in the policy.
    pub id: String,
    /// Its name for reviewers.
    pub name: String,
    /// What the merchant is told.
    pub says: String,
    /// What would cure it.
    pub cure: String,
}

/// A ruling that the policies allow, made ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// What the merchant is told; empty = nothing.
    pub message: String,
    /// Whether a second person has to confirm.
    pub four_eyes: bool,
    /// When it ends by itself.
    pub ends_at: Option<Instant>,
}

/// What is wrong with a ruling: where, and what would mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct RulingFault {
    /// JSON pointer to the member.
    pub pointer: &'static str,
    /// The sentence.
    pub detail: String,
}

fn fault(pointer: &'static str, detail: impl Into<String>) -> RulingFault {
    RulingFault { pointer, detail: detail.into() }
}

impl Policies {
    /// Checks what the file's form does not: known parents, actions that exist, reasons for every policy that acts.
    pub fn check(&self) -> Result<(), String> {
        for (place, policy) in self.policies.iter().enumerate() {
            let before = &self.policies[..place];
            if before.iter().any(|other| other.id == policy.id) {
                return Err(format!("two policies are called \"{}\"", policy.id));
            }
            if let Some(parent) =
                policy.parent.as_ref().filter(|parent| !before.iter().any(|other| other.id == **parent))
            {
                return Err(format!("the parent \"{parent}\" of \"{}\" does not stand before it", policy.id));
            }
            if policy.reasons.is_empty() != policy.actions.is_empty() {
                return Err(format!("\"{}\" needs both actions and reasons, or neither", policy.id));
            }
            if policy.recommended.is_some_and(|action| !policy.actions.contains(&action)) {
                return Err(format!("what \"{}\" recommends is none of its actions", policy.id));
            }
            if let Some(action) = policy.actions.iter().find(|action| self.action(**action).is_none()) {
                return Err(format!("\"{}\" allows {action}, which has no entry", policy.id));
            }
            for reason in &policy.reasons {
                parts(&reason.says).map_err(|problem| format!("{}/{}: {problem}", policy.id, reason.id))?;
            }
        }
        for kind in CaseKind::ALL.iter().filter(|kind| kind.decided_with().is_none()) {
            let keys: Vec<char> = self.actions_on(*kind).map(|action| action.key).collect();
            if keys.is_empty() {
                return Err(format!("no action can be used on a case of kind {kind}"));
            }
            if (1..keys.len()).any(|place| keys[..place].contains(&keys[place])) {
                return Err(format!("two actions on {kind} share a key"));
            }
        }
        self.actions.iter().try_for_each(|action| parts(&action.message).map(drop))
    }

    /// The entry of an action.
    pub fn action(&self, action: Action) -> Option<&ActionRule> {
        self.actions.iter().find(|rule| rule.name == action)
    }

    /// The actions that can be used on cases of this kind.
    pub fn actions_on(&self, kind: CaseKind) -> impl Iterator<Item = &ActionRule> {
        self.actions.iter().filter(move |rule| rule.kinds.contains(&kind))
    }

    /// The policies that can be named on cases of this kind.
    pub fn policies_on(&self, kind: CaseKind) -> impl Iterator<Item = &Policy> {
        let fits = move |policy: &&Policy| {
            !policy.reasons.is_empty() && (policy.kinds.is_empty() || policy.kinds.contains(&kind))
        };
        self.policies.iter().filter(fits)
    }

    /// Holds a ruling on `case` against the policies and writes the merchant's message.
    ///
    /// Fails with the first thing that is not allowed, an open placeholder among them.
    pub fn compose(&self, case: &Case, ruling: &Ruling, now: Instant) -> Result<Composed, RulingFault> {
        let rule = self.allowed_action(case.kind, ruling)?;
        let reasons = self.allowed_findings(case.kind, ruling, rule)?;
        check_bounds(ruling)?;
        let ends_at = ruling.days.map(|days| now.plus_seconds(i64::from(days) * 86_400));
        let known = known_words(case, ruling, ends_at);
        let mut paragraphs = Vec::new();
        if !rule.message.is_empty() {
            paragraphs.push(filled(&rule.message, &known, &ruling.fill)?);
            for reason in &reasons {
                let says = filled(&reason.says, &known, &ruling.fill)?;
                let cure = filled(&reason.cure, &known, &ruling.fill)?;
                paragraphs.push(format!("{says}\n{cure}"));
            }
        }
        Ok(Composed {
            message: paragraphs.join("\n\n"),
            four_eyes: self.four_eyes.actions.contains(&ruling.action),
            ends_at,
        })
    }

    fn allowed_action(&self, kind: CaseKind, ruling: &Ruling) -> Result<&ActionRule, RulingFault> {
        if let Some(request) = kind.decided_with() {
            return Err(fault("/action", format!("a {kind} case is decided with {request}, which closes it")));
        }
        let allowed: Vec<&str> = self.actions_on(kind).map(|rule| rule.name.as_str()).collect();
        let rule = self.actions_on(kind).find(|rule| rule.name == ruling.action).ok_or_else(|| {
            let detail = format!("{} cannot be done on a {kind} case; use {}", ruling.action, allowed.join(", "));
            fault("/action", detail)
        })?;
        if !ruling.markets.is_empty() && !rule.markets {
            return Err(fault("/markets", format!("{} holds in all markets; leave them out", ruling.action)));
        }
        if ruling.days.is_some() && !rule.days {
            return Err(fault("/days", format!("{} does not end by itself; leave the days out", ruling.action)));
        }
        if rule.needs_policy && ruling.findings.is_empty() {
            return Err(fault("/findings", format!("{} needs at least one policy that was broken", ruling.action)));
        }
        Ok(rule)
    }

    fn allowed_findings(
        &self,
        kind: CaseKind,
        ruling: &Ruling,
        rule: &ActionRule,
    ) -> Result<Vec<&PolicyReason>, RulingFault> {
        if ruling.findings.len() > self.most_findings {
            return Err(fault("/findings", format!("names more than {} policies", self.most_findings)));
        }
        if !rule.needs_policy && !ruling.findings.is_empty() {
            return Err(fault("/findings", format!("{} names no policy; leave the findings out", ruling.action)));
        }
        let mut reasons: Vec<&PolicyReason> = Vec::new();
        for (place, finding) in ruling.findings.iter().enumerate() {
            let unknown =
                || fault("/findings", format!("there is no policy \"{}\" for a {kind} case", cut(&finding.policy)));
            let policy = self.policies_on(kind).find(|policy| policy.id == finding.policy).ok_or_else(unknown)?;
            if !policy.actions.contains(&ruling.action) {
                let allowed: Vec<&str> = policy.actions.iter().map(|action| action.as_str()).collect();
                let detail = format!("{} allows {}, not {}", policy.id, allowed.join(", "), ruling.action);
                return Err(fault("/findings", detail));
            }
            let reason = policy.reasons.iter().find(|reason| reason.id == finding.reason).ok_or_else(|| {
                fault("/findings", format!("{} has no reason \"{}\"", policy.id, cut(&finding.reason)))
            })?;
            if ruling.findings[..place].contains(finding) {
                return Err(fault("/findings", format!("{}/{} is named twice", policy.id, reason.id)));
            }
            reasons.push(reason);
        }
        Ok(reasons)
    }

    /// The placeholders that a reviewer has to fill in for these reasons.
    pub fn open_words(&self, reason: &PolicyReason) -> Vec<String> {
        let all = [&reason.says, &reason.cure].into_iter().flat_map(|text| parts(text).unwrap_or_default());
        let mut open: Vec<String> = Vec::new();
        for part in all {
            if let Part::Word(word) = part
                && !FROM_CASE.contains(&word)
                && !open.iter().any(|known| known == word)
            {
                open.push(word.to_owned());
            }
        }
        open
    }
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}

fn check_bounds(ruling: &Ruling) -> Result<(), RulingFault> {
    if ruling.days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        return Err(fault("/days", format!("is not between 1 and {MAX_DAYS}")));
    }
    if ruling.note.chars().count() > MAX_FILL {
        return Err(fault("/note", format!("has more than {MAX_FILL} characters")));
    }
    if ruling.markets.len() > 250 {
        return Err(fault("/markets", "names more markets than there are"));
    }
    let too_long = ruling.fill.values().any(|text| text.chars().count() > MAX_FILL);
    if too_long || ruling.fill.len() > 20 {
        return Err(fault("/fill", format!("holds at most 20 texts of {MAX_FILL} characters")));
    }
    Ok(())
}

/// The placeholders that the case itself fills.
const FROM_CASE: [&str; 7] = ["title", "listing", "merchant", "brands", "marks", "markets", "until"];

/// What the case says for each placeholder; empty = not known, so that the reviewer has to say it.
fn known_words(case: &Case, ruling: &Ruling, ends_at: Option<Instant>) -> BTreeMap<&'static str, String> {
    let markets: Vec<&str> = ruling.markets.iter().map(|market| market.as_str()).collect();
    let place = if markets.is_empty() { "in all markets".to_owned() } else { format!("in {}", markets.join(", ")) };
    let until = ends_at.map_or_else(String::new, |end| format!(" until {}", end.date()));
    BTreeMap::from([
        ("title", case.title.clone()),
        ("listing", case.facts.external_id.clone().unwrap_or_default()),
        ("merchant", case.merchant.clone().unwrap_or_default()),
        ("brands", case.facts.brands.join(", ")),
        ("marks", case.facts.marks.join(", ")),
        ("markets", place),
        ("until", until),
    ])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Word(&'a str),
}

/// A template in its parts; what is filled in is never read as a template again.
fn parts(template: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, behind) = after.split_once('}').ok_or_else(|| format!("a brace is not closed in \"{template}\""))?;
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
            return Err(format!("{{{word}}} is no placeholder; use small letters and _"));
        }
        parts.extend([Part::Text(before), Part::Word(word)]);
        rest = behind;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

fn filled(
    template: &str,
    known: &BTreeMap<&'static str, String>,
    fill: &BTreeMap<String, String>,
) -> Result<String, RulingFault> {
    let mut text = String::new();
    for part in parts(template).map_err(|problem| fault("/findings", problem))? {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Word("until") => text.push_str(&known["until"]),
            Part::Word(word) => {
                let given = fill.get(word).map(|value| value.trim()).filter(|value| !value.is_empty());
                let value = given.or_else(|| known.get(word).map(String::as_str).filter(|value| !value.is_empty()));
                let open = || fault("/fill", format!("{{{word}}} of the message is open; fill it in"));
                text.push_str(value.ok_or_else(open)?);
            }
        }
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::decision::Finding;
    use super::super::desk;
    use super::super::model::{CaseFacts, CaseState};
    use super::*;
    use crate::kernel::id::CaseId;

    fn case(kind: CaseKind) -> Case {
        let now: Instant = "2026-11-22T09:00:00Z".parse().unwrap();
        Case {
            id: CaseId::from_uuid(uuid::Uuid::from_u128(1)),
            kind,
            subject: "lst_1".to_owned(),
            title: "Jacket {marks} 1:1".to_owned(),
            state: CaseState::Waiting,
            queue: "counterfeit".to_owned(),
            rank: 0,
            facts: CaseFacts {
                marks: vec!["Northpeak".to_owned()],
                external_id: Some("SKU-1".to_owned()),
                ..CaseFacts::default()
            },
            listing: None,
            merchant: Some("m-7".to_owned()),
            due: None,
            times: 1,
            opened_at: now,
            opened_by: "rules".to_owned(),
            updated_at: now,
            not_for: None,
            holder: None,
            lease_until: None,
            snoozed_until: None,
            decision: None,
            version: 1,
        }
    }

    fn finding(policy: &str, reason: &str) -> Finding {
        Finding { policy: policy.to_owned(), reason: reason.to_owned() }
    }

    fn remove(findings: &[Finding]) -> Ruling {
        Ruling { findings: findings.to_vec(), ..Ruling::plain(Action::Remove) }
    }

    fn compose(kind: CaseKind, ruling: &Ruling) -> Result<Composed, RulingFault> {
        let now: Instant = "2026-11-22T09:00:00Z".parse().unwrap();
        desk::built_in().policies.compose(&case(kind), ruling, now)
    }

    #[test]
    fn a_message_is_written_from_the_case_and_the_reasons() {
        let ruling = Ruling {
            markets: vec!["DE".parse().unwrap()],
            days: Some(10),
            ..remove(&[finding("counterfeit", "admitted-copy"), finding("mark-use", "mark-in-title")])
        };
        let composed = compose(CaseKind::ListingReview, &ruling).unwrap();
        assert_eq!(
            composed.message,
            "Your listing “Jacket {marks} 1:1” (SKU-1) was taken down in DE until 2026-12-02.\n\n\
             Its text says that the goods are copies of Northpeak.\nGoods of this kind cannot be offered here.\n\n\
             It uses the mark Northpeak for goods that are not the owner's.\n\
             Take the mark out of title and description, or say plainly what your goods fit."
        );
        assert!(!composed.four_eyes && composed.ends_at.is_some());
    }

    #[test]
    fn a_message_with_an_open_placeholder_is_refused_until_it_is_filled() {
        let mut ruling = remove(&[finding("counterfeit", "copy-of-mark")]);
        let refused = compose(CaseKind::ListingReview, &ruling).unwrap_err();
        assert_eq!((refused.pointer, refused.detail.contains("{explanation}")), ("/fill", true));
        ruling.fill.insert("explanation".to_owned(), "   ".to_owned());
        assert!(compose(CaseKind::ListingReview, &ruling).is_err(), "white space fills nothing");
        ruling.fill.insert("explanation".to_owned(), "The {goods} lack the owner's label.".to_owned());
        let message = compose(CaseKind::ListingReview, &ruling).unwrap().message;
        assert!(message.contains("The {goods} lack"), "what is filled in is no template: {message}");
    }

    #[test]
    fn what_the_policies_do_not_allow_is_refused_with_its_place() {
        let place = |kind, ruling: &Ruling| compose(kind, ruling).unwrap_err().pointer;
        let plain = Ruling::plain;
        for elsewhere in [CaseKind::Notice, CaseKind::CounterNotice, CaseKind::Appeal] {
            let refused = compose(elsewhere, &plain(Action::Dismiss)).unwrap_err();
            assert!(refused.pointer == "/action" && refused.detail.contains("/v1/"), "{}", refused.detail);
        }
        assert_eq!(place(CaseKind::Complaint, &plain(Action::Allow)), "/action");
        assert_eq!(place(CaseKind::ListingReview, &plain(Action::Remove)), "/findings");
        assert_eq!(place(CaseKind::ListingReview, &remove(&[finding("no", "such")])), "/findings");
        assert_eq!(place(CaseKind::ListingReview, &remove(&[finding("counterfeit", "such")])), "/findings");
        assert_eq!(place(CaseKind::ListingReview, &remove(&[finding("intellectual-property", "x")])), "/findings");
        assert_eq!(place(CaseKind::ListingReview, &remove(&[finding("repeat-offender", "repeated")])), "/findings");
        let twice = finding("counterfeit", "admitted-copy");
        assert_eq!(place(CaseKind::ListingReview, &remove(&[twice.clone(), twice.clone()])), "/findings");
        assert_eq!(place(CaseKind::ListingReview, &remove(&vec![twice.clone(); 6])), "/findings");
        let allow = |change: fn(&mut Ruling)| {
            let mut ruling = plain(Action::Allow);
            change(&mut ruling);
            compose(CaseKind::ListingReview, &ruling).unwrap_err().pointer
        };
        assert_eq!(allow(|ruling| ruling.days = Some(3)), "/days");
        assert_eq!(allow(|ruling| ruling.markets = vec!["DE".parse().unwrap()]), "/markets");
        assert_eq!(allow(|ruling| ruling.note = "x".repeat(MAX_FILL + 1)), "/note");
        assert_eq!(allow(|ruling| ruling.findings = vec![finding("counterfeit", "admitted-copy")]), "/findings");
        assert_eq!(place(CaseKind::ListingReview, &Ruling { days: Some(0), ..remove(&[twice]) }), "/days");
    }

    #[test]
    fn grave_actions_need_a_second_person() {
        let terminate =
            Ruling { findings: vec![finding("identity", "not-verified")], ..Ruling::plain(Action::Terminate) };
        let mut terminate = terminate;
        terminate.fill.insert("what".to_owned(), "the register number".to_owned());
        assert!(compose(CaseKind::Merchant, &terminate).unwrap().four_eyes);
        assert!(compose(CaseKind::ShipmentHold, &Ruling::plain(Action::Release)).unwrap().four_eyes);
        assert!(!compose(CaseKind::ListingReview, &Ruling::plain(Action::Allow)).unwrap().four_eyes);
    }

    #[test]
    fn a_tree_that_cannot_be_used_is_refused() {
        let text = include_str!("../../policies/policies.toml");
        let refused = |from: &str, to: &str| {
            let policies: Policies = toml::from_str(&text.replacen(from, to, 1)).unwrap();
            policies.check().unwrap_err()
        };
        assert!(refused("parent = \"intellectual-property\"", "parent = \"nobody\"").contains("nobody"));
        assert!(refused("id = \"mark-use\"", "id = \"counterfeit\"").contains("two policies"));
        assert!(refused("{explanation}", "{Explanation}").contains("placeholder"));
        assert!(refused("key = \"s\"", "key = \"r\"").contains("share a key"));
        assert!(refused("recommended = \"suspend\"", "recommended = \"allow\"").contains("recommends"));
    }
}
