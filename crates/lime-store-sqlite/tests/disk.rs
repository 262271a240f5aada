//! Disks that are full or cannot be written. Mounting one takes root on Linux; elsewhere there is nothing to
//! test on, and the tests say so.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use lime_proto::login::{LoginRequest, State};
use lime_proto::{Id, Timestamp};
use lime_store::{Insertion, Logins, Store, StoreError};
use lime_store_sqlite::{SqliteStore, check};

/// A disk of 2 MiB in memory, gone when it is dropped.
struct Disk(tempfile::TempDir);

fn mount(arguments: &[&str], directory: &Path) -> bool {
    let output = Command::new("mount").args(arguments).arg(directory).output();
    output.is_ok_and(|output| output.status.success())
}

impl Disk {
    /// `None` where it cannot be mounted.
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let is_there = mount(&["-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs"], directory.path());
        if !is_there {
            eprintln!("skipped: no disk could be mounted");
        }
        is_there.then(|| Self(directory))
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store.db")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

fn id(number: u64) -> Id {
    let mut bytes = [0x5a; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    Id::from_random(bytes)
}

async fn insert(store: &SqliteStore, number: u64) -> Result<(), StoreError> {
    let at = Timestamp::from_unix_millis(1_000_000_000_000);
    let challenge = "challenge".to_owned();
    let (site, expires) = (id(0), Timestamp::from_unix_millis(1_000_000_300_000));
    let request =
        LoginRequest { id: id(number), site, challenge, difficulty: 8, expires, state: State::Pending };
    store.insert(Insertion { request, limit: usize::MAX, now: at }).await.map(drop)
}

/// Waits for it: a connection that has failed is left alone for a moment.
async fn is_written_again(store: &SqliteStore) {
    let begun = std::time::Instant::now();
    while store.ping().await.is_err() {
        assert!(begun.elapsed().as_secs() < 20, "it does not come back");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_full_disk_takes_nothing_and_loses_nothing() {
    let Some(disk) = Disk::mount() else { return };
    let store = SqliteStore::open(&disk.store(), 7).unwrap();
    insert(&store, 1).await.unwrap();
    let ballast = disk.0.path().join("ballast");
    // As much as there is room for.
    assert!(fs::write(&ballast, vec![0; 4 << 20]).is_err());
    let mut stored = 1;
    let refused = loop {
        match insert(&store, stored + 1).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(&refused, StoreError::Unavailable(why) if why.contains("full")), "{refused}");
    assert!(store.ping().await.is_err());
    for number in 1..=stored {
        assert!(store.request(id(number)).await.unwrap().is_some(), "{number} of {stored}");
    }
    assert_eq!(store.request(id(stored + 1)).await, Ok(None));

    fs::remove_file(&ballast).unwrap();
    is_written_again(&store).await;
    insert(&store, stored + 1).await.unwrap();
    drop(store);
    let report = check(&disk.store()).unwrap();
    assert_eq!(report.faults, [""; 0]);
    assert!(report.rows.contains(&("requests", stored + 1)), "{report:?}");
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_is_refused_at_the_start() {
    let Some(disk) = Disk::mount() else { return };
    let remount = |how: &str| mount(&["-o", &format!("remount,{how}")], disk.0.path());
    let store = SqliteStore::open(&disk.store(), 7).unwrap();
    insert(&store, 1).await.unwrap();
    // While its files are open, the system refuses.
    assert!(!remount("ro"));
    // The files that a crash leaves, and those that a clean end does.
    let files = ["store.db", "store.db-wal", "store.db-shm"].map(|name| disk.0.path().join(name));
    let left = files.each_ref().map(|file| fs::read(file).unwrap());
    drop(store);
    for (is_crash, why) in [(true, "the file cannot be written"), (false, "unable to open database file")] {
        if is_crash {
            for (file, content) in files.iter().zip(&left) {
                fs::write(file, content).unwrap();
                fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
            }
        }
        assert!(remount("ro"));
        let refused = SqliteStore::open(&disk.store(), 7).unwrap_err().to_string();
        assert!(refused.starts_with(why), "{refused}");
        assert!(remount("rw"));
        let store = SqliteStore::open(&disk.store(), 7).unwrap();
        assert!(store.request(id(1)).await.unwrap().is_some());
    }
}
