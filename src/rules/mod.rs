//! Rule packs: load, check, evaluate, test, explain, back-test.
//! (documentation of the format follows)

mod backtest;
mod condition;
mod destinations;
mod evaluate;
mod explain;
mod lexicon;
mod load;
mod model;
mod names;
mod read_case;
mod read_pack;
mod says;
mod scene;
mod testing;
mod toml_reader;
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
