//! Sessions of people: the cookie, the guard of the console, and the token in every form.
//!
//! A browser sends its cookie with requests that another site made it send. Changing
//! requests therefore carry a second value that only our own pages know (CSRF): a MAC of a
//! fixed word under the session's secret, in the field `csrf` of a form, in the header
//! `x-csrf-token`, or, for uploads, in the query.

use std::net::SocketAddr;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::caller::{Caller, is_safe};
use super::console::view::{Room, Shell};
use super::console::{problem_page, wants_page};
use super::problem::{Problem, ProblemKind};
use super::state::{ApiState, HttpOptions};
use crate::accounts::secret::Secret;

/// The header that carries the token of a session.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
/// The field of a form, and the parameter of an upload, that carries it.
pub const CSRF_FIELD: &str = "csrf";
/// Longest form, in bytes. Uploads are not read here.
const MAX_FORM: usize = 1024 * 1024;

/// How long the sign-in form's cookie is kept, in seconds.
pub const FORM_SECONDS: i64 = 3_600;

/// What a browser keeps for us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// The session's secret.
    Session,
    /// What shows that the browser signed in before.
    Device,
    /// What binds the sign-in form to the browser, before there is a session.
    Form,
}

impl Cookie {
    /// The cookie's name. Browsers take a name with `__Host-` only over TLS, for the whole host
    /// and from the host itself, so no neighbour under the same domain can set it.
    fn name(self, options: &HttpOptions) -> &'static str {
        match (self, options.public_url.is_secure()) {
            (Self::Session, true) => "__Host-assay",
            (Self::Session, false) => "assay",
            (Self::Device, true) => "__Host-assay-device",
            (Self::Device, false) => "assay-device",
            (Self::Form, true) => "__Host-assay-form",
            (Self::Form, false) => "assay-form",
        }
    }
}

/// The secret that a browser holds; `None` for no cookie or an unreadable one.
pub fn held(headers: &HeaderMap, cookie: Cookie, options: &HttpOptions) -> Option<Secret> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == cookie.name(options)).and_then(|(_, value)| value.parse().ok())
}

/// Hands a secret to the browser. It is not sent with requests that other sites make in the
/// background (`SameSite=Lax`), and no script can read it.
pub fn set_cookie(answer: &mut Response, cookie: Cookie, secret: &Secret, seconds: i64, options: &HttpOptions) {
    append_cookie(answer, cookie, secret.reveal(), seconds, options);
}

/// Takes the session from the browser.
pub fn clear_cookie(answer: &mut Response, options: &HttpOptions) {
    append_cookie(answer, Cookie::Session, "", 0, options);
}

fn append_cookie(answer: &mut Response, cookie: Cookie, value: &str, seconds: i64, options: &HttpOptions) {
    let secure = if options.public_url.is_secure() { "; Secure" } else { "" };
    let name = cookie.name(options);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let value = HeaderValue::from_str(&text).expect("a cookie is made of letters and digits only");
    answer.headers_mut().append(header::SET_COOKIE, value);
}

/// The address that a request comes from. Behind reverse proxies of one's own
/// (`HttpOptions::proxies`), the last but so many in `X-Forwarded-For`: those before it
/// anybody can write.
pub fn address_of(headers: &HeaderMap, peer: SocketAddr, options: &HttpOptions) -> String {
    let lines = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let told: Vec<std::net::IpAddr> =
        lines.flat_map(|line| line.split(',')).filter_map(|address| address.trim().parse().ok()).collect();
    let client = told.len().checked_sub(options.proxies).and_then(|place| told.get(place)).copied();
    client.unwrap_or(peer.ip()).to_canonical().to_string()
}

/// The token that forms of this session carry.
pub fn token(secret: &Secret) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes());
    let mut mac = mac.expect("a MAC takes keys of any length");
    mac.update(b"assay form");
    hex::encode(mac.finalize().into_bytes())
}

/// Whether both are the same token, in a time that does not tell where they differ.
pub fn same(given: &str, expected: &str) -> bool {
    given.as_bytes().ct_eq(expected.as_bytes()).into()
}

/// Whether the token of the caller's session stands in the header.
pub fn has_token(headers: &HeaderMap, caller: &Caller) -> bool {
    let given = headers.get(&CSRF_HEADER).and_then(|value| value.to_str().ok());
    given.zip(caller.at_console()).is_some_and(|(given, at)| same(given, &at.csrf))
}

