//! Rectangles drawn by straight edges: pictures set into other pictures, cards of a web
//! page, the picture of a phone's screen, bands with a price.
//!
//! An edge that runs straight along a row or column for an eighth of the picture is rare in
//! photographs and the rule where one picture was pasted onto another. Two such edges that
//! face each other propose a rectangle; all four sides together confirm it.

use super::luma::{Luma, Rect};

/// Least step of luminance between the pixels on both sides of an edge.
const STEP: u8 = 9;
/// What a pixel without a step costs a run of steps: runs keep at least two thirds of them.
const GAP_COST: i32 = 2;
/// Shortest run, in thousandths of the picture's side.
const SHORTEST_RUN: usize = 125;
/// Most runs of one direction that are paired.
const MAX_RUNS: usize = 28;
/// Least share of a rectangle's outline that must be edge, in thousandths.
const LEAST_OUTLINE: usize = 620;
/// Least share of its weakest side, in thousandths.
const LEAST_SIDE: usize = 330;
/// Most rectangles of one picture.
const MAX_FRAMES: usize = 6;

/// A straight edge before line `place`, along `from..to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    place: usize,
    from: usize,
    to: usize,
    strength: i32,
}

/// Where luminance steps from line to line; lines are columns or rows.
struct Steps {
    lines: usize,
    /// Pixels a line.
    length: usize,
    /// `lines × length`; 1 where line `l` differs from line `l - 1`.
    bits: Vec<u8>,
    /// For each line the strength of its longest run.
    strengths: Vec<i16>,
}

impl Steps {
    /// `by_line` holds the pixels of one line after the other, `across` the same pixels of one
    /// place of all lines after the other. Going through both in their order lets the
    /// processor take many pixels at a time.
    fn new(lines: usize, by_line: &[u8], across: &[u8]) -> Self {
        let length = by_line.len() / lines;
        let mut bits = vec![0; length];
        bits.reserve_exact(by_line.len() - length);
        for line in 1..lines {
            let at = |line: usize| &by_line[line * length..][..length];
            // An edge that fell between two pixels spreads over two steps.
            let (before, here, after) = (at(line - 1), at(line), at((line + 1).min(lines - 1)));
            bits.extend(before.iter().zip(here).zip(after).map(|((&before, &here), &after)| step(before, here, after)));
        }
        // As `longest_run`, of all lines at once.
        let (mut sums, mut strengths) = (vec![0_i16; lines], vec![0_i16; lines]);
        for place in across.chunks_exact(lines) {
            let runs = sums.iter_mut().zip(&mut strengths).skip(1);
            for (((sum, strength), pair), &after) in runs.zip(place.windows(2)).zip(&place[2..]) {
                extend_run(sum, strength, step(pair[0], pair[1], after));
            }
            let (end, before) = (lines - 1, lines - 2);
            extend_run(&mut sums[end], &mut strengths[end], step(place[before], place[end], place[end]));
        }
        Self { lines, length, bits, strengths }
    }

    /// How many of `from..to` step at a line or one beside it; all at the picture's own edge.
    fn count(&self, line: usize, from: usize, to: usize) -> usize {
        if line == 0 || line >= self.lines {
            return to - from;
        }
        let lines = line.saturating_sub(1).max(1)..=(line + 1).min(self.lines - 1);
        let hits = |line: usize| {
            let row = &self.bits[line * self.length..(line + 1) * self.length];
            row[from..to].chunks(128).map(|part| usize::from(part.iter().sum::<u8>())).sum()
        };
        lines.map(hits).max().unwrap_or(0)
    }

    /// The strongest runs, at most [`MAX_RUNS`], and the picture's own edges.
    fn runs(&self) -> Vec<Run> {
        let shortest = (self.length * SHORTEST_RUN / 1000).max(24) as i32;
        let mut found: Vec<Run> = (1..self.lines)
            .filter(|&line| i32::from(self.strengths[line]) >= shortest)
            .filter_map(|line| self.longest_run(line, shortest))
            .collect();
        found.sort_by_key(|run| (std::cmp::Reverse(run.strength), run.place));
        let mut kept: Vec<Run> = Vec::new();
        for run in found {
            let beside =
                |known: &Run| known.place.abs_diff(run.place) <= 2 && known.from < run.to && run.from < known.to;
            if kept.len() < MAX_RUNS && !kept.iter().any(beside) {
                kept.push(run);
            }
        }
        for place in [0, self.lines] {
            kept.push(Run { place, from: 0, to: self.length, strength: 0 });
        }
        kept
    }

