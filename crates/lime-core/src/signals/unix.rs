//! Signals of Unix: SIGINT and SIGTERM stop, SIGHUP reloads, and those that mean nothing here do not kill.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

use crate::log::{Log, PATIENCE};

/// The future resolves at the first SIGINT or SIGTERM. A second one ends the process at once, except for a
/// short wait until the last lines of the log are written, with the exit code that the signal stands for.
/// Once this function has returned, SIGUSR1, SIGUSR2 and SIGALRM do nothing.
///
/// # Errors
///
/// If the system refuses a handler for one of the signals.
pub(crate) fn stop(log: Log) -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    for ignored in [SignalKind::user_defined1(), SignalKind::user_defined2(), SignalKind::alarm()] {
        // The handler stays when this is dropped.
        drop(signal(ignored)?);
    }
    let mut next = async move || {
        tokio::select! {
            _ = interrupt.recv() => SignalKind::interrupt(),
            _ = terminate.recv() => SignalKind::terminate(),
        }
    };
    Ok(async move {
        next().await;
        tokio::spawn(async move {
            let second = next().await;
            tracing::warn!("stopped at once by a second signal");
            log.flush(PATIENCE);
            std::process::exit(128 + second.as_raw_value());
        });
    })
}

/// Calls `reload` at each SIGHUP.
///
/// # Errors
///
/// The system refuses the handler.
pub(crate) fn on_hangup(reload: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload();
        }
    });
    Ok(())
}
