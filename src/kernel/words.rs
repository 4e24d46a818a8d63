//! Enums whose values are words: in the database, the API and the data files alike.

/// The text is none of the words that are expected here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no {what}; use one of {words}")]
pub struct NoSuchWord {
    /// The text, cut to 40 characters.
    pub given: String,
    /// What was expected: `ground`.
    pub what: &'static str,
    /// The words there are.
    pub words: String,
}

/// Declares an enum of words: `word_enum!(/// Doc. Ground, "ground", { /// Doc. Other = "other" });`
macro_rules! word_enum {
    ($(#[$meta:meta])* $name:ident, $what:literal, { $($(#[$doc:meta])* $value:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $value),* }

        impl $name {
            /// All values, in the order of the documentation.
            pub const ALL: &'static [$name] = &[$(Self::$value),*];

            /// The value's word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::kernel::words::NoSuchWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    $crate::kernel::words::NoSuchWord {
                        given: text.chars().take(40).collect(),
                        what: $what,
                        words: [$($word),*].join(", "),
                    }
                })
            }
        }
    };
}

pub(crate) use word_enum;
