//! Figurative marks by their shape: what stands out from a uniform ground.
//!
//! A logo is drawn in any colour on any ground, so its luminance says little. Which pixels
//! differ from the ground says the same on light and dark, in colour, grey and inverted.
//! The mask of those pixels, cut to its bounding box, is averaged to 16×16 cells, each a bit:
//! filled more than the mean or less. Marks are often symmetric, which leaves half of a
//! frequency hash to chance; cells have no such weakness. The box's proportions and the
//! share it fills tell shapes apart that cells cannot.

use super::fuse::{Evidence, Path, Placement};
use super::hash::Hash256;
use super::luma::{Luma, Rect};
use super::model::{How, PartRect, Shape, Signature};
use super::pdq;
use super::policy;

/// How far the ring's pixels may lie from the ground: JPEG noise of a drawn area at quality 50.
const GROUND: i32 = 10;
/// Least difference from the ground that is drawn, in levels; smaller ones are noise.
const LEAST_CONTRAST: i32 = 12;
/// Of the strongest difference, the share in percent from which a pixel is drawn. Low, so that
/// pale parts of a many-coloured logo stay.
const DRAWN_PERCENT: i32 = 22;
/// Least share of the ring that must be ground, in percent. References are often cut to
/// their drawing, which then touches the ring.
const RING_PERCENT: usize = 50;
/// Least structure of a mask that is compared; a full square has none.
const LEAST_QUALITY: u8 = 12;
/// Shortest side of a shape, in pixels of the plane.
const SHORTEST: usize = 20;

/// The shapes of a picture: what stands on its ground, and, where that is a filled field,
/// what stands on the field. Empty for pictures without a uniform ground.
pub(crate) fn shapes(luma: &Luma) -> Vec<Shape> {
    let mut found = Vec::new();
    let mut rect = Rect { left: 0, top: 0, width: luma.width, height: luma.height };
    let mut last_ground = None;
    for _ in 0..3 {
        if rect.width < SHORTEST || rect.height < SHORTEST {
            break;
        }
        let Some(ground) = ground_of(luma, rect) else { break };
        if last_ground.is_some_and(|last: i32| (last - ground).abs() <= GROUND) {
            break;
        }
        last_ground = Some(ground);
        let Some((mask, inner)) = drawn(luma, rect, ground) else { break };
        found.extend(shape_of(luma, &mask, rect, inner));
        rect = shrunk(inner);
    }
    found
}

/// A rectangle without its outermost pixels, which are half ground.
fn shrunk(rect: Rect) -> Rect {
    let by = (rect.width.min(rect.height) / 60).max(1);
    Rect {
        left: rect.left + by,
        top: rect.top + by,
        width: rect.width.saturating_sub(2 * by),
        height: rect.height.saturating_sub(2 * by),
    }
}

/// The luminance that most of a rectangle's outermost pixels share.
fn ground_of(luma: &Luma, rect: Rect) -> Option<i32> {
    let mut counts = [0_usize; 256];
    let ring = (rect.width.min(rect.height) / 100).max(1);
    let plane = luma.part(rect);
    for row in 0..rect.height {
        let line = plane.row(row);
        if row < ring || row >= rect.height - ring {
            line.iter().for_each(|&value| counts[usize::from(value)] += 1);
        } else {
            line[..ring].iter().chain(&line[rect.width - ring..]).for_each(|&value| counts[usize::from(value)] += 1);
        }
    }
    let total: usize = counts.iter().sum();
    let near = |level: usize| {
        counts[level.saturating_sub(GROUND as usize / 2)..=(level + GROUND as usize / 2).min(255)].iter().sum::<usize>()
    };
    // Of equally good levels the middle one.
    let best = (0..256).max_by_key(|&level| (near(level), counts[level]))?;
    (near(best) * 100 >= total * RING_PERCENT).then_some(best as i32)
}

/// Which pixels of a rectangle are drawn, and the box around them.
fn drawn(luma: &Luma, rect: Rect, ground: i32) -> Option<(Vec<bool>, Rect)> {
    let plane = luma.part(rect);
    let mut counts = [0_usize; 256];
    for row in 0..rect.height {
        plane.row(row).iter().for_each(|&value| counts[(i32::from(value) - ground).unsigned_abs() as usize] += 1);
    }
    // The strongest difference that one pixel in two hundred has.
    let mut left = (rect.width * rect.height / 200).max(8);
    let strongest = (0..256).rev().find(|&level| {
        left = left.saturating_sub(counts[level]);
        left == 0
    })? as i32;
    if strongest < LEAST_CONTRAST {
        return None;
    }
    let least = (strongest * DRAWN_PERCENT / 100).max(LEAST_CONTRAST * 2 / 3);
    let mut mask = Vec::with_capacity(rect.width * rect.height);
    for row in 0..rect.height {
        mask.extend(plane.row(row).iter().map(|&value| (i32::from(value) - ground).abs() >= least));
    }
    let (mut rows, mut columns) = (vec![0_usize; rect.height], vec![0_usize; rect.width]);
    for (place, _) in mask.iter().enumerate().filter(|(_, drawn)| **drawn) {
        rows[place / rect.width] += 1;
        columns[place % rect.width] += 1;
    }
    let (top, bottom) = ends(&rows, rect.width)?;
    let (first, last) = ends(&columns, rect.height)?;
    let inner =
        Rect { left: rect.left + first, top: rect.top + top, width: last + 1 - first, height: bottom + 1 - top };
    Some((mask, inner))
}

