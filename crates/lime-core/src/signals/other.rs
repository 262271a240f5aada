//! Where there are no signals: Ctrl-C stops, and the settings are read once.

use std::io;

use crate::log::{Log, PATIENCE};

/// The future resolves at the first Ctrl-C. A second one ends the process at once, except for a short wait
/// until the last lines of the log are written.
///
/// # Errors
///
/// Never; the result is there because the function for Unix can fail.
pub(crate) fn stop(log: Log) -> io::Result<impl Future<Output = ()>> {
    Ok(async move {
        let _ = tokio::signal::ctrl_c().await;
        tokio::spawn(async move {
            let _ = tokio::signal::ctrl_c().await;
            log.flush(PATIENCE);
            std::process::exit(130);
        });
    })
}

/// Does nothing, since there is no SIGHUP here.
///
/// # Errors
///
/// Never; the result is there because the function for Unix can fail.
pub(crate) fn on_hangup(_reload: impl Fn() + Send + 'static) -> io::Result<()> {
    Ok(())
}
