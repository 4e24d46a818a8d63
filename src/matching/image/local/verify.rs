//! Do two pictures show the same thing, and how do they lie on each other?
//!
//! Features that look alike are paired; every pair says on its own how the pictures would
//! have to be scaled, turned and moved. The proposals that most pairs agree with are fitted
//! again to their pairs, first as an affine and then, with enough of them, as a projective
//! transform. What would fold, flatten or blow up the picture is refused.

use super::aligned::{Agreement, Pyramid, compare, is_middle};
use super::code::{FORMS, Form, distances};
use super::geometry::{Pair, Transform, area, clipped, hull};
use super::model::{Feature, Kept, LocalFeatures, LocalMatch};
use super::score::{Measures, strength};

/// Largest distance of two codes that are paired at all; unrelated codes differ in 64 bits.
const FARTHEST: u16 = 42;

/// Proposals tried for each form.
const PROPOSALS: usize = 48;

/// How far a proposal may miss a feature: part of the picture's longest side, and of the feature's scale.
const MISS_UNITS: f32 = 14.0;
const MISS_SCALES: f32 = 2.0;

/// Largest ratio of two scales, and difference of two directions, of features that agree.
const SCALE_RATIO: f32 = 1.7;
const TURN: f32 = 0.55;

/// Largest enlargement or reduction between query and reference.
const MOST_SCALE: f64 = 14.0;

/// Largest ratio between the stretches along two axes: a squeezed or slanted picture.
const MOST_STRETCH: f64 = 3.0;

/// Fewest features of the smallest transform that is believed at all.
const FEWEST: usize = 4;

/// Two features that look alike in one of the forms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Likeness {
    pub query: u32,
    pub reference: u32,
    pub form: u8,
    pub distance: u16,
    /// How much better it is than the next best, in bits.
    pub lead: u16,
}

impl Likeness {
    fn weight(&self) -> f32 {
        let near = f32::from(FARTHEST.saturating_sub(self.distance)) / f32::from(FARTHEST);
        let lead = f32::from(self.lead.min(12)) / 12.0;
        0.1 + near * (0.25 + 0.75 * lead)
    }
}

/// A picture prepared for comparisons.
pub(super) struct Prepared {
    pub width: f64,
    pub height: f64,
    pub features: Vec<Feature>,
    pub pyramid: Pyramid,
}

impl Prepared {
    pub fn new(kept: &LocalFeatures) -> Self {
        Self {
            width: f64::from(kept.width),
            height: f64::from(kept.height),
            features: kept.features.iter().map(Kept::feature).collect(),
            pyramid: Pyramid::of(kept),
        }
    }
}

/// Compares two pictures; none when they have too little in common.
pub fn verify(query: &LocalFeatures, reference: &LocalFeatures) -> Option<LocalMatch> {
    let (query, reference) = (Prepared::new(query), Prepared::new(reference));
    let likenesses = pair_up(&query.features, &reference.features);
    judge(&query, &reference, &likenesses)
}

/// For every feature of the query its nearest of the reference, in each form.
pub(super) fn pair_up(query: &[Feature], reference: &[Feature]) -> Vec<Likeness> {
    let mut found = Vec::new();
    for (place, feature) in query.iter().enumerate() {
        let mut best = [(u16::MAX, 0_u32); 4];
        let mut next = [u16::MAX; 4];
        for (other, candidate) in reference.iter().enumerate() {
            let distances = distances(&feature.code, &candidate.code);
            for form in 0..4 {
                let distance = distances[form];
                if distance >= next[form] {
                    continue;
                }
                if distance < best[form].0 {
                    let (before, was) = best[form];
                    if before != u16::MAX && !same_place(&reference[was as usize], candidate) {
                        next[form] = before;
                    }
                    best[form] = (distance, other as u32);
                } else if !same_place(&reference[best[form].1 as usize], candidate) {
                    next[form] = distance;
                }
            }
        }
        for (form, (&(distance, other), &next)) in best.iter().zip(&next).enumerate() {
            if distance <= FARTHEST {
                let lead = next.min(64).saturating_sub(distance);
                found.push(Likeness { query: place as u32, reference: other, form: form as u8, distance, lead });
            }
        }
    }
    found
}

