//! From signs to one score that means the same for every brand and pass.
//!
//! Signs add up as log-odds, so that no single one decides and each can be named. The
//! constants were set on labelled development listings of many brands, checked on
//! halves of the brands against each other.

use std::f32::consts::LN_2;

use super::edit::Slip;
use super::form::Commonness;
use super::gates::Goods;
use super::model::{Field, Pass};
use super::ordinary::WELL_KNOWN;
use super::passes::Parting;
use crate::registry::model::Strictness;

/// Everything that speaks for or against a hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs {
    pub(super) pass: Pass,
    pub(super) field: Field,
    /// Letters of the form.
    pub(super) length: usize,
    /// The form is of a script without spaces.
    pub(super) unspaced: bool,
    pub(super) words: usize,
    pub(super) slip: Option<Slip>,
    /// The changed letter is written x.
    pub(super) crossed: bool,
    pub(super) parting: Parting,
    pub(super) replaced: u8,
    pub(super) deliberate: bool,
    pub(super) hashtag: bool,
    pub(super) whole_field: bool,
    /// The form hangs on a hyphen after a single letter: "O-ring".
    pub(super) compound: bool,
    pub(super) commonness: Commonness,
    pub(super) strictness: Strictness,
    pub(super) goods: Goods,
    /// The hit opens the title, fillers aside.
    pub(super) leads: bool,
    /// The hit is the first word of its field.
    pub(super) opens_field: bool,
    /// Every word it is cut into is an everyday word.
    pub(super) everyday_parts: bool,
    /// Written small in a title that uses capitals.
    pub(super) small_letters: bool,
    /// A model number stands anywhere in the title.
    pub(super) model_anywhere: bool,
    /// A model number follows.
    pub(super) model_follows: bool,
    /// The brand attribute names the brand.
    pub(super) attribute: bool,
    /// "Brand:" or "genuine" stands right before.
    pub(super) named_as_brand: bool,
    /// Part of a fixed expression: "dove grey".
    pub(super) idiom: bool,
    /// The mark is a word of grammar or a single letter.
    pub(super) function: bool,
    /// A mark of single letters written as one word.
    pub(super) initials: bool,
    /// The same, and not in capitals.
    pub(super) initials_small: bool,
    /// "like X", "/ X /": brands strewn into the title.
    pub(super) stuffed: bool,
    /// Strength of wording of the trade in copies.
    pub(super) replica: f32,
    pub(super) pending: bool,
    /// Brands the same misspelt letters can be read as, this one included.
    pub(super) rivals: usize,
    /// Written in another script as the mark sounds.
    pub(super) said: bool,
    /// Only digits stand for letters, which codes have too.
    pub(super) digits_only: bool,
    /// What is replaced looks like a number rather than letters, or stands at a border.
    pub(super) number_like: bool,
    /// Letters written.
    pub(super) written: u32,
    /// How much likelier chance brings letters as near some mark of this registry than when the
    /// weights were set, as a logarithm; 0 for letters that are plainly the mark's.
    pub(super) chance: f32,
    /// Titles of the platform that name the mark, as a logarithm to base 2.
    pub(super) seen: u8,
    /// How well known the written word is as an ordinary one, if it is.
    pub(super) ordinary: Option<u8>,
}

/// A score with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scored {
    pub(super) score: f32,
    pub(super) because: Vec<&'static str>,
}

/// Adds up log-odds and remembers the phrases.
struct Sum {
    odds: f32,
    because: Vec<&'static str>,
}

impl Sum {
    fn add(&mut self, odds: f32, phrase: &'static str) {
        self.odds += odds;
        if !phrase.is_empty() {
            self.because.push(phrase);
        }
    }
}

/// Whether a pass reads letters that are not the mark's.
pub(super) fn is_guess(pass: Pass) -> bool {
    matches!(pass, Pass::Fuzzy | Pass::Phonetic | Pass::Skeleton)
}

/// Weighs the signs.
pub(super) fn score(signs: &Signs) -> Scored {
    let mut sum = Sum { odds: 0.0, because: Vec::new() };
    weigh_pass(signs, &mut sum);
    weigh_goods(signs, &mut sum);
    weigh_commonness(signs, &mut sum);
    weigh_place(signs, &mut sum);
    if signs.replica >= 0.4 {
        sum.add(1.5 * signs.replica, "wording of the trade in copies");
    }
    if signs.pending {
        sum.odds = sum.odds.min(0.4);
        sum.add(0.0, "the mark is only applied for");
    }
    let score = 1.0 / (1.0 + (-sum.odds).exp());
    Scored { score: (score * 1000.0).round() / 1000.0, because: sum.because }
}

