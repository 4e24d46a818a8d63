//! Values into statements and out of rows, the same on both engines.

use rust_decimal::Decimal;
use sqlx::Row as _;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgRow, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Encode, Postgres, Type};

use super::StoreError;
use crate::kernel::Instant;

/// A bound value. Absent values keep their type: PostgreSQL refuses an untyped null.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(Option<String>),
    /// A whole number.
    Int(Option<i64>),
    /// A truth value.
    Bool(Option<bool>),
    /// Raw bytes.
    Bytes(Option<Vec<u8>>),
    /// A moment.
    Instant(Option<Instant>),
    /// An exact decimal; text on SQLite, which has no such type.
    Decimal(Option<Decimal>),
    /// A JSON document that the database may look into.
    Json(Option<serde_json::Value>),
}

macro_rules! value_from {
    ($($from:ty => $variant:ident($convert:expr)),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(given: $from) -> Self {
                let convert = $convert;
                Self::$variant(Some(convert(given)))
            }
        }

        impl From<Option<$from>> for Value {
            fn from(given: Option<$from>) -> Self {
                Self::$variant(given.map($convert))
            }
        }
    )*};
}

value_from! {
    String => Text(|text: String| text),
    &str => Text(|text: &str| text.to_owned()),
    &String => Text(|text: &String| text.clone()),
    i64 => Int(|number: i64| number),
    i32 => Int(|number: i32| i64::from(number)),
    u32 => Int(|number: u32| i64::from(number)),
    bool => Bool(|truth: bool| truth),
    Vec<u8> => Bytes(|bytes: Vec<u8>| bytes),
    &[u8] => Bytes(|bytes: &[u8]| bytes.to_vec()),
    Instant => Instant(|at: Instant| at),
    Decimal => Decimal(|amount: Decimal| amount),
    serde_json::Value => Json(|json: serde_json::Value| json),
}

macro_rules! value_from_display {
    ($($from:ty),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from(given: $from) -> Self {
                Self::Text(Some(given.to_string()))
            }
        }

        impl From<Option<$from>> for Value {
            fn from(given: Option<$from>) -> Self {
                Self::Text(given.map(|id| id.to_string()))
            }
        }
    )*};
}

value_from_display!(
    crate::kernel::id::OrganisationId,
    crate::kernel::id::PersonId,
    crate::kernel::id::SessionId,
    crate::kernel::id::ListingId,
    crate::kernel::id::VerdictId,
    crate::kernel::id::HuntId,
    crate::kernel::id::JobId,
    crate::kernel::id::EventId,
    crate::kernel::id::ApiKeyId,
    crate::kernel::id::CaseId,
    crate::kernel::id::DecisionId,
    crate::kernel::id::ShipmentId,
    crate::kernel::id::CertificateId,
    crate::kernel::id::NoticeId,
    crate::kernel::id::StatementId,
    crate::kernel::id::AppealId,
    crate::kernel::id::DocumentId,
    crate::kernel::id::StandingEntryId,
    crate::kernel::id::ListHitId,
    crate::kernel::id::AuthorisationId,
    crate::kernel::Digest,
);

/// Microseconds between 1970-01-01 and 2000-01-01, PostgreSQL's epoch
/// (PostgreSQL manual, 8.5 Date/Time Types).
const POSTGRES_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// An instant in PostgreSQL's binary form of `timestamptz`.
pub(super) struct PgInstant(pub Instant);

impl Type<Postgres> for PgInstant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("TIMESTAMPTZ")
    }
}

impl Encode<'_, Postgres> for PgInstant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let micros = self.0.as_micros() - POSTGRES_EPOCH_MICROS;
        <i64 as Encode<Postgres>>::encode(micros, buffer)
    }
}

impl<'row> Decode<'row, Postgres> for PgInstant {
    fn decode(value: PgValueRef<'row>) -> Result<Self, BoxDynError> {
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        let instant = micros.checked_add(POSTGRES_EPOCH_MICROS).and_then(Instant::from_micros);
        instant.map(Self).ok_or_else(|| "timestamp outside the calendar".into())
    }
}

/// A decimal in PostgreSQL's binary form of `numeric`: the driver's own conversion, but for zero,
/// whose digits after the point it forgets.
pub(super) struct PgDecimal(pub Decimal);

