//! Reads a merchant's record into what the index compares.

use std::collections::HashSet;

use super::keys::{LinkKey, Token};
use super::mask;
use super::model::{EvidenceKind, MerchantRecord};
use super::normalise::{account, address, company, email, person, phone, store, text};

/// Most values of one list (devices, pictures …) that are read.
const MOST_VALUES: usize = 64;
/// Most values left behind by one merchant that are kept.
const MOST_LEFT: usize = 512;
/// Words of a listing text that make one piece to compare.
const SHINGLE: usize = 6;
/// Pieces kept of each listing text: the smallest tokens, the same for the same text.
const SKETCH: usize = 4;

/// One comparable value.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Feature {
    pub(super) kind: EvidenceKind,
    pub(super) token: Token,
    /// Share of the kind's weight that equality of this value carries, 0 to 1.
    pub(super) strength: f64,
    /// Place of the hint.
    pub(super) hint: usize,
}

/// What is compared of one merchant: keyed hashes and masked hints, no readable value.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Features {
    pub(super) values: Vec<Feature>,
    pub(super) hints: Vec<String>,
    /// 64-bit picture hashes.
    pub(super) pictures: Vec<u64>,
    /// Words of the shop's name: how common they are decides what the name says.
    pub(super) shop_words: Vec<Token>,
}

struct Reader<'key> {
    key: &'key LinkKey,
    found: Features,
    seen: HashSet<Token>,
}

impl Features {
    /// Reads `record`; nothing of it is kept but tokens and masked hints.
    pub fn read(record: &MerchantRecord, key: &LinkKey) -> Self {
        let mut reader = Reader { key, found: Self::default(), seen: HashSet::new() };
        let country = record.country.as_deref().map(text::compact).unwrap_or_default();
        reader.bank(record);
        reader.company(record, &country);
        reader.person(record, &country);
        reader.contact(record, &country);
        reader.machines(record);
        reader.address(record);
        reader.shop(record);
        reader.pictures(record);
        reader.texts(record);
        reader.found
    }

    /// These values and those of `other` of the kinds that a merchant leaves behind while it trades
    /// (devices, networks, pictures, texts): what an application says replaces what the last one said, what
    /// was left behind adds up, at most [`MOST_LEFT`] values.
    #[must_use]
    pub fn with_traces_of(mut self, other: &Self) -> Self {
        let mut known: HashSet<Token> = self.values.iter().map(|value| value.token).collect();
        let mut left = self.values.iter().filter(|value| is_trace(value.kind)).count();
        for value in other.values.iter().filter(|value| is_trace(value.kind)) {
            if left >= MOST_LEFT {
                break;
            }
            if known.insert(value.token) {
                self.hints.push(other.hints.get(value.hint).cloned().unwrap_or_default());
                self.values.push(Feature { hint: self.hints.len() - 1, ..value.clone() });
                left += 1;
            }
        }
        for picture in &other.pictures {
            if self.pictures.len() < MOST_LEFT && !self.pictures.contains(picture) {
                self.pictures.push(*picture);
            }
        }
        self
    }

    /// The same values without their hints: enough to recognise, nothing to read.
    #[must_use]
    pub fn without_hints(mut self) -> Self {
        self.hints.iter_mut().for_each(|hint| "erased".clone_into(hint));
        self
    }

    /// The tokens alone, for keeping: what an index of all merchants is filled with.
    pub fn sketch(&self) -> Vec<u8> {
        let lists: [Vec<u64>; 3] = [
            self.values.iter().map(|value| value.token.0).collect(),
            self.pictures.clone(),
            self.shop_words.iter().map(|word| word.0).collect(),
        ];
        let mut bytes = Vec::with_capacity(12 + lists.iter().map(|list| list.len() * 8).sum::<usize>());
        lists.iter().for_each(|list| bytes.extend((list.len() as u32).to_le_bytes()));
        lists.iter().flatten().for_each(|value| bytes.extend(value.to_le_bytes()));
        bytes
    }
}

/// What [`Features::sketch`] wrote.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sketch {
    pub(super) tokens: Vec<Token>,
    pub(super) pictures: Vec<u64>,
    pub(super) shop_words: Vec<Token>,
}

