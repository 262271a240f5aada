//! The command `lime-core`: serve, check settings, or run for development.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use lime_core::{Config, Core, Entropy, Keys, LogFormat, MemoryStore, SystemEntropy, dev, new_epoch, serve};
use lime_proto::Origin;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt, reload};

mod log;
#[cfg_attr(unix, path = "signals/unix.rs")]
#[cfg_attr(not(unix), path = "signals/other.rs")]
mod signals;

/// LIME Core: login requests with proof of work, passports over SSE, tokens for MCP servers.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until SIGINT or SIGTERM; a second one ends it at once. SIGHUP reads `log.filter` again, and
    /// nothing else. Keeps everything but the signing key in memory.
    Serve {
        /// Settings in TOML; environment variables override them.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Check settings, including those from environment variables.
    CheckConfig {
        /// Settings in TOML.
        file: Option<PathBuf>,
    },
    /// Serve on loopback, in memory and without limits, with an owner, sites and agents made up on the spot.
    Dev(Dev),
}

#[derive(Args)]
struct Dev {
    /// Port on 127.0.0.1; 0 picks a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Write addresses and tokens to this file as KEY=value lines, once ready to serve.
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
    /// Leading zero bits of every challenge.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(0..=64))]
    difficulty: u32,
    /// Seconds that a login request waits.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=900))]
    ttl: u64,
    /// Number of sites.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    sites: u16,
    /// Number of agents.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    agents: u16,
}

/// What to say, and how to end: 2 for settings, 1 for everything else.
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    fn of(what: impl Display) -> Self {
        Self { message: what.to_string(), code: 1 }
    }

    fn settings(what: impl Display) -> Self {
        Self { message: what.to_string(), code: 2 }
    }
}