/// The first and last line with more drawn pixels than specks of noise leave.
fn ends(counts: &[usize], length: usize) -> Option<(usize, usize)> {
    let least = (length / 250).max(2);
    let first = counts.iter().position(|&count| count >= least)?;
    let last = counts.iter().rposition(|&count| count >= least)?;
    Some((first, last))
}

fn shape_of(luma: &Luma, mask: &[bool], rect: Rect, inner: Rect) -> Option<Shape> {
    if inner.width < SHORTEST || inner.height < SHORTEST {
        return None;
    }
    let mut pixels = Vec::with_capacity(inner.width * inner.height);
    for row in 0..inner.height {
        let first = (inner.top - rect.top + row) * rect.width + inner.left - rect.left;
        pixels.extend(mask[first..first + inner.width].iter().map(|&drawn| if drawn { 255 } else { 0 }));
    }
    let filled = pixels.iter().filter(|&&value| value > 0).count();
    let plane = Luma::new(inner.width, inner.height, pixels);
    let hashed = pdq::hash_area(&plane.plane());
    if hashed.quality < LEAST_QUALITY {
        return None;
    }
    let thousandths = |pixels: usize, length: usize| ((pixels * 1000 + length / 2) / length) as u16;
    Some(Shape {
        at: PartRect {
            left: thousandths(inner.left, luma.width),
            top: thousandths(inner.top, luma.height),
            width: thousandths(inner.width, luma.width),
            height: thousandths(inner.height, luma.height),
        },
        proportion: proportion(inner.width, inner.height),
        fill: (filled * 255 / (inner.width * inner.height)) as u8,
        quality: hashed.quality,
        hash: cells_of(&plane, filled),
    })
}

/// Side of the grid of cells.
const CELLS: usize = 16;

/// One bit for each of 16×16 cells of a mask: whether it is filled more than the mean.
fn cells_of(mask: &Luma, filled: usize) -> Hash256 {
    let (width, height) = (mask.width, mask.height);
    let mut hash = Hash256::ZERO;
    for place in 0..CELLS * CELLS {
        let (row, column) = (place / CELLS, place % CELLS);
        let (top, bottom) = (row * height / CELLS, ((row + 1) * height).div_ceil(CELLS));
        let (left, right) = (column * width / CELLS, ((column + 1) * width).div_ceil(CELLS));
        let drawn =
            |line: usize| mask.pixels[line * width + left..line * width + right].iter().filter(|value| **value > 0);
        let inside: usize = (top..bottom).map(|line| drawn(line).count()).sum();
        if inside * width * height > filled * (bottom - top) * (right - left) {
            hash = hash.with_flipped(place);
        }
    }
    hash
}

/// A hundred times the binary logarithm of width by height.
fn proportion(width: usize, height: usize) -> i16 {
    (100.0 * (width as f32 / height as f32).log2()).round().clamp(-1500.0, 1500.0) as i16
}

/// Farthest proportions of two shapes that are compared: 22 hundredths of an octave are 16 %
/// of a side, more than anti-aliasing and rounding change.
const FARTHEST_PROPORTION: u16 = 22;
/// Farthest fill of two shapes that are compared, of 255.
const FARTHEST_FILL: u8 = 40;

/// The shapes of all logo references, by their places.
#[derive(Debug, Clone, Default)]
pub struct ShapeIndex {
    /// By proportion, then place.
    shapes: Vec<(u32, Shape)>,
}

impl ShapeIndex {
    /// Prepares shapes; each comes with its reference's place.
    pub fn build(mut shapes: Vec<(u32, Shape)>) -> Self {
        shapes.sort_by_key(|(place, shape)| (shape.proportion, *place));
        Self { shapes }
    }

    /// The logos that share a shape with a listing picture, each with its nearest, by place.
    pub fn evidence(&self, query: &Signature) -> Vec<Evidence> {
        let mut best: std::collections::BTreeMap<u32, (u16, &Shape, &Shape)> = std::collections::BTreeMap::new();
        for shape in &query.shapes {
            let lowest = shape.proportion.saturating_sub(FARTHEST_PROPORTION as i16);
            let first = self.shapes.partition_point(|(_, known)| known.proportion < lowest);
            let near = self.shapes[first..].iter().take_while(|(_, known)| {
                known.proportion <= shape.proportion.saturating_add(FARTHEST_PROPORTION as i16)
            });
            for (place, known) in near {
                let Some(bits) = difference(shape, known).filter(|bits| *bits <= policy::MAX_THRESHOLD) else {
                    continue;
                };
                let entry = best.entry(*place).or_insert((bits, shape, known));
                if bits < entry.0 {
                    *entry = (bits, shape, known);
                }
            }
        }
        let evidence = |(place, (bits, shape, known)): (u32, (u16, &Shape, &Shape))| Evidence {
            place,
            path: Path::LogoShape,
            value: f32::from(bits),
            how: How::Shape,
            inliers: None,
            placement: Some(Placement::of_parts(shape.at, known.at)),
        };
        best.into_iter().map(evidence).collect()
    }
}

