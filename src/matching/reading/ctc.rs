//! From a recogniser's table of probabilities to letters.

/// The letters a recogniser knows, in the order of its classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alphabet {
    letters: Vec<String>,
}

/// What one strip of picture says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    /// The letters.
    pub text: String,
    /// Mean probability of the letters, 0 to 1; 0 when there are none.
    pub confidence: f32,
}

impl Alphabet {
    /// Reads the list that PP-OCR recognisers carry: one letter a line. The class before the
    /// first letter is "no letter"; the class after the last one is the space.
    pub fn parse(list: &str) -> Self {
        let mut letters: Vec<String> = list.split('\n').map(|line| line.trim_end_matches('\r').to_owned()).collect();
        // A line end after the last letter is not another letter.
        if letters.last().is_some_and(String::is_empty) {
            letters.pop();
        }
        letters.push(" ".to_owned());
        Self { letters }
    }

    /// The number of classes, "no letter" included.
    pub fn classes(&self) -> usize {
        self.letters.len() + 1
    }

    /// Takes the likeliest class of each step, drops repetitions and "no letter" (greedy
    /// decoding of connectionist temporal classification, Graves et al. 2006).
    ///
    /// `table` holds `classes` probabilities for each step; an incomplete last step is ignored.
    pub fn decode(&self, table: &[f32]) -> Said {
        let (mut text, mut sum, mut count, mut before) = (String::new(), 0.0_f32, 0_u16, 0);
        for step in table.chunks_exact(self.classes()) {
            let best = |best: (usize, f32), (class, value): (usize, &f32)| {
                if *value > best.1 { (class, *value) } else { best }
            };
            let (class, value) = step.iter().enumerate().fold((0, f32::MIN), best);
            if class != 0 && class != before {
                text.push_str(&self.letters[class - 1]);
                sum += value;
                count = count.saturating_add(1);
            }
            before = class;
        }
        let confidence = if count == 0 { 0.0 } else { (sum / f32::from(count)).clamp(0.0, 1.0) };
        Said { text: text.trim().to_owned(), confidence }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A table with probability 0.9 for the class of each step.
    fn table(alphabet: &Alphabet, steps: &[usize]) -> Vec<f32> {
        let classes = alphabet.classes();
        let step = |class: usize| (0..classes).map(move |other| if other == class { 0.9 } else { 0.05 });
        steps.iter().copied().flat_map(step).collect()
    }

    #[test]
    fn repetitions_fold_and_a_gap_keeps_double_letters() {
        let alphabet = Alphabet::parse("a\nb\nc\n");
        assert_eq!(alphabet.classes(), 5);
        let said = alphabet.decode(&table(&alphabet, &[0, 1, 1, 0, 1, 2, 2, 4, 3, 0]));
        assert_eq!(said.text, "aab c");
        assert!((said.confidence - 0.9).abs() < 1e-5);
    }

    #[test]
    fn a_line_of_the_list_may_hold_several_code_points_or_a_blank() {
        let alphabet = Alphabet::parse("é\n\u{3000}\nfi\r\nz");
        assert_eq!(alphabet.classes(), 6);
        assert_eq!(alphabet.decode(&table(&alphabet, &[1, 3, 4])).text, "éfiz");
    }

    #[test]
    fn nothing_said_has_no_confidence() {
        let alphabet = Alphabet::parse("a");
        let nothing = Said { text: String::new(), confidence: 0.0 };
        assert_eq!(alphabet.decode(&table(&alphabet, &[0, 0, 0])), nothing);
        assert_eq!(alphabet.decode(&[]), nothing);
    }

    proptest! {
        #[test]
        fn any_table_decodes_to_letters_of_the_alphabet(values in prop::collection::vec(-2.0_f32..3.0, 0..200)) {
            let alphabet = Alphabet::parse("x\ny");
            let said = alphabet.decode(&values);
            prop_assert!(said.text.chars().all(|letter| "xy ".contains(letter)));
            prop_assert!((0.0..=1.0).contains(&said.confidence));
        }
    }
}
