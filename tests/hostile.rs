//! Input made to do harm: it is refused with a clear answer or judged like any other, in bounded
//! time and memory, and the service goes on.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use assay::matching::image::{self as matcher, DecodeLimits, ImageProblem};
use assay::matching::text::{MarkIndex, TextQuery};
use assay::rules::{PackSource, Packs};

use support::data::{SMALL_PACK, brand, numbered_brand, numbered_name};
use support::server::Server;
use support::{Engine, pictures};

fn read(bytes: &[u8]) -> Result<matcher::Signature, ImageProblem> {
    matcher::read(bytes, &DecodeLimits::default())
}

// ── Pictures ────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_picture_that_claims_a_huge_size_is_refused_by_its_header() {
    for (width, height) in
        [(30_000, 30_000), (u32::MAX >> 1, 1), (1, u32::MAX >> 1), (100_000, 100_000), (0, 0), (0, 9)]
    {
        let refused = read(&pictures::png_that_claims(width, height)).expect_err("nobody needs such a picture");
        assert!(refused.to_string().contains(char::is_alphabetic), "{width}×{height}: {refused}");
    }
    let refused = read(&pictures::png_that_claims(30_000, 30_000)).unwrap_err();
    assert!(
        matches!(refused, ImageProblem::SideTooLong { .. } | ImageProblem::TooManyPixels { .. }),
        "the header alone decides: {refused}"
    );
}

#[test]
fn a_small_file_of_many_pixels_is_refused_before_it_is_unpacked() {
    let limits = DecodeLimits::default();
    let refused = read(&pictures::png_that_claims(8_000, 8_000)).unwrap_err();
    assert!(matches!(refused, ImageProblem::TooManyPixels { .. }), "{refused}");
    let bomb = pictures::flat_png(2_000);
    assert!(bomb.len() < 2_000 * 2_000 * 3 / 100, "the file is small: {} bytes", bomb.len());
    assert!(read(&bomb).is_ok_and(|signature| signature.quality < 50), "within the limits it is read, and says little");
    let tight = DecodeLimits { max_pixels: 10_000, ..limits };
    let refused = matcher::read(&pictures::flat_png(400), &tight).unwrap_err();
    assert!(matches!(refused, ImageProblem::TooManyPixels { .. }), "{refused}");
    let tight = DecodeLimits { max_bytes: 100, ..limits };
    let refused = matcher::read(&pictures::png(1), &tight).unwrap_err();
    assert!(matches!(refused, ImageProblem::TooManyBytes { .. }), "{refused}");
}

#[test]
fn what_is_no_picture_is_called_what_it_is() {
    let zip = b"PK\x03\x04\x14\x00\x00\x00\x08\x00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".to_vec();
    for (name, bytes) in [
        ("a zip named .jpg", zip),
        ("text", b"This is a plain text file and no picture at all.".to_vec()),
        ("HTML", b"<!DOCTYPE html><html><body>404</body></html>".to_vec()),
        ("a drawing that is a program", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>".to_vec()),
        ("PDF", b"%PDF-1.7 1 0 obj".to_vec()),
        ("an executable", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00".to_vec()),
        ("noughts", vec![0; 100_000]),
        ("one byte", vec![0xff]),
        ("nothing", Vec::new()),
    ] {
        let refused = read(&bytes).expect_err(name);
        assert!(refused.to_string().len() > 20, "{name}: {refused}");
    }
}

/// Any cut and any changed byte gives a signature or a sentence, never a panic.
#[test]
fn broken_pictures_are_answered() {
    for whole in [pictures::png(3), pictures::jpeg(3)] {
        for cut in (0..whole.len()).step_by(whole.len() / 60 + 1) {
            let _ = read(&whole[..cut]);
        }
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..60 {
            let mut broken = whole.clone();
            for _ in 0..4 {
                // xorshift64 (Marsaglia 2003): the same faults in every run.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let place = state as usize % broken.len();
                broken[place] ^= (state >> 32) as u8 | 1;
            }
            let _ = read(&broken);
        }
    }
}

// ── Bodies ──────────────────────────────────────────────────────────────────────────────────

/// The first line of the answer to a request whose body is written by `write`.
async fn status_line(
    server: &Server,
    head: String,
    body: impl FnMut(usize) -> Option<Vec<u8>> + Send + 'static,
) -> String {
    let address = server.base.trim_start_matches("http://").to_owned();
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut from, mut to) = stream.into_split();
    let mut body = body;
    let writing = tokio::spawn(async move {
        if to.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        let mut number = 0;
        while let Some(part) = body(number) {
            number += 1;
            // The service may answer and close before it has everything.
            if to.write_all(&part).await.is_err() {
                return;
            }
        }
        let _ = to.flush().await;
        std::future::pending::<()>().await;
    });
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while !answer.windows(2).any(|pair| pair == b"\r\n") {
        match from.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(count) => answer.extend(&part[..count]),
        }
    }
    writing.abort();
    String::from_utf8_lossy(&answer).lines().next().unwrap_or_default().to_owned()
}

