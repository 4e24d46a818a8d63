//! The stage: background, the place of the thing on it, and how its surface takes light.

use super::canvas::{Canvas, Point, channels, mix};
use super::random::{Random, noise};
use super::scene::{Colour, Product};

/// Pixels along one side of a drawn picture.
pub(super) const SIDE: usize = 600;

/// Where a thing stands: its square from -1 to 1 is scaled, turned, perhaps mirrored, and moved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pose {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) scale: f32,
    /// Sine and cosine of the turn.
    pub(super) turn: (f32, f32),
    pub(super) flipped: bool,
}

impl Pose {
    /// The place in pixels of a point of the thing.
    pub(super) fn place(&self, (x, y): Point) -> Point {
        let x = if self.flipped { -x } else { x };
        let (sin, cos) = self.turn;
        (self.x + self.scale * (x * cos - y * sin), self.y + self.scale * (x * sin + y * cos))
    }

    /// The point of the thing at a place in pixels.
    pub(super) fn unplace(&self, (x, y): Point) -> Point {
        let (sin, cos) = self.turn;
        let (x, y) = ((x - self.x) / self.scale, (y - self.y) / self.scale);
        let (x, y) = (x * cos + y * sin, y * cos - x * sin);
        (if self.flipped { -x } else { x }, y)
    }
}

/// How a surface takes the light.
#[derive(Debug, Clone, Copy)]
pub(super) enum Surface {
    /// The same everywhere.
    Flat,
    /// Round like a can: light in the middle.
    Round,
    /// Soft: darker downwards, with folds.
    Cloth,
    /// Shining: a bright stripe.
    Gloss,
}

/// What is printed on a surface.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pattern {
    Plain,
    Across { width: f32 },
    Down { width: f32 },
    Dots { width: f32 },
    Checks { width: f32 },
    Halves { slope: f32, height: f32 },
    Blotches { width: f32 },
    Circle { x: f32, y: f32, radius: f32 },
}

impl Pattern {
    /// One at random; half of all things are plain.
    pub(super) fn choose(random: &mut Random) -> Self {
        let width = random.between(0.12, 0.4);
        match random.below(13) {
            0 | 1 => Self::Across { width },
            2 | 3 => Self::Down { width },
            4 => Self::Dots { width },
            5 => Self::Checks { width },
            6 | 7 => Self::Halves { slope: random.between(-1.2, 1.2), height: random.between(-0.4, 0.4) },
            8 => Self::Blotches { width },
            9 => Self::Circle {
                x: random.between(-0.3, 0.3),
                y: random.between(-0.3, 0.3),
                radius: random.between(0.2, 0.5),
            },
            _ => Self::Plain,
        }
    }

    /// Whether the second colour shows at a point of the thing.
    fn marks(self, x: f32, y: f32, seed: u64) -> bool {
        let odd = |along: f32, width: f32| (along / width).floor().rem_euclid(2.0) >= 1.0;
        match self {
            Self::Plain => false,
            Self::Across { width } => odd(y, width),
            Self::Down { width } => odd(x, width),
            Self::Checks { width } => odd(x, width) != odd(y, width),
            Self::Dots { width } => {
                let off = |along: f32| (along / width).rem_euclid(1.0) - 0.5;
                off(x).hypot(off(y)) < 0.28
            }
            Self::Halves { slope, height } => y > height + slope * x,
            Self::Blotches { width } => noise(seed, x / width + 40.0, y / width + 40.0) > 0.56,
            Self::Circle { x: middle_x, y: middle_y, radius } => (x - middle_x).hypot(y - middle_y) < radius,
        }
    }
}

/// A canvas with a thing's place and colours: what the drawing functions draw on.
pub(super) struct Stage {
    pub(super) canvas: Canvas,
    pub(super) pose: Pose,
    pub(super) colour: [f32; 3],
    pub(super) second: [f32; 3],
    pub(super) pattern: Pattern,
    seed: u64,
    light: f32,
}

