//! The binary: settings, development, signals, exit codes.
#![cfg(unix)]

#[path = "common/binary.rs"]
mod binary;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use binary::{Server, command, get, run, wait_for};

#[test]
fn check_config_tells_what_is_wrong() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let check = |text: &str| {
        std::fs::write(file.path(), text).unwrap();
        run(&["check-config", path])
    };
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key.pem");
    let store = directory.path().join("store.db");
    let (code, out, err) =
        check(&format!("issuer = 'https://lime.example'\nstore = 'memory:'\nkey_file = {key:?}"));
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].starts_with("warning: trusted_proxies is empty"), "{out}");
    assert!(lines[1].starts_with("warning: store = memory: all but the signing key is lost"), "{out}");
    assert_eq!((code, lines[3], &*err), (0, "ok: serves https://lime.example on 127.0.0.1:8080", ""));
    let quiet = format!(
        "issuer = 'https://lime.example'\nstore = 'sqlite:{}'\nkey_file = {key:?}\ntrusted_proxies = ['127.0.0.1']",
        store.display()
    );
    let (code, out, _) = check(&quiet);
    for (line, path) in out.lines().zip([&key, &store]) {
        assert!(line.starts_with(&format!("{}: is not there yet", path.display())), "{out}");
        assert!(!path.exists());
    }
    assert_eq!((code, out.lines().count()), (0, 3), "{out}");
    // Neither may be left out: all would be lost with the process.
    for (settings, field) in
        [(format!("key_file = {key:?}"), "store"), ("store = 'memory:'".to_owned(), "key_file")]
    {
        let (code, _, err) = check(&format!("issuer = 'https://lime.example'\n{settings}"));
        assert!(code == 2 && err.starts_with(&format!("error: {field}: is missing, must be ")), "{err}");
    }
    let kept = "store = 'memory:'\nkey_file = 'key.pem'";
    let (code, _, err) =
        check(&format!("issuer = 'https://lime.example'\n{kept}\n[log]\nfilter = 'a=b=c,,['"));
    assert_eq!((code, err.starts_with("error: log.filter = ")), (2, true), "{err}");
    let (code, out, err) = check("issuer = 'https://lime.example'\n[login]\nttl_seconds = 5");
    let told = "error: login.ttl_seconds = 5: must be a whole number of 30 to 900, for example 300\n";
    assert_eq!((code, &*out, &*err), (2, "", told));
    let (code, _, err) = check(&format!("issuer = 'http://lime.example'\n{kept}"));
    assert_eq!(
        (code, &*err),
        (
            2,
            "error: issuer = \"http://lime.example\": must be https, unless its host is loopback, for example \"https://lime.example.com\"\n"
        )
    );
    let (code, _, err) = run(&["check-config", "/nonexistent"]);
    assert_eq!((code, err.lines().count()), (2, 1), "{err}");
}

#[test]
fn an_environment_that_is_no_text_is_no_panic() {
    use std::os::unix::ffi::OsStringExt;
    let bad = std::ffi::OsString::from_vec(vec![0xff]);
    let directory = tempfile::tempdir().unwrap();
    let run = |name: &str| {
        let output = command(&["check-config"])
            .env("LIME_CORE__ISSUER", "http://127.0.0.1:1")
            .env("LIME_CORE__STORE", "memory:")
            .env("LIME_CORE__KEY_FILE", directory.path().join("key.pem"))
            .env(name, &bad)
            .output();
        let output = output.unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run("OTHER").0, 0);
    let (code, err) = run("LIME_CORE__LOG__FILTER");
    assert_eq!((code, &*err), (2, "error: log.filter: the environment's value is not UTF-8\n"));
}

#[test]
fn serve_refuses_what_check_config_refuses() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "issuer = 'http://lime.example'\nstore = 'memory:'\nkey_file = 'k'").unwrap();
    let (code, _, err) = run(&["serve", "--config", file.path().to_str().unwrap()]);
    assert_eq!((code, err.starts_with("error: issuer = ")), (2, true), "{err}");
    let (code, _, err) = run(&["serve"]);
    assert_eq!((code, err.starts_with("error: issuer: is missing, must be an origin: ")), (2, true), "{err}");
}

#[test]
fn no_other_command_knows_the_flags_of_development() {
    for flag in ["--env-file", "--difficulty", "--ttl", "--sites", "--agents", "--port"] {
        for command in ["serve", "check-config"] {
            let (code, _, err) = run(&[command, flag, "1"]);
            assert_eq!(code, 2, "{err}");
            assert!(err.contains("unexpected argument"), "{err}");
        }
    }
}

