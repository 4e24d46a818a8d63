//! What a listing says about its goods' origin: copies, second hand, fits, genuine.
//!
//! All phrases of all languages lie in one automaton over the folded text.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::fold::{Folded, fold};
use super::letter::Kinds;
use super::model::{ClaimHit, ClaimKind, Field};

/// What kind of wording a phrase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Wording of the trade in copies.
    Replica,
    /// Names what the goods fit; covers what follows.
    Fits,
    /// Names what the goods fit; covers what stands before.
    FitAfter,
    /// Says the goods are not the brand's own; covers the title.
    Third,
    /// Second hand.
    Resale,
    /// Second hand when a year or a claim of authenticity follows.
    Dated,
    /// Looks like second hand and is not.
    NewUse,
    /// Looks like fits and is not.
    Audience,
    /// Says the goods are the brand's.
    Genuine,
    /// Joins brands to a title they have nothing to do with.
    Stuffing,
    /// A bare word for a copy, until it is known what is copied.
    ReplicaNoun,
    /// What is lawfully copied: dinosaurs, ships, coins.
    Subject,
    /// A fixed expression whose words mean neither a mark nor a copy.
    Idiom,
    /// Leads the deal away from the platform.
    Contact,
}

/// A phrase found, in letters of the folded text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Phrase {
    pub(super) group: Group,
    /// How sure this phrase alone makes, 0 to 1; 1 where the list gives none. Below 1, wording
    /// about second hand and fits can mean something else as well.
    pub(super) weight: f32,
    pub(super) from: u32,
    pub(super) to: u32,
}

struct Phrases {
    automaton: AhoCorasick,
    meaning: Vec<(Group, f32)>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::read(include_str!("data/context.txt")));

/// Phrases kept of one field: beyond, a text is a word list and says nothing more.
const MOST_PHRASES: usize = 512;

impl Phrases {
    fn read(list: &str) -> Self {
        let mut patterns = Vec::new();
        let mut meaning = Vec::new();
        let mut seen = BTreeSet::new();
        let mut group = (Group::Genuine, 1.0);
        for line in list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let mut parts = section.split_whitespace();
                let name = parts.next().unwrap_or_default();
                let weight = parts.next().and_then(|weight| weight.parse().ok()).unwrap_or(1.0);
                group = (group_named(name), weight);
                continue;
            }
            // Languages share words: "för" folds to "for".
            let phrase = fold(line).text;
            if seen.insert((phrase.clone(), group.0)) {
                patterns.push(phrase);
                meaning.push(group);
            }
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&patterns);
        Self { automaton: automaton.expect("the list that ships with the code is small"), meaning }
    }
}

fn group_named(name: &str) -> Group {
    match name {
        "replica" => Group::Replica,
        "fits" => Group::Fits,
        "fit-after" => Group::FitAfter,
        "third" => Group::Third,
        "resale" => Group::Resale,
        "dated" => Group::Dated,
        "new-use" => Group::NewUse,
        "audience" => Group::Audience,
        "stuffing" => Group::Stuffing,
        "replica-noun" => Group::ReplicaNoun,
        "subject" => Group::Subject,
        "idiom" => Group::Idiom,
        "contact" => Group::Contact,
        _ => Group::Genuine,
    }
}

/// The phrases of a folded field in order of place; a phrase inside a longer one of its
/// own or a contrary meaning is left out.
pub(super) fn phrases(folded: &Folded) -> Vec<Phrase> {
    let text = folded.text.as_str();
    let mut found: Vec<Phrase> = Vec::new();
    for hit in PHRASES.automaton.find_overlapping_iter(text) {
        let (from, to) = (hit.start(), hit.end());
        if !stands_alone(text, from, to) {
            continue;
        }
        let (group, weight) = PHRASES.meaning[hit.pattern().as_usize()];
        // "HDMI-compatible" is a property of the goods.
        if matches!(group, Group::Third | Group::FitAfter) && text[..from].ends_with('-') {
            continue;
        }
        let (from, to) = (folded.letter_at_byte(from) as u32, folded.letter_at_byte(to) as u32);
        if group == Group::Dated && !is_dated(text, hit.end()) {
            continue;
        }
        let group = if group == Group::Dated { Group::Resale } else { group };
        found.push(Phrase { group, weight, from, to });
        if found.len() >= MOST_PHRASES {
            break;
        }
    }
    settle_nouns(&mut found);
    found.sort_unstable_by(|a, b| (a.from, b.to, a.group).cmp(&(b.from, a.to, b.group)));
    keep_longest(&found)
}

