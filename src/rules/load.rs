//! From pack files to [`Packs`]: read, check across packs, compile, prove by the packs' own cases.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::evaluate::{self, Cost, Triggers};
use super::lexicon::{LexiconIndex, MAX_TERMS};
use super::model::{Facts, Outcome, Pack, PackSource, Rule, State};
use super::read_pack::{MAX_PACK_BYTES, read_pack};
use super::testing;
use super::toml_reader::Problem;
use crate::kernel::Digest;

/// Most pack files in one directory.
const MAX_PACKS: usize = 1_000;

/// Stack for compiling conditions. The CEL parser recurses for each bracket and needs more
/// than the two megabytes that threads have; nesting is bounded before it sees the text.
const COMPILE_STACK_BYTES: usize = 64 * 1024 * 1024;

/// Why rule packs could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadPacksError {
    /// A file or directory could not be read.
    #[error("cannot read the rule packs in {}; check the path and its permissions", path.display())]
    Read {
        /// What was being read.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Something in the packs is wrong; everything found is listed.
    #[error("{}", listed(.0))]
    Refused(Vec<Problem>),
    /// The thread for compiling could not be started.
    #[error("cannot start a thread to compile the rule packs; free memory and try again")]
    Thread(#[source] io::Error),
}

impl LoadPacksError {
    /// The problems of refused packs; empty for other errors.
    pub fn problems(&self) -> &[Problem] {
        match self {
            LoadPacksError::Refused(problems) => problems,
            LoadPacksError::Read { .. } | LoadPacksError::Thread(_) => &[],
        }
    }
}

fn listed(problems: &[Problem]) -> String {
    let count = problems.len();
    let lines: Vec<String> = problems.iter().take(20).map(|problem| format!("\n  {problem}")).collect();
    let noun = if count == 1 { "problem" } else { "problems" };
    format!("the rule packs have {count} {noun}:{}{}", lines.concat(), if count > 20 { "\n  …" } else { "" })
}

/// Packs with everything that evaluation needs.
#[derive(Debug, Default)]
pub struct Compiled {
    packs: Vec<Pack>,
    /// Pack and place in it, by rule number.
    rules: Vec<(u32, u32)>,
    lexicon_bases: Vec<usize>,
    pub(super) lexicons: LexiconIndex,
    pub(super) triggers: Triggers,
    sources: Vec<PackSource>,
    revision: String,
}

impl Compiled {
    fn new(packs: Vec<Pack>, sources: Vec<PackSource>) -> Self {
        let numbered = |(pack, content): (usize, &Pack)| {
            (0..content.rules.len()).map(move |rule| (pack as u32, rule as u32)).collect::<Vec<_>>()
        };
        let rules = packs.iter().enumerate().flat_map(numbered).collect();
        let lexicon_bases = packs
            .iter()
            .scan(0, |next, pack| {
                let base = *next;
                *next += pack.lexicons.len();
                Some(base)
            })
            .collect();
        let revision = revision_of(&packs, &sources);
        let lexicons = LexiconIndex::build(&packs);
        let triggers = Triggers::build(&packs);
        Self { packs, rules, lexicon_bases, lexicons, triggers, sources, revision }
    }

    /// The rule with this number and its pack.
    pub(super) fn rule(&self, number: u32) -> (&Pack, &Rule) {
        let (pack, rule) = self.rules[number as usize];
        let pack = &self.packs[pack as usize];
        (pack, &pack.rules[rule as usize])
    }

    /// The number of the first lexicon of `pack`.
    pub(super) fn lexicon_base(&self, pack: &Pack) -> usize {
        let place = self.packs.binary_search_by(|known| known.id.cmp(&pack.id));
        place.map_or(0, |place| self.lexicon_bases[place])
    }
}

/// A short name for exactly these packs: the first characters of the SHA-256 over each pack's
/// id and text, length first, in order of id.
fn revision_of(packs: &[Pack], sources: &[PackSource]) -> String {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    for (pack, source) in packs.iter().zip(sources) {
        for part in [pack.id.as_bytes(), source.text.as_bytes()] {
            parts.push((part.len() as u64).to_be_bytes().to_vec());
            parts.push(part.to_vec());
        }
    }
    let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::of_parts(&slices).short()
}

/// All rule packs, compiled. Immutable and cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Packs {
    pub(super) compiled: Arc<Compiled>,
}

impl Packs {
    /// No packs: every listing passes without a reason.
    pub fn empty() -> Self {
        Self { compiled: Arc::new(Compiled::new(Vec::new(), Vec::new())) }
    }

    /// Reads every `*.toml` directly inside `directory`, in order of name.
    ///
    /// Fails like [`Packs::from_sources`], and when the directory cannot be read.
    pub fn load_dir(directory: impl AsRef<Path>) -> Result<Self, LoadPacksError> {
        Self::from_sources(read_dir(directory.as_ref())?)
    }

