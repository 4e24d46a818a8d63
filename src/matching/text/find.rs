//! Searching one listing: fold, cut, run the passes, weigh, decide the kind of use.

use ahash::AHashMap;

use super::chance::ChanceRates;
use super::context::{self, Group, Phrase};
use super::edit::Slip;
use super::form::{Commonness, Source};
use super::gates::{self, ListingTopics};
use super::index::MarkIndex;
use super::model::{Field, MarkHit, Pass, TextFindings, TextQuery, UseKind};
use super::ordinary::ENGLISH;
use super::passes::{Candidate, Parting, Scan, glued, leet, masked, misspelt, plain, unspaced};
use super::prepared::{Prepared, PreparedText};
use super::score::{self, Signs};
use super::store::MarkView;
use super::token::{Gap, Kind, Token, is_deliberate};
use crate::kernel::Span;
use crate::registry::model::MarkStatus;

/// Hits and claims kept of one listing.
pub(super) const MOST_HITS: usize = 64;

/// A hit below this score is no evidence worth showing.
const LEAST_SCORE: f32 = 0.1;

/// A reading from this score on is held to be meant.
const SURE_SCORE: f32 = 0.5;

/// The strongest reading of a brand so far.
struct Best<'a> {
    rank: Rank,
    candidate: Candidate<'a>,
    field: usize,
    because: Vec<&'static str>,
    score: f32,
    /// Some reading of the brand, this or a weaker one, writes letters over.
    disguised: bool,
}

impl<'a> Best<'a> {
    fn key(&self) -> &'a str {
        self.candidate.form.brand().key()
    }
}

/// What makes one reading of a brand win over another; smaller is better.
type Rank = (u32, Field, u32, Pass, u32);

impl MarkIndex {
    /// Searches one listing for every mark in force where and when it is offered.
    ///
    /// Deterministic; linear in the length of the text. At most one hit a brand and 64
    /// in all, best first.
    pub fn find(&self, query: &TextQuery) -> TextFindings {
        self.find_in(&PreparedText::of(query), query)
    }

    /// The same in a text that is folded and cut already, attributes included. `query` must be
    /// the one it was made of.
    pub fn find_in(&self, text: &PreparedText, query: &TextQuery) -> TextFindings {
        let fields = text.fields.as_slice();
        let facts = ListingFacts::of(fields, query);
        let candidates: Vec<Vec<Candidate>> = fields.iter().map(|field| self.candidates(field)).collect();
        let best = strongest(fields, &candidates, query, &facts, self.rates());
        let mut best: Vec<Best> = best.into_values().collect();
        best.sort_by(|a, b| (a.rank, a.key()).cmp(&(b.rank, b.key())));
        best.truncate(MOST_HITS);
        let hits = best.into_iter().map(|best| hit(best, fields, query, &facts)).collect();

        let claims = fields
            .iter()
            .flat_map(|field| context::claims(&field.phrases, &field.folded, &field.original, field.field));
        let counterfeit_signal = (facts.replica * 1000.0).round() / 1000.0;
        TextFindings { claims: claims.take(MOST_HITS).collect(), hits, counterfeit_signal }
    }

    fn candidates<'a>(&'a self, field: &'a Prepared) -> Vec<Candidate<'a>> {
        let scan = Scan::of(self, &field.original, &field.folded, &field.words);
        let mut exact = vec![false; field.words.tokens.len()];
        let mut found = Vec::new();
        plain::find(&scan, &mut exact, &mut found);
        unspaced::find(&scan, &mut found);
        leet::find(&scan, &mut found);
        masked::find(&scan, &mut found);
        glued::find(&scan, &exact, &mut found);
        misspelt::find(&scan, &exact, &mut found);
        found
    }
}

/// What holds for the whole listing.
struct ListingFacts {
    topics: ListingTopics,
    replica: f32,
    /// Wording of the trade in copies, as written.
    replica_words: Option<String>,
    /// Whether the title uses capitals beyond its first letter.
    has_capitals: bool,
    /// Whether a model number stands in the title.
    has_model: bool,
    /// What says that the goods are second hand, as written.
    resale: Option<String>,
    /// What says outright in the title that the goods are not the brand's but fit them.
    says_it_fits: Option<String>,
}

