//! What the console's pages show, as plain data: the handlers fill it, the templates draw it.
//!
//! Texts are finished here ("19.90 EUR", "0.97"); templates only place them.
//! Everything is escaped when it is drawn.

use super::assets;
pub use super::parts::{Fact, Outcome, ParseOutcomeError, Picture, Segment, SegmentMark, Tone, When};
use crate::http::caller::Caller;

/// What surrounds every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shell {
    /// The page's name in the browser's tab.
    pub title: String,
    /// Which entry of the navigation is lit.
    pub room: Room,
    /// Registry revision in force, short; absent = not shown.
    pub registry_revision: Option<String>,
    /// Rules version in force, short; absent = not shown.
    pub rules_version: Option<String>,
    /// A sentence for everyone, such as a replica that lags; absent = none.
    pub notice: Option<String>,
    /// Who has signed in; absent on pages that are open to all.
    pub person: Option<ShellPerson>,
}

/// Who looks at a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShellPerson {
    /// The person's name.
    pub name: String,
    /// The organisation's name.
    pub organisation: String,
    /// What every form of the page carries in its field `csrf`.
    pub csrf: String,
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// One's work: queues and cases.
    Work,
    /// Recent verdicts and each verdict.
    Verdicts,
    /// Merchants, and their matches with lists.
    Merchants,
    /// The API's documentation and its problem types.
    Api,
    /// One's own account.
    Account,
    /// None of them.
    Elsewhere,
}

impl Shell {
    /// The surroundings of a page named `title`.
    pub fn new(title: impl Into<String>, room: Room) -> Self {
        Self { title: title.into(), room, registry_revision: None, rules_version: None, notice: None, person: None }
    }

    /// Shows who has signed in, and lets their forms carry the session's token.
    #[must_use]
    pub fn of_caller(mut self, caller: &Caller) -> Self {
        self.person = caller.at_console().map(|at| ShellPerson {
            name: at.name.clone(),
            organisation: at.organisation.clone(),
            csrf: at.csrf.clone(),
        });
        self
    }

    /// Shows which registry and rules are in force.
    #[must_use]
    pub fn with_revisions(mut self, registry: impl Into<String>, rules: impl Into<String>) -> Self {
        self.registry_revision = Some(registry.into());
        self.rules_version = Some(rules.into());
        self
    }

    /// The address of a file of `assets/`, for the templates.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// Whether the verdicts are lit, for the templates.
    pub(crate) fn in_verdicts(&self) -> bool {
        self.room == Room::Verdicts
    }

    /// Whether the work is lit, for the templates.
    pub(crate) fn in_work(&self) -> bool {
        self.room == Room::Work
    }

    /// Whether the merchants are lit, for the templates.
    pub(crate) fn in_merchants(&self) -> bool {
        self.room == Room::Merchants
    }

    /// Whether the API is lit, for the templates.
    pub(crate) fn in_api(&self) -> bool {
        self.room == Room::Api
    }

    /// Whether one's own account is lit, for the templates.
    pub(crate) fn in_account(&self) -> bool {
        self.room == Room::Account
    }

    /// What every form carries in its field `csrf`, for the templates; empty where nobody has
    /// signed in, and no form of such a page changes anything.
    pub(crate) fn csrf(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.csrf)
    }

    /// This release, for the foot of the page.
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// A number above the list, and the list it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// `Block`.
    pub label: String,
    /// How many, written out: `1,204`.
    pub count: String,
    /// Colour; absent for “all”.
    pub outcome: Option<Outcome>,
    /// Address of the list with this filter.
    pub href: String,
    /// Whether the list now shows this filter.
    pub current: bool,
}

/// One verdict in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictRow {
    /// Address of the verdict's page.
    pub href: String,
    /// The first picture, small.
    pub thumbnail: Option<Picture>,
    /// The title with its matched letters marked.
    pub title: Vec<Segment>,
    /// BCP 47 language of the title, if known.
    pub lang: Option<String>,
    /// The platform's id of the listing.
    pub listing: String,
    /// The platform's id or name of the merchant.
    pub merchant: Option<String>,
    /// The verdict.
    pub outcome: Outcome,
    /// The queue of a review.
    pub queue: Option<String>,
    /// What the weightiest reason says.
    pub reason: Option<String>,
    /// How many reasons there are beside it.
    pub more_reasons: usize,
    /// `32.14 USD`.
    pub price: Option<String>,
    /// When it was decided.
    pub at: When,
}

