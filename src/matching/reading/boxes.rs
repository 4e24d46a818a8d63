//! From the detector's map of probabilities to the lines' rectangles.

use super::model::ReadSettings;
use super::rectangle::Rectangle;

/// Shortest side of a line in pixels of the map; below it there is nothing to read.
const MIN_SIDE: f64 = 3.0;

/// The detector's answer: the probability of each pixel that it belongs to text.
pub(crate) struct TextMap<'a> {
    /// Width in pixels.
    pub width: usize,
    /// Row after row.
    pub values: &'a [f32],
}

/// A part of one row that belongs to text, in pixels.
#[derive(Debug, Clone, Copy)]
struct Run {
    row: usize,
    first: usize,
    /// Inclusive.
    last: usize,
}

/// The rectangles of all lines of text, in pixels of the map, widened to the letters' full
/// height. In the order of their topmost pixels.
pub(crate) fn find_lines(map: &TextMap<'_>, settings: &ReadSettings) -> Vec<Rectangle> {
    let runs = runs(map, settings.pixel_threshold);
    let mut found = Vec::new();
    for patch in patches(&runs) {
        let ends = patch.iter().flat_map(|run| [[run.first as i32, run.row as i32], [run.last as i32, run.row as i32]]);
        let Some(tight) = Rectangle::around(&ends.collect::<Vec<_>>()) else { continue };
        if tight.width.min(tight.height) < MIN_SIDE || mean_inside(map, &tight) < settings.line_threshold {
            continue;
        }
        let by = tight.width * tight.height * f64::from(settings.widening) / (2.0 * (tight.width + tight.height));
        let wide = tight.widened(by);
        if wide.width.min(wide.height) >= MIN_SIDE + 2.0 {
            found.push(wide);
        }
    }
    found
}

/// The runs of text pixels, from top to bottom and left to right. A pixel counts when it, its
/// left, its upper or its upper left neighbour does: that closes the gaps of one pixel.
fn runs(map: &TextMap<'_>, threshold: f32) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut above: &[f32] = &[];
    for (row, values) in map.values.chunks_exact(map.width).enumerate() {
        let is_text = |line: &[f32], column: usize| line.get(column).is_some_and(|value| *value > threshold);
        let mut before = false;
        for column in 0..map.width {
            let here = is_text(values, column) || is_text(above, column);
            if here || before {
                match runs.last_mut() {
                    Some(run) if run.row == row && run.last + 1 == column => run.last = column,
                    _ => runs.push(Run { row, first: column, last: column }),
                }
            }
            before = here;
        }
        above = values;
    }
    runs
}

/// Runs that touch, diagonals included, belong to one patch.
fn patches(runs: &[Run]) -> Vec<Vec<Run>> {
    let mut parents: Vec<usize> = (0..runs.len()).collect();
    let (mut upper, mut row_start) = (0, 0);
    for (place, run) in runs.iter().enumerate() {
        if place > 0 && runs[place - 1].row != run.row {
            (upper, row_start) = (row_start, place);
        }
        // Runs above that end before this one begins touch no later run of this row either.
        while upper < row_start && (runs[upper].row + 1 < run.row || runs[upper].last + 1 < run.first) {
            upper += 1;
        }
        for (above, near) in runs[..row_start].iter().enumerate().skip(upper) {
            if near.first > run.last + 1 {
                break;
            }
            let (one, two) = (root(&mut parents, above), root(&mut parents, place));
            parents[one.max(two)] = one.min(two);
        }
    }
    let mut patches: Vec<Vec<Run>> = Vec::new();
    let mut places = vec![usize::MAX; runs.len()];
    for (place, run) in runs.iter().enumerate() {
        let root = root(&mut parents, place);
        if places[root] == usize::MAX {
            places[root] = patches.len();
            patches.push(Vec::new());
        }
        patches[places[root]].push(*run);
    }
    patches
}

fn root(parents: &mut [usize], mut place: usize) -> usize {
    while parents[place] != place {
        parents[place] = parents[parents[place]];
        place = parents[place];
    }
    place
}

