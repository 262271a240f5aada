//! Keys that take turns: what operators see of them, and what several servers publish meanwhile.
#![cfg(unix)]

#[path = "common/binary.rs"]
mod binary;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use binary::run;
use lime_core::{Clock, KeyDirectory, Keys, LEAD, Pace, SPREAD, SystemClock, TAIL};
use lime_proto::Timestamp;
use serde_json::Value;

fn settings(directory: &Path) -> String {
    let file = directory.join("lime-core.toml");
    let text = format!(
        "issuer = 'https://lime.example'\nstore = 'sqlite:{0}/store.db'\nkeys_dir = '{0}/keys'\n",
        directory.display()
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn keys_are_rotated_revoked_and_brought() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(directory.path());
    let key = |arguments: &[&str]| {
        let (code, out, err) = run(&[&["key"], arguments, &["--config", &settings]].concat());
        assert_eq!((code, &*err), (0, ""), "{arguments:?}");
        out
    };
    let states = || -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let of = |line: &str| {
            let key: Value = serde_json::from_str(line).unwrap();
            (text(&key["kid"]), text(&key["state"]))
        };
        key(&["list", "--json"]).lines().map(of).collect()
    };
    let first = states().remove(0);
    assert_eq!((first.0.len(), &*first.1), (43, "signs"));
    for (path, mode) in
        [("keys", 0o700), ("keys/keys.json", 0o600), (&format!("keys/{}.pem", first.0), 0o600)]
    {
        let metadata = std::fs::metadata(directory.path().join(path)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{path}");
    }
    let second = key(&["rotate"]).trim_end().to_owned();
    assert_eq!(states(), [first.clone(), (second.clone(), "announced".to_owned())]);
    // One that others have brought, and one that signs as soon as all servers know it.
    let pem = directory.path().join("other.pem");
    Keys::open(&pem).unwrap();
    let third = key(&["import", pem.to_str().unwrap(), "--now"]).trim_end().to_owned();
    assert_eq!(key(&["list"]).lines().count(), 4);
    key(&["revoke", &second]);
    // The last one that is left is replaced by a new one.
    key(&["revoke", &first.0]);
    key(&["revoke", &third]);
    let kids: Vec<_> = states().into_iter().map(|(kid, _)| kid).collect();
    assert_eq!((kids.len(), &kids[..3]), (4, &[first.0.clone(), second, third.clone()][..]));

    let fails = |arguments: &[&str], with: &str| {
        let (code, out, err) = run(&[&["key"], arguments, &["--config", &settings]].concat());
        assert!(code == 1 && out.is_empty() && err.starts_with("error: ") && err.contains(with), "{err}");
    };
    fails(&["revoke", "-unknown"], "there is no key -unknown");
    fails(&["import", pem.to_str().unwrap()], &format!("key {third} is there already, or was"));
    fails(&["import", directory.path().join("none").to_str().unwrap()], "No such file");
    std::fs::set_permissions(&pem, std::fs::Permissions::from_mode(0o644)).unwrap();
    fails(&["import", pem.to_str().unwrap()], "mode 0644 lets others read it");
    std::fs::set_permissions(directory.path().join("keys"), std::fs::Permissions::from_mode(0o777)).unwrap();
    fails(&["list"], "lets others replace it");
    std::fs::set_permissions(directory.path().join("keys"), std::fs::Permissions::from_mode(0o700)).unwrap();
    std::fs::write(directory.path().join("keys/keys.json"), "{\"keys\": 1}").unwrap();
    fails(&["rotate"], "keys.json");
}

/// What root makes is of the user that a server runs as, who owns the directories.
#[test]
fn what_root_makes_belongs_to_whom_it_is_for() {
    use std::os::unix::fs::{MetadataExt, chown};
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(directory.path());
    let keys = directory.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o700)).unwrap();
    if [directory.path(), &keys].iter().any(|path| chown(path, Some(1234), Some(1235)).is_err()) {
        eprintln!("skipped: this is not root");
        return;
    }
    assert_eq!(run(&["key", "rotate", "--config", &settings]).0, 0);
    assert_eq!(run(&["owner", "add", "--config", &settings]).0, 0);
    let files = std::fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.chain([directory.path().join("store.db")]).collect();
    assert_eq!(files.len(), 2 + 2 + 1, "{files:?}");
    for file in files {
        let metadata = std::fs::metadata(&file).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (1234, 1235), "{}", file.display());
    }
}

