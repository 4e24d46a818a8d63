//! Rule packs: policy as text that staff can read, change and prove without a build.
//!
//! Matchers only produce evidence. Rule packs decide what it means: each is a TOML file with
//! lexicons, rules and the cases that prove them. [`Packs::from_sources`] reads, type-checks,
//! compiles and tests all packs, or refuses them with every problem found, by file and line;
//! [`Packs::evaluate`] is pure and costs what fired, not what exists.
//!
//! # The way of one listing
//!
//! hits (lexicon terms, marks, picture matches, claims, attributes) → the rules filed under
//! them → state and dates → category → what the rule does at the listing's destinations → its
//! condition, for each hit → reasons with evidence.
//!
//! # States of a rule
//!
//! ```text
//! draft ──> shadow ──> live ──> retired
//! ```
//!
//! A draft is checked and tested only. A shadow rule is evaluated and recorded without effect.
//! A retired rule is kept for the record. The state is a field of the pack: every change of it
//! is a new revision.
//!
//! # The format
//!
//! ```toml
//! [pack]
//! id = "prohibited-weapons"          # unique among the packs
//! version = "1.0.0"
//! name = "Weapons and what looks like them"
//! citations = "unreviewed"           # reviewed | unreviewed (the default)
//!
//! [[lexicon]]                        # terms shared by the rules of this pack
//! id = "firearms"
//! [lexicon.terms]                    # BCP 47 primary tag, or und
//! en = ["pistol", "ammunition"]
//! de = ["schalldämpfer*"]            # * at the end: longer words too
//! zh = ["手枪"]
//! [lexicon.except]                   # a term inside one of these is no hit
//! en = ["water pistol"]
//!
//! [[rule]]
//! id = "firearms"                    # unique in the pack
//! class = "firearms"                 # policy class
//! severity = 5                       # 1 to 5
//! state = "live"                     # draft | shadow | live | retired
//! from = 2026-01-01                  # optional: first day it holds
//! until = 2027-01-01                 # optional: first day it no longer holds
//! trigger = { lexicon = "firearms", fields = ["title", "description"] }
//! categories = ["outdoor"]           # optional: only where the category has one of these words
//! not_categories = ["toys"]          # optional: not where it has one of these
//! when = 'hit.field == "title" && !listing.title.mentions("sticker")'   # optional, CEL
//! unknown = "review"                 # skip | review | apply
//! score = 0.9                        # strength of a hit, 0 to 1
//! action = { default = "prohibited", US = "restricted", EU = "restricted" }
//! effect = { prohibited = "review" } # optional: block | review | note | none
//! queue = "weapons"                  # optional queue of a review
//! says = "offers a firearm (“{matched}”)"
//! cure = "Remove the offer; firearms are not sold here."
//! sources = ["UN Firearms Protocol 2001"]
//! [[rule.match]]                     # a listing it must speak about
//! title = "9mm pistol barrel"
//! ships_to = ["DE"]
//! effect = "review"                  # optional: the effect it must have
//! [[rule.miss]]                      # a listing it must be silent about
//! title = "water pistol for kids"
//! ```
//!
//! **Terms** are compared folded (case, accents, look-alikes). Text is cut into words, runs of
//! letters and digits. The words of a term follow each other with a space, hyphen or other soft
//! gap of at most three characters; other punctuation must be as in the term (`1:1`). Regular
//! plurals of the last word are found for `en`, `es` and `fr`. Terms with letters of Han, kana,
//! Thai, Lao, Khmer or Myanmar are found anywhere. A hit inside a longer one of its lexicon is
//! dropped.
//!
//! **Triggers**: `{ lexicon = "id", fields = […] }` (fields `title`, `description`, `brand`; the
//! first two are the default), `{ mark = ["infringing_use", …] }`, `{ image = ["product",
//! "logo"] }`, `{ claim = ["replica", "contact", …] }`, `{ attribute = "category" }` with `title`,
//! `description`, `category`, `brand`, `price`, `currency`, `lang`, `merchant`, `images_unread`
//! (at least one) or `attributes.<name>`, which fires where the listing has it. Mark and image rules give one
//! reason for each brand, the others one in all.
//!
//! **Conditions** are CEL, checked against these names and types when the pack is loaded:
//!
//! | name | type |
//! |---|---|
//! | `listing.title`, `.description`, `.category`?, `.brand`?, `.lang`?, `.currency`? | string |
//! | `listing.price_minor`? (hundredths of the currency), `listing.images` (how many), `listing.images_unread` (how many of them could not be had or read) | int |
//! | `listing.ships_to`? | list of strings |
//! | `listing.attributes.<name>`?, `listing.attributes["name"]`? | string |
//! | `merchant.id`?, `.name`?, `.tier`?, `.country`?, `.state`?, `.sanctions`? | string |
//! | `merchant.verified`?, `.held`?, `.review_all`? | bool |
//! | `hit.<field>`: lexicon `kind field matched term lang`; mark `kind brand mark mark_text type pass field matched score`; image `kind image brand reference type how distance threshold score`; claim `kind type field matched`; attribute `kind field matched` | string; `score` double; `distance`, `threshold` int |
//! | `marks`, `images`, `claims` | lists of such hits |
//! | `counterfeit_signal` | double |
//! | `today` (`"2026-11-22"`) | string |
//! | `found("lexicon")`, `found("lexicon", "title")`: a term of that lexicon of this pack is there | bool |
//! | `listing.title.mentions("phrase")`, also of description, category, brand: folded, at word edges | bool |
//!
//! Operators `&& || ! ?: == != < <= > >= + - * / % in`, lists of constants, `size`, `has`,
//! `double`, `contains`, `startsWith`, `endsWith`, `matches` with a pattern in quotes,
//! `lowerAscii`, and `exists`, `all`, `exists_one`, `filter` nested at most twice.
//!
//! **Unknown.** A fact marked ? may be missing. A condition that needs it is then neither true
//! nor false, and `unknown` says what the rule does: `skip`, `review` (at most a review, with
//! the missing facts named) or `apply`. As in CEL, `false && unknown` is false and
//! `true || unknown` true. `unknown` is required where the condition or `categories` reads such
//! a fact. `not_categories` is an exemption and has to be shown: a listing without a category
//! is not exempt.
//!
//! **Actions** by destination: `prohibited`, `restricted`, `document_required`, `allowed`,
//! `review`, `block`, `note`. `EU` stands for its members; a member named itself comes first.
//! Stopped in only some of the listing's destinations means a review that names them. Without
//! destinations the default counts; if a named market is stricter, `unknown` decides.
//!
//! **Placeholders** in `says` and `cure`: `{class}` and `{markets}` always; `{matched}`,
//! `{field}` for text, `{term}` for lexicons, `{mark}`, `{brand}` for marks, `{brand}`,
//! `{reference}`, `{distance}`, `{nearness}` (what agrees: bits, details, a shape), `{image}` for pictures. `{{` writes a brace.
//!
//! **Cases** may carry title, description, category, brand, price, currency, lang, ships_to,
//! attributes, merchant, `marks = [{ brand, mark, type, score, pass, field }]`, `images =
//! [{ brand, reference, kind, distance }]`, `images_unread = 2`, `claims = ["replica"]`,
//! `counterfeit_signal` and `on`, the day. Rules are tested alone and as if they were live.

mod backtest;
mod condition;
mod destinations;
mod evaluate;
mod explain;
mod lexicon;
mod load;
mod model;
mod names;
mod read_action;
mod read_case;
mod read_pack;
mod read_rule;
mod says;
mod scene;
mod testing;
pub(crate) mod toml_reader;
mod words;

pub use backtest::{Backtest, BacktestReport, ChangeKind, RuleChanges, Sample, VerdictChange};
pub use condition::{Condition, Reading};
pub use evaluate::{Cost, Stopped};
pub use explain::{AnswerWord, ExplainedHit, ExplainedRule, Explanation};
pub use load::{LoadPacksError, Packs};
pub use model::*;
pub use testing::{TestReport, run as run_tests};
pub use toml_reader::Problem;

#[cfg(test)]
mod tests;
