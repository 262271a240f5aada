//! Checks of a request's head that RFC 9112 demands and the HTTP layer leaves to its user. If a proxy in
//! front and Core understood a head differently, somebody could hide one request in another.

use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Version};
use lime_proto::Code;

/// Checks the head of a request. On an error the connection must end, since it is uncertain where the body
/// ends.
pub(crate) fn check<B>(request: &Request<B>) -> Result<(), Code> {
    check_target(request)?;
    check_host(request)?;
    check_codings(request)
}

/// Checks the target, RFC 9112, section 3.2: a path, or a whole URL as it is sent to proxies. `*` is for
/// OPTIONS only, and a host without a path for CONNECT only.
fn check_target<B>(request: &Request<B>) -> Result<(), Code> {
    let is_right = match request.uri().path() {
        "*" => *request.method() == Method::OPTIONS,
        path => path.starts_with('/') || *request.method() == Method::CONNECT,
    };
    if is_right { Ok(()) } else { Err(Code::BadRequest) }
}

/// Checks the `Host` field, RFC 9112, section 3.2: there must be exactly one, which is a host or empty;
/// HTTP/1.0 may leave it out.
fn check_host<B>(request: &Request<B>) -> Result<(), Code> {
    let mut values = request.headers().get_all(HOST).iter();
    match (values.next(), values.next()) {
        (None, _) if request.version() == Version::HTTP_10 => Ok(()),
        (Some(value), None) if is_host(value) => Ok(()),
        _ => Err(Code::BadRequest),
    }
}

fn is_host(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    bytes.is_empty()
        || Authority::try_from(bytes)
            .is_ok_and(|host| !host.as_str().contains('@') && !host.host().is_empty())
}

/// Checks the transfer codings, RFC 9112, sections 6.1 and 6.3: only `chunked`, only once, and not in
/// HTTP/1.0. If there is a `Content-Length` too, the HTTP layer ignores it and closes the connection after
/// the answer.
fn check_codings<B>(request: &Request<B>) -> Result<(), Code> {
    if !request.headers().contains_key(TRANSFER_ENCODING) {
        return Ok(());
    }
    if request.version() == Version::HTTP_10 {
        return Err(Code::BadRequest);
    }
    match codings(request.headers())[..] {
        [ref only] if only == "chunked" => Ok(()),
        // Where the body ends is known, but not what it is.
        [ref others @ .., ref last] if last == "chunked" && !others.contains(last) => {
            Err(Code::NotImplemented)
        }
        _ => Err(Code::BadRequest),
    }
}

/// The transfer codings in the order in which they were applied, in lower case.
fn codings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(TRANSFER_ENCODING).iter();
    let texts = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let texts = texts.map(|text| String::from_utf8_lossy(text.trim_ascii()).to_ascii_lowercase());
    texts.filter(|text| !text.is_empty()).collect()
}