impl Type<Postgres> for PgDecimal {
    fn type_info() -> PgTypeInfo {
        <Decimal as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for PgDecimal {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        if !self.0.is_zero() {
            return <Decimal as Encode<Postgres>>::encode_by_ref(&self.0, buffer);
        }
        // No digits, weight 0, positive, and the digits after the point; 16 bits each.
        let digits_after_point = u16::try_from(self.0.scale())?;
        buffer.extend_from_slice(&[0; 6]);
        buffer.extend_from_slice(&digits_after_point.to_be_bytes());
        Ok(IsNull::No)
    }
}

impl<'row> Decode<'row, Postgres> for PgDecimal {
    fn decode(value: PgValueRef<'row>) -> Result<Self, BoxDynError> {
        if let (PgValueFormat::Binary, Ok([0, 0, _, _, 0, 0, high, low])) = (value.format(), value.as_bytes()) {
            let digits_after_point = u32::from(u16::from_be_bytes([*high, *low]));
            return Ok(Self(Decimal::try_from_i128_with_scale(0, digits_after_point)?));
        }
        <Decimal as Decode<Postgres>>::decode(value).map(Self)
    }
}

/// One row of an answer.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

impl Row {
    /// The value in `column`. Fails when it is absent or of another type.
    pub fn get<T: FromColumn>(&self, column: &str) -> Result<T, StoreError> {
        let read = match self {
            Self::Sqlite(row) => T::from_sqlite(row, column),
            Self::Postgres(row) => T::from_postgres(row, column),
        };
        read.map_err(|problem| StoreError::Corrupt { column: column.to_owned(), problem: problem.to_string() })
    }

    /// The text in `column`, parsed: ids, digests, enums.
    pub fn parse<T>(&self, column: &str) -> Result<T, StoreError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let text: String = self.get(column)?;
        text.parse()
            .map_err(|problem: T::Err| StoreError::Corrupt { column: column.to_owned(), problem: problem.to_string() })
    }

    /// The JSON text in `column`, read into `T`.
    pub fn document<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text)
            .map_err(|problem| StoreError::Corrupt { column: column.to_owned(), problem: problem.to_string() })
    }
}

/// A type that a column can hold on both engines.
pub trait FromColumn: Sized {
    /// Reads it from SQLite.
    fn from_sqlite(row: &SqliteRow, column: &str) -> Result<Self, sqlx::Error>;
    /// Reads it from PostgreSQL.
    fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error>;
}

macro_rules! column_as_is {
    ($($kind:ty),*) => {$(
        impl FromColumn for $kind {
            fn from_sqlite(row: &SqliteRow, column: &str) -> Result<Self, sqlx::Error> {
                row.try_get(column)
            }

            fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error> {
                row.try_get(column)
            }
        }

        impl FromColumn for Option<$kind> {
            fn from_sqlite(row: &SqliteRow, column: &str) -> Result<Self, sqlx::Error> {
                row.try_get(column)
            }

            fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error> {
                row.try_get(column)
            }
        }
    )*};
}

column_as_is!(String, i64, bool, Vec<u8>);

/// Reads types that SQLite keeps as text.
macro_rules! column_by_text {
    ($kind:ty, $parse:expr, $from_postgres:expr) => {
        impl FromColumn for Option<$kind> {
            fn from_sqlite(row: &SqliteRow, column: &str) -> Result<Self, sqlx::Error> {
                let parse = $parse;
                let text: Option<String> = row.try_get(column)?;
                text.map(|text| parse(&text).map_err(|problem| sqlx::Error::Decode(problem.to_string().into())))
                    .transpose()
            }

            fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error> {
                let from_postgres = $from_postgres;
                from_postgres(row, column)
            }
        }

        impl FromColumn for $kind {
            fn from_sqlite(row: &SqliteRow, column: &str) -> Result<Self, sqlx::Error> {
                Option::<$kind>::from_sqlite(row, column)?.ok_or_else(|| missing(column))
            }

            fn from_postgres(row: &PgRow, column: &str) -> Result<Self, sqlx::Error> {
                Option::<$kind>::from_postgres(row, column)?.ok_or_else(|| missing(column))
            }
        }
    };
}

fn missing(column: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("{column} is null").into())
}

column_by_text!(Instant, |text: &str| text.parse::<Instant>(), |row: &PgRow, column: &str| {
    Ok::<_, sqlx::Error>(row.try_get::<Option<PgInstant>, _>(column)?.map(|at| at.0))
});
column_by_text!(Decimal, |text: &str| Decimal::from_str_exact(text), |row: &PgRow, column: &str| {
    Ok::<_, sqlx::Error>(row.try_get::<Option<PgDecimal>, _>(column)?.map(|amount| amount.0))
});
column_by_text!(
    serde_json::Value,
    |text: &str| serde_json::from_str::<serde_json::Value>(text),
    |row: &PgRow, column: &str| { row.try_get::<Option<serde_json::Value>, _>(column) }
);
