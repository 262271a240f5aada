//! A request's body, taken off its connection: copied into one buffer, or dropped as it comes where no route
//! reads it.

use axum::body::Body;
use axum::http::Method;
use bytes::Bytes;
use http_body_util::BodyExt;

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// More bytes than are allowed.
    TooLarge,
    /// The connection ended, or its framing is wrong.
    Broken,
}

/// Whether a route reads the body of such a request. If not, the body is dropped, and the route sees an empty
/// one.
pub(super) fn is_read(method: &Method, is_routed: bool) -> bool {
    is_routed && *method == Method::POST
}

/// Reads a body of at most `limit` bytes to its end, and returns it if `keep` is set, or nothing if not.
/// Copies what it keeps, since a frame is a slice of the buffer that it was read into, and would keep that
/// whole buffer in memory.
pub(super) async fn take(mut body: Body, limit: usize, keep: bool) -> Result<Bytes, BodyError> {
    let (mut kept, mut len) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
        len += data.len();
        if len > limit {
            return Err(BodyError::TooLarge);
        }
        if keep {
            kept.extend_from_slice(&data);
        }
    }
    Ok(kept.into())
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn body(frames: &[&'static [u8]]) -> Body {
        let frames: Vec<_> =
            frames.iter().map(|frame| Ok::<_, std::io::Error>(Bytes::from_static(frame))).collect();
        Body::from_stream(stream::iter(frames))
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_limit() {
        assert_eq!(take(body(&[b"ab", b"", b"c"]), 3, true).await, Ok(Bytes::from_static(b"abc")));
        assert_eq!(take(body(&[b"ab", b"cd"]), 3, true).await, Err(BodyError::TooLarge));
        // What nobody wants is read all the same, and has the same limit.
        assert_eq!(take(body(&[b"ab", b"c"]), 3, false).await, Ok(Bytes::new()));
        assert_eq!(take(body(&[b"ab", b"cd"]), 3, false).await, Err(BodyError::TooLarge));
        let broken = stream::iter([Ok(Bytes::from_static(b"a")), Err(std::io::Error::other("gone"))]);
        assert_eq!(take(Body::from_stream(broken), 3, true).await, Err(BodyError::Broken));
    }
}
