//! Where a rule applies.

use crate::kernel::Market;
use crate::rules::toml_reader::{File, Section};
use crate::shipments::facts::{Compared, Facts};
use crate::shipments::model::{Channel, Kind};
use crate::shipments::view::View;

/// Shipments a rule applies to; an empty scope is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    destinations: Vec<Market>,
    not_destinations: Vec<Market>,
    kinds: Vec<Kind>,
    channels: Vec<Channel>,
    ioss: Option<bool>,
    import: Option<bool>,
    within: Option<String>,
    over: Option<String>,
    document: Option<String>,
}

impl Scope {
    /// Reads the table `where` of a rule.
    pub fn read(section: Section<'_, '_>, facts: &Facts, file: &mut File<'_>) -> Self {
        const KNOWN: [&str; 9] =
            ["destinations", "not_destinations", "kinds", "channels", "ioss", "import", "within", "over", "document"];
        section.only(&KNOWN, "where", file);
        let flag = |name: &str, file: &mut File<'_>| {
            let item = section.get(name)?;
            let flag = item.get_ref().as_bool();
            if flag.is_none() {
                file.refuse(item.span().start, format!("{name} is true or false"));
            }
            flag
        };
        Self {
            destinations: markets(section, "destinations", facts, file),
            not_destinations: markets(section, "not_destinations", facts, file),
            kinds: section.words("kinds", &Kind::NAMES, file),
            channels: section.words("channels", &Channel::NAMES, file),
            ioss: flag("ioss", file),
            import: flag("import", file),
            within: scheme(section, "within", facts, file),
            over: scheme(section, "over", facts, file),
            document: section.text("document", file).map(str::to_owned),
        }
    }

    /// Whether a shipment is among them.
    pub fn covers(&self, view: &View<'_>) -> bool {
        let shipment = view.shipment;
        let goes_to = |markets: &[Market]| {
            view.destination
                .is_some_and(|to| markets.iter().any(|market| *market == to || (*market == Market::EU && view.to_eu)))
        };
        (self.destinations.is_empty() || goes_to(&self.destinations))
            && !goes_to(&self.not_destinations)
            && (self.kinds.is_empty() || shipment.kind.is_some_and(|kind| self.kinds.contains(&kind)))
            && (self.channels.is_empty() || shipment.channel.is_some_and(|channel| self.channels.contains(&channel)))
            && self.ioss.is_none_or(|wanted| wanted == shipment.ioss.is_some())
            && self.import.is_none_or(|wanted| wanted == view.import)
            && self.document.as_deref().is_none_or(|kind| view.has_document(kind))
            && self
                .within
                .as_deref()
                .is_none_or(|id| matches!(view.against(id), Some(Compared::Inside | Compared::Unknown)))
            && self.over.as_deref().is_none_or(|id| view.against(id) == Some(Compared::Above))
    }
}

fn markets(section: Section<'_, '_>, name: &str, facts: &Facts, file: &mut File<'_>) -> Vec<Market> {
    let mut markets = Vec::new();
    for (text, at) in section.texts(name, file) {
        match text.parse::<Market>() {
            Ok(market) if market == Market::EU || facts.country(text).is_some() => markets.push(market),
            _ => file.refuse(at, format!("\"{text}\" is no country of customs/countries.csv and not EU")),
        }
    }
    markets
}

fn scheme(section: Section<'_, '_>, name: &str, facts: &Facts, file: &mut File<'_>) -> Option<String> {
    let item = section.get(name)?;
    let id = section.text(name, file)?;
    if !facts.knows_scheme(id) {
        file.refuse(item.span().start, format!("{name} \"{id}\" is in no row of customs/schemes.csv"));
    }
    Some(id.to_owned())
}
