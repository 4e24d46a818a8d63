//! Reads an application: what cannot be stored, what is checked, compared and screened.

use jiff::civil::Date;

use super::model::{Application, Traces};
use crate::matching::names::{NameQuery, PartyFacts, PartyKind};
use crate::merchants::links::{BankAccount, MerchantRecord, Representative};

/// Longest single value, in characters.
const MAX_TEXT: usize = 300;
/// Longest address, in characters.
const MAX_ADDRESS: usize = 1_000;
/// Most entries of a list.
const MAX_LIST: usize = 100;
/// Most traces of one kind in one request.
const MAX_TRACES: usize = 1_000;
/// Longest listing text that is compared, in characters.
const MAX_LISTING_TEXT: usize = 20_000;

/// What is wrong with an application, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer to the member.
    pub pointer: String,
    /// What is wrong, in words that follow the member's name.
    pub detail: String,
}

/// An identifier of an application.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Identifier {
    /// JSON pointer to the member.
    pub pointer: String,
    /// Its kind, as `assay check identifiers` names it.
    pub kind: String,
    /// As written.
    pub value: String,
}

/// Calls `look` with the pointer of every text of the application.
fn each_text(of: &mut Application, look: &mut dyn FnMut(String, &mut Option<String>, usize)) {
    for (pointer, value) in [
        ("/legal_name", &mut of.legal_name),
        ("/legal_name_latin", &mut of.legal_name_latin),
        ("/store_name", &mut of.store_name),
        ("/phone", &mut of.phone),
        ("/email", &mut of.email),
        ("/owner", &mut of.owner),
    ] {
        look(pointer.to_owned(), value, MAX_TEXT);
    }
    look("/address".to_owned(), &mut of.address, MAX_ADDRESS);
    if let Some(person) = &mut of.representative {
        look("/representative/name".to_owned(), &mut person.name, MAX_TEXT);
        look("/representative/document_kind".to_owned(), &mut person.document_kind, MAX_TEXT);
        look("/representative/document_number".to_owned(), &mut person.document_number, MAX_TEXT);
    }
    if let Some(entry) = &mut of.register {
        look("/register/register".to_owned(), &mut entry.register, MAX_TEXT);
        look("/register/kind".to_owned(), &mut entry.kind, MAX_TEXT);
        look("/register/number".to_owned(), &mut entry.number, MAX_TEXT);
    }
    if let Some(payment) = &mut of.payment {
        look("/payment/account".to_owned(), &mut payment.account, MAX_TEXT);
        look("/payment/bic".to_owned(), &mut payment.bic, MAX_TEXT);
        look("/payment/holder".to_owned(), &mut payment.holder, MAX_TEXT);
        look("/payment/bank".to_owned(), &mut payment.bank, MAX_TEXT);
    }
    if let Some(person) = &mut of.responsible_person {
        look("/responsible_person/name".to_owned(), &mut person.name, MAX_TEXT);
        look("/responsible_person/address".to_owned(), &mut person.address, MAX_ADDRESS);
        look("/responsible_person/email".to_owned(), &mut person.email, MAX_TEXT);
    }
}

/// The application with values trimmed, and empty ones taken as not given.
pub fn tidied(mut application: Application) -> Application {
    each_text(&mut application, &mut |_, value, _| {
        *value = value.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    });
    let blank = |text: &str| text.trim().is_empty();
    application.tax_numbers.retain(|number| !blank(&number.value));
    application.epr.retain(|number| !blank(&number.number));
    application.goods.retain(|group| !blank(group));
    application.self_certification = application.self_certification.filter(|word| !blank(&word.by));
    application.representative = application.representative.filter(|person| *person != Default::default());
    application.register = application.register.filter(|entry| *entry != Default::default());
    application.payment = application.payment.filter(|payment| *payment != Default::default());
    application.responsible_person = application.responsible_person.filter(|person| *person != Default::default());
    application.sells_to.sort();
    application.sells_to.dedup();
    application
}