/// `/`: recent verdicts.
#[derive(Debug, Clone, PartialEq, Eq, askama::Template)]
#[template(path = "home.html")]
pub struct HomeView {
    /// The surroundings.
    pub shell: Shell,
    /// All, block, review, clear.
    pub counters: Vec<Counter>,
    /// What was searched for; empty = nothing.
    pub search: String,
    /// The verdict the list is narrowed to.
    pub filter: Option<Outcome>,
    /// The rows, newest first.
    pub rows: Vec<VerdictRow>,
    /// Address of the page before, with newer rows.
    pub newer: Option<String>,
    /// Address of the page after, with older rows.
    pub older: Option<String>,
    /// How far the search index is: `Search knows everything up to 09:30:12 UTC.`
    pub indexed_through: Option<String>,
}

impl HomeView {
    /// Whether the list is narrowed in any way, for the templates.
    pub(crate) fn narrowed(&self) -> bool {
        self.filter.is_some() || !self.search.is_empty()
    }
}

/// One reason of a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonPanel {
    /// What the merchant is told is wrong.
    pub says: String,
    /// What would cure it.
    pub cure: String,
    /// What the reason does to the verdict.
    pub effect: Outcome,
    /// Queue of a review.
    pub queue: Option<String>,
    /// The rule's id.
    pub rule: String,
    /// The pack's id.
    pub pack: String,
    /// The pack's version.
    pub version: String,
    /// The policy class.
    pub class: String,
    /// Severity, 1 to 5.
    pub severity: u8,
    /// Destinations affected; empty = all.
    pub markets: Vec<String>,
    /// What was found, one line each.
    pub evidence: Vec<EvidenceLine>,
    /// Facts that were missing, when that is why the rule spoke.
    pub unknown: Vec<String>,
}

/// One piece of evidence under a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceLine {
    /// `Title, “Nike”, mark NIKE, exact, score 0.98`.
    pub text: String,
    /// Address on the same page: `#hit-1`, `#image-2`.
    pub href: Option<String>,
}

/// A listing picture and what it resembles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePanel {
    /// As the platform named it.
    pub name: String,
    /// The picture itself, where it is kept.
    pub picture: Option<Picture>,
    /// `1000 × 1000, quality 98`.
    pub about: Option<String>,
    /// Why it could not be read.
    pub problem: Option<String>,
    /// References it is near to, nearest first.
    pub matches: Vec<ImageMatch>,
}

/// A reference picture that a listing picture is near to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageMatch {
    /// The brand's name.
    pub brand: String,
    /// The reference's key.
    pub reference: String,
    /// `Logo`, `Product`.
    pub kind: String,
    /// The reference picture.
    pub picture: Option<Picture>,
    /// How it was found: `whole`, `mirrored`.
    pub how: String,
    /// `0.94`.
    pub score: String,
    /// How far apart their hashes are; absent where the closer look found it.
    pub bar: Option<DistanceBar>,
    /// What the closer look saw: `57 details agree`.
    pub seen: Option<String>,
    /// `1 in 20,000 unrelated photographs would come as near`.
    pub odds: Option<String>,
    /// The matched part of the listing picture.
    pub on_listing: Option<Outline>,
    /// The matched part of the reference.
    pub on_reference: Option<Outline>,
}

/// A polygon over a picture that is drawn to fit its frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The picture's width in pixels.
    pub width: u32,
    /// The picture's height in pixels.
    pub height: u32,
    /// The corners as SVG writes them: `12,40 300,44 …`.
    pub points: String,
}

/// A distance between two picture hashes against the largest that counts, in bits of 256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DistanceBar {
    /// The distance.
    pub distance: u16,
    /// The largest distance that counts as a match.
    pub threshold: u16,
}

impl DistanceBar {
    /// The right end of the drawing: unrelated pictures lie around half of 256 bits.
    const END: u16 = 128;

    /// Where the threshold stands, 0 to 128.
    pub(crate) fn threshold_x(self) -> u16 {
        self.threshold.min(Self::END)
    }

    /// Where the distance stands, kept inside the drawing.
    pub(crate) fn distance_x(self) -> u16 {
        self.distance.min(Self::END - 1)
    }

    /// Whether the distance counts as a match.
    pub(crate) fn is_match(self) -> bool {
        self.distance <= self.threshold
    }

    /// The same in words.
    pub(crate) fn words(self) -> String {
        let outcome = if self.is_match() { "counts as the same picture" } else { "too far apart to count" };
        format!("{} of 256 bits differ; up to {} count: {outcome}", self.distance, self.threshold)
    }
}

