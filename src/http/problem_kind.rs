//! The closed list of what can go wrong, each with its type, status and words.
//!
//! Slugs and statuses are an interface: callers branch on them. Words may change.

use axum::http::StatusCode;

/// What went wrong, as a stable name that callers may branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The body is not JSON.
    MalformedJson,
    /// The body is JSON of the wrong shape.
    InvalidBody,
    /// The listing breaks a limit or holds a value that cannot be.
    InvalidListing,
    /// A registry entry is not usable.
    InvalidRegistryEntry,
    /// A rule pack is refused.
    InvalidRulePack,
    /// A takedown notice or an answer to one is not complete.
    InvalidNotice,
    /// A query parameter is unknown, missing or unreadable.
    InvalidQuery,
    /// A part of the path is unreadable.
    InvalidPath,
    /// A request header is unreadable.
    InvalidHeader,
    /// A paging cursor is not one that was handed out.
    InvalidCursor,
    /// A picture cannot be read.
    InvalidImage,
    /// A merchant's document cannot be taken.
    InvalidDocument,
    /// A sanctions list cannot be taken.
    InvalidList,
    /// The body's media type is not taken here.
    UnsupportedMediaType,
    /// The body is larger than this endpoint reads.
    BodyTooLarge,
    /// The request did not arrive in time.
    RequestTimeout,
    /// No API key and no session, or one that does not count.
    Unauthenticated,
    /// The caller lacks the permission.
    Forbidden,
    /// Nothing is there.
    NotFound,
    /// The resource does not know this method.
    MethodNotAllowed,
    /// The request contradicts what is stored.
    Conflict,
    /// An idempotency key came back with another request.
    IdempotencyMismatch,
    /// The resource changed since the caller read it.
    PreconditionFailed,
    /// The caller sends more than it may.
    TooManyRequests,
    /// More work is waiting than can be done in time.
    Overloaded,
    /// Starting up, or catching up with the registry.
    NotReady,
    /// There is no room to store the answer.
    StorageFull,
    /// A fault of the server.
    Internal,
}

/// The fixed part of a kind.
struct KindFacts {
    slug: &'static str,
    status: StatusCode,
    title: &'static str,
    meaning: &'static str,
    cure: &'static str,
}

const fn facts(
    slug: &'static str,
    status: StatusCode,
    title: &'static str,
    meaning: &'static str,
    cure: &'static str,
) -> KindFacts {
    KindFacts { slug, status, title, meaning, cure }
}

