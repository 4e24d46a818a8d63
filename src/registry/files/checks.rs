//! The text of a `brand.toml`: its grammar, its checks, and messages with line and field.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::value::Datetime;

use super::grammar::{Figure, File, Mark, Register, Seller, Texts};
use super::{BrandFile, BrandFileError, BrandImage, ImageSource};
use crate::kernel::Market;
use crate::registry::model::{
    AuthorisedSeller, Brand, BrandKey, FigurativeMark, MarkKey, NiceClass, ReferenceKey, Registration, WordMark,
};

/// Most aliases of a brand.
const MAX_ALIASES: usize = 200;
/// Most marks of a brand, word and figurative together.
const MAX_MARKS: usize = 5_000;
/// Most reference pictures of a brand.
const MAX_IMAGES: usize = 5_000;
/// Most authorised sellers of a brand.
const MAX_SELLERS: usize = 10_000;
/// Most entries of any other list: categories, classes, territories.
const MAX_ENTRIES: usize = 300;
/// Longest name, alias, mark or description, in Unicode scalar values.
const MAX_TEXT: usize = 300;
/// Longest brand key, mark id or file name, in characters.
const MAX_KEY: usize = 64;
/// Bits of an image hash: no distance is larger.
const HASH_BITS: i64 = 256;

