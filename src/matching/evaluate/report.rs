//! Counting: rates with their uncertainty, by group and by threshold.

use std::collections::{BTreeMap, HashMap};

use super::read::{Answer, Truth};

/// One labelled case with what was found in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Name of the listing or query.
    pub id: String,
    /// Whether it is bad.
    pub positive: bool,
    /// Family or edit of a bad one, kind of a harmless one.
    pub group: String,
    /// Best score of a right alarm; `None` = there is none.
    pub right: Option<f64>,
    /// Best score of an alarm that is not right; `None` = there is none.
    pub wrong: Option<f64>,
    /// Scores of every alarm with whether it is right, neutral ones left out.
    pub alarms: Vec<(f64, bool)>,
    /// Labelled uses of brands beside what was answered.
    pub uses: Vec<TypeCase>,
}

/// A labelled use of a brand in a harmless listing beside what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeCase {
    /// The kind of use that was labelled.
    pub labelled: String,
    /// The kind answered, with its score in thousandths; `None` = the brand was not found.
    pub answered: Option<(String, i64)>,
}

/// Brings labels and answers together. An answer without a label is left out; a label without
/// an answer is one in which nothing was found. `belongs` says whether a name is of the track.
pub fn pair(truths: &[Truth], answers: &[Answer], belongs: impl Fn(&str) -> bool) -> Vec<Case> {
    let by_id: HashMap<&str, &Answer> = answers.iter().map(|answer| (answer.id.as_str(), answer)).collect();
    truths.iter().map(|truth| case(truth, by_id.get(truth.id.as_str()).copied(), &belongs)).collect()
}

fn case(truth: &Truth, answer: Option<&Answer>, belongs: impl Fn(&str) -> bool) -> Case {
    let mut case = Case {
        id: truth.id.clone(),
        positive: truth.positive,
        group: truth.group.clone(),
        right: None,
        wrong: None,
        alarms: Vec::new(),
        uses: Vec::new(),
    };
    let nothing = Answer::default();
    let answer = answer.unwrap_or(&nothing);
    let is_alarm = |use_kind: &str| matches!(use_kind, "" | "infringing_use");
    for given in answer.given.iter().filter(|given| is_alarm(&given.use_kind) && belongs(&given.name)) {
        if truth.neutral.contains(&given.name) {
            continue;
        }
        let right = truth.positive && (truth.expected.contains(&given.name) || truth.expected.is_empty());
        if !right {
            case.alarms.push((given.score, false));
        }
        let best = if right { &mut case.right } else { &mut case.wrong };
        *best = Some(best.map_or(given.score, |known: f64| known.max(given.score)));
    }
    if truth.positive && truth.signal && truth.expected.is_empty() && answer.signal > 0.0 {
        case.right = Some(case.right.map_or(answer.signal, |known| known.max(answer.signal)));
    }
    // One right answer is enough: of several named brands the surest counts.
    case.alarms.extend(case.right.map(|score| (score, true)));
    if !truth.positive {
        for (brand, labelled) in &truth.uses {
            let found = answer.given.iter().filter(|given| given.name == *brand);
            let best = found.max_by(|a, b| a.score.total_cmp(&b.score));
            let answered = best.map(|given| (given.use_kind.clone(), (given.score * 1000.0).round() as i64));
            case.uses.push(TypeCase { labelled: labelled.clone(), answered });
        }
    }
    case
}

/// A share with its 95 % interval after Wilson (1927).
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Rate {
    /// Cases that count.
    pub hits: u64,
    /// All cases.
    pub of: u64,
    /// Their share; 0 of no cases.
    pub rate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval; 1 of no cases.
    pub high: f64,
}

impl Rate {
    /// `hits` of `of`.
    pub fn of(hits: u64, of: u64) -> Self {
        if of == 0 {
            return Self { hits, of, rate: 0.0, low: 0.0, high: 1.0 };
        }
        // 1.96 standard deviations hold 95 % of a normal distribution.
        let (z, n) = (1.96_f64, of as f64);
        let share = hits as f64 / n;
        let middle = share + z * z / (2.0 * n);
        let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + z * z / n;
        Self {
            hits,
            of,
            rate: share,
            low: ((middle - half) / scale).max(0.0),
            high: ((middle + half) / scale).min(1.0),
        }
    }
}