impl Sketch {
    /// Reads a sketch; `None` for bytes that are none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (head, body) = bytes.split_at_checked(12)?;
        let mut counts =
            head.chunks_exact(4).map(|part| u32::from_le_bytes([part[0], part[1], part[2], part[3]]) as usize);
        let (tokens, pictures, words) = (counts.next()?, counts.next()?, counts.next()?);
        if body.len() != tokens.checked_add(pictures)?.checked_add(words)?.checked_mul(8)? {
            return None;
        }
        let mut values = body.chunks_exact(8).map(|part| u64::from_le_bytes(std::array::from_fn(|at| part[at])));
        Some(Self {
            tokens: values.by_ref().take(tokens).map(Token).collect(),
            pictures: values.by_ref().take(pictures).collect(),
            shop_words: values.map(Token).collect(),
        })
    }
}

/// Whether a value of this kind is left behind while trading, rather than told in an application.
fn is_trace(kind: EvidenceKind) -> bool {
    matches!(kind, EvidenceKind::Device | EvidenceKind::Network | EvidenceKind::Images | EvidenceKind::ListingTexts)
}

impl Reader<'_> {
    fn hint(&mut self, hint: String) -> usize {
        self.found.hints.push(hint);
        self.found.hints.len() - 1
    }

    fn add(&mut self, kind: EvidenceKind, space: &str, value: &str, strength: f64, hint: usize) {
        let token = self.key.token(space, value);
        if self.seen.insert(token) {
            self.found.values.push(Feature { kind, token, strength, hint });
        }
    }

    fn bank(&mut self, record: &MerchantRecord) {
        let Some(bank) = &record.bank else { return };
        if let Some(number) = bank.account.as_deref().and_then(account::account) {
            // An account that a provider hands to many customers says less from the start.
            let pooled = bank.bank.as_deref().is_some_and(account::is_pooled);
            let hint = self.hint(mask::tail(&number));
            self.add(EvidenceKind::BankAccount, "account", &number, if pooled { 0.4 } else { 1.0 }, hint);
        }
    }

    fn company(&mut self, record: &MerchantRecord, country: &str) {
        if let Some(number) = record.reg_no.as_deref().and_then(account::number) {
            let hint = self.hint(mask::tail(&number));
            // Two registers number independently; long numbers are unique by themselves.
            let scope = if number.len() >= 14 { "" } else { country };
            self.add(EvidenceKind::RegistrationNumber, "register", &format!("{scope}:{number}"), 1.0, hint);
        }
        let holder = record.bank.as_ref().and_then(|bank| bank.holder.as_deref());
        for name in [record.legal_name.as_deref(), record.legal_name_latin.as_deref(), holder].into_iter().flatten() {
            if let Some(stem) = company::stem(name) {
                let hint = self.hint(mask::initials(&stem));
                self.add(EvidenceKind::CompanyName, "company", &stem, 1.0, hint);
            }
        }
    }

    fn person(&mut self, record: &MerchantRecord, country: &str) {
        let Some(person) = &record.legal_rep else { return };
        if let Some(number) = person.id_no.as_deref().and_then(account::number) {
            let hint = self.hint(mask::tail(&number));
            // A short document number is unique in its country only; across countries it is half a sign.
            let scope = if number.len() >= 14 { "" } else { country };
            self.add(EvidenceKind::Representative, "document", &format!("{scope}:{number}"), 1.0, hint);
            self.add(EvidenceKind::Representative, "document anywhere", &number, 0.4, hint);
        }
        if let Some(name) = person.name.as_deref().and_then(person::normalise) {
            let hint = self.hint(mask::initials(&name));
            self.add(EvidenceKind::RepresentativeName, "person", &name, 1.0, hint);
        }
    }

    fn contact(&mut self, record: &MerchantRecord, country: &str) {
        let home = (country.len() == 2).then_some(country);
        if let Some(number) = record.phone.as_deref().and_then(|phone| phone::normalise(phone, home)) {
            let hint = self.hint(mask::tail(&number));
            self.add(EvidenceKind::Phone, "phone", &number, 1.0, hint);
        }
        let Some(mailbox) = record.email.as_deref().and_then(email::normalise) else { return };
        let hint = self.hint(mask::mailbox(&mailbox.address));
        self.add(EvidenceKind::EMail, "mailbox", &mailbox.address, 1.0, hint);
        if let Some(local) = &mailbox.local {
            self.add(EvidenceKind::EMail, "mailbox elsewhere", local, 0.7, hint);
        }
        for window in &mailbox.series {
            self.add(EvidenceKind::EMail, "mailbox series", window, 0.7, hint);
        }
    }

    fn machines(&mut self, record: &MerchantRecord) {
        for device in record.devices.iter().flatten().take(MOST_VALUES) {
            let compact = text::compact(device);
            if compact.len() >= 8 {
                let hint = self.hint(mask::tail(&compact));
                self.add(EvidenceKind::Device, "device", &compact, 1.0, hint);
            }
        }
        for address in record.ips.iter().flatten().take(MOST_VALUES) {
            let Ok(ip) = address.trim().parse::<core::net::IpAddr>() else { continue };
            if is_public(ip) {
                let hint = self.hint(mask::network(&ip.to_string()));
                self.add(EvidenceKind::Network, "network", &ip.to_string(), 1.0, hint);
            }
        }
    }

    fn address(&mut self, record: &MerchantRecord) {
        let keys = record.address.as_deref().map(address::normalise).unwrap_or_default();
        let strength = if keys.numbered { 1.0 } else { 0.6 };
        let hint = self.hint("the address as normalised".to_owned());
        for (space, key) in [("address", &keys.full), ("address road", &keys.road)] {
            if let Some(key) = key {
                self.add(EvidenceKind::Address, space, key, strength, hint);
            }
        }
    }

    fn shop(&mut self, record: &MerchantRecord) {
        let Some(shop) = record.store_name.as_deref().and_then(store::normalise) else { return };
        let hint = self.hint(mask::public(&shop.stem));
        self.add(EvidenceKind::StoreName, "shop", &shop.stem, 1.0, hint);
        for neighbour in &shop.neighbours {
            self.add(EvidenceKind::StoreName, "shop ±1", neighbour, 0.8, hint);
        }
        self.found.shop_words = shop.words.iter().map(|word| self.key.token("shop word", word)).collect();
        self.found.shop_words.sort_unstable();
        self.found.shop_words.dedup();
    }

    fn pictures(&mut self, record: &MerchantRecord) {
        for hash in record.image_phashes.iter().flatten().take(MOST_VALUES) {
            let compact = text::compact(hash);
            let short = (compact.len() == 16).then(|| u64::from_str_radix(&compact, 16).ok()).flatten();
            if let Some(value) = short.filter(|value| !self.found.pictures.contains(value)) {
                self.found.pictures.push(value);
            }
            if compact.len() > 16 {
                let hint = self.hint(mask::tail(&compact));
                self.add(EvidenceKind::Images, "picture", &compact, 1.0, hint);
            }
        }
    }

    /// The smallest tokens of all runs of words: two texts that share most runs share most of them.
    fn texts(&mut self, record: &MerchantRecord) {
        for listing in record.listing_texts.iter().flatten().take(MOST_VALUES) {
            let words = text::folded_words(listing);
            let runs = words.windows(SHINGLE).map(|run| self.key.token("text", &run.join(" ")));
            let mut tokens: Vec<Token> = runs.collect();
            tokens.sort_unstable();
            tokens.dedup();
            tokens.truncate(SKETCH);
            let hint = self.hint(format!("{} words of a listing", words.len()));
            for token in tokens {
                if self.seen.insert(token) {
                    self.found.values.push(Feature { kind: EvidenceKind::ListingTexts, token, strength: 1.0, hint });
                }
            }
        }
    }
}

/// Private and reserved networks are in every office (RFC 6890).
fn is_public(ip: core::net::IpAddr) -> bool {
    match ip {
        core::net::IpAddr::V4(ip) => {
            !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified() || ip.is_broadcast())
        }
        core::net::IpAddr::V6(ip) => !(ip.is_loopback() || ip.is_unspecified() || ip.segments()[0] & 0xfe00 == 0xfc00),
    }
}
