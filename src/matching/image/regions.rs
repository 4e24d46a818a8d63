//! Which parts of a picture are hashed on their own.
//!
//! A copy with a border, in a collage or in a screenshot shares no global hash with its
//! original, but the part that holds it does. Parts are found by uniform borders and gaps
//! (a recursive XY cut); a few fixed crops stand for cropped copies.

use std::cell::OnceCell;

use super::frames;
use super::luma::{Luma, Plane, Rect};
use super::model::{Cut, PartRect};

/// How far a pixel's luminance may lie from its line's to count as the same ground:
/// JPEG ringing beside an edge stays under this at quality 30 and above.
const GROUND_TOLERANCE: i32 = 14;
/// Of a uniform line, how many of a thousand pixels may differ (dust, text of a watermark).
const STRAY_PER_MILLE: usize = 15;
/// Shortest side of a part, in thousandths of the picture's.
const SHORTEST_PART: usize = 120;
/// Longest side of the copy on which borders and gaps are looked for.
const ANALYSIS_SIDE: usize = 512;
/// Most panels of one picture: a collage of nine is cut, a contact sheet is not.
const MAX_PANELS: usize = 9;
/// How often a part is cut again.
const MAX_DEPTH: usize = 4;

/// A part to hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub cut: Cut,
    pub at: PartRect,
}

/// The picture and its halved copies, largest first.
pub(crate) struct Pyramid {
    levels: Vec<Luma>,
}

impl Pyramid {
    pub(crate) fn new(luma: Luma) -> Self {
        let mut levels = vec![luma];
        loop {
            let last = &levels[levels.len() - 1];
            if last.width.min(last.height) < 128 {
                break;
            }
            let next = last.halved();
            levels.push(next);
        }
        Self { levels }
    }

    pub(crate) fn full(&self) -> &Luma {
        &self.levels[0]
    }

    pub(crate) fn analysis(&self) -> &Luma {
        let fits = |level: &&Luma| level.width.max(level.height) <= ANALYSIS_SIDE;
        self.levels.iter().find(fits).unwrap_or(&self.levels[self.levels.len() - 1])
    }

    /// The part of the smallest level on which its sides keep at least `shortest` pixels,
    /// or of the full picture.
    pub(crate) fn part(&self, at: PartRect, shortest: usize) -> Plane<'_> {
        let enough = |level: &&Luma| {
            let rect = pixels_of(at, level);
            rect.width.min(rect.height) >= shortest
        };
        let level = self.levels.iter().rev().find(enough).unwrap_or(&self.levels[0]);
        level.part(pixels_of(at, level))
    }
}

/// A part's rectangle on a plane: never empty, never outside.
fn pixels_of(at: PartRect, luma: &Luma) -> Rect {
    let scale = |thousandths: u16, length: usize| (usize::from(thousandths) * length + 500) / 1000;
    let left = scale(at.left, luma.width).min(luma.width - 1);
    let top = scale(at.top, luma.height).min(luma.height - 1);
    let width = scale(at.width, luma.width).clamp(1, luma.width - left);
    let height = scale(at.height, luma.height).clamp(1, luma.height - top);
    Rect { left, top, width, height }
}

fn thousandths_of(rect: Rect, luma: &Luma) -> PartRect {
    let scale = |pixels: usize, length: usize| ((pixels * 1000 + length / 2) / length) as u16;
    PartRect {
        left: scale(rect.left, luma.width),
        top: scale(rect.top, luma.height),
        width: scale(rect.width, luma.width),
        height: scale(rect.height, luma.height),
    }
}

/// The parts found by uniform borders and gaps: the trimmed picture first, then panels
/// from the largest to the smallest.
pub(crate) fn cut_parts(pyramid: &Pyramid) -> Vec<Part> {
    let luma = pyramid.analysis();
    let whole = Rect { left: 0, top: 0, width: luma.width, height: luma.height };
    let Some(trimmed) = trim(luma, whole) else {
        return Vec::new();
    };
    let mut parts = Vec::new();
    if trimmed != whole && large_enough(trimmed, luma) {
        parts.push(Part { cut: Cut::Trim, at: thousandths_of(trimmed, luma) });
    }
    let mut panels = Vec::new();
    split(luma, trimmed, 0, &mut panels);
    panels.sort_by_key(|rect| (std::cmp::Reverse(rect.width * rect.height), rect.top, rect.left));
    panels.truncate(MAX_PANELS);
    parts.extend(panels.iter().map(|&rect| Part { cut: Cut::Panel, at: thousandths_of(rect, luma) }));
    parts
}