    /// Compiles packs and proves them by their own test cases.
    ///
    /// Fails with every problem found: what the files hold that is unknown, doubtful or
    /// missing, with file and line, and the cases that do not come out as they say.
    pub fn from_sources(sources: Vec<PackSource>) -> Result<Self, LoadPacksError> {
        let packs = Self::from_sources_untested(sources)?;
        let failures = testing::run(&packs).failures;
        if failures.is_empty() { Ok(packs) } else { Err(LoadPacksError::Refused(failures)) }
    }

    /// Compiles packs without running their test cases, for tools that report these themselves.
    pub fn from_sources_untested(sources: Vec<PackSource>) -> Result<Self, LoadPacksError> {
        let thread = std::thread::Builder::new().name("rule-packs".into()).stack_size(COMPILE_STACK_BYTES);
        let compile = thread.spawn(move || compile(sources)).map_err(LoadPacksError::Thread)?;
        // Every known way to make the parser panic is refused before it; should one remain, it
        // is the packs that are refused, not the process that ends.
        let result =
            compile.join().unwrap_or_else(|_| Err(vec![whole("", "the condition parser failed on these packs")]));
        let compiled = result.map_err(LoadPacksError::Refused)?;
        Ok(Self { compiled: Arc::new(compiled) })
    }

    /// A short hash of the packs' texts; the same packs always have the same one.
    pub fn revision(&self) -> &str {
        &self.compiled.revision
    }

    /// The texts the packs were compiled from, in order of pack id.
    pub fn sources(&self) -> &[PackSource] {
        &self.compiled.sources
    }

    /// The packs, in order of id.
    pub fn packs(&self) -> &[Pack] {
        &self.compiled.packs
    }

    /// The rule `pack/rule`, if there is one.
    pub fn rule(&self, pack: &str, rule: &str) -> Option<&Rule> {
        let pack = self.packs().iter().find(|known| known.id == pack)?;
        pack.rules.iter().find(|known| known.id == rule)
    }

    /// How many rules are in force or watched (live and shadow).
    pub fn rule_count(&self) -> usize {
        let evaluated = |rule: &&Rule| matches!(rule.state, State::Live | State::Shadow);
        self.packs().iter().flat_map(|pack| &pack.rules).filter(evaluated).count()
    }

    /// How many lexicon terms and exceptions are compiled.
    pub fn term_count(&self) -> usize {
        self.compiled.lexicons.term_count()
    }

    /// What all packs say about one listing.
    ///
    /// Reads nothing but its arguments: the same packs and facts always give the same outcome.
    pub fn evaluate(&self, facts: &Facts<'_>) -> Outcome {
        self.evaluate_counted(facts).0
    }

    /// [`Packs::evaluate`] with the work it took.
    pub fn evaluate_counted(&self, facts: &Facts<'_>) -> (Outcome, Cost) {
        evaluate::evaluate(&self.compiled, facts)
    }
}

fn whole(path: &str, problem: &str) -> Problem {
    Problem { path: path.to_owned(), line: 0, rule: None, problem: problem.to_owned() }
}

fn compile(sources: Vec<PackSource>) -> Result<Compiled, Vec<Problem>> {
    let mut problems = Vec::new();
    if sources.len() > MAX_PACKS {
        return Err(vec![whole("", &format!("there are more than {MAX_PACKS} pack files"))]);
    }
    let mut read: BTreeMap<String, (Pack, PackSource)> = BTreeMap::new();
    for source in sources {
        let (pack, found) = read_pack(&source);
        let has_problem = !found.is_empty();
        problems.extend(found);
        let Some(pack) = pack.filter(|_| !has_problem) else {
            continue;
        };
        if let Some((other, _)) = read.get(&pack.id) {
            let problem = format!("the pack id \"{}\" is also used by {}", pack.id, other.path);
            problems.push(whole(&source.path, &problem));
            continue;
        }
        read.insert(pack.id.clone(), (pack, source));
    }
    let terms =
        |pack: &Pack| pack.lexicons.iter().map(|lexicon| lexicon.terms.len() + lexicon.except.len()).sum::<usize>();
    let total: usize = read.values().map(|(pack, _)| terms(pack)).sum();
    if total > MAX_TERMS {
        problems.push(whole("", &format!("the packs have {total} lexicon terms; {MAX_TERMS} are allowed in all")));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let (packs, sources) = read.into_values().unzip();
    Ok(Compiled::new(packs, sources))
}

fn read_dir(directory: &Path) -> Result<Vec<PackSource>, LoadPacksError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| LoadPacksError::Read { path, source }
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed(directory))? {
        let path = entry.map_err(failed(directory))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut sources = Vec::new();
    for path in paths {
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let bytes = std::fs::metadata(&path).map_err(failed(&path))?.len();
        if bytes > MAX_PACK_BYTES as u64 {
            let problem = format!("the file has {bytes} bytes; {MAX_PACK_BYTES} are allowed, split the pack");
            return Err(LoadPacksError::Refused(vec![whole(&name, &problem)]));
        }
        let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
        sources.push(PackSource { path: name, text });
    }
    Ok(sources)
}
