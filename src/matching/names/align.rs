//! Laying an asked name beside a listed one, token by token.

use super::compare::{LEAST_LIKENESS, Shape, distance};
use super::model::How;
use super::tables::Class;

/// A token with what it weighs.
#[derive(Clone, Copy)]
pub struct Weighed<'a> {
    /// The token.
    pub shape: &'a Shape,
    /// How telling it is, 0 to 1.
    pub weight: f32,
    /// Whether the index knows the token.
    pub known: bool,
}

/// One token or two neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// First token.
    pub from: u8,
    /// Second token, if there are two.
    pub with: Option<u8>,
}

impl Run {
    fn one(index: usize) -> Self {
        Self { from: index as u8, with: None }
    }
}

/// A pair of runs that match.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// Asked tokens.
    pub query: Run,
    /// Listed tokens.
    pub listed: Run,
    /// How.
    pub how: How,
    /// How well.
    pub likeness: f32,
    /// How telling.
    pub weight: f32,
}

/// The measures of an alignment that the score is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measures {
    /// Weight that matches, times likeness.
    pub matched: f32,
    /// Weight that matches, but for differences in spelling.
    pub lost: f32,
    /// Weight of asked tokens without partner.
    pub query_only: f32,
    /// Weight of listed tokens without partner.
    pub listed_only: f32,
    /// Matched weight of names alone: no legal form, trade word, title, particle or initial.
    pub names: f32,
    /// Matched weight of trade words and places.
    pub words: f32,
    /// Matched names, counted.
    pub count: f32,
    /// Weight of the heaviest asked name without partner.
    pub heaviest_query: f32,
    /// Weight of the heaviest listed name without partner.
    pub heaviest_listed: f32,
    /// Weight matched by one letter for a name.
    pub initials: f32,
    /// How far the worst matching name is from the same: 1 less its likeness.
    pub worst: f32,
    /// Pairs of neighbours that stand in another order.
    pub inversions: f32,
    /// Numbers without partner, both sides.
    pub numbers: f32,
    /// What of the lost and left weight belongs to legal forms and joining words.
    pub forms: f32,
}

/// Working memory of [`align`], kept between calls.
#[derive(Default)]
pub struct Board {
    /// Likeness of each asked token with each listed one: filled by the caller, row by row.
    pub cells: Vec<Option<(f32, How)>>,
    order: Vec<(f32, u8, u8)>,
    /// The pairs of the last call.
    pub pairs: Vec<Pair>,
    /// Whether each asked token has a partner.
    pub query_taken: Vec<bool>,
    /// Whether each listed token has a partner.
    pub listed_taken: Vec<bool>,
}

