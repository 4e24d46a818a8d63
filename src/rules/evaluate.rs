//! Evaluation: what fired, which rules that makes candidates, and what they say.
//!
//! A rule costs nothing unless its trigger fired: hits look up their rules, never the reverse.

use super::condition::{Answer, HitKind, Reading};
use super::destinations::{MISSING_DESTINATIONS, Ruling, rule_on};
use super::lexicon::LexiconHit;
use super::load::Compiled;
use super::model::{
    AttributeName, Effect, Evidence, Facts, MAX_EVIDENCE, Outcome, Pack, Prohibited, Reason, Rule, State, Trigger,
    WhenUnknown,
};
use super::names::{FIELDS, word};
use super::says::{Placeholder, tidy};
use super::scene::{AttributeHit, HitRef, Scene, attribute_value};
use super::words::Phrase;
use crate::kernel::Market;
use crate::matching::image::{How, ImageHit};
use crate::matching::text::{ClaimKind, Field, UseKind};
use crate::registry::model::{BrandKey, ReferenceKind};

/// Most brands one mark or image rule reports: a listing that names more is one case for a person.
const MAX_GROUPS: usize = 5;

/// An undecided condition is worth half a hit.
const UNDECIDED_SHARE: f32 = 0.5;

/// Which rules each kind of hit makes candidates. Rules are numbered through all packs.
#[derive(Debug, Clone, Default)]
pub struct Triggers {
    lexicons: Vec<Vec<u32>>,
    uses: Vec<(UseKind, Vec<u32>)>,
    images: Vec<(ReferenceKind, Vec<u32>)>,
    claims: Vec<(ClaimKind, Vec<u32>)>,
    attributes: Vec<(AttributeName, Vec<u32>)>,
}

fn file_under<K: PartialEq + Clone>(table: &mut Vec<(K, Vec<u32>)>, key: &K, rule: u32) {
    match table.iter_mut().find(|(known, _)| known == key) {
        Some((_, rules)) if rules.last() == Some(&rule) => {}
        Some((_, rules)) => rules.push(rule),
        None => table.push((key.clone(), vec![rule])),
    }
}

fn filed_under<K: PartialEq>(table: &[(K, Vec<u32>)], key: &K) -> impl Iterator<Item = u32> {
    table.iter().find(|(known, _)| known == key).into_iter().flat_map(|(_, rules)| rules.iter().copied())
}

impl Triggers {
    /// Files every rule under what makes it a candidate.
    pub fn build(packs: &[Pack]) -> Self {
        let mut triggers = Self::default();
        let mut rule_number = 0;
        let mut lexicon_base = 0;
        for pack in packs {
            triggers.lexicons.resize(lexicon_base + pack.lexicons.len(), Vec::new());
            for rule in &pack.rules {
                triggers.add(&rule.trigger, lexicon_base, rule_number);
                rule_number += 1;
            }
            lexicon_base += pack.lexicons.len();
        }
        triggers
    }

    fn add(&mut self, trigger: &Trigger, lexicon_base: usize, rule: u32) {
        match trigger {
            Trigger::Lexicon { lexicon, .. } => self.lexicons[lexicon_base + lexicon].push(rule),
            Trigger::Mark { uses, .. } => uses.iter().for_each(|key| file_under(&mut self.uses, key, rule)),
            Trigger::Image { kinds } => kinds.iter().for_each(|key| file_under(&mut self.images, key, rule)),
            Trigger::Claim { kinds } => kinds.iter().for_each(|key| file_under(&mut self.claims, key, rule)),
            Trigger::Attribute(name) => file_under(&mut self.attributes, name, rule),
        }
    }

    /// The attributes of `facts` that trigger a rule.
    pub fn attribute_hits(&self, facts: &Facts<'_>) -> Vec<AttributeHit> {
        let hit = |(name, _): &(AttributeName, Vec<u32>)| {
            attribute_value(name, facts).map(|value| AttributeHit { name: name.text(), value })
        };
        self.attributes.iter().filter_map(hit).collect()
    }