/// Everything that keeps an application from being stored: too long, too many, control characters, a
/// certification from the future. An identifier that is wrong does not: it is stored with its answer.
pub fn check(application: &Application, today: Date) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut text = |pointer: String, text: &str, most: usize| {
        let count = text.chars().count();
        let detail = if count > most {
            format!("has {count} characters; at most {most} are taken")
        } else if text.chars().any(char::is_control) {
            "holds control characters".to_owned()
        } else {
            return;
        };
        faults.push(Fault { pointer, detail });
    };
    each_text(&mut application.clone(), &mut |pointer, value, most| {
        if let Some(value) = value {
            text(pointer, value, most);
        }
    });
    for (place, number) in application.tax_numbers.iter().take(MAX_LIST).enumerate() {
        text(format!("/tax_numbers/{place}/kind"), &number.kind, MAX_TEXT);
        text(format!("/tax_numbers/{place}/value"), &number.value, MAX_TEXT);
    }
    for (place, number) in application.epr.iter().take(MAX_LIST).enumerate() {
        text(format!("/epr/{place}/stream"), &number.stream, MAX_TEXT);
        text(format!("/epr/{place}/number"), &number.number, MAX_TEXT);
    }
    for (place, group) in application.goods.iter().take(MAX_LIST).enumerate() {
        text(format!("/goods/{place}"), group, MAX_TEXT);
    }
    if let Some(word) = &application.self_certification {
        text("/self_certification/by".to_owned(), &word.by, MAX_TEXT);
        // A day ahead is still today somewhere.
        if word.on > today.tomorrow().unwrap_or(today) {
            let detail = format!("is {}, which has not come yet", word.on);
            faults.push(Fault { pointer: "/self_certification/on".to_owned(), detail });
        }
    }
    for (pointer, count) in [
        ("/tax_numbers", application.tax_numbers.len()),
        ("/epr", application.epr.len()),
        ("/goods", application.goods.len()),
        ("/sells_to", application.sells_to.len()),
    ] {
        if count > MAX_LIST * 3 || (pointer != "/sells_to" && count > MAX_LIST) {
            faults.push(Fault {
                pointer: pointer.to_owned(),
                detail: format!("has {count} entries; at most {MAX_LIST} are taken"),
            });
        }
    }
    if let Some(sales) = &application.sales {
        let known = iso_currency::Currency::from_code(&sales.currency).is_some();
        if !known {
            let detail = "is no ISO 4217 code; use one such as USD".to_owned();
            faults.push(Fault { pointer: "/sales/currency".to_owned(), detail });
        }
        if sales.gross.is_sign_negative() {
            faults.push(Fault { pointer: "/sales/gross".to_owned(), detail: "is negative".to_owned() });
        }
    }
    faults
}

/// What keeps traces from being read: too many of them.
pub fn check_traces(traces: &Traces) -> Vec<Fault> {
    let counts = [
        ("/devices", traces.devices.len()),
        ("/ips", traces.ips.len()),
        ("/image_hashes", traces.image_hashes.len()),
        ("/listing_texts", traces.listing_texts.len()),
    ];
    let too_many = counts.into_iter().filter(|(_, count)| *count > MAX_TRACES);
    too_many
        .map(|(pointer, count)| Fault {
            pointer: pointer.to_owned(),
            detail: format!("has {count} entries; at most {MAX_TRACES} are taken at a time"),
        })
        .collect()
}

/// Every identifier of the application that has a kind which can be checked.
pub fn identifiers(application: &Application) -> Vec<Identifier> {
    let mut found = Vec::new();
    let mut add = |pointer: String, kind: Option<&str>, value: Option<&str>| {
        if let (Some(kind), Some(value)) = (kind, value) {
            found.push(Identifier { pointer, kind: kind.to_owned(), value: value.to_owned() });
        }
    };
    if let Some(entry) = &application.register {
        add("/register/number".to_owned(), entry.kind.as_deref(), entry.number.as_deref());
    }
    if let Some(person) = &application.representative {
        let kind = person.document_kind.as_deref();
        add("/representative/document_number".to_owned(), kind, person.document_number.as_deref());
    }
    for (place, number) in application.tax_numbers.iter().enumerate() {
        add(format!("/tax_numbers/{place}/value"), Some(&number.kind), Some(&number.value));
    }
    if let Some(payment) = &application.payment {
        // Accounts outside the IBAN countries have no form of their own: only what calls itself an IBAN is checked.
        let account = payment.account.as_deref().filter(|account| looks_like_iban(account));
        add("/payment/account".to_owned(), Some("iban"), account);
        add("/payment/bic".to_owned(), Some("bic"), payment.bic.as_deref());
    }
    found
}

