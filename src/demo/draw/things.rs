//! The things themselves: each is a few filled outlines on the stage.

use super::canvas::mix;
use super::outline::{Outline, arc, ellipse, rounded, stroke};
use super::scene::Product;
use super::stage::{Stage, Surface};

/// Where a logo goes on a thing: the middle, half the side, in the thing's own coordinates.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogoPlace {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) half: f32,
}

const BLACK: [f32; 3] = [26.0, 27.0, 30.0];
const STEEL: [f32; 3] = [186.0, 190.0, 196.0];
const PAPER: [f32; 3] = [244.0, 242.0, 236.0];

/// Draws the thing and says where a logo belongs on it.
pub(super) fn draw(product: Product, stage: &mut Stage) -> LogoPlace {
    match product {
        Product::Tshirt => tshirt(stage),
        Product::Trousers => trousers(stage),
        Product::Shoe => shoe(stage),
        Product::Cap => cap(stage),
        Product::Bag => bag(stage),
        Product::Watch => watch(stage),
        Product::Sunglasses => sunglasses(stage),
        Product::Headphones => headphones(stage),
        Product::PhoneCase => phone_case(stage),
        Product::Charger => charger(stage),
        Product::Bottle => bottle(stage),
        Product::Jar => jar(stage),
        Product::Box => carton(stage),
        Product::Mug => mug(stage),
        Product::Disc => disc(stage),
        Product::Poster => poster(stage),
        Product::LogoCard => logo_card(stage),
    }
}

fn darker(colour: [f32; 3], by: f32) -> [f32; 3] {
    mix(colour, [0.0; 3], by)
}

fn tshirt(stage: &mut Stage) -> LogoPlace {
    let body = Outline::at(0.0, -0.72)
        .curve(-0.16, -0.72, -0.25, -0.84)
        .line(-0.42, -0.84)
        .line(-1.0, -0.4)
        .line(-0.8, -0.08)
        .line(-0.53, -0.26)
        .curve(-0.5, 0.4, -0.56, 0.92)
        .line(0.0, 0.95)
        .and_mirrored();
    stage.fill_patterned(&body, Surface::Cloth);
    let collar = arc(0.0, -0.88, 0.24, 0.07, 0.04, 0.46);
    stage.fill(&collar, darker(stage.colour, 0.3), Surface::Flat);
    for side in [-1.0, 1.0] {
        let seam = stroke((side * 0.5, -0.62), (side * 0.53, -0.24), 0.018);
        stage.fill(&seam, darker(stage.colour, 0.35), Surface::Flat);
    }
    LogoPlace { x: 0.0, y: -0.18, half: 0.3 }
}

fn trousers(stage: &mut Stage) -> LogoPlace {
    let body = Outline::at(0.0, -0.98)
        .line(-0.42, -0.98)
        .curve(-0.55, -0.4, -0.58, 0.98)
        .line(-0.12, 0.98)
        .curve(-0.1, 0.2, 0.0, -0.3)
        .and_mirrored();
    stage.fill_patterned(&body, Surface::Cloth);
    stage.fill(&rounded(-0.43, -1.0, 0.43, -0.86, 0.02), darker(stage.colour, 0.25), Surface::Flat);
    stage.fill(&stroke((0.0, -0.86), (0.0, -0.34), 0.02), darker(stage.colour, 0.4), Surface::Flat);
    LogoPlace { x: -0.3, y: -0.55, half: 0.13 }
}

fn shoe(stage: &mut Stage) -> LogoPlace {
    let upper = Outline::at(-0.92, 0.28)
        .curve(-0.96, -0.2, -0.78, -0.5)
        .curve(-0.62, -0.38, -0.42, -0.5)
        .curve(-0.1, -0.1, 0.4, -0.02)
        .curve(0.94, 0.06, 0.95, 0.3)
        .points();
    stage.fill_patterned(&upper, Surface::Round);
    let toe = Outline::at(0.5, 0.0).curve(0.94, 0.06, 0.95, 0.3).line(0.5, 0.3).curve(0.42, 0.14, 0.5, 0.0).points();
    stage.fill(&toe, darker(stage.colour, 0.2), Surface::Flat);
    let sole = Outline::at(-0.97, 0.26)
        .line(0.97, 0.28)
        .curve(1.02, 0.5, 0.8, 0.5)
        .line(-0.85, 0.5)
        .curve(-1.02, 0.48, -0.97, 0.26);
    stage.fill(&sole.points(), PAPER, Surface::Gloss);
    stage.fill(&stroke((-0.94, 0.47), (0.88, 0.48), 0.06), stage.second, Surface::Flat);
    for lace in 0..4 {
        let x = -0.36 + 0.16 * lace as f32;
        stage.fill(
            &stroke((x, -0.36 + 0.1 * lace as f32), (x + 0.18, -0.18 + 0.06 * lace as f32), 0.045),
            PAPER,
            Surface::Flat,
        );
    }
    LogoPlace { x: -0.3, y: 0.08, half: 0.2 }
}

