//! One RSA key: made, kept in a file, published as a JWK, and what it signs.

use std::fs;
use std::io::Read;
use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lime_proto::Jwk;
use pem_rfc7468::LineEnding;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::file::KeyError;
#[cfg(unix)]
use super::file::{Process, check_directories, check_readers};

/// A key that signs.
#[derive(Debug)]
pub(crate) struct SigningKey {
    pair: RsaKeyPair,
    /// What JWTs begin with, by [`Typ`]: a header in base64url, and a dot.
    headers: [String; 2],
    jwk: Jwk,
}

/// What the header of a JWT says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// `JWT`.
    Jwt,
    /// `at+jwt`, an access token of RFC 9068.
    AccessToken,
}

/// The error for a token that could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SignError;

const PEM_TAG: &str = "PRIVATE KEY";

/// The smallest modulus, in bytes.
const MIN_MODULUS: usize = 2048 / 8;

/// The smallest public exponent, as FIPS 186-5, appendix A.1.1 has it.
const MIN_EXPONENT: u64 = 65_537;

/// Bytes of the largest key file: some times what a key of 8192 bits takes.
const MAX_FILE: u64 = 64 * 1024;

impl SigningKey {
    /// A new key of 2048 bits, which is kept in memory only. This is slow, since it searches for primes.
    ///
    /// # Errors
    ///
    /// [`KeyError::Generate`] if the system could not make a key.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate).map(Self::new)
    }

    /// Writes the key to a file, mode 0600, unless there is one.
    ///
    /// # Errors
    ///
    /// [`KeyError::File`] if the file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<(), KeyError> {
        // Overwrites its bytes when it is dropped.
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&self.pair).map_err(|_| KeyError::Generate)?;
        let text = pem_rfc7468::encode_string(PEM_TAG, LineEnding::LF, der.as_ref());
        let text = Zeroizing::new(text.map_err(|_| KeyError::Generate)?);
        whole_file::create(path, text.as_bytes(), whole_file::Access::Owner)
            .map_err(|source| KeyError::File { path: path.to_owned(), source })
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
    pub(crate) fn open(path: &Path) -> Result<Self, KeyError> {
        let file = |source| KeyError::File { path: path.to_owned(), source };
        #[cfg(unix)]
        check_directories(path)?;
        if !path.try_exists().map_err(file)? {
            Self::generate()?.write(path)?;
            tracing::info!(path = %path.display(), "made a signing key");
        }
        Self::read(path)
    }

    /// Checks that [`SigningKey::open`] would return a key, without making one. Whether there is a file
    /// already.
    ///
    /// # Errors
    ///
    /// As for [`SigningKey::open`].
    pub(crate) fn check(path: &Path) -> Result<bool, KeyError> {
        let file = |source| KeyError::File { path: path.to_owned(), source };
        #[cfg(unix)]
        check_directories(path)?;
        let is_there = path.try_exists().map_err(file)?;
        if is_there {
            Self::read(path)?;
        } else {
            whole_file::check(path).map_err(file)?;
        }
        Ok(is_there)
    }

    /// The key in a file.
    pub(crate) fn read(path: &Path) -> Result<Self, KeyError> {
        let file = |source| KeyError::File { path: path.to_owned(), source };
        let content = || KeyError::Content { path: path.to_owned() };
        // Opened only once, so that the file that is checked is the one that is read. Without `NONBLOCK`,
        // opening a pipe would wait for a writer.
        let mut options = fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::custom_flags(
            &mut options,
            rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
        );
        let opened = options.read(true).open(path).map_err(file)?;
        let metadata = opened.metadata().map_err(file)?;
        if !metadata.is_file() {
            return Err(KeyError::Kind { path: path.to_owned() });
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let (mode, owner, group) = (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
            check_readers(path, mode, owner, group, &Process::this().map_err(file)?)?;
        }
        if metadata.len() > MAX_FILE {
            return Err(content());
        }
        // Allocated with room for the whole file: growing would leave copies of the key in memory.
        let mut text = Zeroizing::new(Vec::with_capacity(MAX_FILE as usize));
        opened.take(MAX_FILE).read_to_end(&mut text).map_err(file)?;
        let mut der = Zeroizing::new(vec![0; text.len()]);
        let (_, der) = pem_rfc7468::decode(&text, &mut der)
            .ok()
            .filter(|(tag, _)| *tag == PEM_TAG)
            .ok_or_else(content)?;
        RsaKeyPair::from_pkcs8(der).ok().filter(is_strong).map(Self::new).ok_or_else(content)
    }

    fn new(pair: RsaKeyPair) -> Self {
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        let (n, e) = (
            encode(pair.public_key().modulus().big_endian_without_leading_zero()),
            encode(pair.public_key().exponent().big_endian_without_leading_zero()),
        );
        // RFC 7638: the required members in the order of their names, without white space.
        let kid = encode(&Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)));
        let header =
            |typ| encode(format!(r#"{{"alg":"RS256","typ":"{typ}","kid":"{kid}"}}"#).as_bytes()) + ".";
        let headers = ["JWT", "at+jwt"].map(header);
        let (kty, usage, alg) = ("RSA".to_owned(), "sig".to_owned(), "RS256".to_owned());
        Self { pair, headers, jwk: Jwk { kty, kid, usage, alg, n, e } }
    }

    /// The public key.
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// What JWTs name the key by.
    pub(crate) fn kid(&self) -> &str {
        &self.jwk.kid
    }

    /// Signs a JWT on the calling thread, from claims as JSON. This takes 0.35 ms, see `benches/load`.
    ///
    /// # Errors
    ///
    /// [`SignError`] if the key fails.
    pub(crate) fn sign(&self, typ: Typ, claims: &[u8]) -> Result<String, SignError> {
        let mut jwt = self.headers[typ as usize].clone();
        URL_SAFE_NO_PAD.encode_string(claims, &mut jwt);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, jwt.as_bytes(), &mut signature).map_err(|_| SignError)?;
        jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut jwt);
        Ok(jwt)
    }
}