fn weigh_pass(signs: &Signs, sum: &mut Sum) {
    let length = signs.length as f32;
    match signs.pass {
        Pass::Exact => sum.add(3.0, "the mark's own letters"),
        Pass::Folded if signs.deliberate => sum.add(3.6, "look-alike, styled or hidden letters undone"),
        Pass::Folded => sum.add(2.9, "accents undone"),
        Pass::Squashed if signs.parting == Parting::Deliberate => {
            sum.add(1.6 + 0.3 * (length - 3.0).min(5.0), "letters set apart")
        }
        Pass::Squashed => sum.add(0.8 * (length - 5.3).clamp(-3.0, 2.0), "the word is cut in parts"),
        Pass::Leet => sum.add(
            1.0 + 0.5 * (length - 4.0).min(4.0) - 0.4 * f32::from(signs.replaced.saturating_sub(2)),
            "digits or signs in place of letters",
        ),
        Pass::Masked => sum.add(0.9 + 0.6 * (length - 4.0).min(4.0), "a letter is covered by a sign"),
        Pass::Glued if signs.hashtag => sum.add(2.2, "inside a hashtag"),
        Pass::Glued => sum.add(0.6 + 0.5 * (length - 4.0).min(4.0), "stuck to another word"),
        Pass::Fuzzy => weigh_slip(signs, sum),
        Pass::Phonetic if signs.said => {
            sum.add(-0.2 + 0.6 * (length - 5.0).clamp(-1.0, 4.0), "written in another script as it sounds")
        }
        Pass::Phonetic => sum.add(-0.5 + 0.5 * (length - 5.0).min(4.0), "another spelling of the same sound"),
        Pass::Skeleton => sum.add(-1.1 + 0.4 * (length - 5.0).min(5.0), "the vowels are left out"),
    }
    if signs.pass != Pass::Folded && signs.deliberate {
        sum.add(1.0, "look-alike, styled or hidden letters undone");
    }
    if signs.length <= 3 && signs.pass != Pass::Exact && !signs.unspaced {
        sum.add(-1.0, "a short mark");
    }
    if signs.number_like {
        sum.add(-1.5, "the signs look like a number");
    }
    let digits_only = signs.pass == Pass::Leet && signs.digits_only;
    let apart = signs.pass == Pass::Glued && !signs.hashtag;
    if is_guess(signs.pass) || apart || digits_only || (signs.pass == Pass::Squashed && signs.parting == Parting::Split)
    {
        weigh_chance(signs, sum);
    }
    if signs.compound {
        sum.add(-4.0, "part of a compound word");
    }
}

/// How likely chance alone brings a word close to some mark: the more marks, the shorter the
/// word and the more marks it is close to, the likelier.
fn weigh_chance(signs: &Signs, sum: &mut Sum) {
    // A mark that many titles of the platform name is likelier meant than one that none does.
    let doubt = (signs.chance - LN_2 * f32::from(signs.seen)).max(0.0);
    sum.add(-doubt, if doubt >= 1.0 { "many marks are near such a word by chance" } else { "" });
    if signs.rivals > 1 {
        sum.add(-(signs.rivals as f32).ln(), "other marks are as close");
    }
    if !is_guess(signs.pass) {
        return;
    }
    if let Some(level) = signs.ordinary {
        sum.add(if level <= WELL_KNOWN { -2.5 } else { -1.5 }, "what is written is a word of its own");
    }
    let few = if signs.pass == Pass::Skeleton { 3 } else { 4 };
    if signs.written <= few {
        sum.add(-0.4, "few letters");
    }
    if signs.field == Field::Title && !signs.leads && !signs.model_follows {
        sum.add(-0.5, "stands amid other words");
    }
}

fn weigh_slip(signs: &Signs, sum: &mut Sum) {
    if signs.length == 3 {
        return sum.add(1.6, "a capital is doubled");
    }
    let length = signs.length as f32;
    let (kind, phrase) = match signs.slip {
        Some(Slip::Doubled) => (0.9, "a letter is doubled"),
        Some(Slip::Swapped) => (0.4, "two letters are swapped"),
        Some(Slip::Dropped) => (0.0, "a letter is left out"),
        Some(Slip::Changed) if signs.crossed => (0.5, "an x covers a letter"),
        Some(Slip::Changed) => (0.0, "a letter is changed"),
        Some(Slip::Added) | None => (-0.4, "a letter is added"),
    };
    sum.add(-0.7 + 0.7 * (length - 5.0).clamp(-1.5, 4.0) + kind, phrase);
}

fn weigh_goods(signs: &Signs, sum: &mut Sum) {
    let guess = is_guess(signs.pass);
    let wide = signs.strictness == Strictness::Wide;
    match signs.goods {
        Goods::Same => sum.add(1.2, "goods of the brand's kind"),
        Goods::Near => sum.add(0.5, "goods near the brand's"),
        Goods::Class => sum.add(0.0, "goods of the mark's Nice classes"),
        Goods::Unknown => {}
        Goods::Other if wide => sum.add(0.0, "other goods, yet a famous mark"),
        Goods::Other if guess || signs.pass == Pass::Squashed => sum.add(-1.5, "other goods than the brand's"),
        Goods::Other => sum.add(-0.8, "other goods than the brand's"),
    }
    weigh_crowd(signs, sum);
    let short = (signs.length <= 2 && !signs.unspaced) || signs.initials;
    if short && matches!(signs.goods, Goods::Other | Goods::Class) && !signs.attribute && !signs.leads {
        sum.add(-3.5, "a few letters amid other goods");
    }
}