/// Whether two features are one spot with two directions, or in two neighbouring scales.
fn same_place(left: &Feature, right: &Feature) -> bool {
    (left.x - right.x).abs() + (left.y - right.y).abs() < left.scale.max(right.scale)
}

/// Judges two pictures by the pairs found between them.
pub(super) fn judge(query: &Prepared, reference: &Prepared, likenesses: &[Likeness]) -> Option<LocalMatch> {
    let mut proposals: Vec<(f32, u8, Transform)> = Vec::new();
    for form in 0..4_u8 {
        let own: Vec<Likeness> = likenesses.iter().filter(|likeness| likeness.form == form).copied().collect();
        proposals.extend(propose(query, reference, &own));
    }
    proposals.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    let enough = proposals.first().map_or(0.0, |best| 0.4 * best.0);
    let judged = proposals.iter().take(3).filter(|proposal| proposal.0 >= enough).filter_map(|(_, form, transform)| {
        let form = FORMS[usize::from(*form)];
        let fitted = fit(query, reference, form, *transform)?;
        weigh(query, reference, form, &fitted)
    });
    judged.max_by(|left, right| left.raw.total_cmp(&right.raw))
}

/// A feature as it would be in the mirrored or inverted picture.
fn as_form(feature: &Feature, form: Form) -> Feature {
    let mut changed = *feature;
    if form.mirrored {
        changed.x = -feature.x;
        changed.angle = std::f32::consts::PI - feature.angle;
    }
    if form.inverted {
        changed.angle += std::f32::consts::PI;
    }
    changed
}

/// Angle brought to -π to π.
fn wrapped(angle: f32) -> f32 {
    use std::f32::consts::{PI, TAU};
    (angle + PI).rem_euclid(TAU) - PI
}

/// The two best proposals of one form, with how much speaks for them.
fn propose(query: &Prepared, reference: &Prepared, own: &[Likeness]) -> Vec<(f32, u8, Transform)> {
    if own.len() < FEWEST {
        return Vec::new();
    }
    let form = own[0].form;
    let pairs: Vec<(Feature, Feature, f32)> = own
        .iter()
        .map(|likeness| {
            let from = as_form(&query.features[likeness.query as usize], FORMS[usize::from(form)]);
            (from, reference.features[likeness.reference as usize], likeness.weight())
        })
        .collect();
    let mut order: Vec<usize> = (0..own.len()).collect();
    order.sort_by(|&left, &right| pairs[right].2.total_cmp(&pairs[left].2).then(left.cmp(&right)));
    let mut best: Vec<(f32, u8, Transform)> = Vec::new();
    for &place in order.iter().take(PROPOSALS) {
        let (from, to, _) = &pairs[place];
        let scale = to.scale / from.scale;
        if !(1.0 / MOST_SCALE as f32..=MOST_SCALE as f32).contains(&scale) {
            continue;
        }
        let support = support_of(&pairs, from, to);
        best.push((support, form, similarity_between(from, to)));
    }
    best.sort_by(|left, right| right.0.total_cmp(&left.0));
    best.truncate(2);
    best
}

fn similarity_between(from: &Feature, to: &Feature) -> Transform {
    let place = |feature: &Feature| [f64::from(feature.x), f64::from(feature.y)];
    Transform::similarity(f64::from(to.scale / from.scale), f64::from(to.angle - from.angle), place(from), place(to))
}

