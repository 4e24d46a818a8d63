//! Ways round the platform: addresses of shops and messengers, however they are spelled.
//!
//! Sellers of copies show a harmless listing and deal elsewhere: "more photos on yupoo", "t . me",
//! "VX: abc123". Fixed phrases stand in the list of context; here stand the forms with a variable
//! part. Addresses and names of messengers: own knowledge of these services.

use super::context::{Group, Phrase};
use super::fold::Folded;
use super::token::{Kind, Token, Words};

/// Addresses without their dots, and how strongly one alone speaks for a deal in copies: an album
/// service that shops of copies use; then shorteners and messengers; then link lists.
const HOSTS: &[(&[&str], f32)] = &[
    (&["yupoo", "com"], 0.8),
    (&["weidian", "com"], 0.4),
    (&["szwego", "com"], 0.8),
    (&["wsxc", "cn"], 0.8),
    (&["t", "me"], 0.4),
    (&["telegram", "me"], 0.4),
    (&["wa", "me"], 0.4),
    (&["chat", "whatsapp", "com"], 0.4),
    (&["api", "whatsapp", "com"], 0.4),
    (&["discord", "gg"], 0.4),
    (&["m", "me"], 0.3),
    (&["lin", "ee"], 0.3),
    (&["zalo", "me"], 0.3),
    (&["vk", "cc"], 0.3),
    (&["bit", "ly"], 0.3),
    (&["tinyurl", "com"], 0.3),
    (&["cutt", "ly"], 0.3),
    (&["is", "gd"], 0.3),
    (&["linktr", "ee"], 0.3),
    (&["beacons", "ai"], 0.3),
    (&["taplink", "cc"], 0.3),
];

/// Messengers whose name before an account is an invitation.
const MESSENGERS: &[&str] = &[
    "wechat",
    "weixin",
    "wechatid",
    "vx",
    "v信",
    "微信",
    "微信号",
    "威信",
    "薇信",
    "whatsapp",
    "whatsap",
    "whats",
    "telegram",
    "tg",
    "qq",
    "kakao",
    "kakaotalk",
    "카카오톡",
    "viber",
    "zalo",
    "signal",
    "вотсап",
    "ватсап",
    "вайбер",
    "телеграм",
    "телеграмм",
    "лс",
    "واتساب",
    "تلغرام",
];

/// Words for a dot.
const DOTS: &[&str] = &["dot", "punkt", "punto", "point", "ponto", "nokta", "точка", "点", "點"];

/// Words between a messenger and an account.
const JOINTS: &[&str] =
    &["id", "no", "number", "app", "号", "号码", "us", "me", "on", "add", "加", "contact", "номер", "numero"];

/// Tokens looked at; beyond, a text is a word list.
const MOST_TOKENS: usize = 2_000;

fn is(words: &Words, token: &Token, text: &str) -> bool {
    let letters = words.of_token(token);
    // A letter has at most four bytes: most words are told apart by their length.
    letters.len() <= text.len() && text.len() <= letters.len() * 4 && text.chars().eq(letters.iter().copied())
}

fn is_any(words: &Words, token: &Token, texts: &[&str]) -> bool {
    texts.iter().any(|text| is(words, token, text))
}

/// Adds the ways round the platform in `words` to `phrases`, which stay in order of place.
pub(super) fn find(words: &Words, folded: &Folded, phrases: &mut Vec<Phrase>) {
    let known = phrases.len();
    for at in 0..words.tokens.len().min(MOST_TOKENS) {
        let token = &words.tokens[at];
        if !token.facts.contact {
            continue;
        }
        if let Some((end, weight)) = host(words, folded, at).or_else(|| account(words, at)) {
            let (from, to) = (words.places[token.from as usize], words.places[words.tokens[end].to as usize - 1] + 1);
            phrases.push(Phrase { group: Group::Contact, weight, from, to });
        }
    }
    if phrases.len() > known {
        phrases.sort_by(|a, b| (a.from, b.to, a.group).cmp(&(b.from, a.to, b.group)));
    }
}