    /// Rules with the hits that made them candidates, by rule number, hits in the order found.
    pub fn candidates<'v>(&self, scene: &'v Scene<'v>, attributes: &'v [AttributeHit]) -> Vec<(u32, HitRef<'v>)> {
        let mut candidates = Vec::new();
        for hit in &scene.lexicon_hits {
            let rules = self.lexicons.get(hit.lexicon as usize).into_iter().flatten();
            candidates.extend(rules.map(|rule| (*rule, HitRef::Lexicon(hit))));
        }
        for hit in &scene.facts.text.hits {
            candidates.extend(filed_under(&self.uses, &hit.use_kind).map(|rule| (rule, HitRef::Mark(hit))));
        }
        for (image, hit) in scene.images() {
            candidates.extend(filed_under(&self.images, &hit.kind).map(|rule| (rule, HitRef::Image(image, hit))));
        }
        for hit in &scene.facts.text.claims {
            candidates.extend(filed_under(&self.claims, &hit.kind).map(|rule| (rule, HitRef::Claim(hit))));
        }
        for hit in attributes {
            let named = self.attributes.iter().find(|(name, _)| name.text() == hit.name);
            let rules = named.into_iter().flat_map(|(_, rules)| rules);
            candidates.extend(rules.map(|rule| (*rule, HitRef::Attribute(hit))));
        }
        candidates.sort_by_key(|(rule, _)| *rule);
        candidates
    }
}

/// What an evaluation cost, counted in work rather than time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Rules whose trigger fired.
    pub candidates: u32,
    /// Conditions evaluated.
    pub conditions: u32,
}

/// Whether a rule is judged as it stands or as if it were live, for tests and back-tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Draft and retired rules are silent, shadow rules speak aside.
    AsIs,
    /// Every rule speaks.
    AsLive,
}

/// Why a candidate rule stayed silent before its condition was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// It is a draft or retired.
    State,
    /// The day lies outside its dates.
    Dates,
    /// The listing's category does not fit.
    Category,
    /// It allows what it found at these destinations.
    Destination,
    /// Its trigger does not look at the fields the hits are in.
    Field,
}

/// What was asked about one hit, for explanations.
#[derive(Debug, Clone)]
pub struct AskedHit {
    /// The hit.
    pub evidence: Evidence,
    /// What the condition read.
    pub readings: Vec<Reading>,
    /// What it answered.
    pub answer: Answer,
}

/// What one candidate rule came to.
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// Its reasons.
    pub reasons: Vec<Reason>,
    /// The restricted goods it found.
    pub prohibited: Option<Prohibited>,
    /// Why it was silent before the condition.
    pub stopped: Option<Stopped>,
}

/// Hits of one brand, or all hits of a rule that does not look at brands.
struct Group<'v> {
    brand: Option<&'v str>,
    hits: Vec<HitRef<'v>>,
    undecided: Vec<HitRef<'v>>,
    missing: Vec<String>,
}

/// One listing before all packs.
pub struct Evaluation<'v> {
    compiled: &'v Compiled,
    scene: &'v Scene<'v>,
    standing: Standing,
    /// Work done so far.
    pub cost: Cost,
    /// Filled when an explanation is wanted.
    pub asked: Option<Vec<AskedHit>>,
}

/// The lexicon terms in a listing.
pub fn find_terms<'p>(compiled: &'p Compiled, facts: &Facts<'p>) -> Vec<LexiconHit<'p>> {
    let listing = facts.listing;
    let lang = listing.lang.as_deref();
    let mut hits = Vec::new();
    let mut look = |field: Field, original: &'p str| match facts.prepared.and_then(|text| text.folded(field)) {
        Some(folded) => compiled.lexicons.find_folded(field, original, folded, lang, &mut hits),
        None => compiled.lexicons.find(field, original, lang, &mut hits),
    };
    look(Field::Title, &listing.title);
    look(Field::Description, &listing.description);
    look(Field::Brand, listing.brand.as_deref().unwrap_or_default());
    hits
}