/// The person whose session the request carries, if it counts.
///
/// # Errors
/// `too-many-requests`, and `internal` when the database fails.
pub async fn signed_in(state: &ApiState, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let Some(secret) = held(headers, Cookie::Session, &state.options) else {
        return Ok(None);
    };
    let found = state.app.core.accounts.signed_in(&secret).await.map_err(super::internal)?;
    let Some(found) = found else {
        return Ok(None);
    };
    state.limit(found.person.id.uuid())?;
    Ok(Some(Caller::person(found, token(&secret))))
}

/// The guard of the console: lets people pass who have signed in, leads others to where they
/// can, and lets nothing change without the token of the session. A browser gets a page where
/// a handler answers with a problem.
pub async fn only_signed_in(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let caller = match signed_in(&state, request.headers()).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return to_sign_in(&request),
        Err(problem) => return refuse(&request, &problem),
    };
    let mut request = match with_token(request, &caller).await {
        Ok(request) => request,
        Err(refused) => return *refused,
    };
    let page = wants_page(request.headers());
    request.extensions_mut().insert(caller.clone());
    let answer = next.run(request).await;
    match answer.extensions().get::<Problem>() {
        Some(problem) if page => {
            problem_page(Shell::new(problem.kind().title(), Room::Elsewhere).of_caller(&caller), problem, None)
        }
        _ => answer,
    }
}

fn to_sign_in(request: &Request) -> Response {
    if is_safe(request.method()) && wants_page(request.headers()) {
        let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
        let address = if wanted == "/" { "/sign-in".to_owned() } else { format!("/sign-in?to={}", escaped(wanted)) };
        return see_other(&address);
    }
    let problem = Problem::new(ProblemKind::Unauthenticated, "nobody is signed in; open /sign-in");
    refuse(request, &problem)
}

fn refuse(request: &Request, problem: &Problem) -> Response {
    if wants_page(request.headers()) {
        return problem_page(Shell::new(problem.kind().title(), Room::Elsewhere), problem, None);
    }
    problem.clone().into_response()
}

/// An answer that leads the browser on to `address`, with a GET request.
pub fn see_other(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(address).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A text as the value of a query's parameter.
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => (byte as char).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The request again, when it changes nothing or carries the caller's token.
async fn with_token(request: Request, caller: &Caller) -> Result<Request, Box<Response>> {
    let Some(at) = caller.at_console() else {
        return Ok(request);
    };
    if is_safe(request.method()) || has_token(request.headers(), caller) {
        return Ok(request);
    }
    let missing = Problem::new(
        ProblemKind::Forbidden,
        "the form did not come from a page of this session; load the page again and repeat the step",
    );
    let page = wants_page(request.headers());
    let refused = move |problem: Problem| {
        let shell = Shell::new(problem.kind().title(), Room::Elsewhere);
        Box::new(if page { problem_page(shell, &problem, None) } else { problem.into_response() })
    };
    match media_type(request.headers()).as_str() {
        "application/x-www-form-urlencoded" => {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, MAX_FORM).await;
            let body = body
                .map_err(|_| refused(Problem::new(ProblemKind::BodyTooLarge, "the form is longer than a megabyte")))?;
            if !field(&body, CSRF_FIELD).is_some_and(|given| same(&given, &at.csrf)) {
                return Err(refused(missing));
            }
            Ok(Request::from_parts(parts, Body::from(body)))
        }
        "multipart/form-data" => {
            let query = request.uri().query().unwrap_or_default();
            match field(query.as_bytes(), CSRF_FIELD) {
                Some(given) if same(&given, &at.csrf) => Ok(request),
                _ => Err(refused(missing)),
            }
        }
        _ => Err(refused(missing)),
    }
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The first field of this name in a form or a query.
fn field(form: &[u8], name: &str) -> Option<String> {
    let fields: Vec<(String, String)> = read_form(form).ok()?;
    fields.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn read_form<T: serde::de::DeserializeOwned>(form: &[u8]) -> Result<T, Problem> {
    serde_urlencoded::from_bytes(form).map_err(|error| Problem::new(ProblemKind::InvalidBody, error.to_string()))
}

/// The fields of a form, read into `T`. The console's guard has checked the token before.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: serde::de::DeserializeOwned> FromRequest<ApiState> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Problem> {
        if media_type(request.headers()) != "application/x-www-form-urlencoded" {
            return Err(Problem::new(ProblemKind::UnsupportedMediaType, "send the form's fields as the page does"));
        }
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|_| Problem::new(ProblemKind::BodyTooLarge, "the form is too long"))?;
        if bytes.len() > MAX_FORM {
            return Err(Problem::new(ProblemKind::BodyTooLarge, "the form is longer than a megabyte"));
        }
        read_form(&bytes).map(Self)
    }
}

