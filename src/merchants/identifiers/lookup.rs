//! Registers that can be asked whether a number was issued, and to whom.
//!
//! What is asked, what is kept of the answer, and the interface that an adapter fulfils.
//! Nothing here reaches a network: [`NoRegisters`] is what runs until the operator switches an
//! adapter on. Adapters run as background work, never while someone waits for a verdict.

use crate::kernel::Instant;

/// A public register of identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Register {
    /// VAT Information Exchange System of the European Commission.
    Vies,
    /// VAT number check of HM Revenue and Customs.
    UkVat,
    /// EORI validation of the European Commission (EOS).
    EuEori,
    /// EORI check of HM Revenue and Customs.
    UkEori,
    /// Index of the Global Legal Entity Identifier Foundation.
    Gleif,
}

impl Register {
    /// The register that knows identifiers of this kind and value, where there is one.
    pub fn for_identifier(kind: &str, value: &str) -> Option<Self> {
        let value = super::canonical(kind, value)?;
        Some(match kind {
            "eu.vat" if !value.starts_with("EU") && !value.starts_with("IM") => Self::Vies,
            "gb.vat" if value.starts_with("XI") => Self::Vies,
            "gb.vat" => Self::UkVat,
            // Northern Irish numbers are answered by the United Kingdom's service.
            "eori" if value.starts_with("GB") || value.starts_with("XI") => Self::UkEori,
            "eori" => Self::EuEori,
            "lei" => Self::Gleif,
            _ => return None,
        })
    }
}

/// What is asked: one identifier, in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Question {
    /// Kind as in [`super::check`].
    pub kind: String,
    /// The value without separators.
    pub value: String,
}

/// What a register said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Said {
    /// The number is in force; name and address where the register tells them.
    InForce {
        /// Name of the holder.
        name: Option<String>,
        /// Address of the holder in one line.
        address: Option<String>,
    },
    /// The register knows the number, but it has lapsed or was withdrawn.
    Ended,
    /// The register does not know the number.
    Unknown,
    /// There was no answer; nothing follows from it.
    NoAnswer {
        /// Why, in a sentence.
        why: String,
    },
}

/// One answer as it is kept: a dated piece of evidence, never overwritten.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Recorded {
    /// Who was asked.
    pub register: Register,
    /// What was asked.
    pub question: Question,
    /// When.
    pub asked_at: Instant,
    /// What came back.
    pub said: Said,
    /// The register's own proof of the consultation (the consultation number of VIES).
    pub proof: Option<String>,
}

impl Recorded {
    /// Whether this answer can still be relied on at `now`: it is an answer, is not from the
    /// future, and is at most `days` old.
    pub fn is_fresh(&self, now: Instant, days: u32) -> bool {
        let answered = !matches!(self.said, Said::NoAnswer { .. });
        let seconds = now.seconds_since(self.asked_at);
        answered && (0.0..=f64::from(days) * 86_400.0).contains(&seconds)
    }
}

/// An adapter to registers.
pub trait AskRegister: Send + Sync {
    /// Asks; every failure is a [`Said::NoAnswer`] with its reason, so that it is kept as well.
    fn ask(&self, register: Register, question: &Question, now: Instant) -> Recorded;
}

/// The default: nobody is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRegisters;

impl AskRegister for NoRegisters {
    fn ask(&self, register: Register, question: &Question, now: Instant) -> Recorded {
        let why = "register look-ups are switched off; switch them on in the settings to ask".to_owned();
        Recorded { register, question: question.clone(), asked_at: now, said: Said::NoAnswer { why }, proof: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_goes_to_the_register_that_knows_it() {
        let of = Register::for_identifier;
        assert_eq!(of("eu.vat", "de 136 695 976"), Some(Register::Vies));
        assert_eq!(of("gb.vat", "XI980780684"), Some(Register::Vies));
        assert_eq!(of("gb.vat", "980780684"), Some(Register::UkVat));
        assert_eq!(of("eori", "XI123456789000"), Some(Register::UkEori));
        assert_eq!(of("eori", "DE1234567"), Some(Register::EuEori));
        assert_eq!(of("lei", "506700GE1G29325QX363"), Some(Register::Gleif));
        assert_eq!(of("eu.vat", "EU372000041"), None);
        assert_eq!(of("us.ein", "12-3456789"), None);
    }

    #[test]
    fn nobody_is_asked_unless_switched_on_and_silence_is_never_fresh() {
        let now: Instant = "2026-11-22T09:30:00Z".parse().unwrap();
        let question = Question { kind: "lei".to_owned(), value: "506700GE1G29325QX363".to_owned() };
        let silence = NoRegisters.ask(Register::Gleif, &question, now);
        assert!(matches!(silence.said, Said::NoAnswer { .. }) && !silence.is_fresh(now, 30));
        let answer = Recorded { said: Said::Ended, ..silence };
        assert!(answer.is_fresh(now.plus_seconds(30 * 86_400), 30));
        assert!(!answer.is_fresh(now.plus_seconds(30 * 86_400 + 1), 30));
        assert!(!answer.is_fresh(now.plus_seconds(-1), 30), "an answer from the future proves a wrong clock");
    }
}