/// How different two shapes are, in bits of a hash; `None` when they cannot be the same.
pub(crate) fn difference(one: &Shape, other: &Shape) -> Option<u16> {
    let stretched = one.proportion.abs_diff(other.proportion);
    let filled = one.fill.abs_diff(other.fill);
    if stretched > FARTHEST_PROPORTION || filled > FARTHEST_FILL {
        return None;
    }
    let bits = one.hash.distance(&other.hash);
    // A shape of little structure has little to differ in.
    let plain = u16::from(40_u8.saturating_sub(one.quality.min(other.quality))) / 2;
    Some(bits + stretched / 2 + u16::from(filled) / 3 + plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring with a bar through it, drawn with one luminance on another.
    fn mark(side: usize, margin: usize, drawn: u8, ground: u8) -> Luma {
        let full = side + 2 * margin;
        let value = |x: usize, y: usize| {
            let (u, v) =
                ((x as f64 - margin as f64) / side as f64 - 0.5, (y as f64 - margin as f64) / side as f64 - 0.5);
            let radius = (u * u + v * v).sqrt();
            let ring = (0.32..0.5).contains(&radius);
            let bar = u.abs() < 0.5 && (v - 0.4 * u).abs() < 0.08;
            if ring || bar { drawn } else { ground }
        };
        Luma::new(full, full, (0..full * full).map(|place| value(place % full, place / full)).collect())
    }

    fn bits(one: &Luma, other: &Luma) -> Option<u16> {
        let (one, other) = (shapes(one), shapes(other));
        one.iter().flat_map(|one| other.iter().filter_map(|other| difference(one, other))).min()
    }

    #[test]
    fn a_mark_is_the_same_in_any_colours_size_and_margin() {
        let reference = mark(300, 0, 0, 255);
        for (drawn, ground) in [(0, 255), (255, 0), (140, 165), (240, 60), (70, 20)] {
            for (side, margin) in [(300, 0), (130, 30), (420, 45), (90, 80)] {
                let found = bits(&mark(side, margin, drawn, ground), &reference);
                assert!(found.is_some_and(|bits| bits <= 60), "{drawn} on {ground}, {side}+{margin}: {found:?}");
            }
        }
    }

    #[test]
    fn a_field_around_a_mark_does_not_hide_it() {
        let mut card = Luma::new(500, 400, vec![250; 500 * 400]);
        let field = mark(220, 30, 255, 40);
        for row in 0..field.height {
            let to = (60 + row) * card.width + 100;
            card.pixels[to..to + field.width].copy_from_slice(&field.pixels[row * field.width..][..field.width]);
        }
        assert!(bits(&card, &mark(300, 0, 0, 255)).is_some_and(|bits| bits <= 60));
    }

    #[test]
    fn plain_fields_and_photographs_have_no_shape() {
        assert!(shapes(&Luma::new(200, 200, vec![90; 40_000])).is_empty());
        let mut square = Luma::new(200, 200, vec![255; 40_000]);
        for row in 40..160 {
            square.pixels[row * 200 + 40..row * 200 + 160].fill(0);
        }
        assert!(shapes(&square).is_empty(), "a full square is like any other");
        let noisy = (0..40_000_u32).map(|place| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert!(shapes(&Luma::new(200, 200, noisy)).is_empty());
        assert!(shapes(&Luma::new(20_000, 20, vec![0; 400_000])).is_empty());
        assert!(shapes(&Luma::new(1, 1, vec![3])).is_empty());
    }

    #[test]
    fn the_index_answers_what_comparing_all_would() {
        let drawn: Vec<(u32, Shape)> = (0..12)
            .flat_map(|place| {
                let luma = mark(200 + 10 * place as usize, 7 * place as usize, 0, 255);
                let cut = Luma::new(
                    luma.width,
                    luma.height - 12 * place as usize,
                    luma.pixels[..luma.width * (luma.height - 12 * place as usize)].to_vec(),
                );
                shapes(&cut).into_iter().map(move |shape| (place, shape))
            })
            .collect();
        let query =
            Signature { shapes: shapes(&mark(240, 20, 90, 200)), ..Signature::plain(Hash256::ZERO, 100, 280, 280) };
        let expected: std::collections::BTreeSet<u32> = drawn
            .iter()
            .filter(|(_, known)| {
                query
                    .shapes
                    .iter()
                    .any(|shape| difference(shape, known).is_some_and(|bits| bits <= policy::MAX_THRESHOLD))
            })
            .map(|(place, _)| *place)
            .collect();
        let found = ShapeIndex::build(drawn).evidence(&query);
        assert!(!expected.is_empty());
        assert_eq!(found.iter().map(|one| one.place).collect::<std::collections::BTreeSet<_>>(), expected);
    }
}