/// Weight of all pairs that the similarity between two features brings together.
fn support_of(pairs: &[(Feature, Feature, f32)], from: &Feature, to: &Feature) -> f32 {
    let scale = to.scale / from.scale;
    let turn = to.angle - from.angle;
    let (a, b) = (scale * turn.cos(), scale * turn.sin());
    let mut support = 0.0;
    for (left, right, weight) in pairs {
        let (x, y) = (left.x - from.x, left.y - from.y);
        let across = to.x + a * x - b * y - right.x;
        let down = to.y + b * x + a * y - right.y;
        // One feature's own scale and direction are imprecise; farther features may miss by more.
        let reach = 0.1 * scale * (x.abs() + y.abs());
        let allowed = (MISS_UNITS * scale.min(1.0) + MISS_SCALES * right.scale + reach).min(80.0);
        if across * across + down * down > allowed * allowed {
            continue;
        }
        let ratio = right.scale / (left.scale * scale);
        if !(1.0 / SCALE_RATIO..=SCALE_RATIO).contains(&ratio) {
            continue;
        }
        if wrapped(right.angle - left.angle - turn).abs() <= TURN {
            support += weight;
        }
    }
    support
}

/// A transform from the query (in its form) to the reference, and the features that agree.
pub(super) struct Fitted {
    /// From the query as it is, in units, to the reference.
    whole: Transform,
    pairs: Vec<(u32, u32, u16)>,
}

/// A grid over a picture's features, to find those near a place.
struct Grid<'a> {
    features: &'a [Feature],
    cells: Vec<Vec<u32>>,
}

const GRID_CELLS: usize = 24;

impl<'a> Grid<'a> {
    fn new(features: &'a [Feature]) -> Self {
        let mut cells = vec![Vec::new(); GRID_CELLS * GRID_CELLS];
        for (place, feature) in features.iter().enumerate() {
            cells[Self::cell(feature.y) * GRID_CELLS + Self::cell(feature.x)].push(place as u32);
        }
        Self { features, cells }
    }

    fn cell(value: f32) -> usize {
        ((value * (GRID_CELLS as f32 / super::model::UNITS)).max(0.0) as usize).min(GRID_CELLS - 1)
    }

    fn near(&self, x: f32, y: f32, reach: f32) -> impl Iterator<Item = u32> + '_ {
        let (left, right) = (Self::cell(x - reach), Self::cell(x + reach));
        let (top, bottom) = (Self::cell(y - reach), Self::cell(y + reach));
        let cells = (top..=bottom).flat_map(move |row| (left..=right).map(move |column| row * GRID_CELLS + column));
        cells.flat_map(|cell| self.cells[cell].iter().copied()).filter(move |&place| {
            let feature = &self.features[place as usize];
            (feature.x - x).abs() <= reach && (feature.y - y).abs() <= reach
        })
    }
}