impl ListingFacts {
    fn of(fields: &[Prepared], query: &TextQuery) -> Self {
        let title = fields.iter().find(|field| field.field == Field::Title);
        let strength = |field: &Prepared| context::replica_strength(&field.phrases);
        let replica = fields.iter().map(strength).fold(0.0f32, |all, one| 1.0 - (1.0 - all) * (1.0 - one));
        let said = |found: Option<(&Prepared, &Phrase)>| found.map(|(field, phrase)| written(field, phrase));
        let first = |test: &dyn Fn(&Prepared, &Phrase) -> bool| {
            said(fields.iter().find_map(|field| {
                field.phrases.iter().find(|phrase| test(field, phrase)).map(|phrase| (field, phrase))
            }))
        };
        let wording = fields.iter().flat_map(|field| field.phrases.iter().map(move |phrase| (field, phrase)));
        // The surest wording; of equal ones the first.
        let surest = wording
            .filter(|(_, phrase)| matches!(phrase.group, Group::Replica | Group::Contact))
            .reduce(|best, next| if next.1.weight > best.1.weight { next } else { best });
        Self {
            topics: title.map_or_else(ListingTopics::default, |title| ListingTopics::of(query.category, &title.words)),
            replica,
            replica_words: said(surest.filter(|_| replica >= REPLICA)),
            has_capitals: query.title.chars().skip(1).any(char::is_uppercase),
            has_model: title.is_some_and(|title| title.words.tokens.iter().any(|token| is_model(title, token))),
            resale: first(&is_second_hand),
            says_it_fits: first(&|field, phrase| field.field == Field::Title && says_it_fits(phrase)),
        }
    }
}

/// From this strength on wording of the trade in copies cancels wording of lawful use.
const REPLICA: f32 = 0.4;

/// The letters of a phrase as they were written.
fn written(field: &Prepared, phrase: &Phrase) -> String {
    field.folded.written(&field.original, phrase.from as usize, phrase.to as usize).to_owned()
}

/// Whether a phrase says that the goods are second hand. A description uses many words; only
/// those that mean nothing else count there.
fn is_second_hand(field: &Prepared, phrase: &Phrase) -> bool {
    let enough = if field.field == Field::Title { 0.0 } else { 1.0 };
    phrase.group == Group::Resale && phrase.weight >= enough
}

/// Whether a phrase can mean nothing else than that the goods fit another's.
fn says_it_fits(phrase: &Phrase) -> bool {
    matches!(phrase.group, Group::Fits | Group::FitAfter | Group::Third) && phrase.weight >= 1.0
}

/// The strongest reading of each brand.
fn strongest<'a>(
    fields: &[Prepared],
    candidates: &[Vec<Candidate<'a>>],
    query: &TextQuery,
    facts: &ListingFacts,
    rates: &ChanceRates,
) -> AHashMap<u64, Best<'a>> {
    let attribute = fields.iter().position(|field| field.field == Field::Brand);
    let named: Vec<u64> = attribute
        .map(|at| {
            candidates[at]
                .iter()
                .filter(|one| one.parting == Parting::None && one.slip.is_none())
                .map(|one| one.form.brand_number())
                .collect()
        })
        .unwrap_or_default();
    let mut best: AHashMap<u64, Best> = AHashMap::new();
    for (at, (field, found)) in fields.iter().zip(candidates).enumerate() {
        let readings = Readings::of(found);
        for candidate in found {
            let brand = candidate.form.brand_number();
            let Some(pending) = standing(candidate, query) else {
                continue;
            };
            let mut signs = signs(candidate, field, facts, named.contains(&brand), pending);
            signs.chance = chance(candidate, rates);
            signs.rivals = readings.rivals(candidate);
            let scored = score::score(&signs);
            if scored.score < LEAST_SCORE {
                continue;
            }
            let rank =
                (1000 - (scored.score * 1000.0) as u32, field.field, candidate.from, candidate.pass, candidate.to);
            // Set apart by signs can be another of the brand's own spellings: "De'Longhi", "Levi's".
            let mut disguised = scored.score >= SURE_SCORE && is_written_over(candidate);
            if let Some(known) = best.get_mut(&brand) {
                known.disguised |= disguised;
                disguised = known.disguised;
                if (known.rank, text(&known.candidate)) <= (rank, text(candidate)) {
                    continue;
                }
            }
            let (score, because) = (scored.score, scored.because);
            best.insert(brand, Best { rank, candidate: *candidate, field: at, because, score, disguised });
        }
    }
    best
}

