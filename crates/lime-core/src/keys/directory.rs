//! A directory of keys: one PEM file for each, and `keys.json`, the schedule.
//!
//! A change takes the lock of the file `lock`, writes a new key first and the schedule after it, each file as
//! a whole. Whoever only reads takes no lock.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use lime_proto::Timestamp;

use super::file::KeyError;
#[cfg(unix)]
use super::file::check_directories;
use super::schedule::{Pace, Schedule};
use super::signing_key::SigningKey;

/// Where keys and their schedule are kept.
#[derive(Clone, Debug)]
pub struct KeyDirectory(PathBuf);

impl KeyDirectory {
    /// The directory at a path, which need not be there yet.
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Makes the directory, mode 0700, and a first key, unless they are there. The first key is a copy of the
    /// one in `first`, if that is given.
    ///
    /// # Errors
    ///
    /// [`KeyError`] for what cannot be read, made or written, or what others could replace.
    pub fn begin(&self, first: Option<&Path>, now: Timestamp) -> Result<(), KeyError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.0).map_err(|source| KeyError::File { path: self.0.clone(), source })?;
        if !self.read()?.keys.is_empty() {
            return Ok(());
        }
        self.change(|schedule| {
            // Another process may have been faster.
            if schedule.keys.is_empty() {
                let key = first.map_or_else(SigningKey::generate, SigningKey::open)?;
                self.add(schedule, &key, Pace::AtOnce, now)?;
                tracing::info!(kid = key.kid(), path = %self.0.display(), "the first signing key");
            }
            Ok(())
        })
    }

    /// Reads the schedule of the directory. It is empty where the directory has no key yet.
    ///
    /// # Errors
    ///
    /// [`KeyError`] for a schedule that cannot be read, or that others could replace.
    pub fn read(&self) -> Result<Schedule, KeyError> {
        let path = self.file("keys.json");
        if !self.0.try_exists().map_err(|source| KeyError::File { path: self.0.clone(), source })? {
            return Ok(Schedule::default());
        }
        #[cfg(unix)]
        check_directories(&path)?;
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Schedule::default()),
            text => text.map_err(|source| KeyError::File { path: path.clone(), source })?,
        };
        let schedule: Schedule = serde_json::from_slice(&text)
            .map_err(|error| KeyError::Schedule { path: path.clone(), error: error.to_string() })?;
        // They are names of files.
        let is_name =
            |kid: &str| kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        match schedule.keys.iter().find(|key| !is_name(&key.kid)) {
            Some(key) => Err(KeyError::Schedule { path, error: format!("{:?} is no thumbprint", key.kid) }),
            None => Ok(schedule),
        }
    }

    /// Checks that a server could use the directory, without making anything. Whether it has keys already.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read), and [`KeyError`] for a key that cannot be used.
    pub fn check(&self) -> Result<bool, KeyError> {
        let schedule = self.read()?;
        schedule.keys.iter().try_for_each(|key| self.key(&key.kid).map(drop))?;
        Ok(!schedule.keys.is_empty())
    }

    /// The key of a thumbprint.
    ///
    /// # Errors
    ///
    /// [`KeyError`] for a file that cannot be read, that others could read, or that has another key.
    pub(crate) fn key(&self, kid: &str) -> Result<SigningKey, KeyError> {
        let path = self.pem(kid);
        #[cfg(unix)]
        check_directories(&path)?;
        let key = SigningKey::read(&path)?;
        if key.kid() != kid {
            return Err(KeyError::Schedule { path, error: format!("has the key {}", key.kid()) });
        }
        Ok(key)
    }

    /// Makes a new key that takes the place of the others. Returns its thumbprint.
    ///
    /// # Errors
    ///
    /// [`KeyError`] for what cannot be made, read or written; then nothing has changed.
    pub fn rotate(&self, pace: Pace, now: Timestamp) -> Result<String, KeyError> {
        let key = SigningKey::generate()?;
        self.change(|schedule| self.add(schedule, &key, pace, now))?;
        Ok(key.kid().to_owned())
    }

    /// Makes a new key if the newest one will soon have signed for `every`, unless another process does.
    /// Returns its thumbprint.
    ///
    /// # Errors
    ///
    /// As for [`rotate`](Self::rotate).
    pub fn rotate_if_due(
        &self,
        every: std::time::Duration,
        now: Timestamp,
    ) -> Result<Option<String>, KeyError> {
        if !self.read()?.is_due(every, now) {
            return Ok(None);
        }
        let key = SigningKey::generate()?;
        self.change(|schedule| {
            let is_due = schedule.is_due(every, now);
            if is_due {
                self.add(schedule, &key, Pace::Planned, now)?;
            }
            Ok(is_due.then(|| key.kid().to_owned()))
        })
    }

    /// Takes a copy of the key in a file, which takes the place of the others. Returns its thumbprint.
    ///
    /// # Errors
    ///
    /// [`KeyError`] for a file that holds no strong key or that others could read, and
    /// [`KeyError::Known`] for a key that is there, or was.
    pub fn import(&self, file: &Path, pace: Pace, now: Timestamp) -> Result<String, KeyError> {
        let key = SigningKey::read(file)?;
        self.change(|schedule| {
            if schedule.keys.iter().any(|known| known.kid == key.kid()) {
                return Err(KeyError::Known { kid: key.kid().to_owned() });
            }
            self.add(schedule, &key, pace, now)
        })?;
        Ok(key.kid().to_owned())
    }

    /// Ends the key with this thumbprint. The key whose turn comes next takes its place, or else a new one.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unknown`] for a key that is not there or has ended.
    pub fn revoke(&self, kid: &str, now: Timestamp) -> Result<(), KeyError> {
        self.change(|schedule| {
            if !schedule.keys.iter().any(|key| key.kid == kid && key.until.is_none_or(|until| now < until)) {
                return Err(KeyError::Unknown { kid: kid.to_owned() });
            }
            if !schedule.revoke(kid, now) {
                self.add(schedule, &SigningKey::generate()?, Pace::AtOnce, now)?;
                schedule.revoke(kid, now);
            }
            Ok(())
        })
    }

    fn add(
        &self,
        schedule: &mut Schedule,
        key: &SigningKey,
        pace: Pace,
        now: Timestamp,
    ) -> Result<(), KeyError> {
        key.write(&self.pem(key.kid()))?;
        whole_file::leave_to_owner(&self.pem(key.kid()));
        schedule.add(key.kid(), pace, now);
        for old in schedule.forget(now) {
            // One that stays is read by nobody any more.
            let _ = fs::remove_file(self.pem(&old.kid));
        }
        Ok(())
    }

    /// Changes the schedule, as the only process that does. Nothing is written if `change` fails.
    fn change<T>(&self, change: impl FnOnce(&mut Schedule) -> Result<T, KeyError>) -> Result<T, KeyError> {
        let lock = self.file("lock");
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyError::File { path, source }
        };
        let held = File::create(&lock).map_err(failed(&lock))?;
        held.lock().map_err(failed(&lock))?;
        whole_file::leave_to_owner(&lock);
        let mut schedule = self.read()?;
        let done = change(&mut schedule)?;
        let text = serde_json::to_vec_pretty(&schedule).expect("it is made of texts");
        let path = self.file("keys.json");
        whole_file::replace(&path, &text, whole_file::Access::Owner).map_err(failed(&path))?;
        whole_file::leave_to_owner(&path);
        Ok(done)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn pem(&self, kid: &str) -> PathBuf {
        self.file(&format!("{kid}.pem"))
    }
}
