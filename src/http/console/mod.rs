//! The console's face: what its pages look like and how they are answered.
//!
//! Handlers gather data into the structs of [`view`], and [`page`] answers them.
//! Pages are complete without script; the scripts only save keystrokes.

use askama::Template;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::problem::{Problem, ProblemError, ProblemKind};
use view::{ErrorView, ProblemEntry, ProblemView, ProblemsView, Room, Shell};

pub mod assets;
pub mod marking;
pub mod parts;
#[cfg(test)]
pub(crate) mod sample;
pub mod view;

/// What a page may load and do: its own pictures, style sheet, scripts and requests; nothing else.
///
/// There is no inline style or script anywhere, so injected markup could neither run nor hide.
pub const PAGE_POLICY: &str = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a stored picture may do when it is opened by itself: nothing.
pub const PICTURE_POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// The headers that every page carries beside its content.
const PAGE_HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Answers with a page.
///
/// A template that cannot be drawn is a fault of ours and answers 500.
pub fn page(status: StatusCode, template: &impl Template) -> Response {
    let Ok(html) = template.render() else {
        return Problem::internal().into_response();
    };
    let mut response = (status, Html(html)).into_response();
    for (name, value) in PAGE_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Answers a person with what a program would get as problem document.
pub fn problem_page(shell: Shell, problem: &Problem, instance: Option<String>) -> Response {
    let kind = problem.kind();
    let view = ErrorView {
        shell,
        status: kind.status().as_u16(),
        heading: kind.title().to_owned(),
        detail: problem.detail().to_owned(),
        cure: reader_cure(kind).to_owned(),
        instance,
    };
    page(kind.status(), &view)
}

/// What a person at the console can do; the kinds' own cures speak to programs.
fn reader_cure(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::NotFound => "Check the address, or go back to the recent verdicts.",
        ProblemKind::Overloaded | ProblemKind::NotReady | ProblemKind::StorageFull | ProblemKind::TooManyRequests => {
            "Wait a moment and load the page again."
        }
        ProblemKind::Internal => "Load the page again. If it stays, report the request named here.",
        _ => "Go back and correct what is named above.",
    }
}

/// Whether the caller is a browser that wants a page rather than a problem document.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    accepted.split(',').any(|entry| entry.split(';').next().is_some_and(|media| media.trim() == "text/html"))
}

/// `/problems`: every kind of problem.
pub fn problems_page(shell: Shell) -> Response {
    page(StatusCode::OK, &ProblemsView { shell, entries: ProblemKind::ALL.map(entry_of).to_vec() })
}

/// `/problems/{slug}`: one kind of problem; 404 for a slug that is none.
pub fn problem_kind_page(mut shell: Shell, slug: &str) -> Response {
    let Some(kind) = ProblemKind::from_slug(slug) else {
        return problem_page(shell, &Problem::new(ProblemKind::NotFound, "there is no problem of this name"), None);
    };
    shell.title = kind.title().to_owned();
    let answer = example_of(kind).at("req_…");
    let example = serde_json::to_string_pretty(&answer).unwrap_or_default();
    page(StatusCode::OK, &ProblemView { shell, entry: entry_of(kind), example })
}

/// An answer of this kind, for its page.
fn example_of(kind: ProblemKind) -> Problem {
    let detail = "what happened this time, in one sentence";
    let place = match kind {
        ProblemKind::InvalidBody | ProblemKind::InvalidListing | ProblemKind::InvalidRegistryEntry => {
            ProblemError::at_pointer("/price/currency", detail)
        }
        ProblemKind::InvalidQuery | ProblemKind::InvalidCursor => ProblemError::at_parameter("cursor", detail),
        _ => return Problem::new(kind, detail),
    };
    Problem::with_places(kind, vec![place])
}

fn entry_of(kind: ProblemKind) -> ProblemEntry {
    ProblemEntry {
        href: kind.type_reference(),
        status: kind.status().as_u16(),
        title: kind.title().to_owned(),
        meaning: kind.meaning().to_owned(),
        cure: kind.cure().to_owned(),
    }
}