impl Stage {
    /// Background and shadow for a scene; everything else follows from `random`.
    pub(super) fn set(product: Product, colour: Colour, random: &mut Random) -> Self {
        let seed = random.below(usize::MAX) as u64;
        let ground = Ground::choose(random);
        let canvas = Canvas::new(SIDE, |x, y| ground.colour(x / SIDE as f32, y / SIDE as f32));
        let colour = channels(colour);
        let second = second_colour(colour, random);
        let side = SIDE as f32;
        let pose = Pose {
            x: side * random.between(0.36, 0.64),
            y: side * random.between(0.38, 0.62),
            scale: side * random.between(0.24, 0.43),
            turn: turn_of(product, random).sin_cos(),
            flipped: random.chance(0.5),
        };
        let light = random.between(-1.0, 1.0);
        let pattern = Pattern::choose(random);
        let mut stage = Self { canvas, pose, colour, second, pattern, seed, light };
        if product != Product::LogoCard {
            stage.drop_shadow();
        }
        stage
    }

    /// Fills an outline of the thing with `colour` under the stage's light.
    pub(super) fn fill(&mut self, outline: &[Point], colour: [f32; 3], surface: Surface) {
        self.fill_with(outline, surface, |_, _| colour);
    }

    /// Fills an outline with the thing's own colour and pattern.
    pub(super) fn fill_patterned(&mut self, outline: &[Point], surface: Surface) {
        let (colour, second, pattern, seed) = (self.colour, self.second, self.pattern, self.seed);
        self.fill_with(outline, surface, |x, y| if pattern.marks(x, y, seed) { second } else { colour });
    }

    fn fill_with(&mut self, outline: &[Point], surface: Surface, colour_at: impl Fn(f32, f32) -> [f32; 3]) {
        let (pose, light, seed) = (self.pose, self.light, self.seed);
        let placed: Vec<Point> = outline.iter().map(|point| pose.place(*point)).collect();
        let left = outline.iter().map(|(x, _)| *x).fold(f32::MAX, f32::min);
        let right = outline.iter().map(|(x, _)| *x).fold(f32::MIN, f32::max);
        self.canvas.fill(&placed, 1.0, |pixel_x, pixel_y| {
            let (x, y) = pose.unplace((pixel_x, pixel_y));
            let across = 2.0 * (x - left) / (right - left).max(1e-3) - 1.0;
            lit(colour_at(x, y), brightness(surface, across, x, y, light, seed))
        });
    }

    /// A soft dark spot under the thing.
    fn drop_shadow(&mut self) {
        let (pose, light) = (self.pose, self.light);
        let middle = (pose.x - light * 0.15 * pose.scale, pose.y + 0.85 * pose.scale);
        self.canvas.shade(|x, y| {
            let away = ((x - middle.0) / (1.1 * pose.scale)).hypot((y - middle.1) / (0.35 * pose.scale));
            1.0 - 0.38 * (1.0 - away).max(0.0)
        });
    }
}

fn brightness(surface: Surface, across: f32, x: f32, y: f32, light: f32, seed: u64) -> f32 {
    match surface {
        Surface::Flat => 1.0 + 0.06 * light * x,
        Surface::Round => 1.12 - 0.5 * (across - 0.35 * light).powi(2),
        Surface::Cloth => 1.04 - 0.1 * y + 0.08 * light * x - 0.16 * (noise(seed, x * 3.0 + 9.0, y * 1.3 + 9.0) - 0.5),
        Surface::Gloss => 1.0 + 0.45 * (1.0 - (x - 0.4 * y - 0.4 * light).abs() / 0.16).max(0.0) - 0.08 * y,
    }
}

/// Darkens below 1, moves towards white above.
fn lit(colour: [f32; 3], by: f32) -> [f32; 3] {
    if by <= 1.0 { colour.map(|channel| channel * by.max(0.0)) } else { mix(colour, [255.0; 3], (by - 1.0).min(1.0)) }
}

/// A colour that goes with the first and differs from it in brightness.
fn second_colour(colour: [f32; 3], random: &mut Random) -> [f32; 3] {
    let dark = colour.iter().sum::<f32>() < 330.0;
    let far = if dark { [245.0, 242.0, 235.0] } else { [28.0, 30.0, 38.0] };
    let other = [random.between(0.0, 255.0), random.between(0.0, 255.0), random.between(0.0, 255.0)];
    mix(mix(colour, far, 0.75), other, random.between(0.1, 0.5))
}