fn head(server: &Server, path: &str, more: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n{more}\r\n",
        server.key
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_megabytes_are_refused_at_the_limit() {
    let server = Server::start(Engine::Sqlite).await;
    let part = Arc::new(vec![b'x'; 1 << 20]);
    let endless = |part: Arc<Vec<u8>>| {
        move |number: usize| match number {
            0 => Some(b"{\"id\":\"a\",\"title\":\"".to_vec()),
            1..=100 => Some(part.to_vec()),
            _ => None,
        }
    };
    let announced = head(&server, "/v1/listings", "content-length: 104857700\r\n");
    let line = status_line(&server, announced, endless(Arc::clone(&part))).await;
    assert!(line.starts_with("HTTP/1.1 413"), "{line}");

    let chunked = head(&server, "/v1/listings", "transfer-encoding: chunked\r\n");
    let inner = endless(part);
    let line = status_line(&server, chunked, move |number| {
        let part = inner(number)?;
        let mut framed = format!("{:x}\r\n", part.len()).into_bytes();
        framed.extend(part);
        framed.extend(b"\r\n");
        Some(framed)
    })
    .await;
    assert!(line.starts_with("HTTP/1.1 413"), "{line}");
    server.get("/health/ready").await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_within_the_limit_that_is_one_long_title_is_refused_in_a_short_answer() {
    let server = Server::start(Engine::Sqlite).await;
    let answer = server.post("/v1/listings", &json!({"id": "a", "title": "x".repeat(20_000_000)})).await;
    answer.is_problem("invalid-listing");
    assert!(answer.text.len() < 2_000);
    let answer = server.post("/v1/listings", &json!({"id": "x".repeat(1_000_000), "title": "t"})).await;
    assert!(answer.is_problem("invalid-listing").text.len() < 2_000);
    let many: BTreeMap<String, String> = (0..100_000).map(|number| (format!("a{number}"), "v".to_owned())).collect();
    let answer = server.post("/v1/listings", &json!({"id": "a", "title": "t", "attributes": many})).await;
    assert_eq!(answer.is_problem("invalid-listing").places(), ["/attributes"]);
    let places: Vec<String> = (0..250).map(|_| "nowhere".to_owned()).collect();
    let answer = server.post("/v1/listings", &json!({"id": "a", "title": "t", "ships_to": places})).await;
    assert!(answer.is_problem("invalid-listing").places().len() <= 50, "not every place is listed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_text_and_deep_nesting_are_no_json() {
    let server = Server::start(Engine::Sqlite).await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    for body in [
        b"{\"id\":\"a\",\"title\":\"\xff\xfe\"}".to_vec(),
        b"{\"id\":\"a\",\"title\":\"\xed\xa0\x80\"}".to_vec(),
        b"{\"id\":\"a\",\"title\":\"\\ud800\"}".to_vec(),
        b"{\"id\":\"a\",\"title\":\"t\xc3\"}".to_vec(),
        deep("[", "]").into_bytes(),
        format!("{{\"id\":\"a\",\"title\":\"t\",\"price\":{}}}", deep("[", "]")).into_bytes(),
        format!("{{\"id\":\"a\",\"title\":\"t\",\"unknown\":{}}}", deep("{\"a\":", "1}").replace("1}1}", "}}"))
            .into_bytes(),
    ] {
        for path in ["/v1/listings", "/v1/listings/batch", "/v1/hunts"] {
            let call = server.call(Method::POST, path).header("content-type", "application/json").body(body.clone());
            let answer = call.send().await;
            // A batch is an array whose lines are refused one by one.
            let lines = answer.body.as_array().map(Vec::as_slice).unwrap_or_default();
            let each = !lines.is_empty() && lines.iter().all(|line| line["problem"].is_object());
            assert!(matches!(answer.status, 400 | 422) || each, "{path}: {}", answer.text);
            assert!(answer.text.len() < 2_000);
        }
    }
    server.submit(json!({"id": "a", "title": "t"})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_deeply_nested_lines_is_answered_line_by_line() {
    let server = Server::start(Engine::Sqlite).await;
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let body = format!("[{{\"id\":\"a\",\"title\":\"t\"}},{deep},{{\"id\":\"b\",\"title\":{deep}}}]");
    let call = server.call(Method::POST, "/v1/listings/batch").header("content-type", "application/json").body(body);
    let answer = call.send().await;
    let items = answer.is(200).body.as_array().unwrap().clone();
    assert_eq!(items[0]["external_id"], "a");
    assert!(items[1]["problem"].is_object() && items[2]["problem"].is_object());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_bombs_in_one_listing_are_named_one_by_one() {
    let server = Server::start(Engine::Sqlite).await;
    let bomb = base64::engine::general_purpose::STANDARD.encode(pictures::png_that_claims(30_000, 30_000));
    let images: Vec<Value> = (0..50).map(|_| json!({"base64": bomb})).collect();
    let answer = server.post("/v1/listings", &json!({"id": "a", "title": "t", "images": images})).await;
    assert_eq!(answer.is_problem("invalid-listing").places().len(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_requests_are_answered_and_the_service_goes_on() {
    let server = Server::start(Engine::Sqlite).await;
    for path in [
        "/v1/listings/..%2f..%2fetc%2fpasswd",
        "/v1/rules/..%2f..%2fCargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/v1/listings?q=%00%ff%fe",
        "/v1/listings?q=%22%28%29%5B%5D%7B%7D%5E~*%3F%3A%5C%2F%2B-",
        "/v1/listings?q=a%20AND%20OR%20NOT%20%28%28%28%28",
        "/v1/listings?category=%3E%3E%3E&brand=%27%3B--",
        "/v1/listings?limit=0",
        "/v1/listings?limit=99999999999999999999999",
        "/v1/listings?price_min=99999999999999999999999999",
        "/v1/listings?from=-9999-01-01T00:00:00Z&to=9999-12-30T00:00:00Z",
        "/v1/events?after=-9223372036854775808",
        "/v1/events?after=9223372036854775807",
        "/problems/%3Cscript%3E",
        "//",
    ] {
        let answer = server.get(path).await;
        assert!(answer.status < 500, "{path}: {}", answer.text);
        assert!(!answer.text.contains("[package]"), "{path} reads files");
    }
    let long = format!("/v1/listings?q={}", "word%20".repeat(5_000));
    assert!(server.get(&long).await.status < 500);
    let title = "\u{202e}\u{200b}\u{feff}\u{0}\u{1}\u{7f}\u{fffd}\u{10ffff} e\u{301}\u{301}\u{301} 👩‍👩‍👧‍👦 ﷽";
    server
        .submit(json!({"id": "odd", "title": title, "description": title.repeat(500), "category": "\u{202e}x"}))
        .await;
    let zalgo: String = std::iter::once('a').chain(std::iter::repeat_n('\u{301}', 998)).collect();
    server.submit(json!({"id": "zalgo", "title": zalgo})).await;
    server.wait_for_index().await;
    server.get("/v1/listings?q=odd").await.is(200);
}

// ── Rule packs ──────────────────────────────────────────────────────────────────────────────

fn load(text: String) -> Result<Packs, String> {
    let source = PackSource { path: "hostile.toml".to_owned(), text };
    Packs::from_sources(vec![source]).map_err(|refused| refused.to_string())
}

fn with_condition(condition: &str) -> String {
    let rule = format!("score = 0.9\nunknown = \"skip\"\nwhen = '{condition}'");
    SMALL_PACK.replacen("score = 0.9", &rule, 1)
}

#[test]
fn a_rule_pack_that_would_explode_is_refused_with_its_file() {
    load(SMALL_PACK.to_owned()).expect("the pack itself is sound");
    let nested_lists = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let loops = |depth: usize| {
        let mut condition = "true".to_owned();
        for level in 0..depth {
            condition = format!("listing.title.matches(\"a\") && [1,2,3,4,5,6,7,8,9,10].all(x{level}, {condition})");
        }
        condition
    };
    for (name, text) in [
        ("brackets", with_condition(&format!("{}true{}", "(".repeat(10_000), ")".repeat(10_000)))),
        ("negations", with_condition(&format!("{}true", "!".repeat(50_000)))),
        ("a list in lists", with_condition(&nested_lists)),
        ("operators", with_condition(&vec!["true"; 20_000].join(" && "))),
        ("loops in loops", with_condition(&loops(8))),
        ("a long condition", with_condition(&format!("listing.title == \"{}\"", "x".repeat(1_000_000)))),
        ("an unknown name", with_condition("listing.colour == \"red\"")),
        ("an unknown function", with_condition("explode(listing.title)")),
        ("no boolean", with_condition("listing.title")),
        ("nested TOML", format!("x = {}1{}", "[".repeat(50_000), "]".repeat(50_000))),
        ("an enormous file", format!("{SMALL_PACK}\n# {}", "x".repeat(64 << 20))),
        ("control characters", SMALL_PACK.replacen("Small", "Sm\u{0}all", 1)),
        ("nothing", String::new()),
    ] {
        match load(text) {
            Ok(_) => panic!("{name} was taken"),
            Err(refused) => {
                assert!(refused.contains("hostile.toml"), "{name}: {}", &refused[..refused.len().min(300)]);
                assert!(refused.len() < 200_000, "{name}: the refusal itself explodes ({} bytes)", refused.len());
            }
        }
    }
}

// ── Titles ──────────────────────────────────────────────────────────────────────────────────

fn find(index: &MarkIndex, title: &str, description: &str) -> assay::matching::text::TextFindings {
    index.find(&TextQuery {
        title,
        description,
        category: None,
        brand: None,
        seller: None,
        lang: None,
        ships_to: &[],
        on: "2026-11-22".parse().unwrap(),
    })
}

#[test]
fn three_thousand_marks_in_one_title_give_a_bounded_answer() {
    let brands: Vec<_> = (0..3_000).map(|number| Arc::new(numbered_brand(number))).collect();
    let index = MarkIndex::build(&brands);
    let names: Vec<String> = (0..3_000).map(numbered_name).collect();
    let title = names.join(" ");
    let found = find(&index, &title, "");
    assert!(!found.hits.is_empty());
    let text = serde_json::to_string(&found).unwrap();
    assert!(text.len() < 2_000_000, "{} bytes of findings", text.len());
    assert_eq!(text, serde_json::to_string(&find(&index, &title, "")).unwrap(), "the same again");
    for hit in &found.hits {
        assert!(hit.span.to as usize <= title.chars().count() && hit.span.from < hit.span.to);
    }
    let glued = find(&index, &names.concat(), &title);
    assert!(serde_json::to_string(&glued).unwrap().len() < 4_000_000);
}

#[test]
fn one_token_of_ten_thousand_letters_is_searched_like_any_other() {
    let brands: Vec<_> =
        (0..500).map(numbered_brand).chain([brand("northpeak", "Northpeak", &["Northpeak"])]).map(Arc::new).collect();
    let index = MarkIndex::build(&brands);
    for token in [
        "a".repeat(10_000),
        "vorzim".repeat(1_700),
        "1".repeat(10_000),
        "o0".repeat(5_000),
        "手".repeat(10_000),
        "\u{301}".repeat(10_000),
        "\u{200b}".repeat(10_000),
        "n-".repeat(5_000),
        format!("n{}orthpeak", "\u{200b}".repeat(9_990)),
    ] {
        let found = find(&index, &token, &token);
        let length = token.chars().count();
        assert!(found.hits.iter().all(|hit| hit.span.to as usize <= length), "a span lies in the text");
        assert!(serde_json::to_string(&found).unwrap().len() < 1_000_000);
    }
    assert!(!find(&index, "n\u{200b}orthpeak", "").hits.is_empty());
}