/// The mean probability of the pixels inside a rectangle; 0 when it holds none.
fn mean_inside(map: &TextMap<'_>, rectangle: &Rectangle) -> f32 {
    let corners = rectangle.corners();
    let height = map.values.len() / map.width.max(1);
    let range = |axis: usize, most: usize| {
        let low = corners.iter().map(|corner| corner[axis]).fold(f64::INFINITY, f64::min).floor().max(0.0) as usize;
        let high = corners.iter().map(|corner| corner[axis]).fold(0.0, f64::max).ceil() as usize;
        low..(high + 1).min(most)
    };
    let (mut sum, mut count) = (0.0_f64, 0_u32);
    for row in range(1, height) {
        for column in range(0, map.width) {
            if rectangle.holds([column as f64, row as f64]) {
                sum += f64::from(map.values[row * map.width + column]);
                count += 1;
            }
        }
    }
    if count == 0 { 0.0 } else { (sum / f64::from(count)) as f32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(width: usize, values: &[f32]) -> Vec<Rectangle> {
        find_lines(&TextMap { width, values }, &ReadSettings::default())
    }

    /// A map of `width` × `height` where `is_text` says so.
    fn map(width: usize, height: usize, is_text: impl Fn(usize, usize) -> bool) -> Vec<f32> {
        (0..width * height).map(|at| if is_text(at % width, at / width) { 0.9 } else { 0.01 }).collect()
    }

    #[test]
    fn each_block_is_a_line_widened_on_all_sides() {
        let values = map(100, 80, |x, y| {
            ((10..60).contains(&x) && (10..18).contains(&y)) || ((20..90).contains(&x) && (50..62).contains(&y))
        });
        let found = lines(100, &values);
        assert_eq!(found.len(), 2);
        assert!((found[0].centre[0] - 35.0).abs() < 1.0 && (found[0].centre[1] - 14.0).abs() < 1.0, "{:?}", found[0]);
        // 50 × 8 pixels: 400 × 1.6 ÷ 116 = 5.5 on each side.
        assert!((found[0].width - 61.0).abs() < 1.5 && (found[0].height - 19.0).abs() < 1.5, "{:?}", found[0]);
    }

    #[test]
    fn a_gap_of_one_pixel_is_closed_and_a_wide_one_is_not() {
        let with_gap = |gap: usize| {
            map(60, 20, move |x, y| (5..12).contains(&y) && ((5..20).contains(&x) || (20 + gap..50).contains(&x)))
        };
        assert_eq!(lines(60, &with_gap(1)).len(), 1);
        assert_eq!(lines(60, &with_gap(6)).len(), 2);
    }

    #[test]
    fn a_ring_is_one_patch_whatever_the_order_of_its_runs() {
        // The two sides of a U meet only in its last rows.
        let values = map(40, 40, |x, y| {
            (5..35).contains(&x) && (5..35).contains(&y) && !((12..28).contains(&x) && (5..28).contains(&y))
        });
        assert_eq!(patches(&runs(&TextMap { width: 40, values: &values }, 0.3)).len(), 1);
    }

    #[test]
    fn specks_and_faint_patches_are_no_lines() {
        assert!(lines(30, &map(30, 30, |x, y| x == 5 && y == 5)).is_empty());
        let faint: Vec<f32> =
            (0..900).map(|at| if at % 30 > 5 && at / 30 > 5 && at / 30 < 15 { 0.4 } else { 0.0 }).collect();
        assert!(lines(30, &faint).is_empty());
        assert!(lines(30, &[]).is_empty());
    }

    /// Patches by the plain definition: flood over the eight neighbours.
    fn flooded(width: usize, text: &[bool]) -> usize {
        let mut seen = vec![false; text.len()];
        let mut count = 0;
        for start in 0..text.len() {
            if !text[start] || std::mem::replace(&mut seen[start], true) {
                continue;
            }
            count += 1;
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                let (x, y) = ((at % width) as isize, (at / width) as isize);
                for (right, down) in (-1..=1).flat_map(|right| (-1..=1).map(move |down| (right, down))) {
                    let (x, y) = (x + right, y + down);
                    let next = y * width as isize + x;
                    let inside = (0..width as isize).contains(&x) && (0..text.len() as isize).contains(&next);
                    if inside && text[next as usize] && !std::mem::replace(&mut seen[next as usize], true) {
                        open.push(next as usize);
                    }
                }
            }
        }
        count
    }

    proptest! {
        #[test]
        fn patches_are_those_of_the_plain_definition(
            width in 1_usize..16,
            dots in prop::collection::vec(prop::bool::weighted(0.3), 1..160),
        ) {
            let dots = &dots[..dots.len() / width * width];
            let values: Vec<f32> = dots.iter().map(|dot| f32::from(u8::from(*dot))).collect();
            let grown: Vec<bool> = (0..dots.len()).map(|at| {
                let near = |left: usize, up: usize| {
                    at % width >= left && at / width >= up && dots[at - left - up * width]
                };
                near(0, 0) || near(1, 0) || near(0, 1) || near(1, 1)
            }).collect();
            let found = patches(&runs(&TextMap { width, values: &values }, 0.5));
            prop_assert_eq!(found.len(), flooded(width, &grown));
            prop_assert_eq!(
                found.iter().flatten().map(|run| run.last + 1 - run.first).sum::<usize>(),
                grown.iter().filter(|dot| **dot).count()
            );
        }
    }
}
