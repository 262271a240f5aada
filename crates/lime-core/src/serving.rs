//! What `serve`, `check-config` and `dev` do, from settings to the end of the server.

use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lime_core::{
    Clock, Config, Core, Entropy, KeyDirectory, Keys, LogFormat, StoreLocation, SystemClock, SystemEntropy,
    dev, serve, serve_health,
};
use lime_proto::Origin;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt, reload};

use crate::failure::Failure;
use crate::output::say;
use crate::{log, signals, stores, threads};

/// Arguments of `dev`.
#[derive(clap::Args)]
pub(crate) struct Dev {
    /// Address to listen on; in a container 0.0.0.0.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Origin that sites and agents know this server by, such as `http://core.test:8080`, where it is another
    /// one than the address to listen on.
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    public_url: Option<Origin>,
    /// Write addresses and tokens to this file as KEY=value lines, once ready to serve.
    #[arg(long, value_name = "PATH")]
    env_file: Option<PathBuf>,
    /// Leading zero bits of every challenge.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(0..=64))]
    difficulty: u32,
    /// Seconds that a login request waits.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=900))]
    ttl: u64,
    /// Seconds that tokens for MCP servers are valid.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=300))]
    mcp_seconds: u64,
    /// Where everything is kept: memory:, or sqlite:PATH, where each start adds its own sites and agents.
    #[arg(long, value_name = "STORE", default_value_t = StoreLocation::Memory)]
    store: StoreLocation,
    /// Number of sites.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    sites: u16,
    /// Number of agents.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    agents: u16,
}

fn origin(text: &str) -> Result<Origin, lime_proto::NotAnOrigin> {
    text.to_owned().try_into()
}

/// Reads settings for a server that others use.
pub(crate) fn load(path: Option<&Path>) -> Result<Config, Failure> {
    let config = Config::load(path, std::env::vars_os()).map_err(Failure::settings)?;
    config.check_public().map_err(Failure::settings)?;
    filter(&config.log.filter)?;
    Ok(config)
}

/// Does all that a start does before it listens, and prints what it has found. Makes no key and takes no
/// port, so that it can be asked beside a running server.
pub(crate) fn check(path: Option<&Path>) -> Result<(), Failure> {
    let mut config = load(path)?;
    let runtime = threads::start()?;
    let start = async { signals::stop(log::Log::start(io::sink(), config.log.format)?).map(drop) };
    runtime.block_on(start).map_err(Failure::of)?;
    let limited = limit_connections(&mut config)?;
    let directory = config.keys_dir.as_deref().map(KeyDirectory::new);
    let has_keys = directory.map(|directory| directory.check()).transpose().map_err(Failure::of)?;
    let is_there = config.key_file.as_deref().map(Keys::check).transpose().map_err(Failure::of)?;
    let store = config.store.as_ref().map(stores::check_place).transpose()?.flatten();
    for address in [Some(config.listen), config.health_listen].into_iter().flatten() {
        check_address(address)?;
    }
    for warning in config.warnings().into_iter().chain(limited) {
        say(format_args!("warning: {warning}"));
    }
    for (path, is_there) in [(&config.key_file, is_there), (&config.keys_dir, has_keys)] {
        if let (Some(path), Some(false)) = (path, is_there) {
            say(format_args!("{}: is not there yet, `serve` makes it", path.display()));
        }
    }
    if let Some(store) = store {
        say(format_args!("{store}"));
    }
    say(format_args!("ok: serves {} on {}", config.issuer, config.listen));
    Ok(())
}

/// Serves until it is told to stop.
pub(crate) fn serve_public(path: Option<PathBuf>) -> Result<(), Failure> {
    let config = load(path.as_deref())?;
    let runtime = threads::start()?;
    let outcome = runtime.block_on(run_public(config, path));
    // Connections that did not drain are cut, not waited for.
    runtime.shutdown_background();
    outcome
}

async fn run_public(config: Config, path: Option<PathBuf>) -> Result<(), Failure> {
    let (log, set_filter) = start_log(config.log.format, &config.log.filter)?;
    let outcome = run_logged(config, path, &log, set_filter).await;
    log.flush(log::PATIENCE);
    outcome
}