/// The parts that straight edges enclose, each without its uniform borders.
pub(crate) fn framed_parts(pyramid: &Pyramid) -> Vec<Part> {
    let luma = pyramid.analysis();
    let trimmed = frames::frames(luma).into_iter().filter_map(|rect| trim(luma, rect));
    let large = trimmed.filter(|&rect| large_enough(rect, luma));
    large.map(|rect| Part { cut: Cut::Frame, at: thousandths_of(rect, luma) }).collect()
}

fn large_enough(rect: Rect, luma: &Luma) -> bool {
    rect.width * 1000 >= SHORTEST_PART * luma.width && rect.height * 1000 >= SHORTEST_PART * luma.height
}

/// The rows or columns of a rectangle.
struct Lines<'a> {
    luma: &'a Luma,
    rect: Rect,
    /// Rows when true, columns when false.
    across: bool,
    /// Each line's darkest and lightest pixel; found once a line might be uniform, which in
    /// most photographs none is.
    ends: OnceCell<(Vec<u8>, Vec<u8>)>,
}

impl<'a> Lines<'a> {
    fn new(luma: &'a Luma, rect: Rect, across: bool) -> Self {
        Self { luma, rect, across, ends: OnceCell::new() }
    }

    /// How many lines there are.
    fn count(&self) -> usize {
        if self.across { self.rect.height } else { self.rect.width }
    }

    fn find_ends(&self) -> (Vec<u8>, Vec<u8>) {
        let plane = self.luma.part(self.rect);
        let rows = (0..self.rect.height).map(|row| plane.row(row));
        if self.across {
            let darkest = |row: &[u8]| row.iter().fold(u8::MAX, |end, &value| end.min(value));
            let lightest = |row: &[u8]| row.iter().fold(u8::MIN, |end, &value| end.max(value));
            return rows.map(|row| (darkest(row), lightest(row))).unzip();
        }
        let mut darkest = vec![u8::MAX; self.rect.width];
        let mut lightest = vec![u8::MIN; self.rect.width];
        for row in rows {
            for (low, &value) in darkest.iter_mut().zip(row) {
                *low = value.min(*low);
            }
            for (high, &value) in lightest.iter_mut().zip(row) {
                *high = value.max(*high);
            }
        }
        (darkest, lightest)
    }

    fn pixels(&self, place: usize) -> impl Iterator<Item = u8> + '_ {
        let (rect, width) = (self.rect, self.luma.width);
        let (first, step, count) = if self.across {
            ((rect.top + place) * width + rect.left, 1, rect.width)
        } else {
            (rect.top * width + rect.left + place, width, rect.height)
        };
        self.luma.pixels[first..].iter().step_by(step).take(count).copied()
    }

    /// The ground's luminance if nearly all pixels of a line have the same one.
    fn uniform(&self, place: usize) -> Option<i32> {
        if surely_uneven(self.luma, self.rect, self.across, place) {
            return None;
        }
        let (darkest, lightest) = self.ends.get_or_init(|| self.find_ends());
        let (low, high) = (i32::from(darkest[place]), i32::from(lightest[place]));
        if high - low <= GROUND_TOLERANCE {
            return Some((low + high) / 2);
        }
        let count = if self.across { self.rect.width } else { self.rect.height };
        let sum: usize = self.pixels(place).map(usize::from).sum();
        let mean = (sum / count.max(1)) as i32;
        let strays = self.pixels(place).filter(|&value| (i32::from(value) - mean).abs() > GROUND_TOLERANCE);
        let allowed = count * STRAY_PER_MILLE / 1000;
        (strays.take(allowed + 1).count() <= allowed).then_some(mean)
    }

    /// How many lines from one side are uniform and of the outermost line's luminance.
    fn border(&self, from_end: bool) -> usize {
        let place = |step: usize| if from_end { self.count() - 1 - step } else { step };
        let Some(ground) = self.uniform(place(0)) else { return 0 };
        let same = |level: i32| (level - ground).abs() <= GROUND_TOLERANCE;
        (1..self.count()).take_while(|&step| self.uniform(place(step)).is_some_and(same)).count() + 1
    }
}

/// Whether a few samples already show that a line is not uniform. Two of them serve as
/// ground, in case one is a stray.
fn surely_uneven(luma: &Luma, rect: Rect, across: bool, place: usize) -> bool {
    const SAMPLES: usize = 16;
    let count = if across { rect.width } else { rect.height };
    if count < 4 * SAMPLES {
        return false;
    }
    let at = |sample: usize| {
        let along = sample * (count - 1) / (SAMPLES - 1);
        let (x, y) = if across { (rect.left + along, rect.top + place) } else { (rect.left + place, rect.top + along) };
        i32::from(luma.pixels[y * luma.width + x])
    };
    let far_from =
        |ground: i32| (0..SAMPLES).filter(|&sample| (at(sample) - ground).abs() > 2 * GROUND_TOLERANCE).count();
    far_from(at(4)) > 2 && far_from(at(11)) > 2
}

