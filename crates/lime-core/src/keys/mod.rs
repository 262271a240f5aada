//! The keys that sign passports and tokens, and that are published as JWKS: one in a file or in memory, or
//! those of a directory, of which each has its time.

mod directory;
mod file;
mod schedule;
mod signing_key;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use lime_proto::{Jwks, Timestamp};
use serde::Serialize;
use tokio::sync::Semaphore;

pub use directory::KeyDirectory;
pub use file::KeyError;
pub use schedule::{LEAD, Pace, SPREAD, Schedule, Scheduled, TAIL};
use signing_key::SigningKey;
pub use signing_key::{SignError, Typ};

use crate::clock::Clock;

/// The keys that sign tokens and are published as JWKS. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keys(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ring: RwLock<Arc<Ring>>,
    /// Where they come from, if they can change.
    directory: Option<KeyDirectory>,
    /// As many as there are signatures at once.
    permits: Arc<Semaphore>,
}

/// The keys that there are at the moment, and when each has its turn.
#[derive(Debug)]
struct Ring {
    schedule: Schedule,
    keys: Vec<Arc<SigningKey>>,
}

impl Ring {
    /// A key that is always there.
    fn of(key: SigningKey) -> Self {
        let mut schedule = Schedule::default();
        schedule.add(key.kid(), Pace::AtOnce, Timestamp::from_unix_millis(0));
        Self { schedule, keys: vec![Arc::new(key)] }
    }

    /// Those of a directory. Takes over what `before` has read.
    fn read(directory: &KeyDirectory, before: Option<&Self>) -> Result<Self, KeyError> {
        let schedule = directory.read()?;
        let key = |kid: &str| match before.and_then(|before| before.key(kid)) {
            Some(key) => Ok(Arc::clone(key)),
            None => directory.key(kid).map(Arc::new),
        };
        let keys = schedule.keys.iter().map(|scheduled| key(&scheduled.kid)).collect::<Result<_, _>>()?;
        Ok(Self { schedule, keys })
    }

    fn key(&self, kid: &str) -> Option<&Arc<SigningKey>> {
        self.keys.iter().find(|key| key.kid() == kid)
    }

    fn signing(&self, now: Timestamp) -> Option<&Arc<SigningKey>> {
        self.key(&self.schedule.signing(now)?.kid)
    }
}

impl Keys {
    /// A new key of 2048 bits, which is kept in memory only. This is slow, since it searches for primes.
    ///
    /// # Errors
    ///
    /// [`KeyError::Generate`] if the system could not make a key.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self::with(Ring::of(SigningKey::generate()?), None))
    }

    /// Reads the key in a file, after making one if there is no file. If several processes do this at once,
    /// all of them use the key that one of them has made.
    ///
    /// # Errors
    ///
    /// [`KeyError::File`] if the file cannot be read or written, [`KeyError::Generate`] if no key could be
    /// made, [`KeyError::Kind`] if the path is not a regular file, and [`KeyError::Content`] if it does not
    /// hold a strong RSA key. On Unix also [`KeyError::Directory`], [`KeyError::Mode`], [`KeyError::Group`]
    /// and [`KeyError::Owner`] if others could replace the file, have access to it, or own it.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        Ok(Self::with(Ring::of(SigningKey::open(path)?), None))
    }

    /// Reads the keys of a directory. Makes the directory and its first key if they are not there, as
    /// [`KeyDirectory::begin`] does.
    ///
    /// # Errors
    ///
    /// As for [`KeyDirectory::begin`] and [`Keys::open`].
    pub fn open_directory(
        directory: KeyDirectory,
        first: Option<&Path>,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        directory.begin(first, now)?;
        Ok(Self::with(Ring::read(&directory, None)?, Some(directory)))
    }

    /// Checks that [`Keys::open`] would return a key, without making one. Returns whether the file
    /// exists already.
    ///
    /// # Errors
    ///
    /// As for [`Keys::open`].
    pub fn check(path: &Path) -> Result<bool, KeyError> {
        SigningKey::check(path)
    }

    fn with(ring: Ring, directory: Option<KeyDirectory>) -> Self {
        let permits = Arc::new(Semaphore::new(Self::signatures_at_once()));
        Self(Arc::new(Shared { ring: RwLock::new(Arc::new(ring)), directory, permits }))
    }

    /// How many signatures are made at once at most, each on a blocking thread: two for each core, so that
    /// the next one is queued when a thread has finished one.
    pub fn signatures_at_once() -> usize {
        2 * std::thread::available_parallelism().map_or(1, usize::from)
    }

    fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.0.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the directory again, if the keys come from one, after making the next key if it is time for
    /// that. Blocks for as long as files and primes take. Returns whether something has changed.
    ///
    /// # Errors
    ///
    /// As for [`Keys::open_directory`]. The keys stay as they were.
    pub fn refresh(
        &self,
        rotate_every: Option<std::time::Duration>,
        now: Timestamp,
    ) -> Result<bool, KeyError> {
        let Some(directory) = &self.0.directory else { return Ok(false) };
        if let Some(every) = rotate_every
            && let Some(kid) = directory.rotate_if_due(every, now)?
        {
            tracing::info!(kid, "made the next signing key");
        }
        let before = self.ring();
        let ring = Ring::read(directory, Some(&before))?;
        let has_changed = ring.schedule != before.schedule;
        if has_changed {
            *self.0.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        }
        Ok(has_changed)
    }

    /// The public keys at a moment.
    pub fn jwks(&self, now: Timestamp) -> Jwks {
        let ring = self.ring();
        let published = ring.schedule.published(now).filter_map(|scheduled| ring.key(&scheduled.kid));
        let mut keys: Vec<_> = published.map(|key| key.jwk().clone()).collect();
        // A clock that is wrong signs all the same, and what it signs is to be verified.
        if keys.is_empty() {
            keys.extend(ring.signing(now).map(|key| key.jwk().clone()));
        }
        Jwks { keys }
    }

    /// The public keys as JSON, as they are sent.
    pub(crate) fn jwks_json(&self, now: Timestamp) -> Bytes {
        serde_json::to_vec(&self.jwks(now)).expect("its maps have texts for keys").into()
    }

    /// The `kid` of the key that signs at this moment, if there is one.
    pub fn kid(&self, now: Timestamp) -> Option<String> {
        self.ring().signing(now).map(|key| key.kid().to_owned())
    }

    /// Signs a JWT on a blocking thread, with the key whose turn it is. `claims` is called when it is this
    /// token's turn to be signed, since claims hold the time.
    ///
    /// # Errors
    ///
    /// [`SignError`] if the claims cannot be written as JSON, the key fails, or the runtime shuts down.
    ///
    /// # Cancellation
    ///
    /// A signature that has begun is still finished, and takes one of the places for signatures until then.
    pub async fn sign<T: Serialize>(
        &self,
        clock: &dyn Clock,
        typ: Typ,
        claims: impl FnOnce() -> T,
    ) -> Result<String, SignError> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| SignError)?;
        let claims = serde_json::to_vec(&claims()).map_err(|_| SignError)?;
        let key = Arc::clone(self.ring().signing(clock.now()).ok_or(SignError)?);
        let sign = move || {
            let jwt = key.sign(typ, &claims);
            drop(permit);
            jwt
        };
        tokio::task::spawn_blocking(sign).await.map_err(|_| SignError)?
    }
}