async fn run_logged(
    mut config: Config,
    path: Option<PathBuf>,
    log: &log::Log,
    set_filter: SetFilter,
) -> Result<(), Failure> {
    let stop = signals::stop(log.clone()).map_err(Failure::of)?;
    let reload = signals::on_hangup(move || match load(path.as_deref()) {
        Ok(config) => set_filter(&config.log.filter),
        Err(failure) => tracing::warn!("log.filter stays as it is: {failure}"),
    });
    reload.map_err(Failure::of)?;
    let limited = limit_connections(&mut config)?;
    let Some(location) = &config.store else { unreachable!("a server that others use has a store") };
    let keys = open_keys(&config)?;
    let store = stores::open(location)?;
    let listener = listen(config.listen).await?;
    let (health, health_address) = match config.health_listen {
        Some(address) => {
            let listener = listen(address).await?;
            let address = listener.local_addr().map_err(Failure::of)?;
            (Some(listener), Some(address))
        }
        None => (None, None),
    };
    let address = listener.local_addr().map_err(Failure::of)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        listen = %address,
        health_listen = health_address.map(tracing::field::display),
        issuer = %config.issuer,
        store = %location,
        kid = keys.kid(SystemClock.now()),
        difficulty = config.pow.base,
        ttl_seconds = config.login.ttl_seconds,
        trusted_proxies = ?config.trusted_proxies,
        forwarded_header = config.forwarded_header.as_str(),
        max_connections = config.http.max_connections,
        idle_seconds = config.http.idle_seconds,
        "serving"
    );
    for warning in config.warnings().into_iter().chain(limited) {
        tracing::warn!("{warning}");
    }
    let core = Arc::new(Core::new(config, store, keys));
    let health = async {
        match health {
            Some(listener) => serve_health(listener, Arc::clone(&core)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = serve(listener, Arc::clone(&core), stop) => {}
        () = health => {}
    }
    Ok(())
}

/// The keys of a server that others use.
fn open_keys(config: &Config) -> Result<Keys, Failure> {
    let first = config.key_file.as_deref();
    let keys = match (&config.keys_dir, first) {
        (Some(directory), first) => {
            Keys::open_directory(KeyDirectory::new(directory), first, SystemClock.now())
        }
        (None, Some(file)) => Keys::open(file),
        (None, None) => unreachable!("a server that others use has a key"),
    };
    keys.map_err(Failure::of)
}

/// Serves principals that are made up on the spot, until it is told to stop.
pub(crate) fn serve_dev(dev: Dev) -> Result<(), Failure> {
    let runtime = threads::start()?;
    let outcome = runtime.block_on(run_dev(dev));
    runtime.shutdown_background();
    outcome
}

async fn run_dev(dev: Dev) -> Result<(), Failure> {
    let (log, _) = start_log(LogFormat::Text, "warn")?;
    let stop = signals::stop(log.clone()).map_err(Failure::of)?;
    let listener = listen(SocketAddr::new(dev.host, dev.port)).await?;
    let address = listener.local_addr().map_err(Failure::of)?;
    let issuer = dev.public_url.clone().unwrap_or_else(|| origin_of(address));
    let mut config = Config::new(issuer.clone());
    config.listen = address;
    config.limits = None;
    // Whoever presses Ctrl-C has no balancer.
    config.http.notice_seconds = 0;
    config.login.ttl_seconds = dev.ttl;
    config.mcp_life = Duration::from_secs(dev.mcp_seconds);
    config.pow.base = dev.difficulty;
    config.pow.ceiling = dev.difficulty;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let store = stores::open(&dev.store)?;
    let principals = dev::seed(&*store, &entropy, dev.sites.into(), dev.agents.into(), SystemClock.now())
        .await
        .map_err(Failure::of)?;
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
    if !issuer.is_https() && !issuer.is_loopback() {
        say(format_args!("warning: {issuer} is plain HTTP: tokens can be read on their way there"));
    }
    if dev.public_url.is_some() {
        say(format_args!("listens on {address}"));
    }
    if dev.host.is_unspecified() && dev.public_url.is_none() {
        say(format_args!(
            "warning: other machines and containers know this server by another origin than {issuer}: name it by --public-url"
        ));
    }
    say(format_args!(
        "LIME Core for development on {issuer}: difficulty {}, no limits, keeps everything in {}.\n\n{told}\n\
         A site then makes login requests with the official lime-sites-sdk, an agent answers with lime-agents-sdk.\n\
         Ctrl-C stops.",
        dev.difficulty, dev.store
    ));
    serve(listener, Arc::new(core), stop).await;
    log.flush(log::PATIENCE);
    Ok(())
}

/// The origin of a server on this address; on that of this machine where it listens on all addresses.
fn origin_of(address: SocketAddr) -> Origin {
    let host = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    let text = match (host, address.port()) {
        (IpAddr::V4(host), 80) => format!("http://{host}"),
        (IpAddr::V6(host), 80) => format!("http://[{host}]"),
        _ => format!("http://{}", SocketAddr::new(host, address.port())),
    };
    Origin::try_from(text).expect("an address is a host")
}

/// Lets this process have as many descriptors as the system allows it, and takes no more connections than
/// there are descriptors for. Returns a warning if those are fewer than the settings ask for.
///
/// # Errors
///
/// If there are too few to serve at all.
#[cfg(unix)]
fn limit_connections(config: &mut Config) -> Result<Option<String>, Failure> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    /// For what is open beside connections: listeners, standard streams, the runtime's own, health checks.
    const OTHERS: u64 = 96;
    /// Fewer connections than that are no server.
    const LEAST: u64 = 16;
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let allowed = match setrlimit(Resource::Nofile, limit) {
        Ok(()) => limit.maximum,
        Err(_) => getrlimit(Resource::Nofile).current,
    };
    let Some(allowed) = allowed else { return Ok(None) };
    if allowed < OTHERS + LEAST {
        let least = OTHERS + LEAST;
        return Err(Failure::of(format!(
            "the system allows {allowed} file descriptors, must be {least} or more"
        )));
    }
    let wanted = config.http.max_connections;
    let places = usize::try_from(allowed - OTHERS).unwrap_or(usize::MAX);
    config.http.max_connections = wanted.min(places);
    Ok((places < wanted).then(|| {
        format!(
            "the system allows {allowed} file descriptors: http.max_connections is {places}, not {wanted}"
        )
    }))
}