/// Parses the text of `file`, the `brand.toml` of `folder`. `find` returns where a picture's
/// bytes are, or `None` when the folder has no such file; it is asked for plain file names only.
pub(super) fn parse(
    folder: &str,
    file: &str,
    text: &[u8],
    find: impl Fn(&str) -> Option<ImageSource>,
) -> Result<BrandFile, BrandFileError> {
    let text = std::str::from_utf8(text).map_err(|error| BrandFileError::Content {
        file: file.to_owned(),
        line: 1 + text[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count(),
        field: "text".to_owned(),
        problem: "the file is not UTF-8".to_owned(),
        fix: "save it as UTF-8".to_owned(),
    })?;
    let source = Source { file, text };
    let parsed: File = toml::from_str(text).map_err(|error| source.grammar(&error))?;
    let key = source.key(&parsed.key, folder)?;
    let brand = source.brand(&key, &parsed)?;
    let images = source.images(&key, &parsed, &brand, find)?;
    Ok(BrandFile { brand, images, file: file.to_owned() })
}

/// The file being read, for messages.
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

type Checked<T> = Result<T, BrandFileError>;

impl Source<'_> {
    /// An error at `span`.
    fn error(&self, span: Range<usize>, field: &str, problem: impl Into<String>, fix: &str) -> BrandFileError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        BrandFileError::Content {
            file: self.file.to_owned(),
            line: 1 + before.matches('\n').count(),
            field: field.to_owned(),
            problem: problem.into(),
            fix: fix.to_owned(),
        }
    }

    /// What the TOML reader refused: broken grammar, unknown or missing field, wrong type.
    fn grammar(&self, error: &toml::de::Error) -> BrandFileError {
        let span = error.span().unwrap_or(0..0);
        let line_start = self.text.get(..span.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let line = self.text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let written: String = line.split('=').next().unwrap_or_default().trim().chars().take(MAX_KEY).collect();
        let field = if written.is_empty() { "text".to_owned() } else { written };
        let message: String = error.message().replace('\n', ", ").chars().take(MAX_TEXT).collect();
        let fix = match () {
            () if message.starts_with("unknown field") => "correct the name or remove the line",
            () if message.starts_with("missing field") => "add the field",
            () if message.starts_with("unknown variant") => "use one of those",
            () if message.starts_with("duplicate key") => "keep one of the two lines",
            () => "see brand-registry/README.md for the form",
        };
        self.error(span, &field, message, fix)
    }

    fn key(&self, key: &Spanned<String>, folder: &str) -> Checked<BrandKey> {
        if !is_key(key.get_ref()) {
            let problem = format!("\"{}\" is not a brand key", cut(key.get_ref()));
            return Err(self.error(key.span(), "key", problem, "use 1 to 64 of the letters a-z, digits and hyphens"));
        }
        if key.get_ref() != folder {
            let problem = format!("the key is \"{}\", the folder \"{}\"", key.get_ref(), cut(folder));
            return Err(self.error(key.span(), "key", problem, "give both one name"));
        }
        Ok(BrandKey::new(key.get_ref().as_str()))
    }

    fn brand(&self, key: &BrandKey, parsed: &File) -> Checked<Brand> {
        let marks = parsed.word_mark.len() + parsed.figurative_mark.len();
        self.at_most(marks, MAX_MARKS, "word_mark", parsed.key.span())?;
        self.at_most(parsed.authorised_seller.len(), MAX_SELLERS, "authorised_seller", parsed.key.span())?;
        let mut ids = BTreeSet::new();
        let word_marks =
            parsed.word_mark.iter().map(|mark| self.word_mark(key, mark, &mut ids)).collect::<Checked<_>>()?;
        let figures = parsed.figurative_mark.iter().map(|mark| self.figure(key, mark, &mut ids));
        let mut brand = Brand {
            key: key.clone(),
            name: self.text_of(&parsed.name, "name")?,
            aliases: self.texts(&parsed.aliases, "aliases", MAX_ALIASES)?,
            word_marks,
            figurative_marks: figures.collect::<Checked<_>>()?,
            references: Vec::new(),
            nice_classes: self.nice(&parsed.nice_classes, "nice_classes")?,
            categories: self.texts(&parsed.categories, "categories", MAX_ENTRIES)?,
            common_word: parsed.common_word,
            authorised_sellers: Vec::new(),
        };
        let sellers = parsed.authorised_seller.iter().map(|seller| self.seller(&brand, seller));
        brand.authorised_sellers = sellers.collect::<Checked<_>>()?;
        Ok(brand)
    }

    fn word_mark(&self, key: &BrandKey, mark: &Spanned<Mark>, ids: &mut BTreeSet<String>) -> Checked<WordMark> {
        let span = mark.span();
        let mark = mark.get_ref();
        let Some(text) = &mark.text else {
            return Err(self.error(span, "text", "the word mark has no text", "add text = \"…\""));
        };
        let words = self.text_of(text, "text")?;
        let id = match &mark.id {
            Some(id) => self.id(id)?,
            None => slug(text.get_ref())
                .ok_or_else(|| self.error(span.clone(), "id", "no id can be made from the text", "add id = \"…\""))?,
        };
        let at = mark.id.as_ref().map_or(span, Spanned::span);
        self.once(ids, &id, at)?;
        Ok(WordMark {
            key: MarkKey::new(format!("{key}/word/{id}")),
            text: words,
            registration: self.registration(&mark.registration)?,
            nice: self.nice(&mark.nice, "nice")?,
            territories: self.markets(&mark.territories, "territories")?,
            status: mark.status,
            expires: self.date(&mark.expires, "expires")?,
            strictness: mark.strictness,
        })
    }

    fn figure(&self, key: &BrandKey, mark: &Spanned<Figure>, ids: &mut BTreeSet<String>) -> Checked<FigurativeMark> {
        let span = mark.span();
        let mark = mark.get_ref();
        let Some(id) = &mark.id else {
            return Err(self.error(span, "id", "the figurative mark has no id", "add id = \"…\""));
        };
        let Some(description) = &mark.description else {
            return Err(self.error(span, "description", "the figurative mark has no description", "say what it shows"));
        };
        let name = self.id(id)?;
        self.once(ids, &name, id.span())?;
        Ok(FigurativeMark {
            key: MarkKey::new(format!("{key}/figure/{name}")),
            description: self.text_of(description, "description")?,
            registration: self.registration(&mark.registration)?,
            nice: self.nice(&mark.nice, "nice")?,
            territories: self.markets(&mark.territories, "territories")?,
            status: mark.status,
            expires: self.date(&mark.expires, "expires")?,
        })
    }

    fn images(
        &self,
        key: &BrandKey,
        parsed: &File,
        brand: &Brand,
        find: impl Fn(&str) -> Option<ImageSource>,
    ) -> Checked<Vec<BrandImage>> {
        self.at_most(parsed.image.len(), MAX_IMAGES, "image", parsed.key.span())?;
        let mut names = BTreeSet::new();
        let mut images = Vec::new();
        for image in &parsed.image {
            let image = image.get_ref();
            let (file, span) = (image.file.get_ref(), image.file.span());
            if !is_file_name(file) {
                let problem = format!("\"{}\" leads out of the brand's folder", cut(file));
                return Err(self.error(
                    span,
                    "file",
                    problem,
                    "put the picture into the folder and write its name alone",
                ));
            }
            if !names.insert(file.clone()) {
                let problem = format!("\"{file}\" is named twice");
                return Err(self.error(span, "file", problem, "keep one entry"));
            }
            let missing = || format!("\"{file}\" is not in the folder");
            let source =
                find(file).ok_or_else(|| self.error(span, "file", missing(), "add the file or remove the entry"))?;
            images.push(BrandImage {
                key: ReferenceKey::new(format!("{key}/{file}")),
                kind: image.kind,
                mark: image.mark.as_ref().map(|mark| self.figure_named(brand, mark)).transpose()?,
                threshold: image.threshold.as_ref().map(|bits| self.threshold(bits)).transpose()?,
                source,
            });
        }
        Ok(images)
    }

    fn seller(&self, brand: &Brand, seller: &Spanned<Seller>) -> Checked<AuthorisedSeller> {
        let seller = seller.get_ref();
        let mut marks = Vec::new();
        for mark in seller.marks.iter().flat_map(|marks| marks.get_ref()) {
            let found = ["word", "figure"].map(|kind| MarkKey::new(format!("{}/{kind}/{}", brand.key, mark.get_ref())));
            let known = |key: &MarkKey| {
                brand.word_marks.iter().any(|mark| mark.key == *key)
                    || brand.figurative_marks.iter().any(|mark| mark.key == *key)
            };
            let Some(key) = found.into_iter().find(known) else {
                let problem = format!("the brand has no mark with the id \"{}\"", cut(mark.get_ref()));
                return Err(self.error(mark.span(), "marks", problem, "name the id of a mark of this file"));
            };
            marks.push(key);
        }
        let (from, until) = (self.date(&seller.from, "from")?, self.date(&seller.until, "until")?);
        if let (Some(first), Some(end), Some(at)) = (from, until, &seller.until)
            && end <= first
        {
            let problem = format!("{end} is not after from = {first}");
            return Err(self.error(at.span(), "until", problem, "until is the first day no longer"));
        }
        Ok(AuthorisedSeller {
            seller: self.text_of(&seller.seller, "seller")?,
            marks,
            markets: self.markets(&seller.markets, "markets")?,
            from,
            until,
            authorisation: None,
        })
    }

    fn figure_named(&self, brand: &Brand, id: &Spanned<String>) -> Checked<MarkKey> {
        let key = MarkKey::new(format!("{}/figure/{}", brand.key, id.get_ref()));
        if brand.figurative_marks.iter().any(|mark| mark.key == key) {
            return Ok(key);
        }
        let problem = format!("the brand has no figurative mark with the id \"{}\"", cut(id.get_ref()));
        Err(self.error(id.span(), "mark", problem, "name the id of a [[figurative_mark]] of this file"))
    }

    fn threshold(&self, bits: &Spanned<i64>) -> Checked<u16> {
        u16::try_from(*bits.get_ref()).ok().filter(|bits| i64::from(*bits) <= HASH_BITS).ok_or_else(|| {
            let problem = format!("{} is not a distance", bits.get_ref());
            self.error(bits.span(), "threshold", problem, "use 0 to 256 bits")
        })
    }

    fn id(&self, id: &Spanned<String>) -> Checked<String> {
        if is_key(id.get_ref()) {
            return Ok(id.get_ref().clone());
        }
        let problem = format!("\"{}\" is not a mark id", cut(id.get_ref()));
        Err(self.error(id.span(), "id", problem, "use 1 to 64 of the letters a-z, digits and hyphens"))
    }

    fn once(&self, ids: &mut BTreeSet<String>, id: &str, span: Range<usize>) -> Checked<()> {
        if ids.insert(id.to_owned()) {
            return Ok(());
        }
        let problem = format!("two marks have the id \"{id}\"");
        Err(self.error(span, "id", problem, "give each mark of the brand its own id"))
    }

    fn at_most(&self, count: usize, limit: usize, field: &str, span: Range<usize>) -> Checked<()> {
        if count <= limit {
            return Ok(());
        }
        Err(self.error(span, field, format!("{count} entries are more than {limit}"), "remove some"))
    }

    fn text_of(&self, text: &Spanned<String>, field: &str) -> Checked<String> {
        let trimmed = text.get_ref().trim();
        let problem = match trimmed.chars().count() {
            0 => "is empty".to_owned(),
            length if length > MAX_TEXT => format!("has {length} characters, more than {MAX_TEXT}"),
            _ if trimmed.chars().any(char::is_control) => "has a control character in it".to_owned(),
            _ => return Ok(trimmed.to_owned()),
        };
        Err(self.error(text.span(), field, problem, "write 1 to 300 printable characters"))
    }

    /// The entries in their order, each once.
    fn texts(&self, texts: &Option<Texts>, field: &str, limit: usize) -> Checked<Vec<String>> {
        let Some(texts) = texts else { return Ok(Vec::new()) };
        self.at_most(texts.get_ref().len(), limit, field, texts.span())?;
        let mut seen = BTreeSet::new();
        let mut kept = Vec::new();
        for text in texts.get_ref() {
            let text = self.text_of(text, field)?;
            if seen.insert(text.clone()) {
                kept.push(text);
            }
        }
        Ok(kept)
    }

    fn nice(&self, numbers: &Option<Vec<Spanned<i64>>>, field: &str) -> Checked<Vec<NiceClass>> {
        let mut classes = BTreeSet::new();
        for number in numbers.iter().flatten() {
            let class = u8::try_from(*number.get_ref()).ok().and_then(|number| NiceClass::try_from(number).ok());
            classes.insert(class.ok_or_else(|| {
                let problem = format!("Nice class {} does not exist", number.get_ref());
                self.error(number.span(), field, problem, "classes run from 1 to 45")
            })?);
        }
        Ok(classes.into_iter().collect())
    }

    fn markets(&self, names: &Option<Texts>, field: &str) -> Checked<Vec<Market>> {
        let Some(names) = names else { return Ok(Vec::new()) };
        self.at_most(names.get_ref().len(), MAX_ENTRIES, field, names.span())?;
        let mut markets = BTreeSet::new();
        for name in names.get_ref() {
            let market = name.get_ref().parse::<Market>().map_err(|_| {
                let problem = format!("\"{}\" is not a market", cut(name.get_ref()));
                self.error(name.span(), field, problem, "use a two-letter country code such as DE, or EU")
            })?;
            markets.insert(market);
        }
        Ok(markets.into_iter().collect())
    }

    fn registration(&self, written: &Option<Spanned<Register>>) -> Checked<Option<Registration>> {
        let Some(written) = written else { return Ok(None) };
        let office = self.text_of(&written.get_ref().office, "office")?;
        let number = self.text_of(&written.get_ref().number, "number")?;
        Ok(Some(Registration { office, number }))
    }

    fn date(&self, date: &Option<Spanned<Datetime>>, field: &str) -> Checked<Option<jiff::civil::Date>> {
        let Some(date) = date else { return Ok(None) };
        let written = date.get_ref();
        let plain = written.date.filter(|_| written.time.is_none());
        let day = plain.and_then(|day| {
            jiff::civil::Date::new(
                i16::try_from(day.year).ok()?,
                i8::try_from(day.month).ok()?,
                i8::try_from(day.day).ok()?,
            )
            .ok()
        });
        day.map(Some).ok_or_else(|| {
            self.error(
                date.span(),
                field,
                format!("{written} is not a day"),
                "write it as 2027-01-31, without quotes and time",
            )
        })
    }
}

/// The first characters of what someone wrote, for a message.
fn cut(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(MAX_KEY).collect()
}

/// 1 to 64 of a-z, 0-9 and `-`.
fn is_key(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_KEY).contains(&text.len()) && text.bytes().all(allowed)
}

/// A name in the folder itself: no path, nothing hidden, nothing the system reads as a path.
fn is_file_name(text: &str) -> bool {
    let path_sign = |letter: char| matches!(letter, '/' | '\\' | ':') || letter.is_control();
    (1..=MAX_KEY).contains(&text.len()) && !text.starts_with('.') && !text.contains(path_sign)
}

/// An id made from a mark's text: `Air Force 1` gives `air-force-1`. `None` when no letter a-z or digit is left.
fn slug(text: &str) -> Option<String> {
    let mut id = String::new();
    for letter in text.chars().take(MAX_KEY) {
        match letter.to_ascii_lowercase() {
            letter if letter.is_ascii_alphanumeric() => id.push(letter),
            '\'' | '’' | '.' => {}
            _ if id.is_empty() || id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    let id = id.trim_end_matches('-');
    (!id.is_empty()).then(|| id.to_owned())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
