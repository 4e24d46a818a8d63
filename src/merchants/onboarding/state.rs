//! The states of a merchant's admission, and what leads from one to another.

/// Where a merchant's admission stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = AdmissionState)]
pub enum State {
    /// Known by its id only.
    New,
    /// Some of what the law asks for is missing.
    Collecting,
    /// Everything is there and is being checked.
    Verifying,
    /// Checked; it may trade.
    Verified,
    /// Something is wrong or out of date; it may trade until the time to mend it is over.
    RemedyRequested,
    /// It may not trade.
    Suspended,
    /// The contract has ended.
    Closed,
}

/// What happens to a merchant's admission.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Data came, and something that is asked for is still missing.
    DataIncomplete,
    /// Data came, and nothing is missing.
    DataComplete,
    /// A person or a register found the data right.
    ChecksPassed,
    /// A check found the data wrong.
    ChecksFailed,
    /// The time to send or mend data is over.
    DeadlineMissed,
    /// A year has passed since the merchant last certified its data.
    CertificationLapsed,
    /// A person, or the merchant's standing, suspends it.
    Suspended,
    /// A person takes the suspension back.
    Reinstated,
    /// The contract ends.
    Closed,
}

impl State {
    /// Every state, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Collecting,
        Self::Verifying,
        Self::Verified,
        Self::RemedyRequested,
        Self::Suspended,
        Self::Closed,
    ];

    /// The word in files, answers and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Collecting => "collecting",
            Self::Verifying => "verifying",
            Self::Verified => "verified",
            Self::RemedyRequested => "remedy_requested",
            Self::Suspended => "suspended",
            Self::Closed => "closed",
        }
    }

    /// The words on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::RemedyRequested => "remedy requested",
            other => other.as_str(),
        }
    }

    /// Whether offers of the merchant may be live.
    pub fn may_trade(self) -> bool {
        matches!(self, Self::Verified | Self::RemedyRequested)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

impl std::str::FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| format!("\"{}\" is no state of admission", text.chars().take(40).collect::<String>()))
    }
}

impl Event {
    /// Every event, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::DataIncomplete,
        Self::DataComplete,
        Self::ChecksPassed,
        Self::ChecksFailed,
        Self::DeadlineMissed,
        Self::CertificationLapsed,
        Self::Suspended,
        Self::Reinstated,
        Self::Closed,
    ];
}

/// The state that follows, or `None` where the event cannot happen.
///
/// Data that comes while a merchant is suspended is taken and leaves it suspended: only a
/// person, or the caller for a suspension that a missed deadline made, reinstates.
pub fn next(state: State, event: Event) -> Option<State> {
    use Event as E;
    use State as S;
    Some(match (state, event) {
        (S::Closed, _) => return None,
        (_, E::Closed) => S::Closed,
        (S::Suspended, E::Reinstated) => S::Verifying,
        (S::Suspended, E::DataIncomplete | E::DataComplete | E::ChecksFailed) => S::Suspended,
        (S::Suspended, _) | (_, E::Reinstated) => return None,
        (_, E::Suspended) => S::Suspended,
        (S::New | S::Collecting | S::Verifying, E::DataIncomplete) => S::Collecting,
        (S::Verified | S::RemedyRequested, E::DataIncomplete) => S::RemedyRequested,
        (S::New | S::Collecting | S::Verifying | S::Verified | S::RemedyRequested, E::DataComplete) => S::Verifying,
        (S::Verifying, E::ChecksPassed) => S::Verified,
        (S::Verifying | S::Verified | S::RemedyRequested, E::ChecksFailed) => S::RemedyRequested,
        (S::Collecting | S::RemedyRequested, E::DeadlineMissed) => S::Suspended,
        // The time to verify is the marketplace's own: the merchant does not pay for it.
        (S::Verifying, E::DeadlineMissed) => S::Verifying,
        (S::Verified, E::CertificationLapsed) => S::RemedyRequested,
        (S::New | S::Collecting | S::Verified | S::RemedyRequested, E::ChecksPassed)
        | (S::New | S::Collecting, E::ChecksFailed)
        | (S::New | S::Verified, E::DeadlineMissed)
        | (S::New | S::Collecting | S::Verifying | S::RemedyRequested, E::CertificationLapsed) => return None,
    })
}