fn cap(stage: &mut Stage) -> LogoPlace {
    let dome = Outline::at(-0.72, 0.26)
        .curve(-0.8, -0.62, 0.0, -0.66)
        .curve(0.8, -0.62, 0.72, 0.26)
        .curve(0.0, 0.08, -0.72, 0.26);
    stage.fill_patterned(&dome.points(), Surface::Round);
    for side in [-0.26, 0.26] {
        let seam = Outline::at(0.0, -0.66)
            .curve(side * 1.6, -0.4, side * 1.5, 0.16)
            .line(side * 1.5 + 0.015, 0.16)
            .curve(side * 1.6 + 0.02, -0.4, 0.0, -0.66);
        stage.fill(&seam.points(), darker(stage.colour, 0.35), Surface::Flat);
    }
    stage.fill(&ellipse(0.0, -0.66, 0.07, 0.04), stage.second, Surface::Flat);
    let brim = Outline::at(-0.74, 0.2)
        .curve(0.0, 0.0, 0.74, 0.2)
        .curve(1.0, 0.66, 0.3, 0.62)
        .curve(0.0, 0.5, -0.3, 0.62)
        .curve(-1.0, 0.66, -0.74, 0.2);
    stage.fill(&brim.points(), stage.second, Surface::Gloss);
    LogoPlace { x: 0.0, y: -0.24, half: 0.22 }
}

fn bag(stage: &mut Stage) -> LogoPlace {
    stage.fill(&arc(0.0, -0.3, 0.42, 0.08, 0.5, 1.0), darker(stage.colour, 0.35), Surface::Gloss);
    let body = Outline::at(0.0, -0.36)
        .line(-0.68, -0.36)
        .curve(-0.84, 0.4, -0.88, 0.86)
        .curve(-0.6, 0.96, 0.0, 0.96)
        .and_mirrored();
    stage.fill_patterned(&body, Surface::Round);
    let flap = Outline::at(0.0, -0.38).line(-0.7, -0.38).curve(-0.68, 0.12, -0.3, 0.24).line(0.0, 0.28).and_mirrored();
    stage.fill(&flap, darker(stage.colour, 0.16), Surface::Gloss);
    stage.fill(&rounded(-0.11, 0.18, 0.11, 0.34, 0.03), [212.0, 178.0, 92.0], Surface::Gloss);
    LogoPlace { x: 0.0, y: 0.6, half: 0.22 }
}

fn watch(stage: &mut Stage) -> LogoPlace {
    stage.fill_patterned(&rounded(-0.26, -1.0, 0.26, 1.0, 0.08), Surface::Round);
    for line in 0..5 {
        for (end, step) in [(-0.95, 0.1), (0.95, -0.1)] {
            let y = end + step * line as f32;
            stage.fill(&stroke((-0.26, y), (0.26, y), 0.015), darker(stage.colour, 0.4), Surface::Flat);
        }
    }
    stage.fill(&rounded(0.5, -0.08, 0.64, 0.08, 0.02), STEEL, Surface::Gloss);
    stage.fill(&ellipse(0.0, 0.0, 0.56, 0.56), STEEL, Surface::Round);
    stage.fill(&ellipse(0.0, 0.0, 0.47, 0.47), stage.second, Surface::Gloss);
    for hour in 0..12 {
        let (sin, cos) = (hour as f32 / 12.0 * std::f32::consts::TAU).sin_cos();
        stage.fill(&stroke((0.37 * cos, 0.37 * sin), (0.44 * cos, 0.44 * sin), 0.035), PAPER, Surface::Flat);
    }
    stage.fill(&stroke((0.0, 0.0), (0.2, -0.16), 0.04), PAPER, Surface::Flat);
    stage.fill(&stroke((0.0, 0.0), (-0.12, -0.34), 0.03), PAPER, Surface::Flat);
    LogoPlace { x: 0.0, y: 0.2, half: 0.12 }
}