/// Most that a crowded registry takes from plain letters on goods that are not the brand's.
const MOST_CROWDED: f32 = 3.5;

/// A mark is a mark for its goods. In a registry of very many a short word is bound to be
/// somebody's, so that on other goods its letters say the less the more marks there are.
fn weigh_crowd(signs: &Signs, sum: &mut Sum) {
    let plain = matches!(signs.pass, Pass::Exact | Pass::Folded) && !signs.deliberate;
    let second_sign = signs.attribute || signs.named_as_brand || signs.field == Field::Brand;
    let share = match signs.goods {
        Goods::Same => 0.0,
        Goods::Near => 0.4,
        Goods::Class | Goods::Unknown | Goods::Other => 1.0,
    };
    if !plain || second_sign || signs.strictness == Strictness::Wide || signs.unspaced {
        return;
    }
    let doubt = (signs.chance - LN_2 * f32::from(signs.seen)).clamp(0.0, MOST_CROWDED) * share;
    sum.add(-doubt, if doubt >= 1.0 { "many words are somebody's mark" } else { "" });
}

fn weigh_commonness(signs: &Signs, sum: &mut Sum) {
    let odds = match signs.commonness {
        Commonness::Distinct if signs.strictness == Strictness::Guarded => -2.0,
        Commonness::Distinct => return,
        Commonness::Phrase => -1.2,
        Commonness::Word => -3.4,
    };
    let disguised =
        signs.deliberate || matches!(signs.pass, Pass::Leet | Pass::Masked) || signs.parting == Parting::Deliberate;
    if disguised || signs.hashtag {
        return sum.add(odds / 4.0, "also an everyday word, but disguised");
    }
    // Copies of other goods than the brand's are copies of something else.
    let copied = signs.replica >= 0.5 && matches!(signs.goods, Goods::Same | Goods::Near);
    if signs.attribute || signs.named_as_brand || copied || signs.field == Field::Brand {
        return sum.add(odds / 4.0, "also an everyday word, but a second sign names the brand");
    }
    // Misspelt, the letters are no everyday word any more, yet may be meant as one.
    if is_guess(signs.pass) || signs.pass == Pass::Glued || (signs.pass == Pass::Squashed && !signs.everyday_parts) {
        let doubt = if signs.goods == Goods::Same { 0.3 } else { 0.6 };
        return sum.add(odds * doubt, "the word meant is also an everyday word");
    }
    // Accents the mark does not have are seldom the everyday word, yet can be a name: "Céline".
    let accented = signs.pass == Pass::Folded;
    sum.add(if accented { odds * 0.6 } else { odds }, "also an everyday word");
    if signs.commonness == Commonness::Word {
        if !matches!(signs.goods, Goods::Same) {
            sum.add(-0.8, "");
        }
        if !signs.leads && !signs.model_follows && !signs.opens_field {
            sum.add(-1.2, "stands amid other words");
        }
        if signs.small_letters {
            sum.add(-1.2, "in small letters where names have capitals");
        }
        sum.add(if signs.model_anywhere { 0.4 } else { -0.6 }, "");
    }
}

fn weigh_place(signs: &Signs, sum: &mut Sum) {
    if signs.field == Field::Brand {
        // A name like the mark, given as a brand, can be another maker's.
        let sure = signs.whole_field && !is_guess(signs.pass);
        sum.add(if sure { 2.0 } else { 1.0 }, "given as the brand");
        return;
    }
    if signs.function && !signs.attribute && !signs.named_as_brand {
        sum.add(-6.0, "a word of grammar or a single letter");
    }
    if signs.idiom && !signs.attribute {
        sum.add(-4.0, "part of a fixed expression");
    }
    if signs.initials_small && !signs.attribute {
        sum.add(-4.0, "initials written as a small word");
    }
    if signs.leads {
        sum.add(0.9, "opens the title");
    }
    if signs.model_follows {
        sum.add(0.8, "a model number follows");
    }
    if signs.attribute {
        sum.add(1.0, "the brand attribute agrees");
    }
    if signs.named_as_brand {
        sum.add(1.5, "said to be the brand");
    }
    if signs.stuffed && signs.commonness != Commonness::Word {
        sum.add(0.8, "strewn among other brands");
    }
    if signs.field == Field::Description && !signs.named_as_brand {
        let other = signs.goods == Goods::Other;
        sum.add(
            if signs.opens_field {
                -0.4
            } else if other {
                -4.0
            } else {
                -3.7
            },
            "only in the description",
        );
    }
    if signs.words > 1 && signs.commonness != Commonness::Word {
        sum.add(0.4, "");
    }
}