/// Letters between a bare word for a copy and what is copied: two or three words.
const NEAR: u32 = 24;

/// What a bare word for a copy weighs beside something that is lawfully copied: no claim.
const LAWFUL_COPY: f32 = 0.2;

/// Makes bare words for a copy wording of the trade in copies, weak ones where what is
/// copied is a thing that nobody sells the original of.
fn settle_nouns(found: &mut [Phrase]) {
    let subjects: Vec<(u32, u32)> =
        found.iter().filter(|phrase| phrase.group == Group::Subject).map(|phrase| (phrase.from, phrase.to)).collect();
    for phrase in found.iter_mut().filter(|phrase| phrase.group == Group::ReplicaNoun) {
        let near =
            |(from, to): &(u32, u32)| from.saturating_sub(phrase.to) <= NEAR && phrase.from.saturating_sub(*to) <= NEAR;
        if subjects.iter().any(near) {
            phrase.weight = LAWFUL_COPY;
        }
        phrase.group = Group::Replica;
    }
}

/// Leaves out phrases that lie inside a longer one which decides their meaning.
fn keep_longest(found: &[Phrase]) -> Vec<Phrase> {
    let mut kept: Vec<Phrase> = Vec::with_capacity(found.len());
    for phrase in found {
        let covers = |other: &&Phrase| {
            other.from <= phrase.from && phrase.to <= other.to && other.to - other.from > phrase.to - phrase.from
        };
        let decided = kept.iter().rev().take(8).filter(covers).any(|other| decides(other.group, phrase.group));
        if !decided {
            kept.push(*phrase);
        }
    }
    kept
}

/// Whether a longer phrase of one group takes the place of a shorter one of another.
fn decides(longer: Group, shorter: Group) -> bool {
    let origin = |group| {
        matches!(group, Group::Fits | Group::FitAfter | Group::Third | Group::Audience | Group::Resale | Group::NewUse)
    };
    longer == shorter
        || longer == Group::Idiom
        || (origin(longer) && origin(shorter))
        || (longer == Group::Replica && shorter != Group::Replica)
}

/// Whether a phrase ends where words end. Scripts without spaces have no such border.
fn stands_alone(text: &str, from: usize, to: usize) -> bool {
    let glued = |outer: Option<char>, inner: Option<char>| match (outer, inner) {
        (Some(outer), Some(inner)) => {
            let (outer, inner) = (Kinds::of(outer), Kinds::of(inner));
            outer.is_alphanumeric() && inner.is_alphanumeric() && !outer.is_unspaced() && !inner.is_unspaced()
        }
        _ => false,
    };
    let inside = &text[from..to];
    !glued(text[..from].chars().next_back(), inside.chars().next())
        && !glued(text[to..].chars().next(), inside.chars().next_back())
}

/// Whether a year follows at byte `at`.
fn is_dated(text: &str, at: usize) -> bool {
    let digits: Vec<char> =
        text[at..].chars().skip_while(|letter| *letter == ' ').take_while(char::is_ascii_digit).take(5).collect();
    digits.len() == 4 && (digits.starts_with(&['1', '9']) || digits.starts_with(&['2', '0']))
}

/// From this weight on a way round the platform is one that copies are sold by: "DM for logo".
const SURE_BAIT: f32 = 0.6;

/// Strength of the wording of the trade in copies in one field, 0 to 1.
pub(super) fn replica_strength(phrases: &[Phrase]) -> f32 {
    let mut doubt = 1.0;
    let mut end = 0;
    for phrase in phrases.iter().filter(|phrase| matches!(phrase.group, Group::Replica | Group::Contact)) {
        if phrase.from >= end {
            // Honest sellers name a messenger too: a way round the platform only supports.
            let share = if phrase.group == Group::Contact && phrase.weight < SURE_BAIT { 0.5 } else { 1.0 };
            doubt *= 1.0 - share * phrase.weight;
            end = phrase.to;
        }
    }
    1.0 - doubt
}

