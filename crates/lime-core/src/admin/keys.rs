//! `lime-core key`.

use std::path::{Path, PathBuf};

use lime_core::{Clock, KeyDirectory, Pace, Scheduled, SystemClock};
use serde_json::json;

use crate::failure::Failure;
use crate::output::say;
use crate::serving;

/// What is done with the keys of a directory.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// List the keys, and when each is published and signs.
    List {
        /// One JSON object a line, not a table.
        #[arg(long)]
        json: bool,
    },
    /// Make a new key. It signs after 70 minutes, when all verifiers have it, and the old ones are published
    /// for a day more.
    Rotate {
        /// Let it sign as soon as all servers have it, in 20 seconds. Verifiers that have kept the keys and
        /// do not look again refuse its tokens for up to 65 minutes.
        #[arg(long)]
        now: bool,
    },
    /// Let a key sign nothing any more, and take it out of what is published, in 20 seconds. Verifiers that
    /// have kept it take its tokens for up to 65 minutes.
    Revoke {
        /// The thumbprint of the key, as `list` has it.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
    /// Take a copy of a key that exists, and let it have its turn as `rotate` does.
    Import {
        /// The key: RSA of 2048 bits or more, PKCS#8 in PEM, mode 0600.
        file: PathBuf,
        /// Let it sign as soon as all servers have it, in 20 seconds.
        #[arg(long)]
        now: bool,
    },
}

fn pace(now: bool) -> Pace {
    if now { Pace::AtOnce } else { Pace::Planned }
}

/// Does a task on the key directory of some settings. Servers take it up within seconds.
pub(crate) fn run(config: Option<&Path>, task: &Task) -> Result<(), Failure> {
    let config = serving::load(config)?;
    let Some(path) = &config.keys_dir else {
        return Err(Failure::settings("keys_dir: is missing, for example \"/var/lib/lime-core/keys\""));
    };
    let (directory, now) = (KeyDirectory::new(path), SystemClock.now());
    // An operator may be there before any server.
    directory.begin(config.key_file.as_deref(), now).map_err(Failure::of)?;
    match task {
        Task::List { json } => return list(&directory, *json),
        Task::Rotate { now: at_once } => {
            say(format_args!("{}", directory.rotate(pace(*at_once), now).map_err(Failure::of)?));
        }
        Task::Revoke { kid } => directory.revoke(kid, now).map_err(Failure::of)?,
        Task::Import { file, now: at_once } => {
            say(format_args!("{}", directory.import(file, pace(*at_once), now).map_err(Failure::of)?));
        }
    }
    Ok(())
}

fn list(directory: &KeyDirectory, json: bool) -> Result<(), Failure> {
    let (schedule, now) = (directory.read().map_err(Failure::of)?, SystemClock.now());
    let signing = schedule.signing(now).map(|key| key.kid.clone());
    let state = |key: &Scheduled| match key {
        key if Some(&key.kid) == signing.as_ref() => "signs",
        key if key.until.is_some_and(|until| until <= now) => "ended",
        key if now < key.publish => "announced",
        key if now < key.sign => "next",
        _ => "published",
    };
    if !json {
        say(format_args!(
            "{:43}  {:9}  {:24}  {:24}  published until",
            "kid", "state", "published from", "signs from"
        ));
    }
    for key in &schedule.keys {
        if json {
            let members = json!({
                "kid": key.kid,
                "state": state(key),
                "publish": key.publish,
                "sign": key.sign,
                "until": key.until,
            });
            say(format_args!("{members}"));
        } else {
            let until = key.until.map_or("-".to_owned(), |until| until.to_string());
            say(format_args!("{}  {:9}  {}  {}  {until}", key.kid, state(key), key.publish, key.sign));
        }
    }
    Ok(())
}
