//! The command `lime-core`: serve, check settings, ask for health, or run for development.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

mod failure;
mod log;
mod probe;
mod serving;
#[cfg_attr(unix, path = "signals/unix.rs")]
#[cfg_attr(not(unix), path = "signals/other.rs")]
mod signals;
mod threads;

/// LIME Core: login requests with proof of work, passports over SSE, tokens for MCP servers.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The variable that names the settings' file where no argument does, such as in a container.
const CONFIG_VARIABLE: &str = "LIME_CORE_CONFIG";

const EXIT_CODES: &str = "\
Exit codes:
  0        stopped as it was told to, or all is well
  1        cannot serve: an address in use, a key file that cannot be read or that others can,
           no threads; or the server that was asked is not healthy
  2        arguments or settings that are wrong
  130, 143 ended at once by a second SIGINT or SIGTERM";

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM; a second one ends it at once. SIGHUP reads `log.filter` again, and
    /// nothing else. Keeps everything but the signing key in memory.
    Serve {
        /// Settings in TOML; environment variables override them.
        #[arg(long, value_name = "FILE", env = CONFIG_VARIABLE)]
        config: Option<PathBuf>,
    },
    /// Do all that `serve` does before it listens, with settings of a file and from environment variables,
    /// and tell what is wrong. Makes no key.
    CheckConfig {
        /// Settings in TOML; environment variables override them.
        #[arg(env = CONFIG_VARIABLE)]
        file: Option<PathBuf>,
    },
    /// Ask the server that runs with these settings on this machine for its health.
    Health {
        /// Settings in TOML; environment variables override them.
        #[arg(long, value_name = "FILE", env = CONFIG_VARIABLE)]
        config: Option<PathBuf>,
        /// Ask whether it takes requests (/readyz), not only whether it lives (/healthz).
        #[arg(long)]
        ready: bool,
    },
    /// Serve in memory and without limits, with an owner, sites and agents made up on the spot.
    Dev(serving::Dev),
}

fn main() {
    let outcome = match Arguments::parse().command {
        Command::Serve { config } => serving::serve_public(config),
        Command::CheckConfig { file } => serving::check(file.as_deref()),
        Command::Health { config, ready } => probe::ask(config.as_deref(), ready),
        Command::Dev(dev) => serving::serve_dev(dev),
    };
    if let Err(failure) = outcome {
        failure.exit();
    }
}