impl ProblemKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [ProblemKind; 28] = [
        Self::MalformedJson,
        Self::InvalidBody,
        Self::InvalidListing,
        Self::InvalidRegistryEntry,
        Self::InvalidRulePack,
        Self::InvalidNotice,
        Self::InvalidQuery,
        Self::InvalidPath,
        Self::InvalidHeader,
        Self::InvalidCursor,
        Self::InvalidImage,
        Self::InvalidDocument,
        Self::InvalidList,
        Self::UnsupportedMediaType,
        Self::BodyTooLarge,
        Self::RequestTimeout,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::IdempotencyMismatch,
        Self::PreconditionFailed,
        Self::TooManyRequests,
        Self::Overloaded,
        Self::NotReady,
        Self::StorageFull,
        Self::Internal,
    ];

    /// The kind named by the last part of a problem type; `None` for any other text.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// The last part of the type: `invalid-listing`.
    pub fn slug(self) -> &'static str {
        self.facts().slug
    }

    /// The problem type, a reference relative to this server: `/problems/invalid-listing`.
    pub fn type_reference(self) -> String {
        format!("/problems/{}", self.slug())
    }

    /// The HTTP status that always goes with this kind.
    pub fn status(self) -> StatusCode {
        self.facts().status
    }

    /// A short name for people; the same for every occurrence.
    pub fn title(self) -> &'static str {
        self.facts().title
    }

    /// What has happened when this kind is answered, in a sentence or two.
    pub fn meaning(self) -> &'static str {
        self.facts().meaning
    }

    /// What the caller does about it.
    pub fn cure(self) -> &'static str {
        self.facts().cure
    }

    /// Seconds to wait before trying again, for the kinds where waiting helps.
    pub(super) fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::TooManyRequests | Self::Overloaded => Some(1),
            Self::NotReady => Some(5),
            Self::StorageFull => Some(60),
            _ => None,
        }
    }

    fn facts(self) -> KindFacts {
        match self {
            Self::MalformedJson
            | Self::InvalidBody
            | Self::InvalidListing
            | Self::InvalidRegistryEntry
            | Self::InvalidRulePack
            | Self::InvalidNotice
            | Self::InvalidImage
            | Self::InvalidDocument
            | Self::InvalidList
            | Self::UnsupportedMediaType
            | Self::BodyTooLarge
            | Self::RequestTimeout => self.body_facts(),
            Self::InvalidQuery | Self::InvalidPath | Self::InvalidHeader | Self::InvalidCursor => self.address_facts(),
            Self::Unauthenticated
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Conflict
            | Self::IdempotencyMismatch
            | Self::PreconditionFailed => self.state_facts(),
            Self::TooManyRequests | Self::Overloaded | Self::NotReady | Self::StorageFull | Self::Internal => {
                self.server_facts()
            }
        }
    }

    fn body_facts(self) -> KindFacts {
        match self {
            Self::MalformedJson => facts(
                "malformed-json",
                StatusCode::BAD_REQUEST,
                "The body is not JSON",
                "The request body could not be read as one JSON document in UTF-8, or it is nested more than 128 levels deep.",
                "Send one JSON document (RFC 8259) in UTF-8. The detail names the line and column where reading stopped.",
            ),
            Self::InvalidListing => facts(
                "invalid-listing",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The listing cannot be screened as it is",
                "The request was understood, but a value of the listing breaks a limit or cannot exist: an empty title, an unknown currency, a negative price, too many pictures.",
                "Correct each member named in errors and send the listing again. Nothing was stored.",
            ),
            Self::InvalidRegistryEntry => facts(
                "invalid-registry-entry",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The registry entry is not usable",
                "A brand, mark, reference picture or authorised seller holds a value that cannot be used, or two entries claim one id.",
                "Correct each member named in errors. The registry is unchanged.",
            ),
            Self::InvalidRulePack => facts(
                "invalid-rule-pack",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The rule pack is refused",
                "The pack names something unknown, lacks test cases, or one of its own test cases does not hold.",
                "The detail names file, rule, line and reason. Run “assay rules check” and “assay rules test” before sending a pack. The rules in force are unchanged.",
            ),
            Self::InvalidNotice => facts(
                "invalid-notice",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The notice or answer is not complete",
                "A part that the law or the operator's terms ask for is missing or unusable, or the checks before filing refuse every listing.",
                "Each place names the part and the provision that asks for it. POST /v1/notices/check says the same without filing.",
            ),
            Self::InvalidImage => facts(
                "invalid-image",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The picture cannot be read",
                "The bytes are not a picture in a format that is read (JPEG, PNG, WebP, GIF), are cut short, or decode to more pixels than allowed.",
                "Send the original file. The detail says what was found.",
            ),
            Self::InvalidDocument => facts(
                "invalid-document",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The document cannot be taken",
                "The bytes are neither a PDF nor a JPEG, PNG, WebP or TIFF picture, or there are more than 15 MiB of them. Programs, scripts, archives and office files are never taken.",
                "Scan the document and send the scan. The detail says what was found; nothing was stored.",
            ),
            Self::InvalidList => facts(
                "invalid-list",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The list cannot be taken",
                "The file is cut, is not UTF-8, has another layout, is much smaller than the list in force, or holds entities without a name.",
                "Fetch the file again. The list in force stays; send confirmed=true when a person has looked at a file that only looks suspicious.",
            ),
            Self::UnsupportedMediaType => facts(
                "unsupported-media-type",
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body's media type is not taken here",
                "The Content-Type header is missing or names something this endpoint does not read.",
                "Send “Content-Type: application/json”.",
            ),
            Self::BodyTooLarge => facts(
                "body-too-large",
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is too large",
                "The request body is longer than this endpoint reads.",
                "Split a batch into several requests, and send pictures by address instead of base64.",
            ),
            Self::RequestTimeout => facts(
                "request-timeout",
                StatusCode::REQUEST_TIMEOUT,
                "The request took too long",
                "The request did not arrive completely, or could not be answered, within the time a request has.",
                "Try again with the same Idempotency-Key; a request that was answered is not done twice.",
            ),
            _ => facts(
                "invalid-body",
                StatusCode::UNPROCESSABLE_ENTITY,
                "The body does not have the expected shape",
                "The body is JSON, but a member is missing, unknown, or of another type than this endpoint reads.",
                "Correct each member named in errors; /docs shows the schema. Nothing was stored.",
            ),
        }
    }

    fn address_facts(self) -> KindFacts {
        match self {
            Self::InvalidPath => facts(
                "invalid-path",
                StatusCode::BAD_REQUEST,
                "The path is not readable",
                "A part of the path is not of the form this endpoint reads, such as an id with another prefix.",
                "Use the id exactly as it was answered.",
            ),
            Self::InvalidHeader => facts(
                "invalid-header",
                StatusCode::BAD_REQUEST,
                "A request header is not readable",
                "A header that this endpoint reads is malformed, too long, or present twice.",
                "The detail names the header and the form that is expected.",
            ),
            Self::InvalidCursor => facts(
                "invalid-cursor",
                StatusCode::BAD_REQUEST,
                "The cursor is not one of this list",
                "A paging cursor is opaque: it works only on the list that handed it out, unchanged.",
                "Start again from the first page, and follow the cursors of the answers.",
            ),
            _ => facts(
                "invalid-query",
                StatusCode::BAD_REQUEST,
                "The query is not readable",
                "A query parameter is unknown, missing, or not of the form this endpoint reads.",
                "Correct the parameters named in errors; /docs lists those that are read.",
            ),
        }
    }

    fn state_facts(self) -> KindFacts {
        match self {
            Self::Unauthenticated => facts(
                "unauthenticated",
                StatusCode::UNAUTHORIZED,
                "An API key is needed, or a session",
                "The request carries no API key and no session, or one that is unknown, expired or ended.",
                "Send “Authorization: Bearer ak_…” with a key that is in force, or sign in at /sign-in.",
            ),
            Self::Forbidden => facts(
                "forbidden",
                StatusCode::FORBIDDEN,
                "The caller may not do this",
                "The key or the session is in force, but lacks the permission this needs, or a form came without its token.",
                "Use a key with the permission that the detail names, or ask for a role that has it.",
            ),
            Self::MethodNotAllowed => facts(
                "method-not-allowed",
                StatusCode::METHOD_NOT_ALLOWED,
                "The method is not known here",
                "The resource exists, but does not answer this method.",
                "The Allow header of the answer lists the methods; /docs describes them.",
            ),
            Self::Conflict => facts(
                "conflict",
                StatusCode::CONFLICT,
                "The request contradicts what is stored",
                "Carrying the request out would break something that is stored already, such as an id that is in use.",
                "The detail names what is in the way. Read the current state before trying again.",
            ),
            Self::IdempotencyMismatch => facts(
                "idempotency-mismatch",
                StatusCode::CONFLICT,
                "The idempotency key belongs to another request",
                "The Idempotency-Key was used before with another method, path or body. The first request keeps its answer; this one did nothing.",
                "Use a new key for a new request, and the same key only to repeat the same request.",
            ),
            Self::PreconditionFailed => facts(
                "precondition-failed",
                StatusCode::PRECONDITION_FAILED,
                "The resource has changed",
                "The version named in If-Match is no longer the current one.",
                "Read the resource again, apply the change to it, and send the new ETag in If-Match.",
            ),
            _ => facts(
                "not-found",
                StatusCode::NOT_FOUND,
                "Nothing is here",
                "The address names nothing that exists, or nothing that this caller may see.",
                "Check the id and the address; /docs lists the endpoints.",
            ),
        }
    }

    fn server_facts(self) -> KindFacts {
        match self {
            Self::TooManyRequests => facts(
                "too-many-requests",
                StatusCode::TOO_MANY_REQUESTS,
                "Too many requests",
                "This API key sends more requests than it may.",
                "Wait for the seconds in Retry-After, then go on more slowly.",
            ),
            Self::Overloaded => facts(
                "overloaded",
                StatusCode::SERVICE_UNAVAILABLE,
                "Too much work is waiting",
                "The server would not have answered in time, so it did not start. Nothing was stored.",
                "Wait for the seconds in Retry-After and try again with the same Idempotency-Key.",
            ),
            Self::NotReady => facts(
                "not-ready",
                StatusCode::SERVICE_UNAVAILABLE,
                "The server is not ready",
                "The server is starting, or its copy of the registry is older than the request asks for.",
                "Wait for the seconds in Retry-After; /health/ready says what is missing.",
            ),
            Self::StorageFull => facts(
                "storage-full",
                StatusCode::INSUFFICIENT_STORAGE,
                "There is no room to store the answer",
                "The disk or the database is full. A verdict that cannot be stored is not answered; nothing was stored.",
                "Make room on the server, then try again with the same Idempotency-Key.",
            ),
            _ => facts(
                "internal",
                StatusCode::INTERNAL_SERVER_ERROR,
                "The server failed",
                "A fault of the server; the request may be right. The cause is in the server's log under the instance of this problem.",
                "Try again with the same Idempotency-Key; if it stays, report the instance.",
            ),
        }
    }
}

