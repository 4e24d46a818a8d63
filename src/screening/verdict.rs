//! What a screening decided and why.

use std::fmt;
use std::str::FromStr;

use crate::kernel::Instant;
use crate::matching::image::ImageHit;
use crate::matching::text::{ClaimHit, MarkHit};
use crate::rules::{Effect, Evidence, Prohibited, Reason};

/// The answer to the platform.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Nothing speaks against the listing.
    Clear,
    /// A person has to look before it goes live.
    Review,
    /// It must not go live.
    Block,
}

impl Decision {
    /// The strongest effect among `reasons`; without reasons, clear.
    pub fn of<'r>(reasons: impl IntoIterator<Item = &'r Reason>) -> Self {
        let effect = |reason: &Reason| match reason.effect {
            Effect::ClearNote => Self::Clear,
            Effect::Review => Self::Review,
            Effect::Block => Self::Block,
        };
        reasons.into_iter().map(effect).max().unwrap_or(Self::Clear)
    }

    /// The queue that a review goes to: that of the most severe reason which names one.
    pub fn queue(self, reasons: &[Reason]) -> Option<String> {
        if self != Self::Review {
            return None;
        }
        let reviews = reasons.iter().filter(|reason| reason.effect == Effect::Review);
        // max_by_key would take the last of equals; the first is the one staff see on top.
        let mut named: Vec<&Reason> = reviews.filter(|reason| reason.queue.is_some()).collect();
        named.sort_by_key(|reason| std::cmp::Reverse(reason.severity));
        let queue = named.first().and_then(|reason| reason.queue.clone());
        Some(queue.unwrap_or_else(|| "listings".to_owned()))
    }

    /// `clear`, `review` or `block`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Review => "review",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromStr for Decision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "clear" => Ok(Self::Clear),
            "review" => Ok(Self::Review),
            "block" => Ok(Self::Block),
            other => Err(format!("\"{other}\" is no verdict; use clear, review or block")),
        }
    }
}

/// One listing picture that resembles a reference.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ImageFinding {
    /// The picture, as the listing names it.
    pub image: String,
    /// The reference and the distance.
    #[serde(flatten)]
    pub hit: ImageHit,
}

/// The explained answer to one listing version: stored as it is, replayed byte for byte.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Verdict {
    /// clear, review or block.
    #[serde(rename = "verdict")]
    pub decision: Decision,
    /// Where a review goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Marks found in the text, lawful uses among them.
    pub hits: Vec<MarkHit>,
    /// Wording that claims, compares or resells.
    pub claims: Vec<ClaimHit>,
    /// Pictures that resemble references.
    pub images: Vec<ImageFinding>,
    /// Whether the pictures were looked at closely; otherwise by their hashes alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closely: bool,
    /// How strongly the text says that the goods are copies, 0 to 1.
    pub counterfeit_signal: f32,
    /// Policy classes found.
    pub prohibited: Vec<Prohibited>,
    /// Why, strongest first.
    pub reasons: Vec<Reason>,
    /// What rules on trial would have said.
    pub shadow: Vec<Reason>,
    /// State of the registry that was used.
    pub registry_revision: String,
    /// State of the rule packs that was used.
    pub rules_version: String,
    /// Build that judged.
    pub engine_version: String,
    /// When it was judged; rules with dates looked at this moment.
    pub judged_at: Instant,
}

impl Verdict {
    /// The bytes that are stored, hashed and replayed.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a verdict holds only strings, numbers and lists")
    }

    /// What would have to differ for the platform to act differently: decision, rules
    /// that spoke, brands and references found. Revisions and times are left out, so
    /// that a re-examination can tell news from noise.
    pub fn substance(&self) -> Substance {
        Substance::new(self.decision, self.reasons.iter(), self.images.iter(), self)
    }

    /// What a verdict without the closer look would have said: the substance less the findings
    /// of the closer look and the reasons that rest on nothing else.
    pub fn first_substance(&self) -> Substance {
        let closer = |evidence: &Evidence| match evidence {
            Evidence::Image { image, reference, .. } => {
                let named = self.images.iter().find(|found| found.image == *image && found.hit.reference == *reference);
                named.is_some_and(|found| found.hit.is_closer())
            }
            _ => false,
        };
        let first = |reason: &&Reason| reason.evidence.is_empty() || !reason.evidence.iter().all(closer);
        let reasons: Vec<&Reason> = self.reasons.iter().filter(first).collect();
        let decision = Decision::of(reasons.iter().copied());
        let images = self.images.iter().filter(|found| !found.hit.is_closer());
        Substance::new(decision, reasons.into_iter(), images, self)
    }
}

/// See [`Verdict::substance`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substance {
    decision: Decision,
    lines: Vec<String>,
}

impl Substance {
    fn new<'v>(
        decision: Decision,
        reasons: impl Iterator<Item = &'v Reason>,
        images: impl Iterator<Item = &'v ImageFinding>,
        verdict: &Verdict,
    ) -> Self {
        let mut lines: Vec<String> = Vec::new();
        lines.extend(reasons.map(|reason| format!("rule {}/{} {:?}", reason.pack, reason.rule, reason.markets)));
        lines.extend(verdict.hits.iter().map(|hit| format!("mark {} {:?}", hit.brand, hit.use_kind)));
        lines.extend(images.map(|found| format!("image {} {}", found.image, found.hit.reference)));
        lines.extend(verdict.prohibited.iter().map(|found| format!("class {} {:?}", found.class, found.action)));
        lines.sort();
        lines.dedup();
        Self { decision, lines }
    }
}