/// Two letters and two digits begin an IBAN (ISO 13616) and no domestic account number.
fn looks_like_iban(account: &str) -> bool {
    let mut letters = account.chars().filter(|letter| letter.is_alphanumeric());
    let mut next = || letters.next().unwrap_or(' ');
    let (a, b, c, d) = (next(), next(), next(), next());
    a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && c.is_ascii_digit() && d.is_ascii_digit()
}

/// The application as merchants are linked by it.
pub fn link_record(id: &str, application: &Application, traces: &Traces) -> MerchantRecord {
    let some = |values: &[String]| (!values.is_empty()).then(|| values.to_vec());
    let cut = |text: &String| text.chars().take(MAX_LISTING_TEXT).collect::<String>();
    let texts: Vec<String> = traces.listing_texts.iter().map(cut).collect();
    MerchantRecord {
        id: id.to_owned(),
        country: application.country.map(|country| country.to_string()),
        legal_name: application.legal_name.clone(),
        legal_name_latin: application.legal_name_latin.clone(),
        store_name: application.store_name.clone(),
        reg_no: application.register.as_ref().and_then(|entry| entry.number.clone()),
        legal_rep: application
            .representative
            .as_ref()
            .map(|person| Representative { name: person.name.clone(), id_no: person.document_number.clone() }),
        address: application.address.clone(),
        phone: application.phone.clone(),
        email: application.email.clone(),
        bank: application.payment.as_ref().map(|payment| BankAccount {
            account: payment.account.clone(),
            holder: payment.holder.clone(),
            bank: payment.bank.clone(),
        }),
        devices: some(&traces.devices),
        ips: some(&traces.ips),
        image_phashes: some(&traces.image_hashes),
        listing_texts: some(&texts),
    }
}

/// The names under which a merchant is held against lists, with what tells bearers of one name apart.
pub fn names_to_screen(application: &Application) -> Vec<NameQuery> {
    let country: Vec<String> = application.country.map(|country| country.to_string()).into_iter().collect();
    let numbers = |more: Option<&String>| -> Vec<String> {
        let tax = application.tax_numbers.iter().map(|number| number.value.clone());
        more.cloned().into_iter().chain(tax).collect()
    };
    let mut names: Vec<NameQuery> = Vec::new();
    let mut add = |name: Option<&String>, kind: PartyKind, facts: PartyFacts| {
        let Some(name) = name.filter(|name| name.chars().any(char::is_alphanumeric)) else { return };
        if !names.iter().any(|known| known.name == *name && known.kind == kind) {
            names.push(NameQuery { name: name.clone(), kind, facts });
        }
    };
    let own = match application.kind {
        super::model::TraderKind::Company => PartyKind::Organization,
        super::model::TraderKind::Individual => PartyKind::Person,
    };
    let registered = application.register.as_ref().and_then(|entry| entry.number.as_ref());
    for name in [application.legal_name.as_ref(), application.legal_name_latin.as_ref()] {
        add(name, own, PartyFacts { countries: country.clone(), births: Vec::new(), numbers: numbers(registered) });
    }
    let plain = || PartyFacts { countries: country.clone(), ..PartyFacts::default() };
    add(application.store_name.as_ref(), PartyKind::Organization, plain());
    if let Some(person) = &application.representative {
        let births = person.born.map(|born| born.to_string()).into_iter().collect();
        let numbers = person.document_number.clone().into_iter().collect();
        add(person.name.as_ref(), PartyKind::Person, PartyFacts { countries: country.clone(), births, numbers });
    }
    let holder = application.payment.as_ref().and_then(|payment| payment.holder.as_ref());
    add(holder, PartyKind::Other, plain());
    names
}
