//! Release certificates: a compact JWS (RFC 7515, EdDSA of RFC 8037) over the digest of a
//! consignment, so that whoever declares it can see offline that exactly this was released.
//!
//! Pure: key bytes and times come from the caller. The digest is SHA-256 over the canonical form of
//! the whole shipment object ([`Json::canonical`]), unknown members included, so any change of
//! content after the release breaks it; spaces and the order of members do not.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::json::{Json, JsonError};
use super::model::{GateAnswer, Lane, Outcome, Shipment, StandingState};
use crate::kernel::Digest;

/// Longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// The type in the header (RFC 8725, section 3.11: explicit typing).
const TYPE: &str = "release+jwt";

/// A key that signs releases.
pub struct ReleaseKey {
    key: SigningKey,
    id: String,
}

/// A key that verifies releases.
#[derive(Debug, Clone)]
pub struct PublicKey {
    key: VerifyingKey,
    id: String,
}

/// What goes into a certificate beside the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Who issues it.
    pub issuer: String,
    /// The certificate's own id, by which it can be revoked.
    pub certificate: String,
    /// When, in seconds since 1970 UTC.
    pub issued_at: i64,
    /// Until when, in seconds since 1970 UTC.
    pub expires_at: i64,
    /// Ids of the listing verdicts it rests on.
    pub listing_verdicts: Vec<String>,
    /// Revision of the registry.
    pub registry_revision: String,
}

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// The shipment's id.
    pub sub: String,
    /// The certificate's own id, by which it can be revoked.
    pub jti: String,
    /// Issued, in seconds since 1970 UTC.
    pub iat: i64,
    /// Expires, in seconds since 1970 UTC.
    pub exp: i64,
    /// Always `release`.
    pub outcome: String,
    /// `green` or `amber`.
    pub lane: String,
    /// SHA-256 of the canonical consignment, hexadecimal.
    pub digest: String,
    /// Rules and facts that judged.
    pub rules: String,
    /// Revision of the registry.
    pub registry: String,
    /// Listing verdicts it rests on.
    pub verdicts: Vec<String>,
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// Why no certificate is issued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// Only releases are certified.
    #[error("the shipment is not released but {0}; only a release has a certificate")]
    NotReleased(Outcome),
    /// Standing was not looked at.
    #[error("merchant and listings were not looked up; check them before a certificate is issued")]
    DeclarationOnly,
    /// The content cannot be pinned down.
    #[error("the shipment names a member twice, so it has no digest")]
    NoDigest,
    /// Another shipment's answer.
    #[error("the answer is that of another shipment")]
    OtherShipment,
    /// Cannot be written; does not happen.
    #[error("the claims cannot be written: {0}")]
    Write(String),
}

/// Why a certificate does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not a token of ours.
    #[error("is no release certificate: {0}")]
    Form(&'static str),
    /// Signed with a key that is not among those given.
    #[error("is signed with the key \"{0}\", which is not known; fetch the published keys")]
    Key(String),
    /// The signature does not fit.
    #[error("has a signature that does not fit")]
    Signature,
    /// Issued by someone else.
    #[error("is issued by \"{0}\"")]
    Issuer(String),
    /// Too late or too early.
    #[error("holds from {from} to {to} (seconds since 1970) and not at {now}")]
    Time {
        /// Issued.
        from: i64,
        /// Expires.
        to: i64,
        /// Asked for.
        now: i64,
    },
    /// The consignment is no JSON with one meaning.
    #[error("cannot be compared: the consignment {0}")]
    Consignment(JsonError),
    /// The consignment is another one.
    #[error("does not cover this consignment; it was changed after the release")]
    Changed,
}

impl std::fmt::Debug for ReleaseKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "ReleaseKey({})", self.id)
    }
}