fn sunglasses(stage: &mut Stage) -> LogoPlace {
    for side in [-1.0, 1.0] {
        stage.fill(&stroke((side * 0.9, -0.2), (side * 0.98, -0.62), 0.07), stage.colour, Surface::Gloss);
        let frame = Outline::at(side * 0.08, -0.24)
            .line(side * 0.96, -0.28)
            .curve(side * 0.98, 0.38, side * 0.52, 0.36)
            .curve(side * 0.12, 0.36, side * 0.08, -0.24);
        stage.fill_patterned(&frame.points(), Surface::Gloss);
        let lens = Outline::at(side * 0.16, -0.17)
            .line(side * 0.88, -0.2)
            .curve(side * 0.88, 0.3, side * 0.52, 0.28)
            .curve(side * 0.2, 0.28, side * 0.16, -0.17);
        stage.fill(&lens.points(), BLACK, Surface::Gloss);
    }
    stage.fill(&arc(0.0, -0.04, 0.12, 0.07, 0.5, 1.0), stage.colour, Surface::Flat);
    LogoPlace { x: 0.62, y: 0.04, half: 0.14 }
}

fn headphones(stage: &mut Stage) -> LogoPlace {
    stage.fill(&arc(0.0, 0.1, 0.72, 0.13, 0.5, 1.0), stage.colour, Surface::Gloss);
    stage.fill(&arc(0.0, 0.1, 0.64, 0.05, 0.53, 0.97), stage.second, Surface::Flat);
    for side in [-1.0, 1.0] {
        stage.fill(&ellipse(side * 0.6, 0.38, 0.2, 0.4), BLACK, Surface::Round);
        stage.fill_patterned(&ellipse(side * 0.74, 0.38, 0.22, 0.44), Surface::Round);
    }
    LogoPlace { x: 0.74, y: 0.38, half: 0.16 }
}

fn phone_case(stage: &mut Stage) -> LogoPlace {
    stage.fill(&rounded(-0.53, -1.0, 0.53, 1.0, 0.16), darker(stage.colour, 0.4), Surface::Flat);
    stage.fill_patterned(&rounded(-0.49, -0.97, 0.49, 0.97, 0.14), Surface::Gloss);
    stage.fill(&rounded(-0.42, -0.9, 0.06, -0.42, 0.1), darker(stage.colour, 0.55), Surface::Flat);
    for (x, y) in [(-0.29, -0.77), (-0.29, -0.55), (-0.08, -0.66)] {
        stage.fill(&ellipse(x, y, 0.09, 0.09), BLACK, Surface::Flat);
        stage.fill(&ellipse(x, y, 0.05, 0.05), [70.0, 84.0, 110.0], Surface::Gloss);
    }
    LogoPlace { x: 0.0, y: 0.2, half: 0.24 }
}

fn charger(stage: &mut Stage) -> LogoPlace {
    stage.fill(&arc(-0.1, 0.42, 0.46, 0.06, 0.02, 0.72), darker(stage.colour, 0.25), Surface::Flat);
    for y in [-0.52, -0.28] {
        stage.fill(&rounded(0.3, y - 0.04, 0.62, y + 0.04, 0.02), STEEL, Surface::Gloss);
    }
    stage.fill_patterned(&rounded(-0.44, -0.82, 0.34, 0.02, 0.12), Surface::Gloss);
    stage.fill(&rounded(-0.14, -0.02, 0.04, 0.1, 0.02), STEEL, Surface::Gloss);
    stage.fill(&rounded(0.28, 0.36, 0.46, 0.62, 0.04), stage.second, Surface::Gloss);
    LogoPlace { x: -0.05, y: -0.4, half: 0.22 }
}

fn bottle(stage: &mut Stage) -> LogoPlace {
    let body = Outline::at(0.0, -0.72)
        .line(-0.14, -0.72)
        .curve(-0.14, -0.46, -0.32, -0.34)
        .curve(-0.4, -0.28, -0.4, -0.1)
        .line(-0.4, 0.9);
    stage.fill(&body.curve(-0.4, 0.98, -0.3, 0.98).line(0.0, 0.98).and_mirrored(), stage.colour, Surface::Round);
    stage.fill(&rounded(-0.17, -1.0, 0.17, -0.7, 0.03), stage.second, Surface::Round);
    stage.fill_patterned(&rounded(-0.4, -0.02, 0.4, 0.7, 0.01), Surface::Round);
    stage.fill(&rounded(-0.32, 0.06, 0.32, 0.62, 0.02), PAPER, Surface::Round);
    for line in 0..3 {
        stage.fill(
            &stroke((-0.2, 0.46 + 0.05 * line as f32), (0.22 - 0.06 * line as f32, 0.46 + 0.05 * line as f32), 0.018),
            BLACK,
            Surface::Flat,
        );
    }
    LogoPlace { x: 0.0, y: 0.24, half: 0.17 }
}

