//! Cuts a merchant's text into pieces, so that a page can mark the matched letters.
//!
//! Spans come from several matchers and may overlap, touch, or point past the
//! end. The pieces never do: laid end to end they are the original text, and
//! each knows everything that covers it.

use super::parts::{Segment, SegmentMark, Tone};
use crate::kernel::Span;

/// Most notes shown on one piece; the rest are counted.
const MAX_NOTES: usize = 4;

/// Most marks drawn in one text. A description can be made to hit a lexicon a
/// thousand times; beyond this the page no longer helps anyone.
const MAX_MARKS: usize = 400;

/// One place to mark in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMark {
    /// The letters, in scalar values of the text.
    pub span: Span,
    /// What kind of hit it is.
    pub tone: Tone,
    /// What a reader sees when pointing at it: `NORTHPEAK, exact, infringing use, score 0.98`.
    pub note: String,
    /// Number of the hit in the table of hits, where it is listed there.
    pub number: Option<u32>,
}

/// The pieces of `text`. Where marks overlap, the gravest tone colours the piece
/// and all notes are kept; marks that cover nothing are dropped.
///
/// Characters that nobody can see but a matcher must know of (zero-width, bidi
/// controls) become pieces of their own, with their name, so that the page can
/// show them.
pub fn segments(text: &str, marks: &[TextMark]) -> Vec<Segment> {
    let letters: Vec<char> = text.chars().collect();
    let mut cuts = vec![0, letters.len()];
    let mut inside: Vec<(usize, usize, &TextMark)> = Vec::new();
    for mark in marks.iter().take(MAX_MARKS) {
        let from = (mark.span.from as usize).min(letters.len());
        let to = (mark.span.to as usize).min(letters.len());
        if from < to {
            cuts.extend([from, to]);
            inside.push((from, to, mark));
        }
    }
    for index in 0..letters.len() {
        if hidden_name(&letters, index).is_some() {
            cuts.extend([index, index + 1]);
        }
    }
    cuts.sort_unstable();
    cuts.dedup();

    let mut pieces = Vec::with_capacity(cuts.len());
    for bounds in cuts.windows(2) {
        let (from, to) = (bounds[0], bounds[1]);
        let covering: Vec<&TextMark> =
            inside.iter().filter(|(start, end, _)| *start <= from && to <= *end).map(|(_, _, mark)| *mark).collect();
        let ending =
            inside.iter().filter(|(_, end, _)| *end == to).filter_map(|(_, _, mark)| mark.number).collect::<Vec<_>>();
        pieces.push(Segment {
            text: letters[from..to].iter().collect(),
            mark: joined(&covering, ending),
            hidden: hidden_name(&letters, from),
        });
    }
    pieces
}

/// The pieces of a text without marks.
pub fn plain(text: &str) -> Vec<Segment> {
    segments(text, &[])
}