fn fit(query: &Prepared, reference: &Prepared, form: Form, first: Transform) -> Option<Fitted> {
    let changed: Vec<Feature> = query.features.iter().map(|feature| as_form(feature, form)).collect();
    let form_place = FORMS.iter().position(|other| *other == form)?;
    let grid = Grid::new(&reference.features);
    let mut transform = first;
    let mut pairs = Vec::new();
    for (round, reach) in [26.0_f32, 16.0, 11.0, 8.0, 7.0].into_iter().enumerate() {
        if !sound(&transform, &changed, &pairs) {
            return None;
        }
        pairs = guided(&changed, &reference.features, &grid, form_place, &transform, reach);
        if pairs.len() < FEWEST {
            return None;
        }
        let points = points_of(&changed, &reference.features, &pairs);
        let affine = if pairs.len() >= 5 { Transform::fit_affine(&points) } else { None };
        let projective = if round >= 2 && pairs.len() >= 12 { Transform::fit_projective(&points) } else { None };
        let usable = |candidate: Option<Transform>| candidate.filter(|found| sound(found, &changed, &pairs));
        transform = usable(projective).or_else(|| usable(affine)).or_else(|| Transform::fit_similarity(&points))?;
    }
    if !sound(&transform, &changed, &pairs) {
        return None;
    }
    let pairs = guided(&changed, &reference.features, &grid, form_place, &transform, 7.0);
    let sign = if form.mirrored { -1.0 } else { 1.0 };
    let enter = Transform([sign, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    (pairs.len() >= FEWEST).then(|| Fitted { whole: transform.after(&enter), pairs })
}

fn points_of(query: &[Feature], reference: &[Feature], pairs: &[(u32, u32, u16)]) -> Vec<Pair> {
    let place = |feature: &Feature| [f64::from(feature.x), f64::from(feature.y)];
    pairs
        .iter()
        .map(|&(from, to, _)| {
            let (from, to) = (&query[from as usize], &reference[to as usize]);
            // Large features are placed less precisely.
            let weight = 1.0 / (3.0 + f64::from(to.scale)).powi(2);
            Pair { from: place(from), to: place(to), weight }
        })
        .collect()
}

/// Pairs of features that a transform brings together and that look alike, one to one, nearest codes first.
fn guided(
    query: &[Feature],
    reference: &[Feature],
    grid: &Grid,
    form: usize,
    transform: &Transform,
    reach: f32,
) -> Vec<(u32, u32, u16)> {
    let mut found: Vec<(u16, u32, u32)> = Vec::new();
    for (place, feature) in query.iter().enumerate() {
        let point = [f64::from(feature.x), f64::from(feature.y)];
        let [x, y] = transform.apply(point).map(|value| value as f32);
        if !x.is_finite() || !y.is_finite() || x.abs() > 4096.0 || y.abs() > 4096.0 {
            continue;
        }
        let slope = transform.slope_at(point);
        let scale = ((slope[0] * slope[3] - slope[1] * slope[2]).abs().sqrt()) as f32 * feature.scale;
        let (sine, cosine) = f64::from(feature.angle).sin_cos();
        let direction = (slope[2] * cosine + slope[3] * sine).atan2(slope[0] * cosine + slope[1] * sine) as f32;
        let allowed = reach.max(0.7 * scale).min(2.0 * reach) * (scale / feature.scale).clamp(0.5, 1.5);
        for other in grid.near(x, y, allowed) {
            let candidate = &reference[other as usize];
            let ratio = candidate.scale / scale;
            if !(1.0 / SCALE_RATIO..=SCALE_RATIO).contains(&ratio) || wrapped(candidate.angle - direction).abs() > TURN
            {
                continue;
            }
            let distance = distances(&feature.code, &candidate.code)[form];
            if distance <= FARTHEST {
                found.push((distance, place as u32, other));
            }
        }
    }
    one_to_one(found, query, reference)
}

fn one_to_one(mut found: Vec<(u16, u32, u32)>, query: &[Feature], reference: &[Feature]) -> Vec<(u32, u32, u16)> {
    found.sort_unstable();
    let mut pairs: Vec<(u32, u32, u16)> = Vec::new();
    let (mut query_taken, mut reference_taken) = (vec![false; query.len()], vec![false; reference.len()]);
    for (distance, from, to) in found {
        if query_taken[from as usize] || reference_taken[to as usize] {
            continue;
        }
        query_taken[from as usize] = true;
        reference_taken[to as usize] = true;
        // A spot with two directions, or found in two scales, speaks once.
        let again = pairs.iter().any(|&(known, also, _)| {
            same_spot(&query[known as usize], &query[from as usize])
                || same_spot(&reference[also as usize], &reference[to as usize])
        });
        if !again {
            pairs.push((from, to, distance));
        }
    }
    pairs
}

fn same_spot(left: &Feature, right: &Feature) -> bool {
    let reach = 0.5 * left.scale.min(right.scale);
    (left.x - right.x).abs() < reach && (left.y - right.y).abs() < reach
}

/// Whether a transform keeps the picture a picture where its pairs lie: not mirrored, neither
/// blown up nor flattened, and not bent out of shape.
fn sound(transform: &Transform, query: &[Feature], pairs: &[(u32, u32, u16)]) -> bool {
    let origin = [[0.0, 0.0]];
    let corners: Vec<[f64; 2]> = if pairs.is_empty() { origin.to_vec() } else { corners(query, pairs).to_vec() };
    let mut areas = Vec::with_capacity(corners.len());
    for corner in corners {
        let [a, b, c, d] = transform.slope_at(corner);
        let determinant = a * d - b * c;
        let half = 0.5 * (a * a + b * b + c * c + d * d);
        let root = (half * half - determinant * determinant).max(0.0).sqrt();
        let (large, small) = ((half + root).sqrt(), (half - root).max(0.0).sqrt());
        let fine = determinant.is_finite()
            && determinant > 0.0
            && large <= MOST_SCALE
            && small >= 1.0 / MOST_SCALE
            && large <= MOST_STRETCH * small;
        if !fine {
            return false;
        }
        areas.push(determinant);
    }
    let largest = areas.iter().fold(0.0_f64, |most, area| most.max(*area));
    let smallest = areas.iter().fold(f64::MAX, |least, area| least.min(*area));
    largest <= 6.0 * smallest
}

/// The corners of the rectangle around the query's paired features.
fn corners(query: &[Feature], pairs: &[(u32, u32, u16)]) -> [[f64; 2]; 4] {
    let mut bounds = [f64::MAX, f64::MAX, f64::MIN, f64::MIN];
    for &(from, _, _) in pairs {
        let (x, y) = (f64::from(query[from as usize].x), f64::from(query[from as usize].y));
        bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
    }
    let [left, top, right, bottom] = bounds;
    [[left, top], [right, top], [right, bottom], [left, bottom]]
}

/// Measures a fitted transform and scores it.
fn weigh(query: &Prepared, reference: &Prepared, form: Form, fitted: &Fitted) -> Option<LocalMatch> {
    let back = fitted.whole.inverse()?;
    let overlap = overlap_on_reference(query, reference, &fitted.whole, &back)?;
    let bounds = bounds_of(&overlap);
    let agreed = fitted.pairs.iter().map(|pair| &reference.features[pair.1 as usize]);
    let hull = hull(agreed.map(|feature| [f64::from(feature.x), f64::from(feature.y)]).collect());
    let agreement = compare(&query.pyramid, &reference.pyramid, &back, bounds, &hull, form.inverted);
    let measures = measure(query, reference, fitted, &overlap, &agreement);
    let on_query: Vec<[f64; 2]> = overlap.iter().map(|point| back.apply(*point)).collect();
    let (query_size, reference_size) = (size(query), size(reference));
    Some(LocalMatch {
        place: 0,
        raw: strength(&measures),
        inliers: fitted.pairs.len().min(usize::from(u16::MAX)) as u16,
        correlation: agreement.correlation,
        mirrored: form.mirrored,
        inverted: form.inverted,
        transform: in_thousandths(&fitted.whole, query_size, reference_size),
        query_area: thousandths(&on_query, query_size),
        reference_area: thousandths(&overlap, reference_size),
    })
}

fn size(picture: &Prepared) -> [f64; 2] {
    [picture.width, picture.height]
}

fn thousandths(polygon: &[[f64; 2]], [width, height]: [f64; 2]) -> Vec<[i16; 2]> {
    let part = |value: f64, whole: f64| (value / whole * 1000.0).round().clamp(-32_000.0, 32_000.0) as i16;
    polygon.iter().map(|[x, y]| [part(*x, width), part(*y, height)]).collect()
}

fn in_thousandths(transform: &Transform, query: [f64; 2], reference: [f64; 2]) -> [f32; 9] {
    let scaling = |x: f64, y: f64| Transform([x, 0.0, 0.0, 0.0, y, 0.0, 0.0, 0.0, 1.0]);
    let enter = scaling(query[0] / 1000.0, query[1] / 1000.0);
    let leave = scaling(1000.0 / reference[0], 1000.0 / reference[1]);
    let whole = leave.after(&transform.after(&enter)).0;
    whole.map(|value| (value / whole[8]) as f32)
}

/// Where the query lies on the reference, clipped to both; none when hardly anything is left.
fn overlap_on_reference(
    query: &Prepared,
    reference: &Prepared,
    whole: &Transform,
    back: &Transform,
) -> Option<Vec<[f64; 2]>> {
    // Clip on the query first: a projective transform may send far corners of the
    // reference behind the viewer, but not what lies within the query.
    let [width, height] = size(reference);
    let rectangle = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]];
    let depth = |point: [f64; 2]| back.0[6] * point[0] + back.0[7] * point[1] + back.0[8];
    let middle = depth([0.5 * width, 0.5 * height]);
    let ahead = rectangle.iter().all(|corner| depth(*corner) * middle > 0.0);
    let outline: Vec<[f64; 2]> = if ahead {
        let on_query: Vec<[f64; 2]> = rectangle.iter().map(|corner| back.apply(*corner)).collect();
        let [query_width, query_height] = size(query);
        clipped(&on_query, query_width, query_height).into_iter().map(|point| whole.apply(point)).collect()
    } else {
        rectangle.to_vec()
    };
    let outline = clipped(&outline, width, height);
    let finite = outline.iter().flatten().all(|value| value.is_finite());
    (outline.len() >= 3 && finite && area(&outline).abs() > 64.0).then_some(outline)
}

