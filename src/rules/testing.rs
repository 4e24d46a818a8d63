//! The packs' own test cases: each rule is judged alone, as if it were live.

use super::evaluate::{Evaluation, Standing, evidence, find_terms};
use super::load::Packs;
use super::model::{Case, Effect, Evidence, Facts, Pack, Rule, State};
use super::scene::{HitRef, Scene};
use super::toml_reader::Problem;
use crate::kernel::Instant;

/// The result of running test cases.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct TestReport {
    /// Rules that were tested.
    pub rules: usize,
    /// Cases that were run.
    pub cases: usize,
    /// Cases that did not come out as the pack says.
    pub failures: Vec<Problem>,
}

/// Runs the cases of every rule that is not retired.
pub fn run(packs: &Packs) -> TestReport {
    let mut report = TestReport::default();
    for (number, (pack, rule)) in numbered(packs) {
        if rule.state == State::Retired {
            continue;
        }
        report.rules += 1;
        for (case, must_match) in
            rule.matches.iter().map(|case| (case, true)).chain(rule.misses.iter().map(|case| (case, false)))
        {
            report.cases += 1;
            if let Some(problem) = failure(packs, number, pack, rule, case, must_match) {
                let (path, rule) = (pack.path.clone(), Some(rule.id.clone()));
                report.failures.push(Problem { path, line: case.line, rule, problem });
            }
        }
    }
    report
}

fn numbered(packs: &Packs) -> impl Iterator<Item = (u32, (&Pack, &Rule))> {
    (0..).zip(packs.packs().iter().flat_map(|pack| pack.rules.iter().map(move |rule| (pack, rule))))
}

fn failure(packs: &Packs, number: u32, pack: &Pack, rule: &Rule, case: &Case, must_match: bool) -> Option<String> {
    let noon = case.on.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    let facts = Facts {
        listing: &case.listing,
        merchant: &case.merchant,
        text: &case.text,
        images: &case.images,
        prepared: None,
        brand_names: None,
        now: Instant::new(noon),
    };
    let compiled = &packs.compiled;
    let scene = Scene::new(facts, find_terms(compiled, &facts));
    let attributes = compiled.triggers.attribute_hits(&facts);
    let mut candidates = compiled.triggers.candidates(&scene, &attributes);
    candidates.retain(|(rule, _)| *rule == number);
    let title: String = case.listing.title.chars().take(80).collect();
    if candidates.is_empty() {
        return must_match.then(|| format!("the match \"{title}\" does not fire the trigger"));
    }
    let mut evaluation = Evaluation::new(compiled, &scene, Standing::AsLive);
    let judgement = evaluation.judge(pack, rule, &candidates);
    let speaks = !judgement.reasons.is_empty() || judgement.prohibited.is_some();
    if must_match && !speaks {
        let why = judgement.stopped.map_or("its condition does not hold".to_owned(), |stopped| {
            format!("it is stopped by its {}", format!("{stopped:?}").to_lowercase())
        });
        return Some(format!("the match \"{title}\" fires the trigger but {why}"));
    }
    if !must_match && speaks {
        return Some(format!("the miss \"{title}\" matches, by {}", shown(&candidates)));
    }
    let strongest: Option<Effect> = judgement.reasons.iter().map(|reason| reason.effect).max();
    match case.effect {
        Some(wanted) if must_match && strongest != Some(wanted) => {
            let found = strongest.map_or("none".to_owned(), |effect| effect.to_string());
            Some(format!("the match \"{title}\" has the effect {found}, not {wanted}"))
        }
        _ => None,
    }
}

/// What fired, for a message.
fn shown(candidates: &[(u32, HitRef<'_>)]) -> String {
    let text = |(_, hit): &(u32, HitRef<'_>)| match evidence(*hit) {
        Evidence::Text { matched, .. } | Evidence::Mark { matched, .. } => format!("“{matched}”"),
        Evidence::Image { reference, .. } => reference.to_string(),
        Evidence::Attribute { name, .. } => name,
    };
    let texts: Vec<String> = candidates.iter().take(3).map(text).collect();
    texts.join(", ")
}