fn is_strong(pair: &RsaKeyPair) -> bool {
    let exponent = pair.public_key().exponent().big_endian_without_leading_zero();
    // Over eight bytes, a number without leading zeros is large enough.
    let at_least = exponent.len() > 8
        || exponent.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)) >= MIN_EXPONENT;
    pair.public_modulus_len() >= MIN_MODULUS && at_least
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
        let made = SigningKey::open(&path).unwrap();
        assert_eq!(SigningKey::open(&path).unwrap().jwk(), made.jwk());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);

        fs::write(&path, "nonsense").unwrap();
        assert!(matches!(SigningKey::open(&path), Err(KeyError::Content { .. })));
        assert!(matches!(SigningKey::open(&directory.path().join("no/key.pem")), Err(KeyError::File { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            let error = SigningKey::open(&path).unwrap_err().to_string();
            assert!(error.contains("mode 0644 lets others read it, must be 0600"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_is_a_file_that_others_cannot_replace() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let error = |path: &Path| SigningKey::open(path).unwrap_err().to_string();

        // Neither waits for somebody who writes.
        let pipe = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        for path in [pipe.as_path(), Path::new("/dev/null"), directory.path()] {
            assert!(error(path).ends_with("must be a regular file"), "{path:?}");
        }

        // As Kubernetes has it: a link to a link that changes, and the file.
        let mount = directory.path().join("mount");
        let data = mount.join("..2026_11_25");
        fs::create_dir_all(&data).unwrap();
        let made = SigningKey::open(&data.join("key.pem")).unwrap();
        symlink("..2026_11_25", mount.join("..data")).unwrap();
        symlink("..data/key.pem", mount.join("key.pem")).unwrap();
        let path = mount.join("key.pem");
        for (directory, bits, is_taken) in [
            (&mount, 0o755, true),
            (&mount, 0o1777, true),
            (&mount, 0o777, false),
            (&mount, 0o1777, true),
            (&data, 0o777, false),
            (&data, 0o1777, true),
        ] {
            mode(directory, bits);
            match SigningKey::open(&path) {
                Ok(keys) => assert!(is_taken && keys.jwk() == made.jwk(), "{bits:o}"),
                Err(error) => {
                    let mode =
                        format!("mode {bits:04o} of {}", fs::canonicalize(directory).unwrap().display());
                    assert!(!is_taken && error.to_string().contains(&mode), "{error}");
                }
            }
        }
        // Nor is a key made where somebody else could have put one.
        mode(&mount, 0o777);
        assert!(error(&mount.join("new.pem")).contains("lets others replace it"));
        symlink("loop", data.join("loop")).unwrap();
        assert!(matches!(SigningKey::open(&data.join("loop")), Err(KeyError::File { .. })));
    }

    #[test]
    fn weak_keys_are_refused() {
        let pair =
            |pem: &str| RsaKeyPair::from_pkcs8(&pem_rfc7468::decode_vec(pem.as_bytes()).unwrap().1).unwrap();
        assert!(!is_strong(&pair(EXPONENT_3)));
        assert!(is_strong(&RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        whole_file::create(&path, EXPONENT_3.as_bytes(), whole_file::Access::Owner).unwrap();
        let error = SigningKey::open(&path).unwrap_err().to_string();
        assert!(error.contains("a public exponent of 65537 or more"), "{error}");
        // Nor anything that is too long to be a key.
        fs::write(&path, "x".repeat(MAX_FILE as usize + 1)).unwrap();
        assert!(matches!(SigningKey::open(&path), Err(KeyError::Content { .. })));
    }

    /// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_keygen_pubexp:3`
    const EXPONENT_3: &str = "\
-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDlJ3mNF27gu6ov
DHrAAtMWYecIQ9rwloSpyYCc2CwL5yHicrJHxJshaqU6FEXqpoCVJhW9SRScXMxQ
18SpevKbjZBbehRWwNDMFqyAfbL+Ro+nErE4Pwx0DGCzARJp0xRATl55CtropYjz
fIglmWY8yk5759kEORabRtAnz+bDKOKjEH5fFIUiGzESDnpnlhM9Y1GGwVE2aA/7
O3fGa4zI2+9WV0lztWb3jIjB0+5qqCJge8DygZZ74Ros0hZRXMht+hnqpPY2YLRW
ALw2CyOfu3I7NIlC/lVzz61uq0V8998H5FgIBJes2CsfvzGoF9ubTgbWObJR6sFV
a9zkkQ/LAgEDAoIBAQCYxPuzZPSV0nF0svyAAeIO6+9a1+dLDwMb26sTOsgH72vs
THbagxIWRxjRYtlHGasOGWPThg29kzLgj9hw/KG9CQrnprg51eCIDx2q/ndULwpv
Yct61LL4CEB3VgxGjLgq3ummBzybGQX3qFrDu5l93DRSmpCte2RnhIrFNUSCGf7E
0AAMUEjmTRF6yIADIPPchi4ZyS5jTXSecng2vND7cWxTcSh3W/skfD5gd+cElKWS
/xDmurVr0NXhtF+SC4BbetmERCSwu7BW5v8zxfFSVQFZf0rvZbguUyPHhVwqce3i
VLtEB6Pg9eeor4ER7yMvDdsQwtWNyVHDY9tPoP57AoGBAPZxoKqLTZPu2TRP7gZk
LxeT8RjhtL6XZ1tE1eKExiEq+uerkrFdVhazgPdFtY5GUXGI/jCADBpDwbcoxEIi
ftThEtxND5hdpSfI/OwuGptN1oRRy0RKCzwTCqXo6Ztv4qsiW8sYrXaVR2Ju8JDM
D0Dr8toYGXQ1RdyXWGA7Jv5PAoGBAO4KN9PBToPZzmKJ87P+tY3eqPN+Xs0KDIXI
ueDvijIktuUtmttjVVeNUTPraoWdd7h6/vcYXWwWZiIxf0TTzLMDrvdXLybPogQK
qVE6R55WZWvjKlSR2oUbSFHaeZ/Nak8SCXQJS6tGH+0zx19BIeXoxmQk+/3H9uoY
/bOx+JPFAoGBAKRLwHGyM7f0kM2Knq7tdLpioLtBIym6ROeDOUGt2Wtx/JpyYcuT
jrnNAKTZI7Qu4PZbVCBVXWbX1nobLYFsVI3rYegzX7rpGMUwqJ10EbzejwLhMi2G
sigMscPwm7z1QcdsPTIQc6RjhOxJ9bXdX4CdTJFlZk142T26OurSGf7fAoGBAJ6x
eo0ria073uxb981UeQk/G0z+6d4GswPbJpX1BswYee4eZzzs44+zi3fyRwO+T9BR
/09lk51kRBbLqi3iiHdXyfo6H281Fq1ccODRhRQ5mPKXcY22ka4SMDaRpmqI8YoM
Bk1bh8eEFUjNL5TWFplF2ZgYp/6FT0a7U80hUGKDAoGAHwnEXf9ryGtdyjMw7t2j
5BQGOWds/oHO/yy9oY9o6/lIhWUcUU2pDnNnNE6bzkSt2+AWPuuH4GgBFTuJasav
6ljSR+7A4s7PKroK28r1m4chRlnXp5CYa3+L8k6Pe5iLJTFj4JciodbKFHhV0vQM
od0wA15bYIcmzMU5svvIMgU=
-----END PRIVATE KEY-----
";
}
