//! A connection's socket: shared between whoever speaks HTTP on it and whoever watches whether the peer is
//! still there.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::connection::Phases;

/// How long a peer may leave bytes unacknowledged before its connection is cut. Keepalive frames ensure that
/// streams always have bytes to acknowledge.
const DEAD_AFTER: Duration = Duration::from_secs(30);

/// Bytes that the system keeps for a peer that does not read, about sixteen passports. (Linux doubles it for
/// itself.)
const SEND_BUFFER: usize = 16 * 1024;

/// How many bytes a peer may send after its last request: enough for what is left of a request, too few for a
/// flood.
const IGNORED: usize = 64 * 1024;

/// How long a peer that was refused before its request had ended may go on sending, and how many bytes.
const LINGER: Duration = Duration::from_secs(5);
const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// A connection's socket. Clones are the same socket.
#[derive(Clone, Debug)]
pub(crate) struct Socket {
    stream: Arc<TcpStream>,
    phases: Phases,
}

impl Socket {
    /// Tells `phases` whenever something has been read.
    pub(crate) fn new(socket: TcpStream, phases: Phases) -> Self {
        if let Err(error) = prepare(&socket) {
            tracing::debug!(%error, "socket options refused");
        }
        Self { stream: Arc::new(socket), phases }
    }

    /// Reads and drops what a peer sends after its last request. Resolves when the peer has closed its side,
    /// the connection has failed, or [`IGNORED`] bytes have come. HTTP has no use for these bytes, but while
    /// they are unread, the end of the connection after them cannot be seen.
    pub(crate) async fn closed_by_peer(&self) {
        self.drop_bytes(IGNORED).await;
    }

    /// Lets the peer read the last answer although it has sent more than was read: were the connection closed
    /// now, the peer's system would drop the answer at the sight of a reset. Resolves when the peer has
    /// closed its side, and after [`LINGER`] and [`LINGER_BYTES`] at the latest.
    pub(crate) async fn linger(&self) {
        let _ = SockRef::from(&*self.stream).shutdown(Shutdown::Write);
        let _ = timeout(LINGER, self.drop_bytes(LINGER_BYTES)).await;
    }

    /// Reads and drops bytes until the peer closes its side, the connection fails, or `most` have come.
    async fn drop_bytes(&self, most: usize) {
        let mut ignored = 0;
        while ignored < most && self.stream.readable().await.is_ok() {
            let mut bytes = [0; 4096];
            match self.stream.try_read(&mut bytes) {
                Ok(0) => return,
                Ok(len) => ignored += len,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }
}

fn prepare(socket: &TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let socket = SockRef::from(socket);
    // What is in there counts as delivered, and is lost with the connection.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(DEAD_AFTER))?;
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(DEAD_AFTER))
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            ready!(self.stream.poll_read_ready(context))?;
            match self.stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Ok(1..) => {
                    self.phases.read_some();
                    return Poll::Ready(Ok(()));
                }
                read => return Poll::Ready(read.map(drop)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.stream.poll_write_ready(context))?;
            match self.stream.try_write_vectored(slices) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.stream).shutdown(Shutdown::Write))
    }
}
