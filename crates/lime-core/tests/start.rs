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

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

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
    for (settings, code, words) in [
        (key("nonsense.pem"), 1, "must hold an RSA private key"),
        (key("open.pem"), 1, "mode 0644 lets others read it"),
        (key("shared/key.pem"), 1, "lets others replace it"),
        (key("none/key.pem"), 1, "No such file or directory"),
        (key("nonsense.pem/key.pem"), 1, "Not a directory"),
        ("listen = '192.0.2.1:80'".to_owned(), 1, "cannot listen on 192.0.2.1:80: "),
        ("health_listen = '[2001:db8::1]:80'".to_owned(), 1, "cannot listen on [2001:db8::1]:80: "),
        ("log = { filter = '=' }".to_owned(), 2, "log.filter = "),
        ("http = { idle_seconds = 0 }".to_owned(), 2, "http.idle_seconds = 0: must be"),
    ] {
        let config = file("config.toml");
        let listen = if settings.starts_with("listen") { "" } else { "listen = '127.0.0.1:0'\n" };
        std::fs::write(&config, format!("{listen}issuer = 'http://127.0.0.1:1'\n{settings}")).unwrap();
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

/// What a system that gives a process no threads, or too few, is told: one line, and an exit code.
#[test]
fn without_threads_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    mode(directory.path(), 0o755);
    let binary = directory.path().join("lime-core");
    std::fs::copy(env!("CARGO_BIN_EXE_lime-core"), &binary).unwrap();
    mode(&binary, 0o755);
    // No limit holds root; this is a user who has no other process.
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|this| std::os::unix::fs::MetadataExt::uid(&this) == 0);
    let limited = |threads: usize| {
        let script = format!("ulimit -u {threads}; exec \"$0\" dev --port 0");
        let mut limited = Command::new(if is_root { "setpriv" } else { "bash" });
        if is_root {
            limited.args(["--reuid=54321", "--regid=54321", "--clear-groups", "bash"]);
        }
        limited.args(["-c", &script]).arg(&binary).stdin(Stdio::null());
        limited.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (mut refused, mut served) = (0, 0);
    for threads in [1, 2, 3, 5, 8, 9, 10, 12, 16, 64, 1000] {
        if served == 2 {
            break;
        }
        let mut server = Server(limited(threads));
        let mut out = BufReader::new(server.0.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        if line.is_empty() {
            let code = server.0.wait().unwrap().code();
            let mut told = String::new();
            server.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
            assert!(code == Some(1) && told.lines().count() == 1, "{threads}: {code:?} {told}");
            assert!(told.starts_with("error: no thread"), "{threads}: {told}");
            refused += 1;
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
            assert_eq!(server.terminate("-TERM"), 0);
            served += 1;
        }
    }
    assert!(refused > 0 && served > 0);
}

#[test]
fn dev_is_known_by_the_origin_that_it_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lime.env");
    let file = path.to_str().unwrap();
    let port = free_port().to_string();
    let start = |more: &[&str]| {
        let mut server = Server::start(&[&["dev", "--env-file", file, "--port", &port], more].concat());
        let origin = wait_for(&path).remove(1).1;
        let metadata = get(&format!("http://127.0.0.1:{port}"), "/.well-known/oauth-authorization-server");
        assert!(metadata.contains(&format!("\"issuer\":\"{origin}\"")), "{metadata}");
        assert_eq!(server.terminate("-TERM"), 0);
        std::fs::remove_file(&path).unwrap();
        let mut said = String::new();
        server.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        (origin, said)
    };
    let local = format!("http://127.0.0.1:{port}");
    let (origin, said) = start(&[]);
    assert!(origin == local && !said.contains("warning"), "{said}");
    let (origin, said) = start(&["--host", "0.0.0.0"]);
    assert!(origin == local && said.contains("name it by --public-url"), "{said}");
    let (origin, said) = start(&["--host", "0.0.0.0", "--public-url", "http://core.test:8080"]);
    assert!(origin == "http://core.test:8080" && said.contains("is plain HTTP"), "{said}");
    let (origin, said) = start(&["--public-url", "https://core.test"]);
    assert!(origin == "https://core.test" && !said.contains("warning"), "{said}");
    let (code, _, told) = run(&["dev", "--public-url", "https://core.test/"]);
    assert!(code == 2 && told.contains("is no origin such as"), "{told}");
}

/// Settings with a listener for health, and a server that takes two connections besides.
fn settings_with_health(directory: &Path) -> (String, u16, u16) {
    let (port, health) = (free_port(), free_port());
    let config = directory.join("config.toml");
    let settings = format!(
        "listen = '127.0.0.1:{port}'\nhealth_listen = '127.0.0.1:{health}'\nissuer = 'http://127.0.0.1:{port}'\n\
         http = {{ max_connections = 2, notice_seconds = 2 }}"
    );
    std::fs::write(&config, settings).unwrap();
    (config.to_str().unwrap().to_owned(), port, health)
}

#[test]
fn health_is_answered_when_all_connections_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let (config, port, health) = settings_with_health(directory.path());
    let ask = |more: &[&str]| run(&[&["health", "--config", &config], more].concat());
    let (code, _, told) = ask(&[]);
    assert!(code == 1 && told.starts_with(&format!("error: 127.0.0.1:{health}: ")), "{told}");

    let mut serve = command(&["serve", "--config", &config]);
    let mut server = Server(serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let begun = Instant::now();
    while ask(&["--ready"]).0 != 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not serve");
    }
    let taken: Vec<_> = (0..2).map(|_| TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
    let address = format!("http://127.0.0.1:{health}");
    for _ in 0..3 {
        assert!(get(&address, "/healthz").ends_with("ok\n"));
        assert!(get(&address, "/readyz").ends_with("ready\n"));
        assert_eq!((ask(&[]).0, ask(&["--ready"]).0), (0, 0));
    }
    // It is for nothing else.
    assert!(get(&address, "/api/v1/core/.well-known/jwks.json").starts_with("HTTP/1.1 404"));
    // While it stops, it lives and is not ready.
    server.signal("-TERM");
    while !get(&address, "/readyz").starts_with("HTTP/1.1 503") {}
    let (code, _, told) = ask(&["--ready"]);
    assert!((code, &*told) == (1, &*format!("error: 127.0.0.1:{health}/readyz: stopping\n")), "{told}");
    assert_eq!(ask(&[]).0, 0);
    drop(taken);
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
}

/// Connections beyond the descriptors that the system allows wait, rather than fail.
#[test]
fn no_more_connections_are_taken_than_there_are_descriptors() {
    let directory = tempfile::tempdir().unwrap();
    let (config, _, _) = settings_with_health(directory.path());
    let settings =
        std::fs::read_to_string(&config).unwrap().replace("max_connections = 2", "max_connections = 500");
    std::fs::write(&config, settings).unwrap();
    let mut limited = Command::new("sh");
    limited.args([
        "-c",
        "ulimit -n 120; exec \"$0\" check-config \"$1\"",
        env!("CARGO_BIN_EXE_lime-core"),
        &config,
    ]);
    let out = String::from_utf8(limited.output().unwrap().stdout).unwrap();
    assert!(
        out.contains("warning: the system allows 120 file descriptors: http.max_connections is 24, not 500"),
        "{out}"
    );
}
