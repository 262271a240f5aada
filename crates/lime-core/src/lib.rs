//! LIME Core: hands out login requests with proof of work, takes approvals of agents, delivers signed
//! passports to sites over SSE, publishes its keys, and issues tokens for MCP servers. `docs/protocol.md` is
//! the protocol.
//!
//! Data flows one way: [`serve`] takes connections, [`app`] turns requests into calls of [`Core`], which
//! checks, asks its [`Store`] and signs with its [`Keys`]. Time and randomness come from outside.
//!
//! # Examples
//!
//! ```
//! use std::sync::Arc;
//! use lime_core::{Config, Core, Keys, MemoryStore, SystemEntropy, new_epoch, serve};
//! use lime_proto::Origin;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let config = Config::new(Origin::loopback(listener.local_addr()?.port()));
//! let store = Arc::new(MemoryStore::new(new_epoch(&SystemEntropy)));
//! let core = Core::new(config, store, Keys::generate()?);
//! let server = tokio::spawn(serve(listener, Arc::new(core), async { /* until told to stop */ }));
//! server.await?;
//! # Ok(())
//! # }
//! ```

mod assembly;
mod clock;
mod config;
mod connection;
pub mod dev;
mod domain;
mod framing;
mod health;
mod keys;
mod limits;
mod refusal;
mod routes;
mod server;
mod socket;
mod stop;
mod tally;
mod token;

pub use assembly::Core;
pub use clock::{Clock, Entropy, SystemClock, SystemEntropy, new_epoch};
pub use config::{
    Config, ConfigError, Events, ForwardedHeader, Http, KeyTurns, Limits, Log, LogFormat, Login, NotAStore,
    Pow, Rate, StoreLocation,
};
pub use health::serve_health;
pub use keys::{KeyDirectory, KeyError, Keys, LEAD, Pace, SPREAD, Schedule, Scheduled, SignError, TAIL, Typ};
pub use lime_store as store;
pub use lime_store::{MemoryStore, Store, TokenHash};
pub use routes::{Peer, app};
pub use server::serve;
pub use token::{Lane, Token};
