//! The binary's start: what it finds wrong, where it listens, and what it says to those who watch it.
#![cfg(unix)]

#[path = "common/binary.rs"]
mod binary;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use binary::{Server, command, get, run, wait_for};

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Whatever keeps a server from starting, but a port that is in use, `check-config` finds too, in the same
/// words.
#[test]
fn check_config_finds_what_a_start_would() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("nonsense.pem"), "nonsense").unwrap();
    mode(&file("nonsense.pem"), 0o600);
    std::fs::write(file("open.pem"), "nonsense").unwrap();
    mode(&file("open.pem"), 0o644);
    std::fs::create_dir(file("shared")).unwrap();
    mode(&file("shared"), 0o777);
    let key = |name: &str| format!("key_file = {:?}", file(name));
    let store = |name: &str| format!("store = 'sqlite:{}'", file(name).display());
    std::fs::write(file("nonsense.db"), "nonsense".repeat(1000)).unwrap();
    mode(&file("nonsense.db"), 0o600);
    std::fs::write(file("open.db"), "").unwrap();
    mode(&file("open.db"), 0o644);
    for (settings, code, words) in [
        (key("nonsense.pem"), 1, "must hold an RSA private key"),
        (key("open.pem"), 1, "mode 0644 lets others read it"),
        (key("shared/key.pem"), 1, "lets others replace it"),
        (key("none/key.pem"), 1, "No such file or directory"),
        (key("nonsense.pem/key.pem"), 1, "Not a directory"),
        (store("nonsense.db"), 1, "file is not a database"),
        (store("open.db"), 1, "mode 644 lets others read or write the store"),
        (store("shared/store.db"), 1, "lets others put another file in the place of the store"),
        (store("nonsense.pem/store.db"), 1, "Not a directory"),
        ("store = 'postgres:x'".to_owned(), 2, "store = \"postgres:x\": must be sqlite: and a path"),
        ("listen = '192.0.2.1:80'".to_owned(), 1, "cannot listen on 192.0.2.1:80: "),
        ("health_listen = '[2001:db8::1]:80'".to_owned(), 1, "cannot listen on [2001:db8::1]:80: "),
        ("listen = '127.0.0.1:1'\nhealth_listen = '0.0.0.0:1'".to_owned(), 2, "health_listen = "),
        ("log = { filter = '=' }".to_owned(), 2, "log.filter = "),
        ("http = { idle_seconds = 0 }".to_owned(), 2, "http.idle_seconds = 0: must be"),
    ] {
        let config = file("config.toml");
        let listen = if settings.starts_with("listen") { "" } else { "listen = '127.0.0.1:0'\n" };
        let mut text = format!("{listen}issuer = 'http://127.0.0.1:1'\n");
        if !settings.starts_with("store") {
            text += "store = 'memory:'\n";
        }
        if !settings.starts_with("key_file") {
            text += &(key("key.pem") + "\n");
        }
        std::fs::write(&config, text + &settings).unwrap();
        let config = config.to_str().unwrap();
        let (checked, out, told) = run(&["check-config", config]);
        assert!(
            checked == code && told.contains(words) && told.lines().count() == 1,
            "{settings}: {told}{out}"
        );
        // The log of a server that has begun to start may come before the error.
        let (served, _, told) = run(&["serve", "--config", config]);
        assert!(served == code && told.lines().last().unwrap().contains(words), "{settings}: {told}");
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|this| std::os::unix::fs::MetadataExt::uid(&this) == 0)
}

/// The binary, where every user may run it.
fn binary_for_all(directory: &Path) -> std::path::PathBuf {
    mode(directory, 0o755);
    let binary = directory.join("lime-core");
    std::fs::copy(env!("CARGO_BIN_EXE_lime-core"), &binary).unwrap();
    mode(&binary, 0o755);
    binary
}

/// As Kubernetes mounts secrets for a pod that is not root: the file is root's, and its group one of the
/// process's supplementary ones.
#[test]
fn a_key_of_root_is_read_by_a_group() {
    if !is_root() {
        eprintln!("skipped: only root can make a file of root's");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let binary = binary_for_all(directory.path());
    let key = directory.path().join("key.pem");
    let environment = |command: &mut Command| {
        command.env_clear().env("LIME_CORE__ISSUER", "http://127.0.0.1:1").env("LIME_CORE__KEY_FILE", &key);
        command.env("LIME_CORE__STORE", "memory:");
    };
    let mut serve = Command::new(&binary);
    environment(serve.arg("serve").env("LIME_CORE__LISTEN", "127.0.0.1:0").stderr(Stdio::piped()));
    let mut server = Server(serve.env("LIME_CORE__LISTEN", "127.0.0.1:0").spawn().unwrap());
    let log = BufReader::new(server.0.stderr.take().unwrap());
    assert!(log.lines().any(|line| line.unwrap().contains("\"serving\"")));
    assert_eq!(server.terminate("-TERM"), 0);
    std::os::unix::fs::chown(&key, Some(0), Some(54322)).unwrap();
    mode(&key, 0o640);
    for (groups, is_read) in
        [("--groups=54322", true), ("--groups=54323,54322", true), ("--groups=54323", false)]
    {
        let mut check = Command::new("setpriv");
        environment(&mut check);
        check.args(["--reuid=54321", "--regid=54321", groups]).arg(&binary).arg("check-config");
        let output = check.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.success(), is_read, "{groups}: {told}");
        assert!(is_read || told.contains("Permission denied"), "{told}");
    }
}