#[test]
fn serve_keeps_its_key_and_stops_on_a_signal() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key.pem");
    let mut kids = Vec::new();
    for signal in ["-TERM", "-INT"] {
        // The system picks a port, and the log tells which.
        let config = directory.path().join("config.toml");
        let settings = format!(
            "listen = '127.0.0.1:0'\nissuer = 'http://127.0.0.1:1'\nstore = 'memory:'\nkey_file = {key:?}"
        );
        std::fs::write(&config, settings).unwrap();
        let mut server = Server::start(&["serve", "--config", config.to_str().unwrap()]);
        let mut log = lines(server.0.stderr.take().unwrap());
        let mut line = || serde_json::from_str::<serde_json::Value>(&log.next().unwrap()).unwrap();
        if kids.is_empty() {
            assert_eq!(line()["fields"]["message"], "made a signing key");
        }
        let line = line();
        assert_eq!(line["fields"]["message"], "serving");
        let address = line["fields"]["listen"].as_str().unwrap();
        let jwks = get(&format!("http://{address}"), "/api/v1/core/.well-known/jwks.json");
        kids.push(line["fields"]["kid"].as_str().unwrap().to_owned());
        assert!(jwks.contains(&kids[0]));
        assert_eq!(server.terminate(signal), 0);
    }
    assert_eq!(kids[0], kids[1]);
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn dev_hands_over_tokens_once_it_serves() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lime.env");
    let arguments =
        ["dev", "--port", "0", "--env-file", path.to_str().unwrap(), "--sites", "2", "--agents", "3"];
    let mut server = Server::start(&arguments);
    let lines = wait_for(&path);
    let keys: Vec<_> = lines.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "LIME_API_BASE",
            "LIME_BASE_URL",
            "LIME_SITE_TOKEN",
            "LIME_SITE_TOKEN_2",
            "LIME_AGENT_ID",
            "LIME_AGENT_TOKEN",
            "LIME_AGENT_ID_2",
            "LIME_AGENT_TOKEN_2",
            "LIME_AGENT_ID_3",
            "LIME_AGENT_TOKEN_3",
        ]
    );
    assert_eq!(lines[0].1, format!("{}/api/v1", lines[1].1));
    assert!(lines[2].1.starts_with("st_") && lines[5].1.starts_with("at_"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    assert!(get(&lines[1].1, "/readyz").starts_with("HTTP/1.1 200"));
    assert_eq!(server.terminate("-INT"), 0);
}

#[test]
fn a_reader_who_leaves_does_not_stop_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lime.env");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let arguments = ["dev", "--port", "0", "--env-file", path.to_str().unwrap()];
    let mut server = Server(command(&arguments).stdout(writer).stderr(Stdio::null()).spawn().unwrap());
    let lines = wait_for(&path);
    assert!(get(&lines[1].1, "/healthz").starts_with("HTTP/1.1 200"));
    assert_eq!(server.terminate("-TERM"), 0);
}

/// Serves with a log of all that happens, which goes to `stderr`, and stops `notice` seconds after it is told
/// to. Returns where.
fn serve_with_log(stderr: impl Into<Stdio>, directory: &Path, notice: u32) -> (Server, String) {
    // The log does not tell the port here.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let origin = format!("http://127.0.0.1:{port}");
    let config = directory.join("config.toml");
    let settings = format!(
        "listen = '127.0.0.1:{port}'\nissuer = '{origin}'\nstore = 'memory:'\nkey_file = {:?}\nlog = {{ filter = 'debug' }}\nhttp = {{ notice_seconds = {notice} }}",
        directory.join("key.pem")
    );
    std::fs::write(&config, settings).unwrap();
    let mut serve = command(&["serve", "--config", config.to_str().unwrap()]);
    let server = Server(serve.stdout(Stdio::null()).stderr(stderr).spawn().unwrap());
    let begun = Instant::now();
    while TcpStream::connect(origin.strip_prefix("http://").unwrap()).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not serve");
        std::thread::sleep(Duration::from_millis(10));
    }
    (server, origin)
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (reader, gone) = std::io::pipe().unwrap();
    drop(reader);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for stderr in [Stdio::from(gone), Stdio::from(full)] {
        let (mut server, origin) = serve_with_log(stderr, directory.path(), 0);
        for _ in 0..3 {
            assert!(get(&origin, "/healthz").starts_with("HTTP/1.1 200"));
        }
        assert_eq!(server.terminate("-TERM"), 0);
    }
}

#[test]
fn a_log_that_is_not_read_delays_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    let (mut server, origin) = serve_with_log(writer, directory.path(), 0);
    // Several lines each: far more than the pipe and the queue hold.
    let mut socket = TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut answers = BufReader::new(socket.try_clone().unwrap());
    for _ in 0..8000 {
        socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut line = String::new();
        while line != "ok\n" {
            line.clear();
            assert_ne!(answers.read_line(&mut line).unwrap(), 0);
        }
    }
    // Whoever reads again is told how much is missing.
    let told = BufReader::new(reader).lines().any(|line| line.unwrap().contains("log lines were lost"));
    assert!(told);
    assert_eq!(server.terminate("-TERM"), 0);

    // And one that nobody ever reads does not keep it from stopping.
    let (_reader, writer) = std::io::pipe().unwrap();
    let (mut server, origin) = serve_with_log(writer, directory.path(), 0);
    for _ in 0..600 {
        assert!(get(&origin, "/healthz").starts_with("HTTP/1.1 200"));
    }
    assert_eq!(server.terminate("-TERM"), 0);
}