fn jar(stage: &mut Stage) -> LogoPlace {
    stage.fill_patterned(&rounded(-0.74, -0.3, 0.74, 0.62, 0.14), Surface::Round);
    stage.fill(&rounded(-0.78, -0.6, 0.78, -0.24, 0.06), stage.second, Surface::Round);
    stage.fill(&rounded(-0.46, -0.14, 0.46, 0.46, 0.03), PAPER, Surface::Round);
    stage.fill(&stroke((-0.3, 0.34), (0.3, 0.34), 0.03), BLACK, Surface::Flat);
    LogoPlace { x: 0.0, y: 0.08, half: 0.18 }
}

fn carton(stage: &mut Stage) -> LogoPlace {
    let side = Outline::at(0.34, -0.46).line(0.92, -0.62).line(0.92, 0.44).line(0.34, 0.8).points();
    stage.fill(&side, darker(stage.colour, 0.3), Surface::Flat);
    let top = Outline::at(-0.86, -0.6).line(-0.2, -0.8).line(0.92, -0.62).line(0.34, -0.46).points();
    stage.fill(&top, mix(stage.colour, [255.0; 3], 0.25), Surface::Flat);
    let front = Outline::at(-0.86, -0.6).line(0.34, -0.46).line(0.34, 0.8).line(-0.86, 0.54).points();
    stage.fill_patterned(&front, Surface::Flat);
    for line in 0..3 {
        let y = 0.36 + 0.09 * line as f32;
        stage.fill(
            &stroke((-0.74, y - 0.06), (0.02 - 0.1 * line as f32, y + 0.06), 0.035),
            stage.second,
            Surface::Flat,
        );
    }
    LogoPlace { x: -0.28, y: -0.12, half: 0.3 }
}

fn mug(stage: &mut Stage) -> LogoPlace {
    stage.fill(&arc(0.52, 0.1, 0.32, 0.13, -0.25, 0.25), darker(stage.colour, 0.12), Surface::Gloss);
    let body = Outline::at(0.0, -0.62).line(-0.6, -0.62).line(-0.58, 0.62).curve(-0.56, 0.8, 0.0, 0.8).and_mirrored();
    stage.fill_patterned(&body, Surface::Round);
    stage.fill(&ellipse(0.0, -0.62, 0.6, 0.13), mix(stage.colour, [255.0; 3], 0.4), Surface::Flat);
    stage.fill(&ellipse(0.0, -0.6, 0.53, 0.1), darker(stage.colour, 0.45), Surface::Flat);
    LogoPlace { x: 0.0, y: 0.1, half: 0.3 }
}

fn disc(stage: &mut Stage) -> LogoPlace {
    stage.fill_patterned(&ellipse(0.0, 0.0, 0.95, 0.95), Surface::Gloss);
    for hole in 0..18 {
        let (sin, cos) = (hole as f32 / 18.0 * std::f32::consts::TAU).sin_cos();
        let radius = if hole % 2 == 0 { 0.82 } else { 0.66 };
        stage.fill(&ellipse(radius * cos, radius * sin, 0.045, 0.045), BLACK, Surface::Flat);
    }
    stage.fill(&ellipse(0.0, 0.0, 0.5, 0.5), stage.second, Surface::Round);
    stage.fill(&ellipse(0.0, 0.0, 0.16, 0.16), BLACK, Surface::Flat);
    LogoPlace { x: 0.0, y: -0.33, half: 0.13 }
}

fn poster(stage: &mut Stage) -> LogoPlace {
    stage.fill(&rounded(-0.74, -1.0, 0.74, 1.0, 0.01), PAPER, Surface::Flat);
    stage.fill_patterned(&rounded(-0.66, -0.92, 0.66, 0.5, 0.01), Surface::Flat);
    for line in 0..4 {
        let y = 0.6 + 0.09 * line as f32;
        stage.fill(&stroke((-0.6, y), (0.6 - 0.2 * line as f32, y), 0.04), darker(stage.colour, 0.3), Surface::Flat);
    }
    LogoPlace { x: 0.0, y: -0.2, half: 0.42 }
}

fn logo_card(stage: &mut Stage) -> LogoPlace {
    let side = stage.canvas.side();
    stage.pose.x = side / 2.0;
    stage.pose.y = side / 2.0;
    stage.pose.scale = side / 2.0;
    stage.pose.flipped = false;
    stage.fill(&rounded(-1.1, -1.1, 1.1, 1.1, 0.0), [255.0; 3], Surface::Flat);
    LogoPlace { x: 0.0, y: 0.0, half: 1.0 }
}