/// What a system that gives a process no threads, or too few, is told: one line, and an exit code.
#[test]
fn without_threads_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let binary = binary_for_all(directory.path());
    // No limit holds root; this is a user who has no other process. Of any other user's limit, threads that
    // run already take an unknown part.
    let is_root = is_root();
    let needed = 2 + 3 * std::thread::available_parallelism().unwrap().get();
    let numbers = if is_root { vec![1, 2, 3, needed / 2, needed - 1, needed] } else { vec![1] };
    let limited = |threads: usize| {
        let script = format!("ulimit -u {threads}; exec \"$0\" dev --port 0");
        let mut limited = Command::new(if is_root { "setpriv" } else { "bash" });
        if is_root {
            limited.args(["--reuid=54321", "--regid=54321", "--clear-groups", "bash"]);
        }
        limited.args(["-c", &script]).arg(&binary).stdin(Stdio::null());
        limited.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    for threads in numbers {
        let mut server = Server(limited(threads));
        let mut out = BufReader::new(server.0.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        if line.is_empty() {
            let code = server.0.wait().unwrap().code();
            let mut told = String::new();
            server.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            assert!(code == Some(1) && told.lines().count() == 1, "{threads}: {code:?} {told}");
            assert!(told.starts_with("error: no thread") && threads < needed, "{threads}: {told}");
        } else {
            // With just as many as it started with, it signs, too.
            let mut said = std::iter::from_fn(|| out.by_ref().lines().next()).map(Result::unwrap);
            let mut value =
                |name: &str| said.find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap();
            let (origin, token) = (value("LIME_BASE_URL="), value("LIME_AGENT_TOKEN="));
            let mut socket = TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
            let body = "{\"domain\":\"mcp.example\"}";
            let head =
                format!("x-agent-token: {token}\r\nconnection: close\r\ncontent-length: {}", body.len());
            write!(socket, "POST /api/v1/modules/oauth/token HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n{body}")
                .unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{threads}: {answer}");
            assert!(threads >= needed, "{threads}");
            assert_eq!(server.terminate("-TERM"), 0);
        }
    }
}

#[test]
fn dev_is_known_by_the_origin_that_it_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lime.env");
    let start = |more: &[&str]| {
        let arguments = ["dev", "--env-file", path.to_str().unwrap(), "--port", "0"];
        let mut server = Server::start(&[&arguments, more].concat());
        let origin = wait_for(&path).remove(1).1;
        std::fs::remove_file(&path).unwrap();
        let (mut out, mut said) = (BufReader::new(server.0.stdout.take().unwrap()), String::new());
        while !said.contains("Ctrl-C stops") {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "{said}");
        }
        let listens = said.lines().find_map(|line| line.strip_prefix("listens on "));
        let port = listens.unwrap_or(&origin).rsplit(':').next().unwrap().to_owned();
        let local = format!("http://127.0.0.1:{port}");
        let metadata = get(&local, "/.well-known/oauth-authorization-server");
        assert!(metadata.contains(&format!("\"issuer\":\"{origin}\"")), "{metadata}");
        assert_eq!(server.terminate("-TERM"), 0);
        (origin, local, said)
    };
    let (origin, local, said) = start(&[]);
    assert!(origin == local && !said.contains("warning"), "{said}");
    let (origin, local, said) = start(&["--host", "0.0.0.0"]);
    assert!(origin == local && said.contains("name it by --public-url"), "{said}");
    let (origin, _, said) = start(&["--host", "0.0.0.0", "--public-url", "http://core.test:8080"]);
    assert!(origin == "http://core.test:8080" && said.contains("is plain HTTP"), "{said}");
    let (origin, _, said) = start(&["--public-url", "https://core.test"]);
    assert!(origin == "https://core.test" && !said.contains("warning"), "{said}");
    let (code, _, told) = run(&["dev", "--public-url", "https://core.test/"]);
    assert!(code == 2 && told.contains("is no origin such as"), "{told}");
}

/// A server whose listeners have ports that the system picks.
struct Listening {
    server: Server,
    /// Where it serves.
    address: String,
    /// Where it tells of its health.
    health: String,
}