/// A rate of one group.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Group {
    /// The group's name.
    pub name: String,
    /// Its rate.
    #[serde(flatten)]
    pub rate: Rate,
}

/// How the threshold is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    /// This score.
    Fixed(f64),
    /// The lowest score at which at most this share of harmless cases gives an alarm.
    FalseAlarms(f64),
}

/// What the report is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportOptions {
    /// How the threshold is chosen.
    pub threshold: Threshold,
    /// Shares of bad listings among all for which precision is worked out.
    pub prevalence: Vec<f64>,
    /// Kinds of harmless cases that choose the threshold; empty = all.
    pub kinds: Vec<String>,
}

/// Precision at a share of bad listings that is not the sample's.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Precision {
    /// Share of bad listings among all.
    pub prevalence: f64,
    /// Share of alarms that are right.
    pub precision: f64,
    /// The same with recall at its lower and false alarms at their upper end.
    pub low: f64,
}

impl Precision {
    fn at(prevalence: f64, recall: Rate, alarms: Rate) -> Self {
        let share = |recall: f64, alarms: f64| {
            let (right, wrong) = (recall * prevalence, alarms * (1.0 - prevalence));
            if right + wrong > 0.0 { right / (right + wrong) } else { 0.0 }
        };
        Self { prevalence, precision: share(recall.rate, alarms.rate), low: share(recall.low, alarms.high) }
    }
}

/// What holds at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct CurvePoint {
    /// The threshold.
    pub threshold: f64,
    /// Share of bad cases with a right alarm.
    pub recall: f64,
    /// Share of harmless cases with an alarm.
    pub false_alarms: f64,
    /// Precision at the first prevalence asked for.
    pub precision: f64,
}

/// What the cases come to.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Report {
    /// The threshold that the rates hold at: a score from it on is an alarm.
    pub threshold: f64,
    /// Bad cases with a right alarm.
    pub recall: Rate,
    /// Mean of the families' recalls.
    pub macro_recall: f64,
    /// Recall by family or edit, worst first.
    pub families: Vec<Group>,
    /// Harmless cases with an alarm.
    pub false_alarms: Rate,
    /// The same by kind.
    pub kinds: Vec<Group>,
    /// Bad cases with an alarm that is not right.
    pub wrong_name: Rate,
    /// Labelled uses in harmless cases that were answered alike, by use.
    pub uses: Vec<Group>,
    /// Mean of the precision over all right alarms, in order of score, equal scores with the wrong ones first.
    pub average_precision: f64,
    /// Precision by share of bad listings.
    pub precision: Vec<Precision>,
    /// All this by threshold; at most 201 points.
    pub curve: Vec<CurvePoint>,
}

/// Points of a curve: steps of half a hundredth of the range of scores.
const CURVE_POINTS: usize = 201;

impl Report {
    /// Counts `cases`.
    pub fn of(cases: &[Case], options: &ReportOptions) -> Self {
        let (bad, harmless): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| case.positive);
        let chosen: Vec<&Case> = harmless
            .iter()
            .copied()
            .filter(|case| options.kinds.is_empty() || options.kinds.contains(&case.group))
            .collect();
        let threshold = match options.threshold {
            Threshold::Fixed(score) => score,
            Threshold::FalseAlarms(share) => threshold_at(&chosen, share),
        };
        let recall = rate(&bad, |case| reaches(case.right, threshold));
        let chosen_alarms = rate(&chosen, |case| reaches(case.wrong, threshold));
        let mut families = groups(&bad, |case| reaches(case.right, threshold));
        let macro_recall = families.iter().map(|group| group.rate.rate).sum::<f64>() / families.len().max(1) as f64;
        families.sort_by(|a, b| a.rate.rate.total_cmp(&b.rate.rate).then_with(|| a.name.cmp(&b.name)));
        let prevalence = options.prevalence.first().copied().unwrap_or(0.01);
        Self {
            threshold,
            recall,
            macro_recall,
            families,
            false_alarms: rate(&harmless, |case| reaches(case.wrong, threshold)),
            kinds: groups(&harmless, |case| reaches(case.wrong, threshold)),
            wrong_name: rate(&bad, |case| reaches(case.wrong, threshold)),
            uses: uses(&harmless, threshold),
            average_precision: average_precision(cases, bad.len()),
            precision: options.prevalence.iter().map(|share| Precision::at(*share, recall, chosen_alarms)).collect(),
            curve: curve(&bad, &chosen, prevalence),
        }
    }
}

