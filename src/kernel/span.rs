//! Places in the text a merchant wrote.

/// A half-open range of Unicode scalar values of the original text.
///
/// Counted in scalar values, not bytes, so that a console or a caller in any
/// language can mark the exact letters. Its JSON form is `[from, to]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
pub struct Span {
    /// Index of the first scalar value inside.
    pub from: u32,
    /// Index of the first scalar value after.
    pub to: u32,
}

impl From<(u32, u32)> for Span {
    fn from((from, to): (u32, u32)) -> Self {
        Self { from, to }
    }
}

impl From<Span> for (u32, u32) {
    fn from(span: Span) -> Self {
        (span.from, span.to)
    }
}

impl Span {
    /// The letters of `text` that this span covers; empty when it lies outside.
    pub fn of(self, text: &str) -> String {
        let length = self.to.saturating_sub(self.from) as usize;
        text.chars().skip(self.from as usize).take(length).collect()
    }

    /// Whether the two ranges share a scalar value.
    pub fn overlaps(self, other: Span) -> bool {
        self.from < other.to && other.from < self.to
    }
}