impl ReleaseKey {
    /// A key from its 32 secret bytes.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let id = key_id(&key.verifying_key());
        Self { key, id }
    }

    /// The key that verifies what this one signs.
    pub fn public(&self) -> PublicKey {
        PublicKey { key: self.key.verifying_key(), id: self.id.clone() }
    }

    /// Signs the release of a shipment.
    ///
    /// Fails unless the answer is a release of this shipment with standing looked up.
    pub fn issue(&self, shipment: &Shipment, answer: &GateAnswer, terms: &Terms) -> Result<String, IssueError> {
        if answer.outcome != Outcome::Release || answer.lane == Lane::Red {
            return Err(IssueError::NotReleased(answer.outcome));
        }
        if answer.standing != StandingState::LookedUp {
            return Err(IssueError::DeclarationOnly);
        }
        if answer.id != shipment.id {
            return Err(IssueError::OtherShipment);
        }
        let claims = Claims {
            iss: terms.issuer.clone(),
            sub: shipment.id.clone(),
            jti: terms.certificate.clone(),
            iat: terms.issued_at,
            exp: terms.expires_at,
            outcome: answer.outcome.to_string(),
            lane: answer.lane.to_string(),
            digest: shipment.digest.ok_or(IssueError::NoDigest)?.to_string(),
            rules: answer.rules_version.clone(),
            registry: terms.registry_revision.clone(),
            verdicts: terms.listing_verdicts.clone(),
        };
        let header = Header { alg: "EdDSA".to_owned(), kid: self.id.clone(), typ: TYPE.to_owned() };
        let part = |json: Result<Vec<u8>, serde_json::Error>| {
            json.map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).map_err(|error| IssueError::Write(error.to_string()))
        };
        let signed = format!("{}.{}", part(serde_json::to_vec(&header))?, part(serde_json::to_vec(&claims))?);
        let signature = self.key.sign(signed.as_bytes());
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

impl PublicKey {
    /// A key from its 32 public bytes; `None` when they are no point of the curve or a weak one.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak())?;
        Some(Self { id: key_id(&key), key })
    }

    /// The key's id: its JWK thumbprint (RFC 7638).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key as a JSON Web Key (RFC 8037), for publication.
    pub fn jwk(&self) -> serde_json::Value {
        let x = URL_SAFE_NO_PAD.encode(self.key.to_bytes());
        serde_json::json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": x})
    }

    /// A key from a JSON Web Key; `None` when it is no Ed25519 key.
    pub fn from_jwk(jwk: &serde_json::Value) -> Option<Self> {
        let member = |name: &str| jwk.get(name).and_then(serde_json::Value::as_str);
        if member("kty") != Some("OKP") || member("crv") != Some("Ed25519") {
            return None;
        }
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(member("x")?).ok()?.try_into().ok()?;
        Self::from_bytes(&bytes)
    }
}

fn key_id(key: &VerifyingKey) -> String {
    let x = URL_SAFE_NO_PAD.encode(key.to_bytes());
    let required = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Digest::of(required.as_bytes()).0)
}

/// The digest of a consignment as JSON text.
pub fn digest(consignment: &str) -> Result<Digest, JsonError> {
    Ok(Digest::of(Json::parse(consignment)?.canonical()?.as_bytes()))
}

/// Verifies a certificate against the consignment as JSON text, offline.
///
/// `keys` are the issuer's published keys, `now` seconds since 1970 UTC. Revocation is a list of its
/// own that the caller checks by the claims' `jti`.
pub fn verify(
    token: &str,
    consignment: &str,
    keys: &[PublicKey],
    issuer: &str,
    now: i64,
) -> Result<Claims, VerifyError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(VerifyError::Form("it is too long"));
    }
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(VerifyError::Form("it has not three parts"));
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| VerifyError::Form("a part is no base64url"));
    let read: Header =
        serde_json::from_slice(&decode(header)?).map_err(|_| VerifyError::Form("the header cannot be read"))?;
    if read.alg != "EdDSA" || read.typ != TYPE {
        return Err(VerifyError::Form("it is of another algorithm or type"));
    }
    let key = keys.iter().find(|key| key.id == read.kid);
    let key = key.ok_or_else(|| VerifyError::Key(read.kid.chars().take(64).collect()))?;
    let bytes: [u8; 64] =
        decode(signature)?.try_into().map_err(|_| VerifyError::Form("the signature has not 64 bytes"))?;
    let signed = &token[..header.len() + 1 + payload.len()];
    let signature = Signature::from_bytes(&bytes);
    key.key.verify_strict(signed.as_bytes(), &signature).map_err(|_| VerifyError::Signature)?;
    let claims: Claims =
        serde_json::from_slice(&decode(payload)?).map_err(|_| VerifyError::Form("the claims cannot be read"))?;
    if claims.iss != issuer {
        return Err(VerifyError::Issuer(claims.iss.chars().take(100).collect()));
    }
    if now < claims.iat || now >= claims.exp {
        return Err(VerifyError::Time { from: claims.iat, to: claims.exp, now });
    }
    let found = digest(consignment).map_err(VerifyError::Consignment)?;
    if claims.digest != found.to_string() || claims.outcome != "release" {
        return Err(VerifyError::Changed);
    }
    Ok(claims)
}

#[cfg(test)]
#[path = "certificate_tests.rs"]
mod tests;