    /// The stretch of a line that has the most steps after its gaps are paid for.
    fn longest_run(&self, line: usize, shortest: i32) -> Option<Run> {
        let row = &self.bits[line * self.length..(line + 1) * self.length];
        let (mut best, mut sum, mut start) = (Run { place: line, from: 0, to: 0, strength: 0 }, 0, 0);
        for (along, &hit) in row.iter().enumerate() {
            if sum <= 0 {
                (sum, start) = (0, along);
            }
            sum += if hit == 1 { 1 } else { -GAP_COST };
            if sum > best.strength {
                best = Run { place: line, from: start, to: along + 1, strength: sum };
            }
        }
        (best.strength >= shortest).then_some(best)
    }
}

/// 1 where luminance steps between a pixel and the one before it; or over both to the one after.
#[inline(always)]
fn step(before: u8, here: u8, after: u8) -> u8 {
    u8::from(here.abs_diff(before) >= STEP) | u8::from(after.abs_diff(before) >= 2 * STEP)
}

/// Adds a pixel to a line's running sum, which starts anew below 0, and keeps the largest.
#[inline(always)]
fn extend_run(sum: &mut i16, strength: &mut i16, step: u8) {
    *sum = (*sum).max(0) + i16::from(step) * (1 + GAP_COST as i16) - GAP_COST as i16;
    *strength = (*strength).max(*sum);
}

/// The pixels column by column.
fn transposed(luma: &Luma) -> Vec<u8> {
    /// Columns that are written at a time: their ends stay in the nearest cache.
    const BAND: usize = 16;
    let mut turned = vec![0; luma.pixels.len()];
    for (band, columns) in turned.chunks_mut(BAND * luma.height).enumerate() {
        for (y, row) in luma.pixels.chunks_exact(luma.width).enumerate() {
            for (column, &value) in columns.chunks_exact_mut(luma.height).zip(&row[band * BAND..]) {
                column[y] = value;
            }
        }
    }
    turned
}

/// The rectangles that straight edges enclose, surest first. Never the whole picture.
pub(crate) fn frames(luma: &Luma) -> Vec<Rect> {
    if luma.width < 64 || luma.height < 64 {
        return Vec::new();
    }
    let turned = transposed(luma);
    let (columns, rows) =
        (Steps::new(luma.width, &turned, &luma.pixels), Steps::new(luma.height, &luma.pixels, &turned));
    let mut found: Vec<(usize, Rect)> = Vec::new();
    for (lines, upright) in [(columns.runs(), true), (rows.runs(), false)] {
        for (first, second) in facing(&lines, if upright { luma.width } else { luma.height }) {
            let (from, to) = (first.from.min(second.from), first.to.max(second.to));
            // An end of a run at which the other direction has an edge is the corner.
            let cross = if upright { &rows } else { &columns };
            let from = cross.snap(from, first.place, second.place);
            let to = cross.snap(to, first.place, second.place);
            if to < from + 24 {
                continue;
            }
            let rect = if upright {
                Rect { left: first.place, top: from, width: second.place - first.place, height: to - from }
            } else {
                Rect { left: from, top: first.place, width: to - from, height: second.place - first.place }
            };
            if let Some(share) = outline(&columns, &rows, rect) {
                found.push((share, rect));
            }
        }
    }
    let whole = luma.width * luma.height;
    found.retain(|(_, rect)| rect.width * rect.height * 100 < whole * 97 && rect.width * rect.height * 100 > whole);
    found.sort_by_key(|(share, rect)| {
        (std::cmp::Reverse(*share), std::cmp::Reverse(rect.width * rect.height), rect.top, rect.left)
    });
    let mut kept: Vec<Rect> = Vec::new();
    for (_, rect) in found {
        if kept.len() < MAX_FRAMES && !kept.iter().any(|known| alike(known, &rect)) {
            kept.push(rect);
        }
    }
    kept
}

impl Steps {
    /// The line within a few of `near` that has the most steps along `from..to`.
    fn snap(&self, near: usize, from: usize, to: usize) -> usize {
        let reach = (self.lines / 40).max(3);
        let range = near.saturating_sub(reach)..=(near + reach).min(self.lines);
        // The picture's own edge counts fully and would win whenever it is in reach.
        let weight =
            |line: usize| if line == 0 || line >= self.lines { (to - from) / 2 } else { self.count(line, from, to) };
        range.max_by_key(|&line| (weight(line), std::cmp::Reverse(line.abs_diff(near)))).unwrap_or(near)
    }
}