#[cfg(not(unix))]
fn limit_connections(_config: &mut Config) -> Result<Option<String>, Failure> {
    Ok(None)
}

/// Checks that this process may listen on an address, but for another one that does so already.
fn check_address(address: SocketAddr) -> Result<(), Failure> {
    let bind = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        // As the listener of a start has it.
        #[cfg(unix)]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())
    };
    match bind() {
        Err(error) if error.kind() != io::ErrorKind::AddrInUse => Err(cannot_listen(address, &error)),
        _ => Ok(()),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    Failure::of(format!("cannot listen on {address}: {error}"))
}

fn filter(text: &str) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(text).map_err(|error| {
        let example = "a level, or levels by module, for example \"info\" or \"warn,lime_core=debug\"";
        Failure::settings(format!("log.filter = {text:?}: must be {example}; {error}"))
    })
}

/// Sets another filter.
type SetFilter = Box<dyn Fn(&str) + Send>;

fn start_log(format: LogFormat, filter: &str) -> Result<(log::Log, SetFilter), Failure> {
    let (filter, handle) = reload::Layer::new(self::filter(filter)?);
    let log = log::Log::start(io::stderr(), format)
        .map_err(|error| Failure::of(format!("no thread for the log: {error}")))?;
    let writer = log.clone();
    let lines = fmt::layer()
        .with_ansi(io::stderr().is_terminal())
        // It would report its own troubles on standard error, and panic where that is gone.
        .log_internal_errors(false)
        .with_writer(move || writer.clone());
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Json => registry.with(lines.json().with_span_list(false)).init(),
        LogFormat::Text => registry.with(lines).init(),
    }
    let set_filter = move |text: &str| match self::filter(text).map(|filter| handle.reload(filter)) {
        Ok(Ok(())) => tracing::info!(filter = text, "log.filter is read again"),
        Ok(Err(error)) => tracing::warn!(%error, "log.filter stays as it is"),
        Err(failure) => tracing::warn!("log.filter stays as it is: {failure}"),
    };
    Ok((log, Box::new(set_filter)))
}