fn main() -> ExitCode {
    let run = |future| match tokio::runtime::Runtime::new() {
        Ok(runtime) => {
            let outcome = runtime.block_on(future);
            // Connections that did not drain are cut, not waited for.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::of(format!("no threads: {error}"))),
    };
    let outcome = match Arguments::parse().command {
        Command::Serve { config } => load(config.as_deref())
            .and_then(|settings| run(Box::pin(serve_public(settings, config)) as Running)),
        Command::CheckConfig { file } => load(file.as_deref()).map(|config| {
            for warning in config.warnings() {
                say(format_args!("warning: {warning}"));
            }
            say(format_args!("ok: serves {} on {}", config.issuer, config.listen));
        }),
        Command::Dev(dev) => run(Box::pin(serve_dev(dev))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

type Running = std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

fn load(path: Option<&Path>) -> Result<Config, Failure> {
    let config = Config::load(path, std::env::vars_os()).map_err(Failure::settings)?;
    config.check_public().map_err(Failure::settings)?;
    filter(&config.log.filter)?;
    Ok(config)
}

async fn serve_public(config: Config, path: Option<PathBuf>) -> Result<(), Failure> {
    let (log, set_filter) = start_log(config.log.format, &config.log.filter)?;
    let stop = signals::stop(log.clone()).map_err(Failure::of)?;
    let reload = signals::on_hangup(move || match load(path.as_deref()) {
        Ok(config) => set_filter(&config.log.filter),
        Err(failure) => tracing::warn!("log.filter stays as it is: {}", failure.message),
    });
    reload.map_err(Failure::of)?;
    let keys = match &config.key_file {
        Some(path) => Keys::open(path),
        None => Keys::generate(),
    };
    let keys = keys.map_err(Failure::of)?;
    let listener = listen(config.listen).await?;
    let store = Arc::new(MemoryStore::new(new_epoch(&SystemEntropy)));
    let address = listener.local_addr().map_err(Failure::of)?;
    tracing::info!(listen = %address, issuer = %config.issuer, kid = keys.jwks().keys[0].kid, "serving");
    for warning in config.warnings() {
        tracing::warn!("{warning}");
    }
    raise_descriptor_limit(config.http.max_connections);
    serve(listener, Arc::new(Core::new(config, store, keys)), stop).await;
    log.flush(log::PATIENCE);
    Ok(())
}

async fn serve_dev(dev: Dev) -> Result<(), Failure> {
    let (log, _) = start_log(LogFormat::Text, "warn")?;
    let stop = signals::stop(log.clone()).map_err(Failure::of)?;
    let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, dev.port))).await?;
    let port = listener.local_addr().map_err(Failure::of)?.port();
    let issuer = Origin::loopback(port);
    let mut config = Config::new(issuer.clone());
    config.limits = None;
    // Whoever presses Ctrl-C has no balancer.
    config.http.notice_seconds = 0;
    config.login.ttl_seconds = dev.ttl;
    config.pow.base = dev.difficulty;
    config.pow.ceiling = dev.difficulty;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let store = Arc::new(MemoryStore::new(new_epoch(&*entropy)));
    let principals =
        dev::seed(&*store, &entropy, dev.sites.into(), dev.agents.into()).await.map_err(Failure::of)?;
    let core = Core::new(config, store, Keys::generate().map_err(Failure::of)?);
    // From here on connections are accepted: the system queues them until `serve` comes to it.
    let environment = dev::environment(&issuer, &principals);
    let told = match &dev.env_file {
        Some(path) => {
            whole_file::replace(path, environment.as_bytes(), whole_file::Access::Owner)
                .map_err(|error| Failure::of(format!("{}: {error}", path.display())))?;
            // A shell looks for a bare name elsewhere.
            let path = std::path::absolute(path).map_err(Failure::of)?;
            format!("Tokens and addresses are in {0}:\n\n    set -a; . {0}; set +a\n", path.display())
        }
        None => format!(
            "{environment}\nExport these lines where a site or an agent runs (--env-file writes them to a file).\n"
        ),
    };
    say(format_args!(
        "LIME Core for development on {issuer}: difficulty {}, no limits, nothing is kept.\n\n{told}\n\
         A site then makes login requests with the official lime-sites-sdk, an agent answers with lime-agents-sdk.\n\
         Ctrl-C stops.",
        dev.difficulty
    ));
    serve(listener, Arc::new(core), stop).await;
    log.flush(log::PATIENCE);
    Ok(())
}

/// Prints a line. Errors are ignored: Core also serves when nobody reads its output.
fn say(text: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Lets this process have as many descriptors as the system allows it, and says if that is not enough.
#[cfg(unix)]
fn raise_descriptor_limit(connections: usize) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let allowed = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum,
        Err(_) => getrlimit(Resource::Nofile).current,
    };
    // Beside connections: the listener, standard streams, the runtime's own.
    let needed = connections as u64 + 64;
    if let Some(allowed) = allowed.filter(|allowed| *allowed < needed) {
        tracing::warn!(allowed, needed, "too few file descriptors for http.max_connections");
    }
}

#[cfg(not(unix))]
fn raise_descriptor_limit(_connections: usize) {}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address)
        .await
        .map_err(|error| Failure::of(format!("cannot listen on {address}: {error}")))
}

fn filter(text: &str) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(text).map_err(|error| Failure::settings(format!("log.filter = {text:?}: {error}")))
}

/// Sets another filter.
type SetFilter = Box<dyn Fn(&str) + Send>;

fn start_log(format: LogFormat, filter: &str) -> Result<(log::Log, SetFilter), Failure> {
    let (filter, handle) = reload::Layer::new(self::filter(filter)?);
    let log = log::Log::start(std::io::stderr(), format)
        .map_err(|error| Failure::of(format!("no thread for the log: {error}")))?;
    let writer = log.clone();
    let lines = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        // It would report its own troubles on standard error, and panic where that is gone.
        .log_internal_errors(false)
        .with_writer(move || writer.clone());
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Json => registry.with(lines.json()).init(),
        LogFormat::Text => registry.with(lines).init(),
    }
    let set_filter = move |text: &str| match self::filter(text).map(|filter| handle.reload(filter)) {
        Ok(Ok(())) => tracing::info!(filter = text, "log.filter is read again"),
        Ok(Err(error)) => tracing::warn!(%error, "log.filter stays as it is"),
        Err(failure) => tracing::warn!("log.filter stays as it is: {}", failure.message),
    };
    Ok((log, Box::new(set_filter)))
}
