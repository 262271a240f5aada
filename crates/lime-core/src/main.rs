//! The command `lime-core`: serve, check settings, ask for health, or run for development.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

mod admin;
mod failure;
mod log;
mod output;
mod probe;
mod serving;
#[cfg_attr(unix, path = "signals/unix.rs")]
#[cfg_attr(not(unix), path = "signals/other.rs")]
mod signals;
mod stores;
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
  1        cannot serve: an address in use, a key file or a store that cannot be read or that others
           can, no threads; or the server that was asked is not healthy, or the store is damaged
  2        arguments or settings that are wrong
  130, 143 ended at once by a second SIGINT or SIGTERM";

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM; a second one ends it at once. SIGHUP reads `log.filter` again, and
    /// nothing else.
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
    /// Look after the store of these settings, while servers may run on it.
    Store {
        #[command(flatten)]
        settings: Settings,
        #[command(subcommand)]
        task: stores::Task,
    },
    /// Look after owners, who agents belong to, while servers may run on the store of these settings.
    Owner {
        #[command(flatten)]
        settings: Settings,
        #[command(subcommand)]
        task: admin::Owner,
    },
    /// Look after sites and their tokens, while servers may run on the store of these settings.
    Site {
        #[command(flatten)]
        settings: Settings,
        #[command(subcommand)]
        task: admin::Site,
    },
    /// Look after agents and their tokens, while servers may run on the store of these settings.
    Agent {
        #[command(flatten)]
        settings: Settings,
        #[command(subcommand)]
        task: admin::Agent,
    },
    /// Look after the keys that sign tokens, while servers may run on the key directory of these settings.
    Key {
        #[command(flatten)]
        settings: Settings,
        #[command(subcommand)]
        task: admin::Key,
    },
    /// Add many owners, sites and agents, while servers may run on the store of these settings.
    Import {
        #[command(flatten)]
        settings: Settings,
        #[command(flatten)]
        import: admin::Import,
    },
    /// Serve without limits, with an owner, sites and agents made up on the spot.
    Dev(serving::Dev),
}

/// Which settings a command goes by.
#[derive(clap::Args)]
struct Settings {
    /// Settings in TOML; environment variables override them.
    #[arg(long, value_name = "FILE", env = CONFIG_VARIABLE, global = true)]
    config: Option<PathBuf>,
}

impl Settings {
    fn path(&self) -> Option<&Path> {
        self.config.as_deref()
    }
}

fn main() {
    let outcome = match Arguments::parse().command {
        Command::Serve { config } => serving::serve_public(config),
        Command::CheckConfig { file } => serving::check(file.as_deref()),
        Command::Health { config, ready } => probe::ask(config.as_deref(), ready),
        Command::Store { settings, task } => {
            serving::load(settings.path()).and_then(|config| stores::run(&config, &task))
        }
        Command::Owner { settings, task } => admin::run(settings.path(), |place| task.run(place)),
        Command::Site { settings, task } => admin::run(settings.path(), |place| task.run(place)),
        Command::Agent { settings, task } => admin::run(settings.path(), |place| task.run(place)),
        Command::Key { settings, task } => admin::run_key(settings.path(), &task),
        Command::Import { settings, import } => admin::run(settings.path(), |place| import.run(place)),
        Command::Dev(dev) => serving::serve_dev(dev),
    };
    if let Err(failure) = outcome {
        failure.exit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_fit_together() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
