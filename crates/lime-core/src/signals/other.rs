//! Where there are no signals: Ctrl-C stops, and the settings are read once.

use std::io;

use crate::LOG_PATIENCE;
use crate::log::Log;

/// Resolves at the first Ctrl-C; the second ends the process at once, but for the last lines of the log.
///
/// # Errors
///
/// None here.
pub(crate) fn stop(log: Log) -> io::Result<impl Future<Output = ()>> {
    Ok(async move {
        let _ = tokio::signal::ctrl_c().await;
        tokio::spawn(async move {
            let _ = tokio::signal::ctrl_c().await;
            log.flush(LOG_PATIENCE);
            std::process::exit(130);
        });
    })
}

/// There is no SIGHUP.
///
/// # Errors
///
/// None here.
pub(crate) fn on_hangup(_reload: impl Fn() + Send + 'static) -> io::Result<()> {
    Ok(())
}