/// The words that open an address or are a messenger: what the word list notes beforehand.
pub(super) fn openers() -> impl Iterator<Item = &'static str> {
    HOSTS.iter().map(|(parts, _)| parts[0]).chain(MESSENGERS.iter().copied())
}

/// The last word of the address that starts at word `at`, and its weight.
fn host(words: &Words, folded: &Folded, at: usize) -> Option<(usize, f32)> {
    HOSTS.iter().find_map(|(parts, weight)| {
        let mut here = at;
        for (number, part) in parts.iter().enumerate() {
            if number > 0 {
                here = after_dot(words, folded, here)?;
            }
            let token = words.tokens.get(here)?;
            is(words, token, part).then_some(())?;
        }
        // "t.me" alone can be the end of one sentence and the start of another.
        let is_short = parts.iter().map(|part| part.len()).sum::<usize>() <= 4;
        let path = words.tokens.get(here + 1).is_some_and(|next| between(words, folded, here, next).contains('/'));
        (!is_short || path).then_some((here, *weight))
    })
}

/// What stands between word `at` and the word `next` after it.
fn between<'a>(words: &Words, folded: &'a Folded, at: usize, next: &Token) -> &'a str {
    let from = words.places[words.tokens[at].to as usize - 1] as usize + 1;
    let to = words.places[next.from as usize] as usize;
    folded.letters_between(from, to)
}

/// The word after word `at` and a dot, written as a sign or as a word.
fn after_dot(words: &Words, folded: &Folded, at: usize) -> Option<usize> {
    let next = words.tokens.get(at + 1)?;
    let gap = between(words, folded, at, next);
    if gap.len() <= 12 && gap.contains(['.', '。', '·', '•', ',']) {
        return Some(at + 1);
    }
    (is_any(words, next, DOTS) && words.tokens.len() > at + 2).then_some(at + 2)
}

/// The account after the messenger at word `at`.
fn account(words: &Words, at: usize) -> Option<(usize, f32)> {
    if !is_any(words, &words.tokens[at], MESSENGERS) {
        return None;
    }
    let mut here = at + 1;
    while here <= at + 2 && words.tokens.get(here).is_some_and(|token| is_any(words, token, JOINTS)) {
        here += 1;
    }
    let token = words.tokens.get(here)?;
    let is_account = match token.kind {
        Kind::Mixed => token.length() >= 5,
        Kind::Digits => digits_from(words, here) >= 6,
        _ => false,
    };
    is_account.then(|| (last_digits(words, here), 0.45))
}

/// Digits of the number that starts at word `at`, grouped as people group them.
fn digits_from(words: &Words, at: usize) -> usize {
    words.tokens[at..=last_digits(words, at)].iter().map(Token::length).sum()
}

fn last_digits(words: &Words, at: usize) -> usize {
    let more = words.tokens[at + 1..].iter().take(5).take_while(|token| token.kind == Kind::Digits).count();
    if words.tokens[at].kind == Kind::Digits { at + more } else { at }
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let folded = fold(text);
        let words = Words::of(&folded);
        let mut phrases = Vec::new();
        find(&words, &folded, &mut phrases);
        phrases.iter().map(|phrase| folded.written(text, phrase.from as usize, phrase.to as usize).to_owned()).collect()
    }

    #[test]
    fn addresses_are_found_however_their_dots_are_written() {
        for text in [
            "photos: shop.x.yupoo.com/albums",
            "t.me/seller01",
            "t . me / seller01",
            "wa.me/8613800000000",
            "linktr[.]ee/abc",
            "yupoo dot com",
            "bit。ly/3xyz",
            "ｔ.ｍｅ/abc",
        ] {
            assert_eq!(found(text).len(), 1, "{text}");
        }
        assert_eq!(found("see t . me / x now"), ["t . me"]);
    }

    #[test]
    fn messengers_need_an_account_behind_them() {
        for text in
            ["VX: abc12345", "WeChat ID: shop8888", "微信号 abc123456", "WhatsApp +86 138 0000 0000", "qq 12345678"]
        {
            assert_eq!(found(text).len(), 1, "{text}");
        }
        for text in ["WhatsApp sticker pack", "signal cable 5 m", "Let me see it. me too", "size m.me 3", "tg 55"] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
