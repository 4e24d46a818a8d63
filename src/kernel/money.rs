//! Money: an exact decimal and an ISO 4217 code, never a binary float.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

/// An ISO 4217 currency code that the standard knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// An amount in one currency. The amount keeps the digits it was given: `19.990` stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Money {
    /// The amount in major units, as a string in JSON.
    pub amount: Decimal,
    /// The currency.
    pub currency: Currency,
}

/// Why a text is not an amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a currency of ISO 4217.
    #[error("currency \"{0}\" is not an ISO 4217 code; use one such as EUR")]
    Currency(String),
    /// Not a decimal number.
    #[error("price \"{0}\" is not a decimal amount; use 12.50")]
    Amount(String),
    /// Below zero.
    #[error("price {0} is negative; a price is zero or more")]
    Negative(Decimal),
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = || MoneyError::Currency(text.chars().take(16).collect());
        let upper = text.to_ascii_uppercase();
        let known = iso_currency::Currency::from_code(&upper).ok_or_else(unknown)?;
        let bytes: [u8; 3] = known.code().as_bytes().try_into().map_err(|_| unknown())?;
        Ok(Self(bytes))
    }
}

impl Currency {
    /// The three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl serde::Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Money {
    /// Reads a price that a caller wrote.
    ///
    /// Fails on an unknown currency, on anything but a plain decimal number, and below zero.
    pub fn parse(amount: &str, currency: &str) -> Result<Self, MoneyError> {
        let currency = currency.parse()?;
        let amount = parse_amount(amount)?;
        Ok(Self { amount, currency })
    }
}

/// Reads an amount that is zero or more: digits with an optional point, or the
/// exponent form that JSON numbers allow.
pub fn parse_amount(text: &str) -> Result<Decimal, MoneyError> {
    let unreadable = || MoneyError::Amount(text.chars().take(32).collect());
    let amount = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).map_err(|_| unreadable())?;
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err(MoneyError::Negative(amount));
    }
    Ok(amount)
}

/// `amount` in hundredths, rounded, for comparing and sorting; `None` where it does not fit.
pub fn hundredths(amount: Decimal) -> Option<i64> {
    use rust_decimal::prelude::ToPrimitive as _;
    amount.checked_mul(Decimal::ONE_HUNDRED)?.round().to_i64()
}

impl fmt::Display for Money {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_its_digits() {
        let money = Money::parse("19.990", "eur").unwrap();
        assert_eq!(money.to_string(), "19.990 EUR");
        assert_eq!(serde_json::to_string(&money).unwrap(), r#"{"amount":"19.990","currency":"EUR"}"#);
    }

    #[test]
    fn an_amount_beyond_all_prices_has_no_hundredths_and_does_not_panic() {
        assert_eq!(hundredths(Decimal::MAX), None);
        assert_eq!(hundredths(Decimal::new(1299, 2)), Some(1299));
    }

    #[test]
    fn a_bad_price_says_what_would_be_right() {
        assert!(matches!(Money::parse("-1", "EUR"), Err(MoneyError::Negative(_))));
        assert_eq!(
            Money::parse("12,50", "EUR").unwrap_err().to_string(),
            "price \"12,50\" is not a decimal amount; use 12.50"
        );
        assert!(matches!(Money::parse("1", "EURO"), Err(MoneyError::Currency(_))));
        assert!(matches!(Money::parse("1", "QQQ"), Err(MoneyError::Currency(_))));
    }
}