/// How far a thing is turned, in radians: flat goods lie at any angle, standing goods nearly upright.
fn turn_of(product: Product, random: &mut Random) -> f32 {
    use Product::{Bag, Bottle, Box, Jar, LogoCard, Mug};
    match product {
        LogoCard => 0.0,
        Bag | Bottle | Box | Jar | Mug => random.between(-0.12, 0.12),
        _ if random.chance(0.3) => random.between(-0.9, 0.9),
        _ => random.between(-0.3, 0.3),
    }
}

/// What is behind the thing.
struct Ground {
    kind: GroundKind,
    first: [f32; 3],
    second: [f32; 3],
    /// Sine and cosine of its direction.
    turn: (f32, f32),
    width: f32,
    seed: u64,
}

enum GroundKind {
    Studio,
    Slope,
    Glow,
    Floor,
    Planks,
    Tiles,
    Stone,
    Stripes,
    Spots,
}

impl Ground {
    fn choose(random: &mut Random) -> Self {
        use GroundKind::{Floor, Glow, Planks, Slope, Spots, Stone, Stripes, Studio, Tiles};
        let kind = match random.below(20) {
            0..=5 => Studio,
            6..=8 => Slope,
            9 | 10 => Glow,
            11..=13 => Floor,
            14 | 15 => Planks,
            16 => Tiles,
            17 => Stone,
            18 => Stripes,
            _ => Spots,
        };
        let tone = random.between(90.0, 235.0);
        let tint = |random: &mut Random, tone: f32| {
            [0; 3].map(|_: i32| (tone + random.between(-38.0, 38.0)).clamp(10.0, 250.0))
        };
        let first = if matches!(kind, Studio) { [252.0; 3] } else { tint(random, tone) };
        let distance = if random.chance(0.5) { 75.0 } else { -75.0 };
        let second =
            if matches!(kind, Studio) { [random.between(205.0, 240.0); 3] } else { tint(random, tone + distance) };
        let turn = random.between(0.0, std::f32::consts::TAU).sin_cos();
        let width = random.between(0.07, 0.2);
        Self { kind, first, second, turn, width, seed: random.below(usize::MAX) as u64 }
    }

    /// The colour at a place from 0 to 1.
    fn colour(&self, x: f32, y: f32) -> [f32; 3] {
        let (sin, cos) = self.turn;
        let (along, across) = ((x - 0.5) * cos + (y - 0.5) * sin, (y - 0.5) * cos - (x - 0.5) * sin);
        let odd = |place: f32| (place / self.width).floor().rem_euclid(2.0) >= 1.0;
        let from_corner = (x - 0.5 - 0.3 * cos).hypot(y - 0.5 - 0.3 * sin);
        let horizon = 0.62 + 0.16 * sin;
        let share = match self.kind {
            GroundKind::Studio => (from_corner - 0.25).clamp(0.0, 1.0) * 0.8,
            GroundKind::Slope => (along + 0.6).clamp(0.0, 1.0),
            GroundKind::Glow => (from_corner * 1.3).clamp(0.0, 1.0),
            GroundKind::Floor if y > horizon => 1.0 - 0.5 * (y - horizon),
            GroundKind::Floor => 0.25 * y,
            GroundKind::Planks => self.plank(along, across),
            GroundKind::Tiles => 0.75 * f32::from(u8::from(odd(along) != odd(across))) + 0.1 * along,
            GroundKind::Stone => {
                noise(self.seed, x * 5.0, y * 5.0) * 0.7 + noise(self.seed ^ 7, x * 17.0, y * 17.0) * 0.3
            }
            GroundKind::Stripes => 0.7 * f32::from(u8::from(odd(along))) + 0.2 * across,
            GroundKind::Spots => 0.9 * f32::from(u8::from(noise(self.seed, x * 6.0, y * 6.0) > 0.6)) + 0.1 * y,
        };
        mix(self.first, self.second, share)
    }

    fn plank(&self, along: f32, across: f32) -> f32 {
        let plank = (across / self.width).floor();
        let edge = (across / self.width).rem_euclid(1.0) < 0.03;
        let grain = noise(self.seed, along * 3.0 + plank * 5.0 + 50.0, across * 60.0 + 50.0);
        let tone = noise(self.seed ^ 3, plank * 1.7 + 50.0, 0.5);
        if edge { 1.0 } else { 0.25 * grain + 0.5 * tone }
    }
}
