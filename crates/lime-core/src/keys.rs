//! The RSA key that signs passports and tokens: made on first use, kept in a file if there is one, published as JWKS.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use lime_proto::{Jwk, Jwks};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

/// The signing key. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Keys(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pair: RsaKeyPair,
    /// Of every JWT: base64url of its header, and a dot.
    header: String,
    jwks: Jwks,
    /// The same, as it is sent.
    jwks_json: Bytes,
    /// Signatures at once: twice as many as cores, so that the next is queued when a thread ends one.
    permits: Arc<Semaphore>,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system did not make one.
    #[error("the system made no RSA key")]
    Generate,
    /// The file cannot be read or written.
    #[error("key file {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// The file holds something else, or a smaller key.
    #[error("key file {path}: must hold an RSA private key of 2048 bits or more, PKCS#8 in PEM")]
    Content {
        /// Which file.
        path: PathBuf,
    },
    /// Somebody else made the file, and may have kept a copy.
    #[error("key file {path}: user {owner} owns it, must be the user that runs this or root")]
    Owner {
        /// Which file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// Others may read the file.
    #[error("key file {path}: mode {mode:04o} lets others read it, must be 0600")]
    Mode {
        /// Which file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
}

/// A signature that was not made.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SignError;

const PEM_TAG: &str = "PRIVATE KEY";

/// The smallest modulus, in bytes.
const MIN_MODULUS: usize = 2048 / 8;

impl Keys {
    /// A new key of 2048 bits that is kept nowhere. Slow: it looks for primes.
    ///
    /// # Errors
    ///
    /// [`KeyError::Generate`].
    pub fn generate() -> Result<Self, KeyError> {
        RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate).map(Self::new)
    }

    /// The key in a file, made on first use. Of several processes that make it at once, one wins and all use its key.
    ///
    /// # Errors
    ///
    /// See [`KeyError`].
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        let file = |source| KeyError::File { path: path.to_owned(), source };
        if !path.try_exists().map_err(file)? {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
            let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).map_err(|_| KeyError::Generate)?;
            create(path, &pem::encode(&pem::Pem::new(PEM_TAG, der.as_ref()))).map_err(file)?;
        }
        // Opened once, so that what is checked is what is read.
        let mut opened = fs::File::open(path).map_err(file)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let metadata = opened.metadata().map_err(file)?;
            let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
            if mode & 0o077 != 0 {
                return Err(KeyError::Mode { path: path.to_owned(), mode });
            }
            if owner != 0 && owner != rustix::process::geteuid().as_raw() {
                return Err(KeyError::Owner { path: path.to_owned(), owner });
            }
        }
        let mut text = Vec::new();
        opened.read_to_end(&mut text).map_err(file)?;
        let pair = pem::parse(text)
            .ok()
            .filter(|pem| pem.tag() == PEM_TAG)
            .and_then(|pem| RsaKeyPair::from_pkcs8(pem.contents()).ok())
            .filter(|pair| pair.public_modulus_len() >= MIN_MODULUS);
        pair.map(Self::new).ok_or_else(|| KeyError::Content { path: path.to_owned() })
    }

    fn new(pair: RsaKeyPair) -> Self {
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        let (n, e) = (
            encode(pair.public_key().modulus().big_endian_without_leading_zero()),
            encode(pair.public_key().exponent().big_endian_without_leading_zero()),
        );
        // RFC 7638: the required members in the order of their names, without white space.
        let kid = encode(&Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)));
        let header = encode(format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{kid}"}}"#).as_bytes()) + ".";
        let (kty, usage, alg) = ("RSA".to_owned(), "sig".to_owned(), "RS256".to_owned());
        let jwks = Jwks { keys: vec![Jwk { kty, kid, usage, alg, n, e }] };
        let jwks_json = serde_json::to_vec(&jwks).expect("its maps have texts for keys").into();
        let cores = std::thread::available_parallelism().map_or(1, Into::into);
        Self(Arc::new(Inner { pair, header, jwks, jwks_json, permits: Arc::new(Semaphore::new(2 * cores)) }))
    }

    /// The public keys.
    pub fn jwks(&self) -> &Jwks {
        &self.0.jwks
    }

    pub(crate) fn jwks_json(&self) -> Bytes {
        self.0.jwks_json.clone()
    }

    /// A JWT with these claims, which are asked for when it is their turn, since they hold the time. Signs on blocking threads.
    ///
    /// # Errors
    ///
    /// [`SignError`] when the runtime shuts down, or the key fails.
    ///
    /// # Cancellation
    ///
    /// A signature that has begun is finished, and counts as one until it is.
    pub async fn sign<T: Serialize>(&self, claims: impl FnOnce() -> T) -> Result<String, SignError> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| SignError)?;
        let claims = serde_json::to_vec(&claims()).map_err(|_| SignError)?;
        let keys = self.clone();
        let sign = move || {
            let jwt = keys.sign_here(&claims);
            drop(permit);
            jwt
        };
        tokio::task::spawn_blocking(sign).await.map_err(|_| SignError)?
    }

    /// The same on this thread, from claims as JSON: 0.35 ms, see `benches/load.rs`.
    pub(crate) fn sign_here(&self, claims: &[u8]) -> Result<String, SignError> {
        let mut jwt = self.0.header.clone();
        URL_SAFE_NO_PAD.encode_string(claims, &mut jwt);
        let mut signature = vec![0; self.0.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.0
            .pair
            .sign(&RSA_PKCS1_SHA256, &random, jwt.as_bytes(), &mut signature)
            .map_err(|_| SignError)?;
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
        Ok(jwt)
    }
}

/// Writes a file that only its owner may read, whole or not at all; does nothing where there is one already.
fn create(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_the_standard_s_example() {
        // RFC 7638, section 3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let kid = URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"AQAB","kty":"RSA","n":"{n}"}}"#)));
        assert_eq!(kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn a_key_file_is_made_once_and_read_after() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        let made = Keys::open(&path).unwrap();
        assert_eq!(Keys::open(&path).unwrap().jwks(), made.jwks());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

        fs::write(&path, "nonsense").unwrap();
        assert!(matches!(Keys::open(&path), Err(KeyError::Content { .. })));
        assert!(matches!(Keys::open(&directory.path().join("no/key.pem")), Err(KeyError::File { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            let error = Keys::open(&path).unwrap_err().to_string();
            assert!(error.ends_with("mode 0640 lets others read it, must be 0600"), "{error}");
        }
    }
}
