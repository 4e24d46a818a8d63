//! Fetching against real local servers, with the name server in the test's hands.

use std::collections::HashMap;
use std::sync::Mutex;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap as AxumHeaders, StatusCode, header};
use axum::response::Redirect;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

use super::*;

/// Answers each name from a list, one entry a question, the last one for ever after.
#[derive(Default)]
struct ScriptedResolver {
    script: Mutex<HashMap<String, Vec<Vec<&'static str>>>>,
    asked: Mutex<Vec<String>>,
}

impl ScriptedResolver {
    fn new(script: &[(&str, &[&[&'static str]])]) -> Arc<Self> {
        let entry = |(host, answers): &(&str, &[&[&'static str]])| {
            ((*host).to_owned(), answers.iter().map(|answer| answer.to_vec()).collect())
        };
        Arc::new(Self { script: Mutex::new(script.iter().map(entry).collect()), ..Self::default() })
    }

    fn questions(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl HostResolver for ScriptedResolver {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        self.asked.lock().unwrap().push(host.clone());
        let mut script = self.script.lock().unwrap();
        let answers = script.get_mut(&host);
        let answer = match answers {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => Vec::new(),
        };
        Box::pin(async move { Ok(answer.iter().map(|text| text.parse().unwrap()).collect()) })
    }
}

fn development() -> FetchPolicy {
    FetchPolicy { reach: Reach::InternetAndLoopback, max_bytes: 10_000, ..FetchPolicy::default() }
}

fn fetcher(policy: FetchPolicy, resolver: Arc<dyn HostResolver>) -> ImageFetcher {
    ImageFetcher::with_resolver(policy, resolver).unwrap()
}

/// A resolver for tests in which no name may be resolved.
fn no_names() -> Arc<ScriptedResolver> {
    ScriptedResolver::new(&[])
}

async fn serve(router: Router) -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// A server that says `opening` and then one letter at a time, for ever.
async fn serve_slowly(opening: &'static str) -> u16 {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                // An answer before the request is another fault than a slow one.
                let mut request = [0; 1_024];
                let mut open = stream.read(&mut request).await.is_ok();
                open &= stream.write_all(opening.as_bytes()).await.is_ok();
                while open {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    open = stream.write_all(b"x").await.is_ok();
                }
            });
        }
    });
    port
}

/// A body of `length` bytes whose length is not said beforehand.
fn unannounced(length: u64) -> Body {
    Body::from_stream(ReaderStream::new(tokio::io::repeat(7).take(length)))
}

fn pictures() -> Router {
    Router::new()
        .route("/a.jpg", get(|| async { ([(header::CONTENT_TYPE, "text/html")], vec![7; 100]) }))
        .route("/large-said", get(|| async { vec![7; 10_001] }))
        .route("/large-unsaid", get(|| async { unannounced(10_001) }))
        .route("/endless", get(|| async { unannounced(u64::MAX) }))
        .route("/limit-unsaid", get(|| async { unannounced(10_000) }))
        .route("/empty", get(|| async {}))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }))
        .route("/partial", get(|| async { (StatusCode::PARTIAL_CONTENT, "x") }))
        .route("/gzip", get(|| async { ([(header::CONTENT_ENCODING, "gzip")], "not unpacked") }))
        .route("/headers", get(|headers: AxumHeaders| async move { format!("{headers:?}") }))
        .route("/close", get(|| async { ([(header::CONNECTION, "close")], "x") }))
        .route("/loop", get(|| async { Redirect::temporary("/loop") }))
        .route("/once", get(|| async { Redirect::permanent("a.jpg") }))
        .route("/nowhere", get(|| async { StatusCode::FOUND }))
        .route("/to-metadata", get(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data/") }))
        .route("/to-private-name", get(|| async { Redirect::temporary("http://inside.test/") }))
        .route("/to-file", get(|| async { Redirect::temporary("file:///etc/passwd") }))
        .route("/to-credentials", get(|| async { Redirect::temporary("http://a:b@127.0.0.1/") }))
        .route("/to-mapped", get(|| async { Redirect::temporary("http://[::ffff:10.0.0.1]/") }))
        .route("/to-other-host", get(|| async { Redirect::temporary("http://other.test/") }))
}

#[tokio::test]
async fn a_picture_comes_whole_and_its_declared_type_is_ignored() {
    let port = serve(pictures()).await;
    let fetcher = fetcher(development(), no_names());
    for (path, expected) in [
        ("/a.jpg", vec![7; 100]),
        ("/once", vec![7; 100]),
        ("/gzip", b"not unpacked".to_vec()),
        ("/limit-unsaid", vec![7; 10_000]),
    ] {
        assert_eq!(fetcher.fetch(&format!("http://127.0.0.1:{port}{path}")).await, Ok(expected), "{path}");
    }
}

#[tokio::test]
async fn a_body_beyond_the_cap_is_dropped_whether_or_not_its_length_is_said() {
    let port = serve(pictures()).await;
    let fetcher = fetcher(development(), no_names());
    for path in ["/large-said", "/large-unsaid", "/endless"] {
        let outcome = fetcher.fetch(&format!("http://127.0.0.1:{port}{path}")).await;
        assert_eq!(outcome, Err(FetchError::TooLarge(10_000)), "{path}");
    }
}

#[tokio::test]
async fn what_is_no_whole_answer_is_refused() {
    let port = serve(pictures()).await;
    let fetcher = fetcher(development(), no_names());
    let host = || "127.0.0.1".to_owned();
    for (path, expected) in [
        ("/missing", FetchError::Status { host: host(), status: 404 }),
        ("/partial", FetchError::Status { host: host(), status: 206 }),
        ("/empty", FetchError::Empty(host())),
        ("/nowhere", FetchError::BrokenRedirect(host())),
        ("/loop", FetchError::TooManyRedirects(3)),
    ] {
        assert_eq!(fetcher.fetch(&format!("http://127.0.0.1:{port}{path}")).await, Err(expected), "{path}");
    }
}

#[tokio::test]
async fn a_server_that_drips_is_cut_off() {
    let policy = FetchPolicy { total_time: Duration::from_millis(300), ..development() };
    let fetcher = fetcher(policy, no_names());
    for opening in ["HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nx-", "HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n"] {
        let port = serve_slowly(opening).await;
        assert_eq!(fetcher.fetch(&format!("http://127.0.0.1:{port}/")).await, Err(FetchError::TooSlow), "{opening}");
    }
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let port = serve(pictures()).await;
    let resolver = ScriptedResolver::new(&[("inside.test", &[&["10.1.2.3"]]), ("shop.test", &[&["127.0.0.1"]])]);
    let policy = FetchPolicy {
        allowed_hosts: ["shop.test", "inside.test", "169.254.169.254", "[::ffff:10.0.0.1]", "127.0.0.1"]
            .map(|host| host.parse().unwrap())
            .to_vec(),
        ..development()
    };
    let fetcher = fetcher(policy, resolver);
    for (path, expected) in [
        ("/to-metadata", FetchError::NotPublic("169.254.169.254".to_owned())),
        ("/to-mapped", FetchError::NotPublic("[::ffff:a00:1]".to_owned())),
        ("/to-private-name", FetchError::NotPublic("inside.test".to_owned())),
        ("/to-file", FetchError::Scheme("file".to_owned())),
        ("/to-credentials", FetchError::Credentials),
        ("/to-other-host", FetchError::HostNotAllowed("other.test".to_owned())),
    ] {
        assert_eq!(fetcher.fetch(&format!("http://shop.test:{port}{path}")).await, Err(expected), "{path}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_refused_when_it_does() {
    let port = serve(pictures()).await;
    let resolver = ScriptedResolver::new(&[("rebind.test", &[&["127.0.0.1"], &["169.254.169.254"]])]);
    let fetcher = fetcher(development(), resolver.clone());
    let url = format!("http://rebind.test:{port}/close");
    assert_eq!(fetcher.fetch(&url).await, Ok(b"x".to_vec()));
    // Asked once for one connection: there is no second look-up between check and connect.
    assert_eq!(resolver.questions(), 1);
    assert_eq!(fetcher.fetch(&url).await, Err(FetchError::NotPublic("rebind.test".to_owned())));
}

#[tokio::test]
async fn one_private_address_among_others_spoils_a_name() {
    let port = serve(pictures()).await;
    let resolver = ScriptedResolver::new(&[("mixed.test", &[&["127.0.0.1", "10.0.0.1"]]), ("gone.test", &[&[]])]);
    let fetcher = fetcher(development(), resolver);
    let outcome = fetcher.fetch(&format!("http://mixed.test:{port}/a.jpg")).await;
    assert_eq!(outcome, Err(FetchError::NotPublic("mixed.test".to_owned())));
    for host in ["gone.test", "unknown.test"] {
        let outcome = fetcher.fetch(&format!("http://{host}:{port}/a.jpg")).await;
        assert_eq!(outcome, Err(FetchError::Unresolved(host.to_owned())));
    }
}

#[tokio::test]
async fn loopback_is_reached_only_in_development() {
    let resolver = ScriptedResolver::new(&[("loop.test", &[&["127.0.0.1"]]), ("loop6.test", &[&["::1"]])]);
    let fetcher = fetcher(FetchPolicy::default(), resolver);
    for (url, host) in [
        ("https://127.0.0.1/", "127.0.0.1"),
        ("https://[::1]/", "[::1]"),
        ("https://loop.test/", "loop.test"),
        ("https://loop6.test/", "loop6.test"),
    ] {
        assert_eq!(fetcher.fetch(url).await, Err(FetchError::NotPublic(host.to_owned())), "{url}");
    }
}

#[tokio::test]
async fn no_spelling_of_an_inside_address_gets_through() {
    let fetcher = fetcher(FetchPolicy::default(), no_names());
    for host in [
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        "169.254.43518",
        "0x7f.1",
        "127.1",
        "0",
        "１６９.254.169.254",
        "169。254。169。254",
        "[::]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::169.254.169.254]",
        "[2002:a9fe:a9fe::]",
        "[fd00:ec2::254]",
        "[fe80::1]",
    ] {
        let outcome = fetcher.fetch(&format!("https://{host}/")).await;
        assert!(matches!(outcome, Err(FetchError::NotPublic(_))), "{host}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_address_that_is_no_plain_https_is_refused_before_any_look_up() {
    let resolver = no_names();
    let fetcher = fetcher(FetchPolicy::default(), resolver.clone());
    let long = format!("https://a.test/{}", "x".repeat(3_000));
    for (url, expected) in [
        ("", FetchError::NotAUrl),
        ("a.jpg", FetchError::NotAUrl),
        ("https://", FetchError::NotAUrl),
        ("https://[fe80::1%25eth0]/", FetchError::NotAUrl),
        ("http://a.test/", FetchError::Scheme("http".to_owned())),
        ("ftp://a.test/", FetchError::Scheme("ftp".to_owned())),
        ("file:///etc/passwd", FetchError::Scheme("file".to_owned())),
        ("gopher://a.test/", FetchError::Scheme("gopher".to_owned())),
        ("data:image/png;base64,AA==", FetchError::Scheme("data".to_owned())),
        ("https://user@a.test/", FetchError::Credentials),
        ("https://:secret@a.test/", FetchError::Credentials),
        ("https://a.test:22/", FetchError::Port(22)),
        ("https://a.test:80/", FetchError::Port(80)),
        (long.as_str(), FetchError::TooLong),
    ] {
        assert_eq!(fetcher.fetch(url).await, Err(expected), "{url}");
    }
    assert_eq!(resolver.questions(), 0);
}

#[tokio::test]
async fn hosts_off_the_list_are_not_even_resolved() {
    let resolver = no_names();
    let allowed_hosts = ["cdn.test", "*.img.test"].map(|host| host.parse().unwrap()).to_vec();
    let fetcher = fetcher(FetchPolicy { allowed_hosts, ..FetchPolicy::default() }, resolver.clone());
    for host in ["evil.test", "cdn.test.evil.test", "xcdn.test", "a.cdn.test", "img.test", "evilimg.test", "1.1.1.1"] {
        let outcome = fetcher.fetch(&format!("https://{host}/")).await;
        assert_eq!(outcome, Err(FetchError::HostNotAllowed(host.to_owned())));
    }
    assert_eq!(resolver.questions(), 0);
    for host in ["cdn.test", "CDN.test", "a.img.test", "a.b.img.test", "cdn.test."] {
        let outcome = fetcher.fetch(&format!("https://{host}/")).await;
        assert!(matches!(outcome, Err(FetchError::Unresolved(_))), "{host}: {outcome:?}");
    }
}

#[test]
fn an_allow_list_holds_hosts_only() {
    for wrong in ["", "*", "*.", "https://a.test", "a.test/x", "a.test:8443", "u@a.test", "a.*.test", "*.1.2.3.4"] {
        assert!(wrong.parse::<HostPattern>().is_err(), "{wrong}");
    }
    assert_eq!("BÜCHER.test".parse::<HostPattern>().unwrap().host, "xn--bcher-kva.test");
}

#[tokio::test]
async fn a_fetch_tells_the_server_nothing_but_what_it_wants() {
    let port = serve(pictures()).await;
    let bytes = fetcher(development(), no_names()).fetch(&format!("http://127.0.0.1:{port}/headers")).await.unwrap();
    let seen = String::from_utf8(bytes).unwrap();
    assert!(seen.contains("identity") && seen.contains("image/*") && seen.contains("assay/"), "{seen}");
    for absent in ["cookie", "referer", "authorization", "gzip"] {
        assert!(!seen.contains(absent), "{seen}");
    }
}

#[tokio::test]
async fn a_refusal_names_the_host_and_no_inside_address() {
    let resolver = ScriptedResolver::new(&[("inside.test", &[&["10.20.30.40"]])]);
    let refusal = fetcher(FetchPolicy::default(), resolver).fetch("https://inside.test/").await.unwrap_err();
    let told = refusal.to_string();
    assert!(told.contains("inside.test") && !told.contains("10.20"), "{told}");
}