/// Which brands the same misspelt letters can be read as.
struct Readings(Vec<(u32, u32, u64)>);

impl Readings {
    fn of(candidates: &[Candidate]) -> Self {
        let guesses = candidates.iter().filter(|one| score::is_guess(one.pass));
        let mut places: Vec<_> = guesses.map(|one| (one.from, one.to, one.form.brand_number())).collect();
        places.sort_unstable();
        places.dedup();
        Self(places)
    }

    /// How many brands the letters of `candidate` can be read as; 1 for letters read as they stand.
    fn rivals(&self, candidate: &Candidate) -> usize {
        if !score::is_guess(candidate.pass) {
            return 1;
        }
        let place = (candidate.from, candidate.to);
        let first = self.0.partition_point(|(from, to, _)| (*from, *to) < place);
        self.0[first..].iter().take_while(|(from, to, _)| (*from, *to) == place).count().max(1)
    }
}

fn text<'a>(candidate: &Candidate<'a>) -> &'a str {
    candidate.form.form().text(candidate.form.brand())
}

/// Whether a right stands behind the candidate here and now, and whether it is only applied for.
fn standing(candidate: &Candidate, query: &TextQuery) -> Option<bool> {
    let brand = candidate.form.brand();
    let is_pending = |mark: MarkView| mark.status() == MarkStatus::Pending;
    if let Source::Mark(at) = candidate.form.form().source {
        let mark = brand.marks().nth(at as usize)?;
        return gates::is_in_force(mark, query).then(|| is_pending(mark));
    }
    let mut in_force = brand.marks().filter(|mark| gates::is_in_force(*mark, query)).peekable();
    if in_force.peek().is_none() {
        return brand.marks().next().is_none().then_some(false);
    }
    Some(in_force.all(is_pending))
}

/// How much likelier than with few marks chance alone brings one as near as the candidate's.
fn chance(candidate: &Candidate, rates: &ChanceRates) -> f32 {
    let (length, written) = (usize::from(candidate.form.form().length), candidate.to - candidate.from);
    match candidate.pass {
        Pass::Fuzzy => rates.slips(written as usize),
        Pass::Phonetic => rates.sounds(written as usize),
        Pass::Skeleton => rates.skeletons(written as usize),
        Pass::Exact | Pass::Folded | Pass::Squashed | Pass::Glued | Pass::Leet => rates.letters(length),
        Pass::Masked => 0.0,
    }
}

/// Everything that speaks for or against one candidate.
fn signs(candidate: &Candidate, field: &Prepared, facts: &ListingFacts, attribute: bool, pending: bool) -> Signs {
    let form = candidate.form.form();
    let (first, last) = (candidate.first_token as usize, candidate.last_token as usize);
    let tokens = &field.words.tokens;
    let in_title = field.field == Field::Title;
    let everyday_parts = tokens.get(first..=last).is_some_and(|parts| parts.iter().all(|token| token.facts.common));
    Signs {
        pass: candidate.pass,
        field: field.field,
        length: usize::from(form.length),
        unspaced: form.unspaced,
        words: usize::from(form.words),
        slip: candidate.slip,
        parting: candidate.parting,
        replaced: candidate.replaced,
        deliberate: is_deliberate(candidate.traces),
        hashtag: candidate.hashtag,
        whole_field: candidate.whole_field,
        compound: is_compound(tokens, first, last),
        commonness: if everyday_parts && candidate.parting == Parting::Split {
            Commonness::Word
        } else {
            form.commonness
        },
        strictness: form.strictness,
        goods: facts.topics.goods(candidate.form.brand()),
        leads: in_title && leads(field, candidate),
        opens_field: first == 0,
        everyday_parts,
        small_letters: in_title && is_small(field, candidate, facts.has_capitals),
        model_anywhere: facts.has_model,
        rivals: 1,
        number_like: candidate.number_like,
        written: candidate.to - candidate.from,
        chance: 0.0,
        seen: form.seen,
        ordinary: if score::is_guess(candidate.pass) { ordinary(field, first, last) } else { None },
        digits_only: candidate.digits_only,
        said: candidate.said,
        crossed: candidate.slip == Some(Slip::Changed) && is_crossed(field, candidate),
        model_follows: in_title && tokens.get(last + 1).is_some_and(|next| is_model(field, next)),
        attribute,
        named_as_brand: said_before(field, candidate, Group::Genuine),
        idiom: is_in_idiom(field, candidate),
        function: form.function,
        initials: is_run_together(candidate),
        initials_small: is_run_together(candidate) && !is_in_capitals(field, candidate),
        stuffed: in_title && said_before(field, candidate, Group::Stuffing),
        replica: facts.replica,
        pending,
    }
}