/// Pairs of runs that begin and end alike and lie far enough apart.
fn facing(runs: &[Run], lines: usize) -> Vec<(Run, Run)> {
    let mut pairs = Vec::new();
    for (place, one) in runs.iter().enumerate() {
        for other in &runs[place + 1..] {
            let (first, second) = if one.place < other.place { (one, other) } else { (other, one) };
            if second.place - first.place < lines * SHORTEST_RUN / 1000 || first.strength + second.strength == 0 {
                continue;
            }
            let overlap = first.to.min(second.to).saturating_sub(first.from.max(second.from));
            let shorter = (first.to - first.from).min(second.to - second.from);
            if overlap * 10 < shorter * 8 {
                continue;
            }
            // The picture's own edge runs all along: take the other's ends.
            let ends = match (first.strength, second.strength) {
                (0, _) => (second.from, second.to),
                (_, 0) => (first.from, first.to),
                _ => (first.from.min(second.from), first.to.max(second.to)),
            };
            pairs.push((Run { from: ends.0, to: ends.1, ..*first }, Run { from: ends.0, to: ends.1, ..*second }));
        }
    }
    pairs
}

/// The share of a rectangle's outline that is edge, in thousandths, if it is a frame.
fn outline(columns: &Steps, rows: &Steps, rect: Rect) -> Option<usize> {
    let (right, bottom) = (rect.left + rect.width, rect.top + rect.height);
    let sides = [
        (columns.count(rect.left, rect.top, bottom), rect.height),
        (columns.count(right, rect.top, bottom), rect.height),
        (rows.count(rect.top, rect.left, right), rect.width),
        (rows.count(bottom, rect.left, right), rect.width),
    ];
    if sides.iter().any(|(hits, length)| hits * 1000 < length * LEAST_SIDE) {
        return None;
    }
    let (hits, length) = sides.iter().fold((0, 0), |(hits, length), side| (hits + side.0, length + side.1));
    let share = hits * 1000 / length.max(1);
    (share >= LEAST_OUTLINE).then_some(share)
}

/// Whether two rectangles are the same but for a few lines.
fn alike(one: &Rect, other: &Rect) -> bool {
    let overlap = |first: usize, length: usize, other_first: usize, other_length: usize| {
        (first + length).min(other_first + other_length).saturating_sub(first.max(other_first))
    };
    let common =
        overlap(one.left, one.width, other.left, other.width) * overlap(one.top, one.height, other.top, other.height);
    let union = one.width * one.height + other.width * other.height - common;
    common * 100 > union * 88
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texture(width: usize, height: usize, seed: usize) -> Luma {
        let value = |x: usize, y: usize| {
            let (u, v) = (x as f64 / 37.0 + seed as f64, y as f64 / 29.0);
            (120.0 + 60.0 * (u + (v * 0.7).sin()).sin() + 40.0 * (v * 1.3 + u * 0.4).cos()) as u8
        };
        Luma::new(width, height, (0..width * height).map(|place| value(place % width, place / width)).collect())
    }

    fn pasted(ground: &mut Luma, picture: &Luma, left: usize, top: usize) {
        for row in 0..picture.height {
            let to = (top + row) * ground.width + left;
            ground.pixels[to..to + picture.width]
                .copy_from_slice(&picture.pixels[row * picture.width..][..picture.width]);
        }
    }

    #[test]
    fn a_picture_set_into_another_is_found_to_the_pixel_or_two() {
        for (left, top) in [(40, 60), (200, 150), (10, 210)] {
            let mut ground = texture(480, 400, 0);
            pasted(&mut ground, &texture(150, 120, 9), left, top);
            let expected = Rect { left, top, width: 150, height: 120 };
            let found = frames(&ground);
            assert!(found.iter().any(|rect| alike(rect, &expected)), "{left},{top}: {found:?}");
        }
    }

    #[test]
    fn a_picture_as_wide_as_a_screen_is_found_between_its_upper_and_lower_edge() {
        let mut screen = Luma::new(270, 480, vec![250; 270 * 480]);
        pasted(&mut screen, &texture(270, 200, 3), 0, 90);
        let found = frames(&screen);
        assert!(found.iter().any(|rect| alike(rect, &Rect { left: 0, top: 90, width: 270, height: 200 })), "{found:?}");
    }

    #[test]
    fn smooth_and_tiny_pictures_have_no_frames() {
        assert!(frames(&texture(300, 300, 1)).is_empty());
        assert!(frames(&Luma::new(20, 2000, vec![0; 40_000])).is_empty());
        assert!(frames(&Luma::new(300, 300, vec![7; 90_000])).is_empty());
    }
}