impl serde::Serialize for ProblemKind {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.type_reference())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_slug_and_a_page_worth_of_words() {
        let slugs: std::collections::BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| kind.slug()).collect();
        assert_eq!(slugs.len(), ProblemKind::ALL.len());
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::from_slug(kind.slug()), Some(kind));
            assert!(kind.status().is_client_error() || kind.status().is_server_error(), "{kind:?}");
            assert!(kind.meaning().ends_with('.') && kind.cure().ends_with('.'), "{kind:?}");
        }
        assert_eq!(ProblemKind::from_slug("no-such-problem"), None);
    }

    /// Callers branch on these; a change here breaks them.
    #[test]
    fn types_and_statuses_stay_as_they_were_published() {
        let published: Vec<String> =
            ProblemKind::ALL.iter().map(|kind| format!("{} {}", kind.status().as_u16(), kind.slug())).collect();
        assert_eq!(
            published.join("\n"),
            "400 malformed-json\n422 invalid-body\n422 invalid-listing\n422 invalid-registry-entry\n\
             422 invalid-rule-pack\n422 invalid-notice\n400 invalid-query\n400 invalid-path\n400 invalid-header\n400 invalid-cursor\n\
             422 invalid-image\n422 invalid-document\n422 invalid-list\n415 unsupported-media-type\n413 body-too-large\n\
             408 request-timeout\n401 unauthenticated\n403 forbidden\n404 not-found\n405 method-not-allowed\n\
             409 conflict\n409 idempotency-mismatch\n412 precondition-failed\n\
             429 too-many-requests\n503 overloaded\n503 not-ready\n507 storage-full\n500 internal"
        );
    }
}