/// The lines of a log, as they come.
fn lines(log: impl Read) -> impl Iterator<Item = String> {
    BufReader::new(log).lines().map(Result::unwrap)
}

#[test]
fn a_hangup_reads_the_filter_again_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    let (mut server, origin) = serve_with_log(writer, directory.path(), 0);
    let mut log = lines(reader);
    let mut is_told =
        |what: &str| assert!(log.any(|line| line.contains(what)), "the log ends without {what}");
    get(&origin, "/healthz");
    is_told("\"path\":\"/healthz\"");
    let file = directory.path().join("config.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let change = |from: &str, to: &str| std::fs::write(&file, settings.replace(from, to)).unwrap();

    change("'debug'", "'warn,lime_core=info'");
    server.signal("-HUP");
    is_told("log.filter is read again");
    // No settings but right ones.
    for (from, to, what) in [
        ("'debug'", "'='", "log.filter stays as it is: log.filter = "),
        ("log =", "colour = 1\nlog =", "log.filter stays as it is: colour: unknown field"),
    ] {
        change(from, to);
        server.signal("-HUP");
        is_told(what);
    }
    // It listens where it did, whatever the file says.
    change("listen = '127.0.0.1:", "listen = '127.0.0.2:");
    server.signal("-HUP");
    is_told("log.filter is read again");
    get(&origin, "/readyz");
    is_told("\"path\":\"/readyz\"");
    assert_eq!(server.terminate("-TERM"), 0);
}

#[test]
fn signals_that_mean_nothing_here_do_not_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lime.env");
    let (mut serving, origin) = serve_with_log(Stdio::null(), directory.path(), 0);
    let mut developing = Server::start(&["dev", "--port", "0", "--env-file", path.to_str().unwrap()]);
    let dev_origin = wait_for(&path).remove(1).1;
    for (server, origin) in [(&mut serving, origin), (&mut developing, dev_origin)] {
        for signal in ["-USR1", "-USR2", "-ALRM"] {
            server.signal(signal);
            assert!(get(&origin, "/healthz").starts_with("HTTP/1.1 200"), "{signal}");
        }
        assert_eq!(server.terminate("-INT"), 0);
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let directory = tempfile::tempdir().unwrap();
    for (first, second, code) in [("-TERM", "-TERM", 143), ("-TERM", "-INT", 130), ("-INT", "-INT", 130)] {
        let (reader, writer) = std::io::pipe().unwrap();
        let (mut server, origin) = serve_with_log(writer, directory.path(), 60);
        let mut log = lines(reader);
        server.signal(first);
        assert!(log.any(|line| line.contains("\"stopping\"")));
        // It would go on for a minute, and says so.
        assert!(get(&origin, "/readyz").starts_with("HTTP/1.1 503"));
        assert_eq!(server.terminate(second), code);
        assert!(log.any(|line| line.contains("stopped at once")));
    }
}

#[test]
fn descriptors_that_are_used_up_end_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lime.env");
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 64; exec \"$0\" dev --port 0 --env-file \"$1\""]);
    limited.args([env!("CARGO_BIN_EXE_lime-core").as_ref(), path.as_os_str()]);
    // Each attempt that fails is a line of the log, which nobody reads any more.
    let (reader, gone) = std::io::pipe().unwrap();
    drop(reader);
    let limited = limited.stdin(Stdio::null()).stdout(Stdio::null()).stderr(gone);
    let mut server = Server(limited.spawn().unwrap());
    let lines = wait_for(&path);
    let address = lines[1].1.strip_prefix("http://").unwrap();
    let strangers: Vec<TcpStream> = (0..80).map(|_| TcpStream::connect(address).unwrap()).collect();
    // Its pauses between attempts are 50 ms; several of them pass.
    std::thread::sleep(Duration::from_millis(500));
    drop(strangers);
    assert!(get(&lines[1].1, "/healthz").starts_with("HTTP/1.1 200"));
    assert_eq!(server.terminate("-TERM"), 0);
}

#[test]
fn dev_says_what_it_cannot_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, _, err) = run(&["dev", "--port", &port]);
    assert_eq!(
        (code, err.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: "))),
        (1, true),
        "{err}"
    );
    let (code, _, err) = run(&["dev", "--port", "0", "--env-file", "/nonexistent/lime.env"]);
    assert_eq!((code, err.starts_with("error: /nonexistent/lime.env: ")), (1, true), "{err}");
    for (flag, bad) in
        [("--difficulty", "65"), ("--ttl", "0"), ("--ttl", "901"), ("--sites", "0"), ("--agents", "1001")]
    {
        let (code, _, err) = run(&["dev", "--port", "0", flag, bad]);
        assert!(code == 2 && err.contains(bad), "{err}");
    }
}