fn joined(covering: &[&TextMark], mut numbers: Vec<u32>) -> Option<SegmentMark> {
    let tone = covering.iter().map(|mark| mark.tone).max()?;
    let mut notes: Vec<&str> = Vec::new();
    for mark in covering {
        if !notes.contains(&mark.note.as_str()) {
            notes.push(&mark.note);
        }
    }
    let more = notes.len().saturating_sub(MAX_NOTES);
    notes.truncate(MAX_NOTES);
    let mut note = notes.join("\n");
    if more > 0 {
        note.push_str(&format!("\nand {more} more"));
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(SegmentMark { tone, note, numbers })
}

/// The short name of an invisible character that does not belong where it stands.
fn hidden_name(letters: &[char], index: usize) -> Option<&'static str> {
    let ascii_word =
        |place: Option<usize>| place.and_then(|place| letters.get(place)).is_some_and(char::is_ascii_alphanumeric);
    match *letters.get(index)? {
        '\u{ad}' => Some("SHY"),
        '\u{200b}' => Some("ZWSP"),
        // Joiners are ordinary in Persian, in Indic scripts and in emoji; between Latin letters they hide something.
        '\u{200c}' if ascii_word(index.checked_sub(1)) && ascii_word(Some(index + 1)) => Some("ZWNJ"),
        '\u{200d}' if ascii_word(index.checked_sub(1)) && ascii_word(Some(index + 1)) => Some("ZWJ"),
        '\u{200e}' => Some("LRM"),
        '\u{200f}' => Some("RLM"),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some("BIDI"),
        '\u{2060}' => Some("WJ"),
        '\u{2061}'..='\u{2064}' => Some("HIDDEN"),
        '\u{feff}' => Some("BOM"),
        '\u{e0000}'..='\u{e007f}' => Some("TAG"),
        '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some("CTRL"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mark(from: u32, to: u32, tone: Tone, number: u32) -> TextMark {
        TextMark { span: Span { from, to }, tone, note: format!("note {number}"), number: Some(number) }
    }

    fn drawn(text: &str, marks: &[TextMark]) -> String {
        let piece = |piece: &Segment| match &piece.mark {
            None => piece.text.clone(),
            Some(mark) => format!("[{}:{}]", piece.text, mark.tone.css()),
        };
        segments(text, marks).iter().map(piece).collect()
    }

    #[test]
    fn marked_letters_are_counted_in_scalar_values() {
        let marks = [mark(6, 10, Tone::Infringing, 1)];
        assert_eq!(drawn("Größe Nike 鞋", &marks), "Größe [Nike:infringing] 鞋");
    }

    #[test]
    fn overlapping_marks_share_their_letters_and_the_gravest_colours_them() {
        let marks = [mark(0, 6, Tone::Lawful, 1), mark(4, 9, Tone::Infringing, 2)];
        let pieces = segments("abcdefghij", &marks);
        let seen: Vec<_> = pieces
            .iter()
            .map(|piece| (piece.text.as_str(), piece.mark.as_ref().map(|mark| (mark.tone, mark.numbers.clone()))))
            .collect();
        assert_eq!(
            seen,
            [
                ("abcd", Some((Tone::Lawful, vec![]))),
                ("ef", Some((Tone::Infringing, vec![1]))),
                ("ghi", Some((Tone::Infringing, vec![2]))),
                ("j", None),
            ]
        );
        assert_eq!(pieces[1].mark.as_ref().unwrap().note, "note 1\nnote 2");
    }

    #[test]
    fn spans_outside_the_text_mark_nothing() {
        for (from, to) in [(5, 9), (9, 5), (2, 2), (u32::MAX, u32::MAX)] {
            assert_eq!(drawn("short", &[mark(from, to, Tone::Claim, 1)]), "short");
        }
        assert_eq!(drawn("short", &[mark(3, 900, Tone::Claim, 1)]), "sho[rt:claim]");
        assert_eq!(segments("", &[mark(0, 1, Tone::Claim, 1)]), []);
    }

    #[test]
    fn invisible_characters_get_a_name() {
        let names = |text: &str| segments(text, &[]).iter().filter_map(|piece| piece.hidden).collect::<Vec<_>>();
        assert_eq!(names("Ni\u{200b}ke \u{202e}ekiN"), ["ZWSP", "BIDI"]);
        assert_eq!(names("N\u{200d}ike"), ["ZWJ"]);
        assert_eq!(names("👩\u{200d}👧 می\u{200c}خواهم"), Vec::<&str>::new());
        assert_eq!(names("line\nline\ttab"), Vec::<&str>::new());
    }

    #[test]
    fn a_flood_of_marks_stays_readable() {
        let marks: Vec<_> = (0..5_000).map(|number| mark(0, 3, Tone::Claim, number)).collect();
        let pieces = segments("abc", &marks);
        let note = &pieces[0].mark.as_ref().unwrap().note;
        assert_eq!(note.lines().count(), MAX_NOTES + 1);
        assert!(note.ends_with("and 396 more"), "{note}");
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_text_and_only_covered_letters_are_marked(
            text in "[a-zé鞋\u{200b}\u{202e}]{0,40}",
            spans in prop::collection::vec((0u32..50, 0u32..50), 0..12),
        ) {
            let marks: Vec<_> = spans.iter().map(|(from, to)| mark(*from, *to, Tone::Claim, 1)).collect();
            let pieces = segments(&text, &marks);
            prop_assert_eq!(pieces.iter().map(|piece| piece.text.as_str()).collect::<String>(), text);
            let mut index = 0;
            for piece in &pieces {
                prop_assert!(!piece.text.is_empty());
                for _ in piece.text.chars() {
                    let covered = spans.iter().any(|(from, to)| *from <= index && index < *to);
                    prop_assert_eq!(piece.mark.is_some(), covered);
                    index += 1;
                }
            }
        }
    }
}