/// The surroundings of the API's own pages.
pub fn api_shell(title: &str) -> Shell {
    Shell::new(title, Room::Api)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Every page of this room, by name.
    fn pages() -> BTreeMap<&'static str, String> {
        let error = ErrorView {
            shell: Shell::new("Not found", Room::Elsewhere),
            status: 404,
            heading: "Nothing is here".to_owned(),
            detail: "there is no verdict vrd_x".to_owned(),
            cure: reader_cure(ProblemKind::NotFound).to_owned(),
            instance: Some("req_x".to_owned()),
        };
        let problems =
            ProblemsView { shell: api_shell("Problem types"), entries: ProblemKind::ALL.map(entry_of).to_vec() };
        let problem = ProblemView {
            shell: api_shell("Problem"),
            entry: entry_of(ProblemKind::InvalidListing),
            example: "{\n  \"status\": 422\n}".to_owned(),
        };
        let docs = view::DocsView { shell: api_shell("API"), document: "/openapi.json".to_owned() };
        BTreeMap::from([
            ("home", sample::home().render().unwrap()),
            ("empty", sample::empty_home().render().unwrap()),
            ("verdict", sample::verdict().render().unwrap()),
            ("clear", sample::clear_verdict().render().unwrap()),
            ("error", error.render().unwrap()),
            ("problems", problems.render().unwrap()),
            ("problem", problem.render().unwrap()),
            ("docs", docs.render().unwrap()),
        ])
    }

    /// The values of `attribute="…"` in a page.
    fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
        let opening = format!(" {attribute}=\"");
        html.split(opening.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn pages_load_nothing_from_elsewhere_and_hold_no_inline_code() {
        for (name, html) in pages() {
            let sources = values(&html, "src").into_iter().chain(values(&html, "href"));
            for source in sources {
                assert!(source.starts_with('/') || source.starts_with('#'), "{name}: {source}");
                assert!(!source.starts_with("//"), "{name}: {source}");
            }
            assert!(values(&html, "style").is_empty(), "{name}");
            for forbidden in ["<style", "<script>", " onclick", " onload", "javascript:"] {
                assert!(!html.contains(forbidden), "{name}: {forbidden}");
            }
            assert_eq!(html.matches("<script").count(), html.matches("<script type=\"module\" src=\"/assets/").count());
        }
    }

    #[test]
    fn every_asset_that_a_page_names_exists() {
        let known: Vec<String> = ["console.css", "console.js", "docs.js", "icon.svg"].map(assets::url).to_vec();
        for (name, html) in pages() {
            let sources = values(&html, "src").into_iter().chain(values(&html, "href"));
            for source in sources.filter(|source| source.starts_with("/assets/")) {
                assert!(known.iter().any(|url| url == source), "{name}: {source}");
            }
        }
    }

    #[test]
    fn every_place_a_page_points_to_is_on_it_once() {
        for (name, html) in pages() {
            let ids = values(&html, "id");
            let unique: std::collections::BTreeSet<_> = ids.iter().collect();
            assert_eq!(unique.len(), ids.len(), "{name}: {ids:?}");
            for target in values(&html, "href").into_iter().filter_map(|href| href.strip_prefix('#')) {
                assert!(ids.contains(&target), "{name}: #{target}");
            }
        }
    }

    #[test]
    fn a_verdict_page_shows_what_the_verdict_rests_on() {
        let html = &pages()["verdict"];
        for shown in [
            "<mark class=\"infringing\" title=\"NORTHPEAK, exact, infringing use, score 0.98\">Northpeak</mark>",
            "What cures it",
            "counterfeit/replica-of-mark",
            "1.2.0",
            "12 of 256 bits differ; up to 31 count: counts as the same picture",
            "58 of 256 bits differ; up to 31 count: too far apart to count",
            "follows “compatible with”",
            "m-1042 is authorised in DE until 2027-03-01",
            "merchant.verified, merchant.country",
            "assay replay vrd_01kb0000000000000000000000",
            "the JPEG breaks off",
            "ZWSP",
        ] {
            assert!(html.contains(shown), "{shown}");
        }
    }

    #[test]
    fn a_merchants_markup_is_shown_as_text() {
        let mut view = sample::verdict();
        let attack = "<script>alert(1)</script>\" onmouseover=\"x";
        view.title = marking::plain(attack);
        view.reasons[0].says = attack.to_owned();
        view.listing[0].value = attack.to_owned();
        let html = view.render().unwrap();
        assert!(!html.contains("<script>alert") && !html.contains("\" onmouseover"), "{html}");
        assert!(!pages()["verdict"].contains("<b>Ships"));
    }

    #[test]
    fn the_description_keeps_its_own_white_space() {
        let html = &pages()["verdict"];
        let start = html.find("class=\"description\"").unwrap();
        let text = html[start..].split_once('>').unwrap().1;
        assert!(text.starts_with("Original quality <mark"), "{}", &text[..80]);
        assert!(text.contains(" trail running shoes.\nBreathable upper"));
    }

    #[test]
    fn a_bidi_control_never_reaches_the_page() {
        let mut view = sample::home();
        view.rows[0].title = marking::plain("ab\u{202e}cd");
        let html = view.render().unwrap();
        assert!(!html.contains('\u{202e}') && html.contains("BIDI"));
    }

    #[tokio::test]
    async fn a_page_carries_its_policy() {
        let response = page(StatusCode::OK, &sample::home());
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(problem_kind_page(api_shell(""), "not-found").status(), StatusCode::OK);
        assert_eq!(problem_kind_page(api_shell(""), "nonsense").status(), StatusCode::NOT_FOUND);
        assert_eq!(problems_page(api_shell("Problem types")).status(), StatusCode::OK);
    }

    #[test]
    fn only_a_browser_is_answered_with_a_page() {
        let with = |accept: &'static str| {
            wants_page(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]))
        };
        assert!(with("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
        assert!(!with("*/*") && !with("application/json") && !wants_page(&HeaderMap::new()));
    }

    /// The colour variables of the light and the dark scheme.
    fn schemes() -> [BTreeMap<String, [f64; 3]>; 2] {
        let css = include_str!("../../../assets/console.css");
        let read = |block: &str| {
            let lines =
                block.lines().filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": #"));
            lines.map(|(name, hex_digits)| (name.to_owned(), channels(hex_digits))).collect::<BTreeMap<_, _>>()
        };
        let mut blocks = css.split(":root {").skip(1).map(|rest| rest.split('}').next().unwrap());
        let light = read(blocks.next().unwrap());
        let mut dark = light.clone();
        dark.extend(read(blocks.next().unwrap()));
        [light, dark]
    }

    fn channels(hex_digits: &str) -> [f64; 3] {
        let bytes = hex::decode(hex_digits).unwrap();
        [bytes[0], bytes[1], bytes[2]].map(|byte| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        })
    }

    /// Contrast ratio of WCAG 2.2, 1 to 21.
    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let luminance = |[red, green, blue]: [f64; 3]| 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_colour_can_be_read_on_its_ground() {
        let mut pairs = vec![("text", "bg"), ("text", "surface"), ("text", "sunken"), ("text", "accent-soft")];
        pairs.extend([("muted", "bg"), ("muted", "surface"), ("muted", "sunken"), ("muted", "accent-soft")]);
        pairs.extend([("accent", "bg"), ("accent", "surface"), ("accent", "sunken"), ("accent", "accent-soft")]);
        for tone in ["block", "review", "clear", "note", "claim"] {
            let soft: &'static str = match tone {
                "block" => "block-soft",
                "review" => "review-soft",
                "clear" => "clear-soft",
                "note" => "note-soft",
                _ => "claim-soft",
            };
            pairs.extend([(tone, soft), ("text", soft), (tone, "surface")]);
        }
        for (scheme, colours) in ["light", "dark"].iter().zip(schemes()) {
            for (text, ground) in &pairs {
                let ratio = contrast(colours[*text], colours[*ground]);
                // 4.5 is level AA for text of ordinary size.
                assert!(ratio >= 4.5, "{scheme}: {text} on {ground} has {ratio:.2}");
            }
        }
    }
}