/// A path of this site that a browser may be led to; `/` for anything else.
pub fn local_path(wanted: Option<&str>) -> &str {
    let fits = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= 1_000
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    wanted.filter(fits).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::new([7; 32])
    }

    fn over_tls() -> HttpOptions {
        HttpOptions { public_url: "https://assay.example.com".parse().unwrap(), ..HttpOptions::default() }
    }

    fn cookie(options: &HttpOptions) -> String {
        let mut answer = Response::new(Body::empty());
        set_cookie(&mut answer, Cookie::Session, &secret(), 60, options);
        answer.headers()[header::SET_COOKIE].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_callers_address_is_believed_from_our_own_proxies_only() {
        let peer: SocketAddr = "192.0.2.9:1234".parse().unwrap();
        let told = HeaderMap::from_iter([(
            "x-forwarded-for".parse().unwrap(),
            HeaderValue::from_static("198.51.100.7, 203.0.113.5"),
        )]);
        let behind = |proxies| HttpOptions { proxies, ..HttpOptions::default() };
        assert_eq!(address_of(&told, peer, &behind(0)), "192.0.2.9");
        assert_eq!(address_of(&told, peer, &behind(1)), "203.0.113.5");
        assert_eq!(address_of(&told, peer, &behind(2)), "198.51.100.7");
        assert_eq!(address_of(&told, peer, &behind(3)), "192.0.2.9", "fewer than there should be");
        assert_eq!(address_of(&HeaderMap::new(), peer, &behind(1)), "192.0.2.9");
    }

    #[test]
    fn a_cookie_over_tls_is_bound_to_the_host_and_no_script_reads_it() {
        let text = cookie(&over_tls());
        assert!(text.starts_with("__Host-assay=") && text.ends_with("; HttpOnly; SameSite=Lax; Secure"), "{text}");
        assert!(text.contains("; Path=/;") && !text.contains("Domain"), "{text}");
        let plain = cookie(&HttpOptions::default());
        assert!(plain.starts_with("assay=") && !plain.contains("Secure"), "{plain}");
        let mut answer = Response::new(Body::empty());
        clear_cookie(&mut answer, &over_tls());
        let cleared = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        assert!(cleared.starts_with("__Host-assay=; Path=/; Max-Age=0;"), "{cleared}");
    }

    #[test]
    fn the_cookie_is_found_among_others_and_an_unreadable_one_is_none() {
        let with = |text: &str| {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(text).unwrap())]);
            held(&headers, Cookie::Session, &HttpOptions::default())
        };
        let whole = format!("a=b; assay={}; c=d", secret().reveal());
        assert_eq!(with(&whole), Some(secret()));
        assert_eq!(with("assay=nonsense"), None);
        assert_eq!(with(&format!("__Host-assay={}", secret().reveal())), None, "that one is for TLS");
        assert_eq!(held(&HeaderMap::new(), Cookie::Session, &HttpOptions::default()), None);
    }

    #[test]
    fn a_token_belongs_to_one_session_and_does_not_tell_its_secret() {
        assert_eq!(token(&secret()), token(&secret()));
        assert_ne!(token(&secret()), token(&Secret::new([8; 32])));
        assert!(same("ab", "ab") && !same("ab", "ac") && !same("", "ab") && !same("ab", "abc"));
    }

    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(local_path(Some("/verdicts/vrd_1?x=1")), "/verdicts/vrd_1?x=1");
        for elsewhere in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "x", "/a\r\nSet-Cookie:x", "/é"]
        {
            assert_eq!(local_path(Some(elsewhere)), "/", "{elsewhere}");
        }
        assert_eq!(local_path(None), "/");
        assert_eq!(escaped("/a?b=c&d=\u{e9}"), "/a%3Fb%3Dc%26d%3D%C3%A9");
    }
}