/// The claims among `phrases`, for evidence.
pub(super) fn claims(phrases: &[Phrase], folded: &Folded, original: &str, field: Field) -> Vec<ClaimHit> {
    let claim = |phrase: &Phrase| {
        let kind = match phrase.group {
            // Weak phrases support others and are no claim alone.
            Group::Replica if phrase.weight >= 0.4 => ClaimKind::Replica,
            Group::Fits | Group::FitAfter | Group::Third => ClaimKind::Compatible,
            Group::Resale => ClaimKind::Resale,
            Group::Genuine => ClaimKind::Genuine,
            Group::Contact => ClaimKind::Contact,
            _ => return None,
        };
        let span = folded.span_of_letters(phrase.from as usize, phrase.to as usize);
        Some(ClaimHit {
            kind,
            field,
            span,
            matched: folded.written(original, phrase.from as usize, phrase.to as usize).to_owned(),
        })
    };
    phrases.iter().filter_map(claim).take(super::find::MOST_HITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(text: &str) -> Vec<Group> {
        phrases(&fold(text)).iter().map(|phrase| phrase.group).collect()
    }

    #[test]
    fn longer_wording_decides_what_shorter_wording_means() {
        assert_eq!(groups("strap for nikon"), [Group::Fits]);
        assert_eq!(groups("shirt for men"), [Group::Audience]);
        assert_eq!(groups("compatible with nikon"), [Group::Fits]);
        assert_eq!(groups("much used in kitchens"), [Group::NewUse]);
        assert_eq!(groups("HDMI-compatible cable"), []);
        assert_eq!(groups("useful"), []);
    }

    #[test]
    fn wording_of_copies_is_known_in_many_languages() {
        for text in [
            "1:1 mirror quality",
            "大牌同款手表 高仿",
            "高仿手表",
            "копия люкс",
            "réplica",
            "Replik der Uhr",
            "qualité miroir",
            "スーパーコピー",
            "çakma",
            "顶级复刻手表",
            "часы реплика люкс",
            "reloj copia aaa",
            "Uhr, perfekte Kopie",
            "montre copie de luxe",
            "relógio réplica primeira linha",
            "orologio copia perfetta",
            "saat süper kopya",
            "đồng hồ rep 1:1",
            "jam tangan kw super",
            "นาฬิกางานก๊อป",
            "ساعة نسخة طبق الأصل",
        ] {
            assert!(replica_strength(&phrases(&fold(text))) >= 0.5, "{text}");
        }
        for text in ["kulit imitasi", "piel de imitación", "หนังเทียม", "Kunstleder Imitat", "birinci kalite pamuk"]
        {
            assert!(replica_strength(&phrases(&fold(text))) < 0.4, "{text}");
        }
        assert!(replica_strength(&phrases(&fold("copy paper 500 sheets, mirror, 1:18 scale"))) < 0.3);
    }

    #[test]
    fn a_replica_of_what_nobody_sells_the_original_of_is_no_claim() {
        for text in [
            "12 real shark teeth replicas in plaster",
            "Dinosaurier Schädel Replik",
            "museum replica of a roman coin",
            "replica jersey",
            "réplique de dent de mégalodon",
            "恐龙化石 replica",
            "男女同款短袖 男女同款",
        ] {
            assert!(replica_strength(&phrases(&fold(text))) < 0.4, "{text}");
        }
        assert!(replica_strength(&phrases(&fold("replica watch, comes with a box and papers, and a coin"))) >= 0.5);
        assert!(replica_strength(&phrases(&fold("mirror quality skull ring"))) >= 0.5);
    }

    #[test]
    fn second_hand_wording_is_known_in_many_languages() {
        for text in [
            "Used headphones, light wear",
            "бывшие в употреблении, торг",
            "九成新 个人闲置",
            "de segunda mano, buen estado",
            "d'occasion, bon état",
            "guter gebrauchter Zustand",
            "usato in ottime condizioni",
            "stan używany",
            "美品 中古",
            "중고 판매",
            "ikinci el temiz",
        ] {
            assert!(groups(text).contains(&Group::Resale), "{text}");
        }
        for text in ["never used, sealed", "не б/у", "unused", "neu und unbenutzt"] {
            assert!(!groups(text).contains(&Group::Resale), "{text}");
        }
    }

    #[test]
    fn vintage_needs_a_year() {
        assert_eq!(groups("vintage 1998 watch"), [Group::Resale]);
        assert_eq!(groups("vintage look ring"), [Group::NewUse]);
    }
}
