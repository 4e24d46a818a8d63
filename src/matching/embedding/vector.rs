//! Vectors as signed bytes, and their cosine.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Least and most dimensions of an embedding. Copy-detection models give 128 to 2,048.
pub(crate) const DIMENSIONS: std::ops::RangeInclusive<usize> = 8..=4096;

/// Why a vector cannot serve as an embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VectorProblem {
    /// Too few or too many dimensions.
    #[error("the vector has {0} dimensions and 8 to 4,096 are taken; choose the model's output that is the embedding")]
    Dimensions(usize),
    /// No direction: all zero, or values that are not finite.
    #[error("the vector has no direction: its values are all zero or not finite")]
    NoDirection,
}

/// A picture's direction in the space of an operator's model. Only the direction counts: the
/// largest value is stored as ±127 and the others in proportion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedding {
    values: Box<[i8]>,
}

impl Embedding {
    /// Keeps the direction of `values`.
    ///
    /// Fails when there are fewer than 8 or more than 4,096, or when they have no direction.
    pub fn new(values: &[f32]) -> Result<Self, VectorProblem> {
        if !DIMENSIONS.contains(&values.len()) {
            return Err(VectorProblem::Dimensions(values.len()));
        }
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        if values.iter().any(|value| !value.is_finite()) || largest < f32::MIN_POSITIVE {
            return Err(VectorProblem::NoDirection);
        }
        let stored = |value: &f32| (f64::from(*value) / f64::from(largest) * 127.0).round() as i8;
        Ok(Self { values: values.iter().map(stored).collect() })
    }

    /// Takes stored values.
    fn from_stored(values: Box<[i8]>) -> Result<Self, VectorProblem> {
        if !DIMENSIONS.contains(&values.len()) {
            return Err(VectorProblem::Dimensions(values.len()));
        }
        if values.iter().all(|value| *value == 0) {
            return Err(VectorProblem::NoDirection);
        }
        Ok(Self { values })
    }

    /// The stored values, one a dimension.
    pub fn values(&self) -> &[i8] {
        &self.values
    }

    /// Cosine of the angle between two embeddings, −1 to 1; `None` when their dimensions
    /// differ, which says that different models made them.
    pub fn similarity(&self, other: &Self) -> Option<f32> {
        (self.values.len() == other.values.len())
            .then(|| cosine(dot(&self.values, &other.values), self.length(), other.length()))
    }

    /// Euclidean length of the stored values.
    pub(crate) fn length(&self) -> f64 {
        f64::from(dot(&self.values, &self.values)).sqrt()
    }
}

/// The sum of products. At most 4,096 × 128² = 2^26: no overflow.
pub(crate) fn dot(one: &[i8], two: &[i8]) -> i32 {
    one.iter().zip(two).map(|(one, two)| i32::from(i16::from(*one) * i16::from(*two))).sum()
}

/// A cosine from a sum of products and two lengths.
pub(crate) fn cosine(dot: i32, length: f64, other: f64) -> f32 {
    (f64::from(dot) / (length * other)).clamp(-1.0, 1.0) as f32
}

impl serde::Serialize for Embedding {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.values.iter().map(|value| value.cast_unsigned()).collect();
        to.serialize_str(&BASE64.encode(bytes))
    }
}

impl<'de> serde::Deserialize<'de> for Embedding {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let bytes = BASE64.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        Self::from_stored(bytes.into_iter().map(u8::cast_signed).collect()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact_cosine(one: &[f32], two: &[f32]) -> f64 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        dot(one, two) / (dot(one, one).sqrt() * dot(two, two).sqrt())
    }

    #[test]
    fn length_does_not_count_and_opposite_directions_are_opposite() {
        let up: Vec<f32> = (0..16).map(|at| at as f32 - 7.5).collect();
        let long: Vec<f32> = up.iter().map(|value| value * 1000.0).collect();
        let down: Vec<f32> = up.iter().map(|value| -value).collect();
        let [up, long, down] = [up, long, down].map(|values| Embedding::new(&values).expect("a direction"));
        assert_eq!(up, long);
        assert_eq!(up.similarity(&long), Some(1.0));
        assert_eq!(up.similarity(&down), Some(-1.0));
    }

    #[test]
    fn vectors_without_direction_or_of_odd_size_are_refused() {
        assert_eq!(Embedding::new(&[0.0; 16]), Err(VectorProblem::NoDirection));
        assert_eq!(Embedding::new(&[f32::NAN; 16]), Err(VectorProblem::NoDirection));
        assert_eq!(Embedding::new(&[f32::INFINITY; 16]), Err(VectorProblem::NoDirection));
        assert_eq!(Embedding::new(&[1.0; 7]), Err(VectorProblem::Dimensions(7)));
        assert_eq!(Embedding::new(&[1.0; 4097]), Err(VectorProblem::Dimensions(4097)));
        let short = Embedding::new(&[1.0; 8]).expect("a direction");
        assert_eq!(short.similarity(&Embedding::new(&[1.0; 9]).expect("a direction")), None);
    }

    #[test]
    fn the_longest_vector_of_largest_values_does_not_overflow() {
        let most = Embedding::new(&[1.0; 4096]).expect("a direction");
        assert_eq!(most.similarity(&most), Some(1.0));
        assert_eq!(dot(&[-128; 4096], &[-128; 4096]), 1 << 26);
    }

    #[test]
    fn stored_text_that_is_no_embedding_is_refused() {
        for text in ["\"\"", "\"AAAAAAAAAAAAAAAA\"", "\"not base64!\"", "\"AQID\"", "7"] {
            assert!(serde_json::from_str::<Embedding>(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn bytes_keep_the_cosine_to_a_hundredth(
            one in prop::collection::vec(-1.0_f32..1.0, 64),
            two in prop::collection::vec(-1.0_f32..1.0, 64),
            mixed in 0.0_f32..1.0,
        ) {
            let two: Vec<f32> = one.iter().zip(&two).map(|(one, two)| one * mixed + two * (1.0 - mixed)).collect();
            let (Ok(a), Ok(b)) = (Embedding::new(&one), Embedding::new(&two)) else { return Ok(()) };
            let kept = f64::from(a.similarity(&b).expect("same dimensions"));
            prop_assert!((kept - exact_cosine(&one, &two)).abs() < 0.01, "{kept}");
            let json = serde_json::to_string(&a).expect("plain data");
            prop_assert_eq!(serde_json::from_str::<Embedding>(&json).expect("own output"), a);
        }
    }
}