/// How well known a written word is as one of a language.
fn ordinary(field: &Prepared, first: usize, last: usize) -> Option<u8> {
    let token = field.words.tokens.get(first).filter(|_| first == last)?;
    ENGLISH.level(field.words.of_token(token))
}

/// "O-ring", "e-coach": hangs on one letter by a hyphen.
fn is_compound(tokens: &[Token], first: usize, last: usize) -> bool {
    let hyphen = |token: &Token| token.gap == Gap::Sign('-');
    let before = first > 0 && hyphen(&tokens[first]) && tokens[first - 1].length() == 1;
    let after =
        tokens.get(last + 1).is_some_and(|next| hyphen(next) && next.length() == 1 && next.kind == Kind::Letters);
    before || after
}

/// Whether nothing but fillers, numbers and everyday openings stands before the hit.
fn leads(field: &Prepared, candidate: &Candidate) -> bool {
    let before = &field.words.tokens[..(candidate.first_token as usize).min(field.words.tokens.len())];
    before.len() <= 4
        && before.iter().all(|token| token.facts.filler || token.kind == Kind::Digits || token.length() == 1)
}

/// A word that mixes letters and digits, or a number of three digits or more.
fn is_model(field: &Prepared, token: &Token) -> bool {
    match token.kind {
        Kind::Mixed => true,
        Kind::Digits => token.length() >= 3,
        _ => {
            // "kx-tg6632b": a short head before a mixed tail.
            let at = field.words.token_at(token.from as usize);
            let tail = field.words.tokens.get(at + 1);
            token.length() <= 4
                && !token.facts.common
                && tail
                    .is_some_and(|tail| tail.gap == Gap::Sign('-') && matches!(tail.kind, Kind::Mixed | Kind::Digits))
        }
    }
}

/// Whether the hit is written small where a name would have capitals: in a title that uses
/// them, or in its later words when the first has one ("New balance board").
fn is_small(field: &Prepared, candidate: &Candidate, has_capitals: bool) -> bool {
    let written = field.folded.written(&field.original, candidate.from as usize, candidate.to as usize);
    // Han, kana, Arabic and others have no capitals.
    if !written.chars().any(|letter| letter.is_lowercase() || letter.is_uppercase()) {
        return false;
    }
    let mut written = written.chars();
    let opens_large = written.next().is_some_and(char::is_uppercase);
    let more_large = written.any(char::is_uppercase);
    let several_words = candidate.last_token > candidate.first_token && candidate.form.form().words > 1;
    if opens_large { several_words && !more_large } else { has_capitals && !more_large }
}

fn is_in_capitals(field: &Prepared, candidate: &Candidate) -> bool {
    let written = field.folded.written(&field.original, candidate.from as usize, candidate.to as usize);
    written.chars().all(char::is_uppercase)
}

/// Whether the letter changed is written as an x, which covers it.
fn is_crossed(field: &Prepared, candidate: &Candidate) -> bool {
    let from = field.words.places.partition_point(|place| *place < candidate.from);
    let mark = &*candidate.form.letters();
    let written = field.words.letters.get(from..from + mark.len()).unwrap_or_default();
    written.iter().zip(mark).find(|(written, letter)| written != letter).is_some_and(|(written, _)| *written == 'x')
}

/// Whether the hit is part of a fixed expression: "dove grey".
fn is_in_idiom(field: &Prepared, candidate: &Candidate) -> bool {
    field
        .phrases
        .iter()
        .any(|phrase| phrase.group == Group::Idiom && phrase.from <= candidate.from && candidate.to <= phrase.to)
}

/// Whether a mark of single letters ("M·A·C") is written as one word.
fn is_run_together(candidate: &Candidate) -> bool {
    let form = candidate.form.form();
    form.words > 1 && form.words == form.length && candidate.first_token == candidate.last_token
}