/// One hit in the table of hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitRow {
    /// Its number on this page, from 1.
    pub number: u32,
    /// Its colour.
    pub tone: Tone,
    /// The mark, the claim or the class.
    pub what: String,
    /// The brand; empty for claims and classes.
    pub brand: String,
    /// `infringing use`, `nominative`, `prohibited`.
    pub kind: String,
    /// `title`.
    pub field: String,
    /// The letters as written; see [`super::marking::plain`].
    pub matched: Vec<Segment>,
    /// `exact`.
    pub pass: String,
    /// `0.98`; empty when there is none.
    pub score: String,
    /// What moved the score or the type, one phrase each.
    pub because: Vec<String>,
}

/// An earlier or later verdict of the same listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Address of its page; absent = the verdict on this page.
    pub href: Option<String>,
    /// When it was decided.
    pub at: When,
    /// The verdict.
    pub outcome: Outcome,
    /// What led to it: `submitted`, `retro-hunt`.
    pub cause: String,
}

/// `/verdicts/{id}`: one verdict with everything it rests on.
#[derive(Debug, Clone, PartialEq, Eq, askama::Template)]
#[template(path = "verdict.html")]
pub struct VerdictView {
    /// The surroundings.
    pub shell: Shell,
    /// The verdict.
    pub outcome: Outcome,
    /// Queue of a review.
    pub queue: Option<String>,
    /// One sentence: `Blocked for 2 reasons, in all destinations.`
    pub summary: String,
    /// When it was decided.
    pub at: When,
    /// The title with its matched letters marked.
    pub title: Vec<Segment>,
    /// The description with its matched letters marked; empty = none.
    pub description: Vec<Segment>,
    /// BCP 47 language of the text, if known.
    pub lang: Option<String>,
    /// The reasons, weightiest first.
    pub reasons: Vec<ReasonPanel>,
    /// What rules on trial would have said.
    pub shadow: Vec<ReasonPanel>,
    /// The listing's pictures.
    pub images: Vec<ImagePanel>,
    /// All hits, those without consequence too.
    pub hits: Vec<HitRow>,
    /// Price, merchant, destinations, category, brand attribute and so on.
    pub listing: Vec<Fact>,
    /// Verdict id, registry revision, rules version, audit entry, digest of the input.
    pub provenance: Vec<Fact>,
    /// The command that computes the verdict again: `assay replay vrd_…`.
    pub replay: String,
    /// Address of the verdict as JSON.
    pub json: Option<String>,
    /// All verdicts of the listing, newest first.
    pub history: Vec<HistoryRow>,
}

impl VerdictView {
    /// The tones that occur in title and description, for the legend.
    pub(crate) fn legend(&self) -> Vec<Tone> {
        let pieces = self.title.iter().chain(&self.description);
        let mut tones: Vec<Tone> = pieces.filter_map(|piece| piece.mark.as_ref().map(|mark| mark.tone)).collect();
        tones.sort_unstable();
        tones.dedup();
        tones.reverse();
        tones
    }

    /// Whether any text holds an invisible character, for the legend.
    pub(crate) fn has_hidden(&self) -> bool {
        self.title.iter().chain(&self.description).any(|piece| piece.hidden.is_some())
    }
}

/// A page for what went wrong: 404 and its kin.
#[derive(Debug, Clone, PartialEq, Eq, askama::Template)]
#[template(path = "error.html")]
pub struct ErrorView {
    /// The surroundings.
    pub shell: Shell,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in a few words.
    pub heading: String,
    /// What happened this time.
    pub detail: String,
    /// What the reader can do.
    pub cure: String,
    /// The request's id, to look it up in the log.
    pub instance: Option<String>,
}

/// One kind of problem, for its documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemEntry {
    /// Address of its page, which is its type.
    pub href: String,
    /// The HTTP status.
    pub status: u16,
    /// Its title.
    pub title: String,
    /// What has happened.
    pub meaning: String,
    /// What the caller does.
    pub cure: String,
}

/// `/problems`: all kinds of problem.
#[derive(Debug, Clone, PartialEq, Eq, askama::Template)]
#[template(path = "problems.html")]
pub struct ProblemsView {
    /// The surroundings.
    pub shell: Shell,
    /// Every kind.
    pub entries: Vec<ProblemEntry>,
}

/// `/problems/{slug}`: one kind of problem.
#[derive(Debug, Clone, PartialEq, Eq, askama::Template)]
#[template(path = "problem.html")]
pub struct ProblemView {
    /// The surroundings.
    pub shell: Shell,
    /// The kind.
    pub entry: ProblemEntry,
    /// An answer of this kind as JSON.
    pub example: String,
}

/// `/docs`: the viewer of the API's document.
#[derive(Debug, Clone, PartialEq, Eq, askama::Template)]
#[template(path = "docs.html")]
pub struct DocsView {
    /// The surroundings.
    pub shell: Shell,
    /// Address of the OpenAPI document on this server.
    pub document: String,
}