fn reaches(score: Option<f64>, threshold: f64) -> bool {
    score.is_some_and(|score| score >= threshold)
}

fn rate(cases: &[&Case], counts: impl Fn(&Case) -> bool) -> Rate {
    Rate::of(cases.iter().filter(|case| counts(case)).count() as u64, cases.len() as u64)
}

fn groups(cases: &[&Case], counts: impl Fn(&Case) -> bool) -> Vec<Group> {
    let mut by_name: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for case in cases {
        let entry = by_name.entry(&case.group).or_default();
        entry.0 += u64::from(counts(case));
        entry.1 += 1;
    }
    by_name.into_iter().map(|(name, (hits, of))| Group { name: name.to_owned(), rate: Rate::of(hits, of) }).collect()
}

fn uses(harmless: &[&Case], threshold: f64) -> Vec<Group> {
    let mut by_use: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for case in harmless.iter().flat_map(|case| &case.uses) {
        let entry = by_use.entry(&case.labelled).or_default();
        let agrees = |(answered, score): &(String, i64)| {
            *answered == case.labelled && *score as f64 >= (threshold * 1000.0).round()
        };
        entry.0 += u64::from(case.answered.as_ref().is_some_and(agrees));
        entry.1 += 1;
    }
    by_use.into_iter().map(|(name, (hits, of))| Group { name: name.to_owned(), rate: Rate::of(hits, of) }).collect()
}

/// The lowest score at which at most `share` of `harmless` gives an alarm.
fn threshold_at(harmless: &[&Case], share: f64) -> f64 {
    let mut scores: Vec<f64> = harmless.iter().filter_map(|case| case.wrong).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let allowed = (share.clamp(0.0, 1.0) * harmless.len() as f64).floor() as usize;
    // Just above the first score that would be one alarm too many.
    scores.get(allowed).map_or(0.0, |score| score.next_up())
}

fn average_precision(cases: &[Case], bad: usize) -> f64 {
    let mut alarms: Vec<(f64, bool)> = cases.iter().flat_map(|case| case.alarms.iter().copied()).collect();
    alarms.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut right, mut sum) = (0.0, 0.0);
    for (at, (_, is_right)) in alarms.iter().enumerate() {
        if *is_right {
            right += 1.0;
            sum += right / (at + 1) as f64;
        }
    }
    sum / bad.max(1) as f64
}

fn curve(bad: &[&Case], harmless: &[&Case], prevalence: f64) -> Vec<CurvePoint> {
    let sorted = |scores: &mut dyn Iterator<Item = f64>| {
        let mut scores: Vec<f64> = scores.collect();
        scores.sort_by(f64::total_cmp);
        scores
    };
    let right = sorted(&mut bad.iter().filter_map(|case| case.right));
    let wrong = sorted(&mut harmless.iter().filter_map(|case| case.wrong));
    let all = || right.iter().chain(&wrong).copied();
    let (least, most) = (all().fold(0.0, f64::min), all().fold(1.0, f64::max));
    let share = |scores: &[f64], threshold: f64, of: usize| {
        let reached = scores.len() - scores.partition_point(|score| *score < threshold);
        Rate::of(reached as u64, of as u64)
    };
    let point = |at: usize| {
        let threshold = least + (most - least) * at as f64 / (CURVE_POINTS - 1) as f64;
        let (recall, alarms) = (share(&right, threshold, bad.len()), share(&wrong, threshold, harmless.len()));
        let precision = Precision::at(prevalence, recall, alarms).precision;
        CurvePoint { threshold, recall: recall.rate, false_alarms: alarms.rate, precision }
    };
    (0..CURVE_POINTS).map(point).collect()
}