impl Listening {
    /// Runs a shell command, in which `$0` is the binary and `$1` a file of these settings, and waits until
    /// the server has told where it listens.
    fn start(script: &str, directory: &Path, http: &str) -> Self {
        let config = directory.join("config.toml");
        let listen = "listen = '127.0.0.1:0'\nhealth_listen = '127.0.0.1:0'\nissuer = 'http://127.0.0.1:1'";
        let kept = format!("store = 'memory:'\nkey_file = {:?}", directory.join("key.pem"));
        std::fs::write(&config, format!("{listen}\n{kept}\nhttp = {{ {http} }}")).unwrap();
        let mut serve = Command::new("sh");
        serve.args(["-c", script, env!("CARGO_BIN_EXE_lime-core")]).arg(&config).env_clear();
        serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = Server(serve.spawn().unwrap());
        let mut log = BufReader::new(server.0.stderr.take().unwrap()).lines();
        let told =
            log.by_ref().map(Result::unwrap).find(|line| line.contains("\"serving\"")).expect("it serves");
        // Somebody must go on reading.
        std::thread::spawn(move || log.for_each(drop));
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        let at = |name: &str| told["fields"][name].as_str().unwrap().to_owned();
        Self { server, address: at("listen"), health: at("health_listen") }
    }

    /// What `lime-core health` makes of it: exit code and error.
    fn ask(&self, more: &[&str]) -> (i32, String) {
        let mut ask = command(&[&["health"], more].concat());
        ask.env("LIME_CORE__ISSUER", "http://127.0.0.1:1").env("LIME_CORE__HEALTH_LISTEN", &self.health);
        let output = ask.output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

#[test]
fn health_is_answered_when_all_connections_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let http = "max_connections = 2, notice_seconds = 300";
    let mut listening = Listening::start("exec \"$0\" serve --config \"$1\"", directory.path(), http);
    let address = format!("http://{}", listening.health);
    let _taken: Vec<_> = (0..2).map(|_| TcpStream::connect(&listening.address).unwrap()).collect();
    // Nor do strangers who keep connections to it open.
    let _idle: Vec<_> = (0..100).map(|_| TcpStream::connect(&listening.health).unwrap()).collect();
    for _ in 0..3 {
        assert!(get(&address, "/healthz").ends_with("ok\n"));
        assert!(get(&address, "/readyz").ends_with("ready\n"));
        assert_eq!((listening.ask(&[]).0, listening.ask(&["--ready"]).0), (0, 0));
    }
    // It is for nothing else, and answers as the other one does.
    let nothing = get(&address, "/api/v1/core/.well-known/jwks.json");
    assert!(nothing.starts_with("HTTP/1.1 404") && nothing.contains("x-request-id: "), "{nothing}");
    assert!(nothing.contains("\"NOT_FOUND\""), "{nothing}");
    // While it stops, it lives and is not ready.
    listening.server.signal("-TERM");
    let begun = Instant::now();
    while !get(&address, "/readyz").starts_with("HTTP/1.1 503") {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not stop");
    }
    let (code, told) = listening.ask(&["--ready"]);
    assert_eq!((code, told), (1, format!("error: {}/readyz: stopping\n", listening.health)));
    assert_eq!(listening.ask(&[]).0, 0);
    assert_eq!(listening.server.terminate("-INT"), 130);
    // Nobody is there any more, and without settings nobody can be asked.
    assert_eq!(listening.ask(&[]).0, 1);
    assert_eq!(run(&["health"]).0, 1);
}

/// Connections beyond the descriptors that the system allows wait, rather than fail.
#[test]
fn no_more_connections_are_taken_than_there_are_descriptors() {
    let directory = tempfile::tempdir().unwrap();
    let script = "ulimit -n 120; exec \"$0\" serve --config \"$1\"";
    let mut listening = Listening::start(script, directory.path(), "max_connections = 500");
    let taken: Vec<_> = (0..100).map(|_| TcpStream::connect(&listening.address).unwrap()).collect();
    assert_eq!((listening.ask(&[]).0, listening.ask(&["--ready"]).0), (0, 0));
    drop(taken);
    assert!(get(&format!("http://{}", listening.address), "/healthz").ends_with("ok\n"));
    assert_eq!(listening.server.terminate("-TERM"), 0);

    let check = |limit: u32| {
        let script = format!("ulimit -n {limit}; exec \"$0\" check-config \"$1\"");
        let mut check = Command::new("sh");
        check
            .args(["-c", &script, env!("CARGO_BIN_EXE_lime-core")])
            .arg(directory.path().join("config.toml"));
        let output = check.output().unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let [told, _] = check(120);
    let warning = "warning: the system allows 120 file descriptors: http.max_connections is 24, not 500";
    assert!(told.contains(warning), "{told}");
    let [_, error] = check(111);
    assert_eq!(error, "error: the system allows 111 file descriptors, must be 112 or more\n");
}

/// The reason is the last thing that is said, after all that was logged before.
#[test]
fn a_start_that_fails_ends_with_its_reason() {
    let directory = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut serve = command(&["serve"]);
    serve.env("LIME_CORE__ISSUER", "http://127.0.0.1:1").env("LIME_CORE__LISTEN", &address);
    serve.env("LIME_CORE__STORE", "memory:").env("LIME_CORE__KEY_FILE", directory.path().join("key.pem"));
    let told = String::from_utf8(serve.output().unwrap().stderr).unwrap();
    let lines: Vec<_> = told.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("made a signing key"), "{told}");
    assert!(lines[1].starts_with(&format!("error: cannot listen on {address}: ")), "{told}");
}
