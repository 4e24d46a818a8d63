//! Registries and listings made of pronounceable made-up words, words of real languages,
//! and the way catalogues mix them.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use assay::kernel::Market;
use assay::listings::model::Listing;
use assay::registry::model::{Brand, BrandKey, MarkKey, MarkStatus, NiceClass, WordMark};

use super::Random;

const ONSETS: &[&str] = &[
    "b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pr", "r", "s", "st",
    "t", "tr", "v", "w", "z",
];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "ai", "ea", "io", "oo", "y"];
const CODAS: &[&str] = &["", "", "", "l", "n", "r", "s", "t", "x", "m", "nd", "rt", "ck"];

/// Words of English that are also somebody's mark.
const REAL: &[&str] = &[
    "apple", "delta", "target", "shell", "dove", "gap", "orange", "bridge", "crown", "eagle", "falcon", "forest",
    "galaxy", "garden", "harbor", "island", "jaguar", "key", "lake", "lion", "lotus", "meadow", "mint", "moon",
    "mountain", "north", "ocean", "olive", "panther", "pearl", "pilot", "pine", "puma", "raven", "ridge", "river",
    "robin", "rose", "royal", "ruby", "sage", "sail", "silver", "sky", "smart", "spark", "star", "stone", "storm",
    "summit", "sun", "swan", "swift", "tide", "tiger", "trail", "union", "valley", "velvet", "vision", "wave",
    "willow", "wind", "wolf", "zenith", "amber", "arrow", "atlas", "beacon", "blossom", "bolt", "canvas", "cedar",
    "clover", "comet", "coral", "crystal", "dawn", "diamond", "dream", "echo", "ember", "fox", "glow", "grove",
];

/// Each language's words for goods and what catalogues say of them.
const LANGUAGES: &[(&str, usize, &str)] = &[
    (
        "en",
        60,
        "men women kids running shoes leather wallet phone case cover for with and new original quality cotton \
         t-shirt dress summer 2026 black white blue red large small set of 10 pcs wireless bluetooth headphones \
         charger usb cable kitchen knife stainless steel bottle garden hose led lamp bag backpack waterproof watch \
         strap silicone compatible replacement filter battery 18v 5000mah toy car gift birthday party home decor \
         wall art print sticker vinyl portable mini fast free shipping size 42 xl cream skin care perfume 100ml",
    ),
    (
        "de",
        15,
        "herren damen kinder schuhe laufschuhe leder geldbörse handyhülle für mit und neu original baumwolle kleid \
         sommer schwarz weiß blau rot groß klein stück kabellos kopfhörer ladegerät kabel küchenmesser edelstahl \
         flasche gartenschlauch lampe tasche rucksack wasserdicht uhr armband ersatz filter akku spielzeug geschenk",
    ),
    (
        "es",
        10,
        "hombre mujer niños zapatos zapatillas cuero cartera funda para con y nuevo original algodón vestido verano \
         negro blanco azul rojo grande pequeño piezas inalámbrico auriculares cargador cable cuchillo cocina acero \
         botella manguera lámpara bolsa mochila impermeable reloj correa repuesto filtro batería juguete regalo",
    ),
    (
        "fr",
        5,
        "homme femme enfant chaussures cuir portefeuille coque pour avec et neuf coton robe été noir blanc bleu \
         rouge grand petit pièces sans fil casque chargeur câble couteau cuisine acier bouteille lampe sac montre",
    ),
    (
        "zh",
        5,
        "男士 女士 儿童 跑步鞋 真皮 钱包 手机壳 适用于 新款 纯棉 连衣裙 夏季 黑色 白色 蓝牙 耳机 充电器 不锈钢 水杯",
    ),
    (
        "ru",
        5,
        "мужские женские детские кроссовки кожаный кошелек чехол для телефона новый хлопок платье лето черный белый \
         наушники зарядное устройство кабель нож кухонный бутылка лампа сумка рюкзак часы ремешок фильтр игрушка",
    ),
];

const CATEGORIES: &[&str] = &[
    "Footwear > Running",
    "Clothing > Dresses",
    "Electronics > Audio",
    "Home > Kitchen",
    "Toys",
    "Beauty > Skin care",
];

fn made_up_word(random: &mut Random) -> String {
    let mut word = String::new();
    for _ in 0..2 + random.below(2) {
        word.push_str(random.pick(ONSETS));
        word.push_str(random.pick(VOWELS));
        word.push_str(random.pick(CODAS));
    }
    word
}

/// The text of a mark: 80 of 100 one made-up word, 12 two, 8 words of English.
fn mark_text(random: &mut Random) -> (String, bool) {
    match random.below(100) {
        0..80 => (made_up_word(random), false),
        80..92 => (format!("{} {}", made_up_word(random), made_up_word(random)), false),
        92 => (random.pick(REAL).to_owned(), true),
        _ => (format!("{} {}", random.pick(REAL), random.pick(REAL)), true),
    }
}