/// Whether a phrase of `group` ends right before the candidate.
fn said_before(field: &Prepared, candidate: &Candidate, group: Group) -> bool {
    let near =
        |phrase: &&Phrase| phrase.group == group && phrase.to <= candidate.from && candidate.from - phrase.to <= 2;
    field.phrases.iter().any(|phrase| near(&phrase))
}

/// Whether someone took trouble to hide the mark.
fn is_disguised(candidate: &Candidate) -> bool {
    is_written_over(candidate) || candidate.parting == Parting::Deliberate
}

/// Whether letters of the mark are written as others.
fn is_written_over(candidate: &Candidate) -> bool {
    is_deliberate(candidate.traces) || matches!(candidate.pass, Pass::Leet | Pass::Masked)
}

/// Makes the hit of a brand's strongest reading.
fn hit(best: Best, fields: &[Prepared], query: &TextQuery, facts: &ListingFacts) -> MarkHit {
    let Best { candidate, field, because, score, disguised, .. } = best;
    let disguised = disguised || is_disguised(&candidate);
    let field = &fields[field];
    let brand = candidate.form.brand();
    let mut because: Vec<String> = because.into_iter().map(str::to_owned).collect();
    if field.field == Field::Attribute {
        because.push(format!("stands in the attribute “{}”", field.name));
    }
    let mark = candidate.form.form().mark_key(brand);
    let (use_kind, reason) = use_of(&candidate, field, query, facts, disguised);
    because.extend(reason);
    let span: Span = field.folded.span_of_letters(candidate.from as usize, candidate.to as usize);
    MarkHit {
        brand: brand.brand_key(),
        mark_text: text(&candidate).to_owned(),
        mark,
        use_kind,
        score,
        pass: candidate.pass,
        field: field.field,
        span,
        matched: field.folded.written(&field.original, candidate.from as usize, candidate.to as usize).to_owned(),
        because,
    }
}

/// How the listing uses the mark, and which words say so: authorised, then second hand, then
/// fits; wording of the trade in copies and deliberate disguise cancel the last two.
fn use_of(
    candidate: &Candidate,
    field: &Prepared,
    query: &TextQuery,
    facts: &ListingFacts,
    disguised: bool,
) -> (UseKind, Option<String>) {
    let brand = candidate.form.brand();
    if let Some(entry) = gates::authorisation(brand, &candidate.form.form().mark_key(brand), query) {
        return (UseKind::Authorised, Some(authorised_words(entry)));
    }
    let in_title = field.field == Field::Title;
    let nominative = gates::is_nominative(candidate, &field.words, &field.phrases, &field.folded, in_title);
    let lawful = facts.resale.clone().or_else(|| nominative.map(|phrase| written(field, &phrase)));
    if facts.replica >= REPLICA {
        let words = facts.replica_words.as_deref().unwrap_or("wording of copies");
        let reason = match lawful {
            Some(lawful) => format!("“{words}” cancels what “{lawful}” says of lawful use"),
            None => format!("wording of copies: “{words}”"),
        };
        return (UseKind::InfringingUse, Some(reason));
    }
    if disguised {
        return (
            UseKind::InfringingUse,
            lawful.map(|lawful| format!("the disguise cancels what “{lawful}” says of lawful use")),
        );
    }
    if let Some(words) = &facts.resale {
        return (UseKind::Resale, Some(format!("“{words}” says that the goods are second hand")));
    }
    if field.field == Field::Brand {
        // Sellers of parts fill in the brand of what the part is for.
        return match &facts.says_it_fits {
            Some(words) => {
                (UseKind::Nominative, Some(format!("the title says by “{words}” that the goods only fit the brand's")))
            }
            None => (UseKind::InfringingUse, None),
        };
    }
    match nominative {
        Some(phrase) => (UseKind::Nominative, Some(format!("“{}” names what the goods fit", written(field, &phrase)))),
        None => (UseKind::InfringingUse, None),
    }
}

/// What an authorisation says, in words.
fn authorised_words(entry: &crate::registry::model::AuthorisedSeller) -> String {
    let until = entry.until.map(|day| format!(" until {day}")).unwrap_or_default();
    let seller = &entry.seller;
    if entry.markets.is_empty() {
        return format!("the brand authorised the seller {seller}{until}");
    }
    let markets: Vec<String> = entry.markets.iter().map(ToString::to_string).collect();
    format!("the brand authorised the seller {seller} for {}{until}", markets.join(", "))
}
