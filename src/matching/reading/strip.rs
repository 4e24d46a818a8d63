//! Cutting a turned line out of a picture, straight and at the recogniser's height.

use super::pixels::Pixels;
use super::rectangle::Rectangle;

/// Height of the strips that PP-OCR recognisers are trained on, in pixels.
pub(crate) const STRIP_HEIGHT: usize = 48;

/// A picture with its halves, so that a large line is not sampled with gaps.
pub(crate) struct Pyramid {
    levels: Vec<Pixels>,
}

impl Pyramid {
    /// A picture and its halves down to one that is no higher or wider than a strip.
    pub fn new(picture: Pixels) -> Self {
        let mut levels = vec![picture];
        while let Some(last) = levels.last()
            && last.width().min(last.height()) > 2 * STRIP_HEIGHT
        {
            levels.push(last.halved());
        }
        Self { levels }
    }

    /// Width and height of the whole picture in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.levels[0].width(), self.levels[0].height())
    }

    /// The content of `line` (in pixels of the whole picture), straightened, as a strip of
    /// [`STRIP_HEIGHT`] and at most `max_width` pixels.
    ///
    /// A line that is half as high again as wide stands upright on its side: it is turned
    /// counter-clockwise, so that text that runs downwards is read.
    pub fn cut(&self, line: &Rectangle, max_width: usize) -> Pixels {
        let line = lying(line);
        let ratio = line.width / line.height.max(1.0);
        let width = ((STRIP_HEIGHT as f64 * ratio).ceil() as usize).clamp(8, max_width.max(8));
        let reduction = (line.height / STRIP_HEIGHT as f64).max(line.width / width as f64).max(1.0);
        // Never below the strip's own resolution: half a level too coarse costs strokes of Han letters.
        let level = (reduction.log2().floor() as usize).min(self.levels.len() - 1);
        let picture = &self.levels[level];
        let scale = 1.0 / (1_u32 << level) as f64;
        let mut rgb = Vec::with_capacity(width * STRIP_HEIGHT * 3);
        for row in 0..STRIP_HEIGHT {
            for column in 0..width {
                let right = (column as f64 + 0.5) / width as f64 - 0.5;
                let down = (row as f64 + 0.5) / STRIP_HEIGHT as f64 - 0.5;
                let place = line.place(right, down);
                rgb.extend(sample(picture, place[0] * scale - 0.5, place[1] * scale - 0.5));
            }
        }
        Pixels::new(width, STRIP_HEIGHT, rgb).expect("three bytes were pushed for each pixel")
    }
}

/// The line with its longer side as width, where it is clearly higher than wide.
pub(crate) fn lying(line: &Rectangle) -> Rectangle {
    if line.height < 1.5 * line.width {
        return *line;
    }
    Rectangle { along: line.across(), width: line.height, height: line.width, centre: line.centre }
}

/// The colour between four pixels.
fn sample(picture: &Pixels, x: f64, y: f64) -> [u8; 3] {
    let (left, top) = (x.floor(), y.floor());
    let (right_share, lower_share) = ((x - left) as f32, (y - top) as f32);
    let (left, top) = (left as isize, top as isize);
    let near = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(right, down)| picture.at(left + right, top + down));
    std::array::from_fn(|channel| {
        let [a, b, c, d] = near.map(|pixel| f32::from(pixel[channel]));
        let upper = a + (b - a) * right_share;
        let lower = c + (d - c) * right_share;
        (upper + (lower - upper) * lower_share + 0.5) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upright(centre: [f64; 2], width: f64, height: f64) -> Rectangle {
        Rectangle { centre, along: [1.0, 0.0], width, height }
    }

    /// Left half black, right half white.
    fn halves(width: usize, height: usize) -> Pyramid {
        let grey: Vec<u8> = (0..width * height).map(|at| if at % width * 2 < width { 0 } else { 255 }).collect();
        Pyramid::new(Pixels::from_grey(width, height, &grey).expect("sizes agree"))
    }

    #[test]
    fn a_strip_has_the_lines_proportions_and_its_content() {
        let strip = halves(200, 100).cut(&upright([100.0, 50.0], 80.0, 20.0), 1000);
        assert_eq!((strip.width(), strip.height()), (192, STRIP_HEIGHT));
        assert_eq!((strip.at(10, 24)[0], strip.at(180, 24)[0]), (0, 255));
    }

    #[test]
    fn a_long_line_is_squeezed_and_one_outside_shows_the_edge() {
        let picture = halves(400, 60);
        assert_eq!(picture.cut(&upright([200.0, 30.0], 400.0, 4.0), 300).width(), 300);
        assert_eq!(picture.cut(&upright([900.0, 30.0], 50.0, 20.0), 300).at(3, 3), [255; 3]);
    }

    #[test]
    fn a_standing_line_is_laid_down_so_that_its_top_comes_first() {
        let grey: Vec<u8> = (0..50 * 200).map(|at| if at / 50 < 100 { 0 } else { 255 }).collect();
        let picture = Pyramid::new(Pixels::from_grey(50, 200, &grey).expect("sizes agree"));
        let strip = picture.cut(&upright([25.0, 100.0], 30.0, 160.0), 1000);
        assert!(strip.width() > 4 * STRIP_HEIGHT);
        assert_eq!((strip.at(5, 20)[0], strip.at(strip.width() as isize - 5, 20)[0]), (0, 255));
    }

    #[test]
    fn a_large_line_is_averaged_rather_than_sampled() {
        let grey: Vec<u8> = (0..1024 * 1024).map(|at| if (at + at / 1024) % 2 == 0 { 0 } else { 255 }).collect();
        let picture = Pyramid::new(Pixels::from_grey(1024, 1024, &grey).expect("sizes agree"));
        let strip = picture.cut(&upright([512.0, 512.0], 900.0, 800.0), 1000);
        assert!((100..160).contains(&strip.at(20, 20)[0]), "{:?}", strip.at(20, 20));
    }
}