fn bounds_of(polygon: &[[f64; 2]]) -> [f64; 4] {
    polygon.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |bounds, [x, y]| {
        [bounds[0].min(*x), bounds[1].min(*y), bounds[2].max(*x), bounds[3].max(*y)]
    })
}

fn measure(
    query: &Prepared,
    reference: &Prepared,
    fitted: &Fitted,
    overlap: &[[f64; 2]],
    agreement: &Agreement,
) -> Measures {
    let [left, top, right, bottom] = bounds_of(overlap);
    let inside = |x: f64, y: f64| (left..=right).contains(&x) && (top..=bottom).contains(&y);
    let middle = |x: f64, y: f64| is_middle(x / reference.width, y / reference.height);
    let (mut query_inside, mut reference_inside, mut agreed) = ([0.0_f32; 2], [0.0_f32; 2], [0.0_f32; 2]);
    for feature in &query.features {
        let [x, y] = fitted.whole.apply([f64::from(feature.x), f64::from(feature.y)]);
        if inside(x, y) {
            query_inside[usize::from(middle(x, y))] += 1.0;
        }
    }
    for feature in &reference.features {
        let (x, y) = (f64::from(feature.x), f64::from(feature.y));
        if inside(x, y) {
            reference_inside[usize::from(middle(x, y))] += 1.0;
        }
    }
    for pair in &fitted.pairs {
        let feature = &reference.features[pair.1 as usize];
        agreed[usize::from(middle(f64::from(feature.x), f64::from(feature.y)))] += 1.0;
    }
    let rate = |part: usize| agreed[part] / query_inside[part].min(reference_inside[part]).max(4.0);
    let evidence: f32 = fitted.pairs.iter().map(|pair| f32::from(FARTHEST.saturating_sub(pair.2)) / 20.0).sum();
    Measures {
        inliers: fitted.pairs.len() as f32,
        evidence,
        query_inside: query_inside.iter().sum(),
        reference_inside: reference_inside.iter().sum(),
        edge_rate: rate(0),
        middle_rate: rate(1),
        spread: spread_of(reference, fitted),
        agreement: *agreement,
    }
}

/// Smaller standard deviation of the paired features' places on the reference, in units.
fn spread_of(reference: &Prepared, fitted: &Fitted) -> f32 {
    let count = fitted.pairs.len() as f32;
    let places = || fitted.pairs.iter().map(|pair| &reference.features[pair.1 as usize]);
    let (x, y) = (places().map(|f| f.x).sum::<f32>() / count, places().map(|f| f.y).sum::<f32>() / count);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for place in places() {
        let (dx, dy) = (place.x - x, place.y - y);
        xx += dx * dx / count;
        xy += dx * dy / count;
        yy += dy * dy / count;
    }
    let half = 0.5 * (xx + yy);
    (half - (half * half - (xx * yy - xy * xy)).max(0.0).sqrt()).max(0.0).sqrt()
}