/// Cuts uniform lines off all four sides; `None` when nothing remains.
pub(crate) fn trim(luma: &Luma, mut rect: Rect) -> Option<Rect> {
    if rect.width == 0 || rect.height == 0 {
        return None;
    }
    // Two rounds: cutting the sides can make the top uniform, as with a frame in a frame.
    for _ in 0..2 {
        let before = rect;
        let rows = Lines::new(luma, rect, true);
        let (top, bottom) = (rows.border(false), rows.border(true));
        if top + bottom >= rect.height {
            return None;
        }
        rect = Rect { top: rect.top + top, height: rect.height - top - bottom, ..rect };
        let columns = Lines::new(luma, rect, false);
        let (left, right) = (columns.border(false), columns.border(true));
        if left + right >= rect.width {
            return None;
        }
        rect = Rect { left: rect.left + left, width: rect.width - left - right, ..rect };
        if rect == before {
            break;
        }
    }
    Some(rect)
}

/// Cuts a rectangle at its uniform gaps and the parts again, collecting every part.
fn split(luma: &Luma, rect: Rect, depth: usize, panels: &mut Vec<Rect>) {
    if depth == MAX_DEPTH {
        return;
    }
    for across in [true, false] {
        let pieces = pieces(luma, rect, across);
        if pieces.len() < 2 {
            continue;
        }
        for piece in pieces {
            let Some(trimmed) = trim(luma, piece) else { continue };
            if large_enough(trimmed, luma) {
                panels.push(trimmed);
                split(luma, trimmed, depth + 1, panels);
            }
        }
        return;
    }
}

/// The runs of lines between uniform gaps along one axis.
fn pieces(luma: &Luma, rect: Rect, across: bool) -> Vec<Rect> {
    let lines = Lines::new(luma, rect, across);
    let count = lines.count();
    let piece = |from: usize, to: usize| {
        if across {
            Rect { top: rect.top + from, height: to - from, ..rect }
        } else {
            Rect { left: rect.left + from, width: to - from, ..rect }
        }
    };
    let mut found = Vec::new();
    let mut start = None;
    for place in 0..count {
        let gap = lines.uniform(place).is_some();
        match (gap, start) {
            (false, None) => start = Some(place),
            (true, Some(from)) => {
                found.push(piece(from, place));
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        found.push(piece(from, count));
    }
    found
}

/// The halves and quarters of a picture, each without its uniform borders: the cells of
/// collages whose pictures touch.
pub(crate) fn tiles(pyramid: &Pyramid) -> Vec<Part> {
    const CELLS: [[usize; 4]; 8] = [
        [0, 0, 1, 2],
        [1, 0, 1, 2],
        [0, 0, 2, 1],
        [0, 1, 2, 1],
        [0, 0, 1, 1],
        [1, 0, 1, 1],
        [0, 1, 1, 1],
        [1, 1, 1, 1],
    ];
    let luma = pyramid.analysis();
    let (half_width, half_height) = (luma.width / 2, luma.height / 2);
    let cells = CELLS.iter().filter_map(|&[column, row, wide, high]| {
        let (left, top) = (column * half_width, row * half_height);
        trim(luma, Rect { left, top, width: wide * half_width, height: high * half_height })
    });
    let large = cells.filter(|&rect| large_enough(rect, luma));
    large.map(|rect| Part { cut: Cut::Tile, at: thousandths_of(rect, luma) }).collect()
}

/// The fixed crops under which cropped copies of a reference are found: the middle with a
/// share of every side cut off, four crops that lack two fifths of one side, and the middle
/// square of an oblong picture.
pub(crate) fn crops(luma: &Luma) -> Vec<Part> {
    const MIDDLES: [u16; 5] = [50, 90, 130, 175, 260];
    const ONE_SIDED: [[u16; 4]; 4] = [[0, 0, 600, 1000], [400, 0, 600, 1000], [0, 0, 1000, 600], [0, 400, 1000, 600]];
    let middle = |cut: u16| PartRect { left: cut, top: cut, width: 1000 - 2 * cut, height: 1000 - 2 * cut };
    let mut rects: Vec<PartRect> = MIDDLES.into_iter().map(middle).collect();
    rects.extend(ONE_SIDED.map(PartRect::from));
    let (short, long) = (luma.width.min(luma.height), luma.width.max(luma.height));
    let square = (short * 1000 / long) as u16;
    // Within a twentieth of square the whole picture's hash stands for it.
    if square < 950 {
        let rest = (1000 - square) / 2;
        rects.push(if luma.width > luma.height {
            PartRect { left: rest, top: 0, width: square, height: 1000 }
        } else {
            PartRect { left: 0, top: rest, width: 1000, height: square }
        });
    }
    rects.into_iter().map(|at| Part { cut: Cut::Crop, at }).collect()
}