#[test]
fn the_key_file_of_today_is_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let pem = directory.path().join("key.pem");
    let now = SystemClock.now();
    let kid = Keys::open(&pem).unwrap().kid(now);
    let keys = KeyDirectory::new(&directory.path().join("deep/keys"));
    assert!(!keys.check().unwrap());
    assert_eq!(Keys::open_directory(keys.clone(), Some(&pem), now).unwrap().kid(now), kid);
    // It is a copy.
    std::fs::remove_file(&pem).unwrap();
    assert!(keys.check().unwrap());
    assert_eq!(Keys::open_directory(keys, None, now).unwrap().kid(now), kid);
}

/// Two servers read one directory at different moments, and publish and sign with the same at every moment;
/// verifiers that keep what they have read for as long as they may find every key in it.
#[test]
fn two_servers_are_as_one() {
    let place = tempfile::tempdir().unwrap();
    let directory = KeyDirectory::new(&place.path().join("keys"));
    let at = |seconds: u64| Timestamp::from_unix_millis(1000 * (1_700_000_000 + seconds));
    let servers = [0, 1].map(|_| Keys::open_directory(directory.clone(), None, at(0)).unwrap());
    let days = |days: u64| 24 * 3600 * days;
    let verifiers_keep = Duration::from_secs(3600 + 300).as_secs();
    // Documents that verifiers have read, by the second in which they did.
    let mut read = std::collections::BTreeMap::new();
    let mut revoked = None;
    let mut second = 0;
    while second < days(3) {
        match second {
            1000 => drop(directory.rotate(Pace::Planned, at(second)).unwrap()),
            90_000 => {
                let kid = servers[0].kid(at(second)).unwrap();
                directory.revoke(&kid, at(second)).unwrap();
                revoked = Some(kid);
            }
            180_000 => {
                assert!(directory.rotate_if_due(Duration::from_secs(days(1)), at(second)).unwrap().is_some());
            }
            _ => {}
        }
        for (server, phase) in servers.iter().zip([0, 3]) {
            if (second + phase) % 5 == 0 {
                server.refresh(None, at(second)).unwrap();
            }
        }
        let [one, other] =
            [0, 1].map(|server| (servers[server].jwks(at(second)), servers[server].kid(at(second))));
        assert_eq!(one, other, "after {second} s");
        let (jwks, kid) = one;
        let kid = kid.unwrap();
        let kids: Vec<_> = jwks.keys.into_iter().map(|key| key.kid).collect();
        assert!(kids.contains(&kid), "after {second} s");
        // In an emergency that does not hold: the key is not to be trusted any more.
        let is_calm = !(90_000..90_000 + SPREAD.as_secs() + verifiers_keep).contains(&second);
        if let Some((_, kept)) = read.range(..=second.saturating_sub(verifiers_keep)).next_back() {
            let kept: &Vec<String> = kept;
            assert!(!is_calm || kept.contains(&kid), "after {second} s");
        }
        if let Some(revoked) = revoked.as_ref().filter(|_| second >= 90_000 + SPREAD.as_secs()) {
            assert!(!kids.contains(revoked), "after {second} s");
        }
        read.insert(second, kids);
        // Every second around what happens, and minutes elsewhere.
        let is_near =
            [1000, 1000 + LEAD.as_secs() + 20, 1000 + LEAD.as_secs() + 20 + TAIL.as_secs(), 90_000, 180_000]
                .into_iter()
                .any(|moment: u64| second.abs_diff(moment) <= 65);
        second += if is_near { 1 } else { 60 - second % 60 };
    }
}

#[test]
fn processes_that_rotate_at_once_lose_no_key() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("keys");
    let now = SystemClock.now();
    let made: Vec<String> = std::thread::scope(|scope| {
        let rotate = |_| {
            scope.spawn(|| {
                let directory = KeyDirectory::new(&path);
                directory.begin(None, now).unwrap();
                directory.rotate(Pace::Planned, now).unwrap()
            })
        };
        let threads: Vec<_> = (0..4).map(rotate).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let directory = KeyDirectory::new(&path);
    let kids: Vec<_> = directory.read().unwrap().keys.into_iter().map(|key| key.kid).collect();
    assert!(made.iter().all(|kid| kids.contains(kid)) && kids.len() == 5, "{kids:?}");
    assert!(directory.check().unwrap());
}
