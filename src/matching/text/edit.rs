//! One slip of the pen between two words.

/// How a written word differs from a mark by one slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    /// A letter written twice.
    Doubled,
    /// A letter left out.
    Dropped,
    /// A letter too many.
    Added,
    /// Two neighbours exchanged.
    Swapped,
    /// One letter for another.
    Changed,
}

/// The one slip that leads from `mark` to `written`; `None` when they are equal or further apart.
pub(super) fn one_slip(written: &[char], mark: &[char]) -> Option<Slip> {
    let same_start = written.iter().zip(mark).take_while(|(a, b)| a == b).count();
    let (rest, mark_rest) = (&written[same_start..], &mark[same_start..]);
    if written.len() == mark.len() + 1 {
        let doubled = same_start > 0 && rest[0] == written[same_start - 1];
        return (rest[1..] == *mark_rest).then_some(if doubled { Slip::Doubled } else { Slip::Added });
    }
    if written.len() + 1 == mark.len() {
        return (*rest == mark_rest[1..]).then_some(Slip::Dropped);
    }
    if written.len() != mark.len() || rest.is_empty() {
        return None;
    }
    if rest[1..] == mark_rest[1..] {
        return Some(Slip::Changed);
    }
    let swapped = rest.len() > 1 && rest[0] == mark_rest[1] && rest[1] == mark_rest[0] && rest[2..] == mark_rest[2..];
    swapped.then_some(Slip::Swapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(written: &str, mark: &str) -> Option<Slip> {
        one_slip(&written.chars().collect::<Vec<_>>(), &mark.chars().collect::<Vec<_>>())
    }

    #[test]
    fn each_kind_of_slip_is_told_apart() {
        assert_eq!(slip("nikonn", "nikon"), Some(Slip::Doubled));
        assert_eq!(slip("nkon", "nikon"), Some(Slip::Dropped));
        assert_eq!(slip("nikron", "nikon"), Some(Slip::Added));
        assert_eq!(slip("nkion", "nikon"), Some(Slip::Swapped));
        assert_eq!(slip("nicon", "nikon"), Some(Slip::Changed));
        assert_eq!(slip("nikon", "nikon"), None);
        assert_eq!(slip("nickonn", "nikon"), None);
        assert_eq!(slip("", "n"), Some(Slip::Dropped));
    }
}
