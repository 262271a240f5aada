//! Ctrl-C and `kill`, turned into a cancelled token.

use lime_pow::CancelToken;

use crate::failure::Failure;

/// Watches for SIGINT and SIGTERM from now on.
#[derive(Debug)]
pub(crate) struct Watch {
    token: CancelToken,
    #[cfg(unix)]
    received: std::sync::Arc<std::sync::atomic::AtomicI32>,
}

#[cfg(unix)]
impl Watch {
    /// The first signal cancels the token; a second one ends the process as it would have without us.
    pub(crate) fn start() -> Result<Self, Failure> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        use signal_hook::iterator::Signals;
        use std::sync::atomic::Ordering;

        let watch = Self { token: CancelToken::new(), received: std::sync::Arc::default() };
        let mut signals = Signals::new([SIGINT, SIGTERM])
            .map_err(|error| Failure::Io { what: "signal handlers".to_owned(), error })?;
        let (token, received) = (watch.token.clone(), watch.received.clone());
        let watcher = move || {
            for signal in &mut signals {
                if received.swap(signal, Ordering::SeqCst) != 0 {
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
                token.cancel();
            }
        };
        let spawned = std::thread::Builder::new().name("lime-pow-signals".to_owned()).spawn(watcher);
        spawned.map_err(|error| Failure::Io { what: "thread for signals".to_owned(), error })?;
        Ok(watch)
    }

    /// The failure to report, where a signal came.
    pub(crate) fn failure(&self) -> Option<Failure> {
        use signal_hook::consts::{SIGINT, SIGTERM};
        match self.received.load(std::sync::atomic::Ordering::SeqCst) {
            SIGINT => Some(Failure::Interrupted { name: "SIGINT", signal: SIGINT as u8 }),
            SIGTERM => Some(Failure::Interrupted { name: "SIGTERM", signal: SIGTERM as u8 }),
            _ => None,
        }
    }
}

#[cfg(not(unix))]
impl Watch {
    /// Elsewhere the system's own handling ends the process.
    pub(crate) fn start() -> Result<Self, Failure> {
        Ok(Self { token: CancelToken::new() })
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        None
    }
}

impl Watch {
    pub(crate) fn token(&self) -> &CancelToken {
        &self.token
    }
}
