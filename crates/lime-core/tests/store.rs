//! `lime-core store`: what an operator does with the file, while a server runs on it and when none does.
#![cfg(unix)]

#[path = "common/binary.rs"]
mod binary;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use binary::{Server, run, wait_for};

/// Settings for a store at `path`.
fn settings(directory: &Path, store: &Path) -> String {
    let file = directory.join("lime-core.toml");
    let key = directory.join("key.pem");
    let text = format!(
        "issuer = 'https://lime.example'\nstore = 'sqlite:{}'\nkey_file = {key:?}\n",
        store.display()
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_backup_is_a_store_of_another_epoch() {
    let directory = tempfile::tempdir().unwrap();
    let [store, copy, environment] =
        ["store.db", "copy.db", "environment"].map(|name| directory.path().join(name));
    let settings = settings(directory.path(), &store);
    let task = |arguments: &[&str]| run(&[&["store", "--config", &settings], arguments].concat());
    let name = store.display().to_string();

    for arguments in [&["check"][..], &["backup", copy.to_str().unwrap()], &["migrate", "--dry-run"]] {
        let (code, out, err) = task(arguments);
        assert_eq!((code, &*out, &*err), (1, "", &*format!("error: {name}: is not there\n")));
        assert!(!store.exists() && !copy.exists());
    }
    assert_eq!(task(&["migrate"]), (0, format!("ok: {name} is a new store\n"), String::new()));
    assert_eq!(task(&["migrate", "--dry-run"]).1, "ok: nothing to do\n");

    let location = format!("sqlite:{name}");
    let environment_text = environment.to_str().unwrap();
    let mut server =
        Server::start(&["dev", "--port", "0", "--store", &location, "--env-file", environment_text]);
    wait_for(&environment);
    let (code, out, _) = task(&["check"]);
    assert!(code == 0 && out.starts_with("ok: schema 3, SQLite 3.") && out.contains("agents 1"), "{out}");
    let (code, out, err) = task(&["backup", copy.to_str().unwrap()]);
    assert_eq!((code, &*err), (0, ""));
    assert_eq!(out, format!("ok: {} is a copy of {name}\n", copy.display()));
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, _, err) = task(&["backup", copy.to_str().unwrap()]);
    assert!(code == 1 && err.contains("File exists"), "{err}");
    assert_eq!(server.terminate("-TERM"), 0);

    // What a restore is: the copy takes the place of the file.
    let epoch = |path: &Path| -> i64 {
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.query_row("SELECT epoch FROM store", (), |row| row.get(0)).unwrap()
    };
    let before = epoch(&store);
    std::fs::rename(&copy, &store).unwrap();
    std::fs::remove_file(&environment).unwrap();
    let mut server =
        Server::start(&["dev", "--port", "0", "--store", &location, "--env-file", environment_text]);
    wait_for(&environment);
    assert_eq!(server.terminate("-TERM"), 0);
    assert_ne!(epoch(&store), before);
}

#[test]
fn damage_is_told_and_is_a_failure() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().join("store.db");
    let settings = settings(directory.path(), &store);
    let check = || run(&["store", "--config", &settings, "check"]);
    assert_eq!(run(&["store", "--config", &settings, "migrate"]).0, 0);
    let connection = rusqlite::Connection::open(&store).unwrap();
    // A token that no index leads to.
    connection
        .execute_batch(
            "PRAGMA writable_schema = ON;
             INSERT INTO tokens (lane, hash, principal) VALUES (0, x'00', x'01');
             UPDATE sqlite_schema SET sql = 'CREATE INDEX tokens_by_principal ON tokens (hash)'
             WHERE name = 'tokens_by_principal';",
        )
        .unwrap();
    drop(connection);
    let (code, out, err) = check();
    assert!(code == 1 && out.contains("tokens_by_principal"), "{out}{err}");
    assert_eq!(err, format!("error: {}: is damaged\n", store.display()));
    std::fs::write(&store, "not a database at all").unwrap();
    let (code, out, err) = check();
    assert!(code == 1 && out.is_empty() && err.ends_with("file is not a database\n"), "{out}{err}");
}