/// Brands with `marks` distinct word marks in all, two to a brand.
pub fn brands(marks: usize) -> Vec<Arc<Brand>> {
    let mut random = Random::new(1);
    let mut taken = HashSet::new();
    let mut brands: Vec<Arc<Brand>> = Vec::with_capacity(marks / 2 + 1);
    let mut made = 0;
    while made < marks {
        let mut brand = empty_brand(brands.len(), &mut random);
        while brand.word_marks.len() < 2.min(marks - made + brand.word_marks.len()) {
            let (text, common) = mark_text(&mut random);
            if taken.insert(text.clone()) {
                brand.common_word |= common;
                brand.word_marks.push(word_mark(&brand, text, &mut random));
                made += 1;
            }
        }
        brand.name.clone_from(&brand.word_marks[0].text);
        brands.push(Arc::new(brand));
    }
    brands
}

fn empty_brand(number: usize, random: &mut Random) -> Brand {
    Brand {
        key: BrandKey::new(format!("bench-{number:06}")),
        name: String::new(),
        aliases: Vec::new(),
        word_marks: Vec::new(),
        figurative_marks: Vec::new(),
        references: Vec::new(),
        nice_classes: vec![nice(random)],
        categories: vec![
            random.pick(&["footwear", "clothing", "electronics", "kitchen", "toys", "cosmetics"]).to_owned(),
        ],
        common_word: false,
        authorised_sellers: Vec::new(),
    }
}

fn nice(random: &mut Random) -> NiceClass {
    NiceClass::try_from(random.below(45) as u8 + 1).expect("classes run from 1 to 45")
}

fn word_mark(brand: &Brand, text: String, random: &mut Random) -> WordMark {
    WordMark {
        key: MarkKey::new(format!("{}/word/{}", brand.key, brand.word_marks.len())),
        text,
        registration: None,
        nice: vec![nice(random)],
        territories: Vec::new(),
        status: MarkStatus::Registered,
        expires: None,
        strictness: None,
    }
}

/// Listings in the manner of a catalogue; a quarter name a mark of `brands`.
pub fn listings(count: usize, brands: &[Arc<Brand>]) -> Vec<Listing> {
    let mut random = Random::new(2);
    let words: Vec<Vec<&str>> = LANGUAGES.iter().map(|(_, _, words)| words.split_whitespace().collect()).collect();
    (0..count).map(|number| listing(number, &mut random, &words, brands)).collect()
}

fn listing(number: usize, random: &mut Random, words: &[Vec<&str>], brands: &[Arc<Brand>]) -> Listing {
    let mut roll = random.below(100);
    let mut language = 0;
    while roll >= LANGUAGES[language].1 {
        roll -= LANGUAGES[language].1;
        language += 1;
    }
    let words = &words[language];
    let mark = (!brands.is_empty() && random.chance(25)).then(|| {
        let brand = &brands[random.below(brands.len())];
        capitalised(&brand.word_marks[random.below(brand.word_marks.len())].text)
    });
    let title_words = 6 + random.below(8);
    let mut title = sentence(random, words, title_words);
    if let Some(mark) = mark {
        title = if random.chance(70) { format!("{mark} {title}") } else { format!("{title} {mark}") };
    }
    let description_words = 30 + random.below(90);
    Listing {
        external_id: format!("bench-{number}"),
        title,
        description: sentence(random, words, description_words),
        category: random.chance(80).then(|| random.pick(CATEGORIES).to_owned()),
        price: None,
        merchant: Some(format!("m-{}", random.below(5_000))),
        brand: None,
        lang: random.chance(70).then(|| LANGUAGES[language].0.to_owned()),
        images: Vec::new(),
        ships_to: vec!["DE".parse::<Market>().expect("is a country")],
        attributes: BTreeMap::new(),
    }
}

fn sentence(random: &mut Random, words: &[&str], count: usize) -> String {
    let mut text = String::new();
    for place in 0..count {
        if place > 0 {
            text.push(' ');
        }
        let word = random.pick(words);
        if random.chance(30) { text.push_str(&capitalised(word)) } else { text.push_str(word) }
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Listings of the file that `ASSAY_BENCH_TEXT` names (JSON Lines as the batch command reads
/// them), or made-up ones.
pub fn listings_to_screen(count: usize, brands: &[Arc<Brand>]) -> (Vec<Listing>, &'static str) {
    let Some(path) = std::env::var_os("ASSAY_BENCH_TEXT") else {
        return (listings(count, brands), "made-up listings");
    };
    let text = std::fs::read_to_string(&path).expect("ASSAY_BENCH_TEXT names a readable file of JSON Lines");
    let read = |line: &str| {
        let raw: assay::listings::intake::RawListing = serde_json::from_str(line).ok()?;
        Some(raw.check().ok()?.listing)
    };
    (text.lines().take(count).filter_map(read).collect(), "listings of ASSAY_BENCH_TEXT")
}
