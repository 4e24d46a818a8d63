//! One-time codes by the clock: RFC 6238 over HMAC-SHA-1 (RFC 4226), six digits, 30 seconds.
//!
//! SHA-1, because many authenticator apps ignore any other choice; what breaks SHA-1 as a
//! digest does not break HMAC. A code counts once: who stores the step it was taken for
//! and accepts only later ones, refuses what somebody looked on at.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use crate::kernel::Instant;

/// Seconds of one step (RFC 6238, 4.1).
const STEP: i64 = 30;
/// Steps before and after the present one that count too (RFC 6238, 5.2: clocks differ).
const DRIFT: i64 = 1;
/// Digits of a code.
const DIGITS: usize = 6;
/// Bytes of a shared secret (RFC 4226, 4: 160 bits recommended).
pub const SECRET_BYTES: usize = 20;
/// The alphabet of RFC 4648, section 6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step that `now` lies in.
fn step_at(now: Instant) -> i64 {
    now.as_micros().div_euclid(STEP * 1_000_000)
}

/// The code of a step (RFC 4226, 5.3).
fn code(secret: &[u8], step: i64) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(secret);
    let mut mac = mac.expect("a MAC takes keys of any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[digest.len() - 1] & 0x0f);
    let bits = u32::from_be_bytes([digest[at] & 0x7f, digest[at + 1], digest[at + 2], digest[at + 3]]);
    format!("{:06}", bits % 1_000_000)
}

/// The code that an authenticator app shows at `now`.
pub fn code_at(secret: &[u8], now: Instant) -> String {
    code(secret, step_at(now))
}

/// The step that `given` is the code of, at most one beside the present one and later than
/// `last`; `None` when it is no such code. All candidates are compared in full.
pub fn accepted_step(secret: &[u8], given: &str, last: Option<i64>, now: Instant) -> Option<i64> {
    let given: String = given.chars().filter(|letter| !letter.is_whitespace()).take(DIGITS + 1).collect();
    let present = step_at(now);
    let mut found = None;
    for step in present - DRIFT..=present + DRIFT {
        let right: bool = code(secret, step).as_bytes().ct_eq(given.as_bytes()).into();
        if right && last.is_none_or(|last| step > last) {
            found = Some(step);
        }
    }
    found
}

/// A secret as authenticator apps take it by hand.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in bytes {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        while held >= 5 {
            held -= 5;
            text.push(char::from(BASE32[(bits >> held & 31) as usize]));
        }
    }
    if held > 0 {
        text.push(char::from(BASE32[(bits << (5 - held) & 31) as usize]));
    }
    text
}

/// The address that an authenticator app opens.
pub fn app_address(secret: &[u8], email: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte);
    let label: String = email
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("otpauth://totp/Assay:{label}?secret={}&issuer=Assay&digits={DIGITS}&period={STEP}", base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000).unwrap()
    }

    /// RFC 6238, appendix B, the rows for SHA-1; ours are the last six of their eight digits.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let secret = b"12345678901234567890";
        for (seconds, code_of_eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(code(secret, step_at(at(seconds))), code_of_eight[2..]);
            assert!(accepted_step(secret, &code_of_eight[2..], None, at(seconds)).is_some());
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn the_counters_codes_are_those_of_the_rfc() {
        let codes =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (step, expected) in codes.into_iter().enumerate() {
            assert_eq!(code(b"12345678901234567890", step as i64), expected);
        }
    }

    #[test]
    fn a_code_counts_once_and_only_near_its_time() {
        let secret = [7; SECRET_BYTES];
        let now = at(3_000_000_010);
        let step = step_at(now);
        let code_of = |step| code(&secret, step);
        for near in [step - 1, step, step + 1] {
            assert_eq!(accepted_step(&secret, &code_of(near), None, now), Some(near));
            assert_eq!(accepted_step(&secret, &code_of(near), Some(near), now), None, "it was used");
            assert_eq!(accepted_step(&secret, &code_of(near), Some(near + 1), now), None, "a later one was used");
        }
        for far in [step - 2, step + 2] {
            assert_eq!(accepted_step(&secret, &code_of(far), None, now), None);
        }
        let spaced = format!("{} {}", &code_of(step)[..3], &code_of(step)[3..]);
        assert_eq!(accepted_step(&secret, &spaced, None, now), Some(step));
        for nonsense in ["", "12345", &format!("{}0", code_of(step)), "abcdef", "１２３４５６"] {
            assert_eq!(accepted_step(&secret, nonsense, None, now), None, "{nonsense}");
        }
    }

    /// RFC 4648, section 10.
    #[test]
    fn base32_is_that_of_the_rfc_without_padding() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
        let address = app_address(b"12345678901234567890", "a b@c");
        assert_eq!(
            address,
            "otpauth://totp/Assay:a%20b@c?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Assay&digits=6&period=30"
        );
    }
}