/// Evaluates all packs on one listing.
pub fn evaluate(compiled: &Compiled, facts: &Facts<'_>) -> (Outcome, Cost) {
    let scene = Scene::new(*facts, find_terms(compiled, facts));
    let attributes = compiled.triggers.attribute_hits(facts);
    let candidates = compiled.triggers.candidates(&scene, &attributes);
    let mut evaluation = Evaluation::new(compiled, &scene, Standing::AsIs);
    let mut outcome = Outcome::default();
    for group in candidates.chunk_by(|one, other| one.0 == other.0) {
        let (pack, rule) = compiled.rule(group[0].0);
        let judgement = evaluation.judge(pack, rule, group);
        match rule.state {
            State::Live => {
                outcome.reasons.extend(judgement.reasons);
                outcome.prohibited.extend(judgement.prohibited);
            }
            _ => outcome.shadow.extend(judgement.reasons),
        }
    }
    // Stable: equals stay in pack and rule order.
    outcome.reasons.sort_by_key(|reason| std::cmp::Reverse((reason.effect, reason.severity)));
    outcome.shadow.sort_by_key(|reason| std::cmp::Reverse((reason.effect, reason.severity)));
    (outcome, evaluation.cost)
}

impl<'v> Evaluation<'v> {
    /// An evaluation with nothing done yet.
    pub fn new(compiled: &'v Compiled, scene: &'v Scene<'v>, standing: Standing) -> Self {
        Self { compiled, scene, standing, cost: Cost::default(), asked: None }
    }

