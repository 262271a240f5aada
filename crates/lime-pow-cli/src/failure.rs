//! Why the command ends early, and the exit code that says so.

use std::io;
use std::process::ExitCode;

/// Everything that ends the command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Pow(#[from] lime_pow::Error),
    #[error("{0}")]
    Usage(String),
    #[error("nonce {0} does not solve the challenge")]
    InvalidNonce(lime_pow::Nonce),
    #[error(transparent)]
    MalformedNonce(lime_pow::Error),
    #[error("{nonces} given where {sub_puzzles} nonces are needed")]
    NonceCount { nonces: usize, sub_puzzles: usize },
    #[error(transparent)]
    NoDifficulty(#[from] lime_pow_calibrate::NoDifficulty),
    #[error("{what} spreads by {:.0} %: over {:.0} % is too noisy to rely on; close other programs, or pass --force", 100.0 * spread, 100.0 * limit)]
    Noise { what: String, spread: f64, limit: f64 },
    #[error("{what}: {error}")]
    Io { what: String, error: io::Error },
    /// The reader of the output closed the pipe. This is not a failure: the exit code is 0.
    #[error("the reader closed the pipe")]
    ReaderGone,
    #[error("interrupted by {name}")]
    Interrupted { name: &'static str, signal: u8 },
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        use lime_pow::Error as Pow;
        ExitCode::from(match self {
            Self::ReaderGone => 0,
            Self::InvalidNonce(_) | Self::MalformedNonce(_) | Self::NonceCount { .. } => 1,
            Self::Pow(
                Pow::TimedOut { .. } | Pow::Hopeless { .. } | Pow::RangeTooSmall { .. } | Pow::Cancelled,
            ) => 3,
            Self::NoDifficulty(_) | Self::Noise { .. } => 3,
            Self::Pow(Pow::Exhausted { .. } | Pow::SubPuzzleExhausted { .. }) => 4,
            Self::Io { .. } | Self::Pow(Pow::ThreadStart { .. } | Pow::Panicked { .. }) => 5,
            Self::Usage(_) | Self::Pow(_) => 2,
            Self::Interrupted { signal, .. } => 128 + signal,
        })
    }

    /// An error in writing to standard output.
    pub(crate) fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Io { what: "standard output".to_owned(), error },
        }
    }
}