impl Board {
    /// Aligns `query` with `listed`; [`Self::cells`] holds their likenesses.
    pub fn align(&mut self, query: &[Weighed], listed: &[Weighed]) -> Measures {
        self.pairs.clear();
        self.query_taken.clear();
        self.query_taken.resize(query.len(), false);
        self.listed_taken.clear();
        self.listed_taken.resize(listed.len(), false);
        self.join(query, listed);
        self.order.clear();
        for (place, cell) in self.cells.iter().enumerate() {
            let Some((likeness, _)) = cell else { continue };
            let (asked, found) = (place / listed.len(), place % listed.len());
            // Where likeness is equal, the pair on the diagonal: "Ali Ali Hassan".
            let apart = (asked as f32 / query.len() as f32 - found as f32 / listed.len() as f32).abs();
            let value = likeness * (0.2 + query[asked].weight + listed[found].weight) - 0.001 * apart;
            self.order.push((value, asked as u8, found as u8));
        }
        self.order.sort_unstable_by(|one, other| {
            other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)).then(one.2.cmp(&other.2))
        });
        for place in 0..self.order.len() {
            let (_, asked, found) = self.order[place];
            let (asked, found) = (asked as usize, found as usize);
            if self.query_taken[asked] || self.listed_taken[found] {
                continue;
            }
            if let Some((likeness, how)) = self.cells[asked * listed.len() + found] {
                let weight = pair_weight(&query[asked], &listed[found], how);
                self.take(Run::one(asked), Run::one(found), how, likeness, weight);
            }
        }
        self.measure(query, listed)
    }

    fn take(&mut self, query: Run, listed: Run, how: How, likeness: f32, weight: f32) {
        for index in std::iter::once(query.from).chain(query.with) {
            self.query_taken[index as usize] = true;
        }
        for index in std::iter::once(listed.from).chain(listed.with) {
            self.listed_taken[index as usize] = true;
        }
        self.pairs.push(Pair { query, listed, how, likeness, weight });
    }

    /// Pairs tokens of one side that are two neighbours of the other.
    fn join(&mut self, query: &[Weighed], listed: &[Weighed]) {
        for (asked, token) in query.iter().enumerate() {
            if self.row_has_equal(asked, listed.len()) {
                continue;
            }
            if let Some((run, likeness)) = neighbours_that_make(token.shape, listed, &self.listed_taken) {
                let weight = run_weight(run, listed);
                self.take(Run::one(asked), run, How::Joined, likeness, weight);
            }
        }
        for found in 0..listed.len() {
            let equal = (0..query.len()).any(|asked| is_equal(self.cells[asked * listed.len() + found]));
            if equal || self.listed_taken[found] {
                continue;
            }
            if let Some((run, likeness)) = neighbours_that_make(listed[found].shape, query, &self.query_taken) {
                let weight = listed[found].weight;
                self.take(run, Run::one(found), How::Joined, likeness, weight);
            }
        }
    }

    fn row_has_equal(&self, asked: usize, width: usize) -> bool {
        self.query_taken[asked] || self.cells[asked * width..(asked + 1) * width].iter().any(|cell| is_equal(*cell))
    }

    fn measure(&self, query: &[Weighed], listed: &[Weighed]) -> Measures {
        let mut sum = Measures::default();
        let mut last = None;
        let mut in_order: Vec<&Pair> = Vec::with_capacity(self.pairs.len());
        in_order.extend(&self.pairs);
        in_order.sort_unstable_by_key(|pair| pair.query.from);
        for pair in in_order {
            let shape = listed[pair.listed.from as usize].shape;
            sum.matched += pair.weight * pair.likeness;
            sum.lost += pair.weight * (1.0 - pair.likeness);
            if joins(shape.class) {
                sum.forms += pair.weight * (1.0 - pair.likeness);
            }
            if pair.how == How::Initial {
                sum.initials += pair.weight;
            } else if matches!(shape.class, Class::Ordinary | Class::Number) {
                sum.names += pair.weight * pair.likeness;
                sum.count += 1.0;
                let apart = 1.0 - pair.likeness;
                sum.worst = sum.worst.max(apart);
            }
            if matches!(shape.class, Class::Business | Class::Place) {
                sum.words += pair.weight * pair.likeness;
            }
            if last.is_some_and(|last| last > pair.listed.from) {
                sum.inversions += 1.0;
            }
            last = Some(pair.listed.from);
        }
        let left =
            |tokens: &[Weighed], taken: &[bool], weight: &mut f32, heaviest: &mut f32, rest: (&mut f32, &mut f32)| {
                for (token, _) in tokens.iter().zip(taken).filter(|(_, taken)| !**taken) {
                    *weight += token.weight;
                    if token.shape.class == Class::Ordinary {
                        *heaviest = heaviest.max(token.weight);
                    }
                    if token.shape.class == Class::Number {
                        *rest.0 += 1.0;
                    }
                    if joins(token.shape.class) {
                        *rest.1 += token.weight;
                    }
                }
            };
        left(
            query,
            &self.query_taken,
            &mut sum.query_only,
            &mut sum.heaviest_query,
            (&mut sum.numbers, &mut sum.forms),
        );
        left(
            listed,
            &self.listed_taken,
            &mut sum.listed_only,
            &mut sum.heaviest_listed,
            (&mut sum.numbers, &mut sum.forms),
        );
        sum
    }
}

/// Whether tokens of a class only give a name its form.
fn joins(class: Class) -> bool {
    matches!(class, Class::Legal | Class::Particle | Class::Connective)
}

fn is_equal(cell: Option<(f32, How)>) -> bool {
    cell.is_some_and(|(likeness, _)| likeness >= 0.95)
}

/// What a matching pair weighs. A misspelt word is as telling as the word that was meant.
fn pair_weight(query: &Weighed, listed: &Weighed, how: How) -> f32 {
    match how {
        How::Initial => 0.35 * query.weight.max(listed.weight),
        _ if !query.known => listed.weight,
        _ => 0.5 * (query.weight + listed.weight),
    }
}

fn run_weight(run: Run, tokens: &[Weighed]) -> f32 {
    std::iter::once(run.from).chain(run.with).map(|index| tokens[index as usize].weight).sum()
}

/// Two free neighbours whose letters together are `whole`, give or take one. The last
/// token and the first are neighbours too: surnames stand on either end.
fn neighbours_that_make(whole: &Shape, tokens: &[Weighed], taken: &[bool]) -> Option<(Run, f32)> {
    if whole.text.len() < 4 || tokens.len() < 2 || matches!(whole.class, Class::Legal | Class::Number) {
        return None;
    }
    let last = if tokens.len() > 2 { tokens.len() } else { 1 };
    (0..last).find_map(|from| {
        let with = (from + 1) % tokens.len();
        if taken[from] || taken[with] {
            return None;
        }
        let (one, other) = (tokens[from].shape, tokens[with].shape);
        let consonants = whole.writing != one.writing;
        let (target, left, right) = match consonants {
            true => (&whole.consonants, &one.consonants, &other.consonants),
            false => (&whole.text, &one.text, &other.text),
        };
        let length = left.len() + right.len();
        if length.abs_diff(target.len()) > 1 || length < 3 || target.first() != left.first() {
            return None;
        }
        let mut joined = [0u8; 96];
        let joined = joined.get_mut(..length)?;
        joined[..left.len()].copy_from_slice(left);
        joined[left.len()..].copy_from_slice(right);
        let edits = distance(joined, target, if length >= 7 { 1 } else { 0 })?;
        let likeness = match (consonants, edits) {
            (false, 0) => 0.97,
            (true, 0) => 0.88,
            _ => 0.85,
        };
        debug_assert!(likeness > LEAST_LIKENESS);
        Some((Run { from: from as u8, with: Some(with as u8) }, likeness))
    })
}