    /// Judges one rule by the hits that made it a candidate.
    pub fn judge(&mut self, pack: &'v Pack, rule: &'v Rule, candidates: &[(u32, HitRef<'v>)]) -> Judgement {
        self.cost.candidates += 1;
        let stop = |stopped| Judgement { stopped: Some(stopped), ..Judgement::default() };
        if self.standing == Standing::AsIs && !matches!(rule.state, State::Live | State::Shadow) {
            return stop(Stopped::State);
        }
        if !rule.holds_on(self.scene.facts.now.date()) {
            return stop(Stopped::Dates);
        }
        let Some(category_known) = self.category_fits(rule) else {
            return stop(Stopped::Category);
        };
        let ruling = rule_on(&rule.actions, &rule.effects, &self.scene.facts.listing.ships_to, rule.unknown);
        if ruling.is_silent() {
            return stop(Stopped::Destination);
        }
        let hits: Vec<HitRef<'v>> =
            candidates.iter().map(|(_, hit)| *hit).filter(|hit| in_fields(&rule.trigger, *hit)).collect();
        if hits.is_empty() {
            return stop(Stopped::Field);
        }
        let groups = self.ask(pack, rule, &hits, category_known);
        self.conclude(pack, rule, &ruling, groups)
    }

    /// `None` when the category excludes the rule, else whether it was there to be asked.
    fn category_fits(&self, rule: &Rule) -> Option<bool> {
        if rule.categories.is_empty() && rule.not_categories.is_empty() {
            return Some(true);
        }
        let Some(words) = self.scene.words(&super::condition::Fact::Category) else {
            // Unknown: an exemption must be shown, a limitation is left to `unknown`.
            return Some(rule.categories.is_empty());
        };
        let any = |phrases: &[String]| {
            phrases.iter().filter_map(|phrase| Phrase::new(phrase)).any(|phrase| words.mention(&phrase))
        };
        let excluded = any(&rule.not_categories) || !(rule.categories.is_empty() || any(&rule.categories));
        (!excluded).then_some(true)
    }

    /// Asks the rule's condition about each hit and sorts the hits by brand.
    fn ask(&mut self, pack: &'v Pack, rule: &'v Rule, hits: &[HitRef<'v>], category_known: bool) -> Vec<Group<'v>> {
        let base = self.compiled.lexicon_base(pack);
        let mut groups: Vec<Group<'v>> = Vec::new();
        for hit in hits {
            let mut answer = match &rule.when {
                Some(condition) => {
                    self.cost.conditions += 1;
                    condition.evaluate(self.scene, *hit, base)
                }
                None => Answer::True,
            };
            if !category_known && answer != Answer::False {
                let mut missing = vec![super::condition::Fact::Category.name()];
                if let Answer::Unknown(more) = answer {
                    missing.extend(more.into_iter().filter(|name| *name != missing[0]).collect::<Vec<_>>());
                }
                answer = Answer::Unknown(missing);
            }
            if let Some(asked) = &mut self.asked {
                let readings = rule.when.as_ref().map(|when| when.readings(self.scene, *hit, base)).unwrap_or_default();
                asked.push(AskedHit { evidence: evidence(*hit), readings, answer: answer.clone() });
            }
            sort_in(&mut groups, *hit, answer, rule.unknown);
        }
        groups
    }

    fn conclude(&self, pack: &Pack, rule: &Rule, ruling: &Ruling, groups: Vec<Group<'v>>) -> Judgement {
        let mut judgement = Judgement::default();
        let spoken = groups.into_iter().filter(|group| !group.hits.is_empty() || !group.undecided.is_empty());
        for group in spoken.take(MAX_GROUPS) {
            let decided = !group.hits.is_empty();
            let hits = if decided { &group.hits } else { &group.undecided };
            let mut missing = if decided { Vec::new() } else { group.missing.clone() };
            if ruling.destination_missing {
                missing.push(MISSING_DESTINATIONS.to_owned());
            }
            let only_review = !decided && rule.unknown == WhenUnknown::Review;
            let first = hits[0];
            if judgement.prohibited.is_none()
                && let Some((action, markets)) = &ruling.restriction
            {
                let (field, span) = place(first);
                judgement.prohibited = Some(Prohibited {
                    class: rule.class.clone(),
                    score: if decided { rule.score } else { rule.score * UNDECIDED_SHARE },
                    pack: pack.id.clone(),
                    rule: rule.id.clone(),
                    action: *action,
                    markets: markets.clone(),
                    field,
                    span,
                    matched: tidy(first.matched(), 200),
                });
            }
            let Some(effect) = ruling.effect else { continue };
            let fill = |hole| self.placeholder(rule, &ruling.markets, first, hole);
            judgement.reasons.push(Reason {
                rule: rule.id.clone(),
                pack: pack.id.clone(),
                version: pack.version.clone(),
                class: rule.class.clone(),
                severity: rule.severity,
                effect: if only_review { effect.min(Effect::Review) } else { effect },
                queue: rule.queue.clone(),
                says: rule.says.fill(fill),
                cure: rule.cure.fill(fill),
                markets: ruling.markets.clone(),
                evidence: hits.iter().take(MAX_EVIDENCE).map(|hit| evidence(*hit)).collect(),
                unknown: missing,
            });
        }
        judgement
    }

    fn placeholder(&self, rule: &Rule, markets: &[Market], hit: HitRef<'_>, hole: Placeholder) -> String {
        match (hole, hit) {
            (Placeholder::Class, _) => rule.class.replace(['_', '-'], " "),
            (Placeholder::Markets, _) => {
                let ships_to = &self.scene.facts.listing.ships_to;
                let named = if markets.is_empty() { ships_to } else { markets };
                let names: Vec<String> = named.iter().map(Market::to_string).collect();
                if names.is_empty() { "every destination".to_owned() } else { names.join(", ") }
            }
            (Placeholder::Matched, hit) => hit.matched().to_owned(),
            (Placeholder::Field, HitRef::Lexicon(hit)) => word(&FIELDS, &hit.field).to_owned(),
            (Placeholder::Field, HitRef::Mark(hit)) => word(&FIELDS, &hit.field).to_owned(),
            (Placeholder::Field, HitRef::Claim(hit)) => word(&FIELDS, &hit.field).to_owned(),
            (Placeholder::Field, HitRef::Attribute(hit)) => hit.name.clone(),
            (Placeholder::Term, HitRef::Lexicon(hit)) => hit.term.to_owned(),
            (Placeholder::Mark, HitRef::Mark(hit)) => hit.mark_text.clone(),
            (Placeholder::Brand, HitRef::Mark(hit)) => self.brand_name(&hit.brand),
            (Placeholder::Brand, HitRef::Image(_, hit)) => self.brand_name(&hit.brand),
            (Placeholder::Nearness, HitRef::Image(_, hit)) => nearness(hit),
            (Placeholder::Reference, HitRef::Image(_, hit)) => hit.reference.to_string(),
            (Placeholder::Distance, HitRef::Image(_, hit)) => hit.distance.to_string(),
            (Placeholder::Image, HitRef::Image(image, _)) => image.to_owned(),
            // Templates are checked against the trigger's kind when they are loaded.
            _ => String::new(),
        }
    }

    fn brand_name(&self, key: &BrandKey) -> String {
        let name = self.scene.facts.brand_names.and_then(|names| names.get(key));
        name.map_or_else(|| key.to_string(), |name| name.to_string())
    }
}

/// How near a picture is to a reference, by what was compared.
fn nearness(hit: &ImageHit) -> String {
    match (hit.inliers, hit.how) {
        (Some(count), _) => format!("{count} details agree"),
        (None, How::Shape) => "the same drawn shape".to_owned(),
        (None, How::Region | How::RegionTurned) => format!("a part of it, {} of 256 bits apart", hit.distance),
        (None, _) => format!("{} of 256 bits apart", hit.distance),
    }
}

fn in_fields(trigger: &Trigger, hit: HitRef<'_>) -> bool {
    match (trigger, hit) {
        (Trigger::Lexicon { fields, .. }, HitRef::Lexicon(hit)) => fields.contains(&hit.field),
        (Trigger::Mark { fields, .. }, HitRef::Mark(hit)) => fields.is_empty() || fields.contains(&hit.field),
        _ => true,
    }
}

/// Puts a hit into the group of its brand, unless the rule passes over it.
fn sort_in<'v>(groups: &mut Vec<Group<'v>>, hit: HitRef<'v>, answer: Answer, unknown: WhenUnknown) {
    let missing = match answer {
        Answer::False => return,
        Answer::Unknown(_) if unknown == WhenUnknown::Skip => return,
        Answer::Unknown(missing) => Some(missing),
        Answer::True => None,
    };
    let brand = match hit {
        HitRef::Mark(hit) => Some(hit.brand.as_str()),
        HitRef::Image(_, hit) => Some(hit.brand.as_str()),
        HitRef::Lexicon(_) | HitRef::Claim(_) | HitRef::Attribute(_) => None,
    };
    let place = groups.iter().position(|group| group.brand == brand).unwrap_or_else(|| {
        groups.push(Group { brand, hits: Vec::new(), undecided: Vec::new(), missing: Vec::new() });
        groups.len() - 1
    });
    let group = &mut groups[place];
    let Some(missing) = missing else {
        group.hits.push(hit);
        return;
    };
    group.undecided.push(hit);
    for name in missing {
        if !group.missing.contains(&name) {
            group.missing.push(name);
        }
    }
}

/// Where a text hit is.
fn place(hit: HitRef<'_>) -> (Option<Field>, Option<crate::kernel::Span>) {
    match hit {
        HitRef::Lexicon(hit) => (Some(hit.field), Some(hit.span)),
        HitRef::Mark(hit) => (Some(hit.field), Some(hit.span)),
        HitRef::Claim(hit) => (Some(hit.field), Some(hit.span)),
        HitRef::Image(..) | HitRef::Attribute(_) => (None, None),
    }
}

/// A hit as evidence.
pub fn evidence(hit: HitRef<'_>) -> Evidence {
    match hit {
        HitRef::Lexicon(hit) => Evidence::Text { field: hit.field, span: hit.span, matched: hit.matched().to_owned() },
        HitRef::Claim(hit) => Evidence::Text { field: hit.field, span: hit.span, matched: hit.matched.clone() },
        HitRef::Mark(hit) => Evidence::Mark {
            brand: hit.brand.clone(),
            mark: hit.mark.clone(),
            mark_text: hit.mark_text.clone(),
            use_kind: hit.use_kind,
            pass: hit.pass,
            score: hit.score,
            field: hit.field,
            span: hit.span,
            matched: hit.matched.clone(),
        },
        HitRef::Image(image, hit) => Evidence::Image {
            image: image.to_owned(),
            reference: hit.reference.clone(),
            brand: hit.brand.clone(),
            reference_kind: hit.kind,
            distance: hit.distance,
            threshold: hit.threshold,
            how: hit.how,
            inliers: hit.inliers,
            false_match_rate: hit.false_match_rate,
        },
        HitRef::Attribute(hit) => Evidence::Attribute { name: hit.name.clone(), value: tidy(&hit.value, 200) },
    }
}

/// The kind of hit a trigger gives.
pub fn hit_kind(trigger: &Trigger) -> HitKind {
    match trigger {
        Trigger::Lexicon { .. } => HitKind::Lexicon,
        Trigger::Mark { .. } => HitKind::Mark,
        Trigger::Image { .. } => HitKind::Image,
        Trigger::Claim { .. } => HitKind::Claim,
        Trigger::Attribute(_) => HitKind::Attribute,
    }
}
