//! Judging and signing, on all cores.

use std::sync::Arc;

use jiff::civil::Date;
use rayon::prelude::*;

use super::model::CertificateRef;
use crate::kernel::Instant;
use crate::kernel::id::CertificateId;
use crate::shipments::certificate::{ReleaseKey, Terms};
use crate::shipments::{Gate, GateAnswer, GateRules, Lane, Outcome, Reason, Shipment, Standing};

/// What the gate judges with.
#[derive(Debug, Clone)]
pub(super) struct Bench {
    /// Rules and facts.
    pub rules: Arc<GateRules>,
    /// The key that signs releases.
    pub key: Arc<ReleaseKey>,
}

/// One shipment to be judged.
#[derive(Debug)]
pub(super) struct Case {
    pub shipment: Shipment,
    pub standing: Standing,
    pub on: Date,
    /// The certificate's id, should there be one.
    pub certificate: CertificateId,
    /// First moment it would no longer hold.
    pub expires_at: Instant,
    pub terms: Terms,
}

/// A shipment that was judged.
#[derive(Debug)]
pub(super) struct Judged {
    pub case: Case,
    pub outcome: Outcome,
    pub lane: Lane,
    /// Rules that spoke with an effect or a hint, and the item they spoke of.
    pub spoke: Vec<(String, Option<usize>)>,
    pub rules_version: String,
    pub certificate: Option<CertificateRef>,
    /// The answer's bytes.
    pub answer: String,
}

impl Bench {
    /// Judges cases, in order.
    pub async fn judge_all(&self, mut cases: Vec<Case>) -> Result<Vec<Judged>, tokio::task::JoinError> {
        if cases.len() <= 1 {
            return Ok(cases.pop().map(|case| self.judge(case)).into_iter().collect());
        }
        let bench = self.clone();
        let judged = move || cases.into_par_iter().map(|case| bench.judge(case)).collect();
        tokio::task::spawn_blocking(judged).await
    }

    fn judge(&self, case: Case) -> Judged {
        let mut answer = Gate::evaluate(&self.rules, &case.shipment, &case.standing, case.on);
        hold_when_red(&mut answer);
        let mut certificate = None;
        if answer.outcome == Outcome::Release {
            match self.key.issue(&case.shipment, &answer, &case.terms) {
                Ok(token) => {
                    answer.certificate = Some(token);
                    certificate = Some(CertificateRef { id: case.certificate, expires_at: case.expires_at });
                }
                // Without a certificate there is no release.
                Err(error) => {
                    hold(&mut answer, "certificate-not-issued", error.to_string(), "Send it again, corrected.")
                }
            }
        }
        Judged {
            outcome: answer.outcome,
            lane: answer.lane,
            spoke: answer.reasons.iter().map(|reason| (reason.rule.clone(), reason.item)).collect(),
            rules_version: answer.rules_version.clone(),
            certificate,
            answer: serde_json::to_string(&answer).expect("an answer holds only strings, numbers and lists"),
            case,
        }
    }
}

/// A risk in the red lane waits for a person, whatever the rules found.
fn hold_when_red(answer: &mut GateAnswer) {
    if answer.outcome == Outcome::Release && answer.lane == Lane::Red {
        let says = format!("the risk score {} is in the red lane", answer.risk.score);
        hold(answer, "risk-red", says, "Wait until a person has looked at it.");
    }
}

fn hold(answer: &mut GateAnswer, rule: &str, says: String, cure: &str) {
    answer.outcome = Outcome::Hold;
    answer.lane = Lane::Red;
    let reason = Reason {
        rule: rule.to_owned(),
        version: answer.rules_version.clone(),
        item: None,
        says,
        cure: cure.to_owned(),
        law: "Platform policy: who may ship".to_owned(),
        outcome: Outcome::Hold,
        lane: Lane::Red,
        confidence: None,
    };
    answer.reasons.insert(0, reason);
}
