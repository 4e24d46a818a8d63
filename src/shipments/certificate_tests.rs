//! Whatever is changed after a release is refused.

use super::*;
use crate::shipments::gate::Gate;
use crate::shipments::standing::{ListingStanding, MerchantStanding, Parties, Standing};
use crate::shipments::tests::RULES;

const CONSIGNMENT: &str = r#"{"id":"s-1","merchant_id":"m-1","origin":"CN","destination":"DE","kind":"b2c","channel":"official_tracked","ioss":"IM2760000012","consignee":{"name":"Anna Müller","country":"DE","city":"Köln","postcode":"50667"},"gross_mass_kg":"1.25","transport_cost":"4.00","currency":"EUR","items":[{"listing_id":"l-1","sku":"S1","description":"Men's T-shirt, knitted, 100% cotton","material":"cotton","hs6":"610910","origin":"CN","quantity":2,"net_mass_kg":"0.4","declared_value":"39.90","paid_value":"39.90","merchant_pid":"S1","manufacturer_pid":"TS-4","gtin":"4006381333931"}],"documents":[]}"#;
const ISSUER: &str = "https://gate.example";

fn parties() -> Parties {
    let merchant = MerchantStanding { id: "m-1".to_owned(), verified: true, ..MerchantStanding::default() };
    let listing = ListingStanding {
        merchant_id: "m-1".to_owned(),
        title: "Men's knitted cotton T-shirt".to_owned(),
        ..ListingStanding::default()
    };
    Parties { merchant: Some(merchant), listings: [("l-1".to_owned(), listing)].into() }
}

fn released() -> (ReleaseKey, String, String) {
    let rules = &*RULES;
    let shipment = Shipment::parse(CONSIGNMENT).unwrap();
    let answer = Gate::evaluate(rules, &shipment, &Standing::found(parties()), jiff::civil::date(2026, 11, 22));
    assert_eq!(answer.outcome, Outcome::Release, "{:?}", answer.reasons);
    let key = ReleaseKey::from_bytes(&[7; 32]);
    let terms = Terms { issuer: ISSUER.to_owned(), issued_at: 1_000, expires_at: 2_000, ..Terms::default() };
    let token = key.issue(&shipment, &answer, &terms).unwrap();
    let canonical = Json::parse(CONSIGNMENT).unwrap().canonical().unwrap();
    (key, token, canonical)
}

#[test]
fn a_release_is_verified_offline_in_any_spelling_of_the_same_content() {
    let (key, token, canonical) = released();
    for consignment in [CONSIGNMENT, canonical.as_str(), &CONSIGNMENT.replace("\":", "\" :\n ")] {
        let claims = verify(&token, consignment, &[key.public()], ISSUER, 1_500).unwrap();
        assert_eq!((claims.sub.as_str(), claims.outcome.as_str()), ("s-1", "release"));
    }
    let jwk = PublicKey::from_jwk(&key.public().jwk()).unwrap();
    assert!(verify(&token, CONSIGNMENT, &[jwk], ISSUER, 1_500).is_ok());
}

#[test]
fn a_thousand_flipped_bits_anywhere_are_all_refused() {
    let (key, token, canonical) = released();
    let keys = [key.public()];
    let holds = |token: &[u8], consignment: &[u8]| {
        let (Ok(token), Ok(consignment)) = (std::str::from_utf8(token), std::str::from_utf8(consignment)) else {
            return false;
        };
        verify(token, consignment, &keys, ISSUER, 1_500).is_ok()
    };
    assert!(holds(token.as_bytes(), canonical.as_bytes()));
    let mut flipped = 0;
    // A step that shares no factor with eight comes to every place in a byte.
    for place in (0..(token.len() + canonical.len()) * 8).step_by(7) {
        let (mut one, mut other) = (token.clone().into_bytes(), canonical.clone().into_bytes());
        let byte = place / 8;
        match byte.checked_sub(one.len()) {
            None => one[byte] ^= 1 << (place % 8),
            Some(byte) => other[byte] ^= 1 << (place % 8),
        }
        assert!(!holds(&one, &other), "bit {place}");
        flipped += 1;
    }
    assert!(flipped >= 1_000, "{flipped}");
}

#[test]
fn the_same_content_with_other_digits_or_one_member_more_is_another_consignment() {
    let (key, token, _) = released();
    for changed in [
        CONSIGNMENT.replace("\"39.90\"", "\"39.9\""),
        CONSIGNMENT.replace("\"id\":\"s-1\"", "\"id\":\"s-1\",\"note\":\"\""),
        CONSIGNMENT.replace("\"S1\"", "\"S2\""),
    ] {
        let error = verify(&token, &changed, &[key.public()], ISSUER, 1_500).unwrap_err();
        assert_eq!(error, VerifyError::Changed);
    }
    let twice = CONSIGNMENT.replace("\"id\":\"s-1\"", "\"id\":\"s-1\",\"id\":\"s-1\"");
    let error = verify(&token, &twice, &[key.public()], ISSUER, 1_500).unwrap_err();
    assert!(matches!(error, VerifyError::Consignment(_)));
}

#[test]
fn time_issuer_key_and_algorithm_are_checked() {
    let (key, token, _) = released();
    let keys = [key.public()];
    for now in [999, 2_000] {
        assert!(matches!(verify(&token, CONSIGNMENT, &keys, ISSUER, now), Err(VerifyError::Time { .. })));
    }
    assert!(matches!(verify(&token, CONSIGNMENT, &keys, "other", 1_500), Err(VerifyError::Issuer(_))));
    let other = ReleaseKey::from_bytes(&[8; 32]).public();
    assert!(matches!(verify(&token, CONSIGNMENT, &[other], ISSUER, 1_500), Err(VerifyError::Key(_))));
    let payload = token.split('.').nth(1).unwrap();
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"HS256","kid":"x","typ":"release+jwt"}"#] {
        let forged = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(header));
        assert!(verify(&forged, CONSIGNMENT, &keys, ISSUER, 1_500).is_err());
    }
    for text in ["", "..", "a.b", &"x".repeat(100_000)] {
        assert!(verify(text, CONSIGNMENT, &keys, ISSUER, 1_500).is_err());
    }
}

#[test]
fn only_a_release_with_standing_has_a_certificate() {
    let rules = &*RULES;
    let on = jiff::civil::date(2026, 11, 22);
    let key = ReleaseKey::from_bytes(&[7; 32]);
    let shipment = Shipment::parse(CONSIGNMENT).unwrap();
    let issue =
        |standing: &Standing| key.issue(&shipment, &Gate::evaluate(rules, &shipment, standing, on), &Terms::default());
    assert_eq!(issue(&Standing::declaration_only()), Err(IssueError::DeclarationOnly));
    assert_eq!(issue(&Standing::unavailable()), Err(IssueError::NotReleased(Outcome::Hold)));
    assert_eq!(issue(&Standing::found(Parties::default())), Err(IssueError::NotReleased(Outcome::Hold)));
}
