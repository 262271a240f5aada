//! What pipes and servers hand to the command: recognised and read for what it is, or refused by name. A
//! nonce for something else is the worst answer.

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::{Value, json};

/// Runs `solve` with a challenge of difficulty 15 on standard input.
fn solve(input: impl Into<Vec<u8>>) -> Assert {
    run(&["solve", "--difficulty", "15", "--order", "lowest", "--challenge-file", "-"], input)
}

fn run(args: &[&str], input: impl Into<Vec<u8>>) -> Assert {
    Command::new(env!("CARGO_BIN_EXE_lime-pow")).args(args).write_stdin(input).assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The one line of an error with exit code 2, and nothing on standard output.
fn refusal(assert: Assert) -> String {
    let output = assert.code(2).get_output().clone();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    assert!(out.is_empty() && error.lines().count() == 1, "{out}{error}");
    error.trim_end().to_owned()
}

#[test]
fn what_is_no_challenge_has_no_nonce() {
    for (input, why) in [
        (&b""[..], "no challenge of lime-v1: empty"),
        (b"\n", "no challenge of lime-v1: empty"),
        (b"\xef\xbb\xbf", "no challenge of lime-v1: empty"),
        (b"null\n", "no challenge of lime-v1: null"),
        (b"curl: (6) Could not resolve host", "no challenge of lime-v1: a text with spaces"),
        (b"<!DOCTYPE html>\n<html>", "no challenge of lime-v1: a page (HTML or XML)"),
        (b"{\"error\":\"Bad Gateway\"}", "no challenge of lime-v1: the server's refusal"),
        (b"{\"pow_challenge\":", "no challenge of lime-v1: not valid JSON"),
        (b"t\0e\0s\0t\0", "has NUL characters"),
        (b"\xff\xfea", "begins with the mark of UTF-16"),
        (b"test\nchallenge", "no challenge of lime-v1: more than one line"),
    ] {
        let line = refusal(solve(input));
        assert!(line.starts_with(&format!("lime-pow: standard input: {why}")), "{line}");
    }
    // What a shell makes of a command that failed.
    for argument in ["", "null", "<html>"] {
        let line = refusal(run(&["solve", "--difficulty", "1", "--challenge", argument], ""));
        assert!(line.starts_with("lime-pow: --challenge: "), "{line}");
    }
    // An empty challenge is possible for who asks for it; the nonce is of the scheme's published vectors.
    let empty = ["solve", "--difficulty", "15", "--order", "lowest", "-p", "challenge="];
    assert_eq!(text(&run(&empty, "").success().get_output().stdout), "8118\n");
}

#[test]
fn a_challenge_is_read_in_any_encoding() {
    let challenge = "test-challenge-0001";
    let utf_16 = |bytes: fn(u16) -> [u8; 2]| {
        format!("\u{feff}{challenge}\r\n").encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    for input in [
        challenge.as_bytes().to_vec(),
        format!("\u{feff}{challenge}\n").into_bytes(),
        utf_16(u16::to_le_bytes),
        utf_16(u16::to_be_bytes),
        format!("\"{challenge}\"\n").into_bytes(),
    ] {
        assert_eq!(text(&solve(input).success().get_output().stdout), "36073\n");
    }
}

#[test]
fn the_answer_of_lime_core_is_a_challenge() {
    let solve = |input: &Value| {
        run(&["solve", "--order", "lowest", "--json", "--challenge-file", "-"], input.to_string())
    };
    let data = |status: &str, expires: &str| {
        json!({
            "request_id": "eb4a5a84-0670-4a1b-b52b-f009b50a1362", "site_name": "Site", "status": status,
            "pow_challenge": "test-challenge-0001", "pow_difficulty": 15, "expires_at": expires,
        })
    };
    let (late, early) = ("2999-01-01T00:00:00.000Z", "2026-11-25T01:38:12.522Z");
    let enveloped = json!({ "ok": true, "data": data("PENDING", late) });
    for input in [data("PENDING", late), enveloped] {
        let output = solve(&input).success().get_output().clone();
        let solution: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&solution["nonce"], &solution["warnings"]), (&json!("36073"), &json!([])));
        assert!(output.stderr.is_empty());
    }
    // Clocks may differ, so an expired one is solved, and said to be.
    for early in [early, "2026-11-25T01:38:12+00:00"] {
        let output = solve(&data("PENDING", early)).success().get_output().clone();
        let solution: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(solution["nonce"], "36073");
        let warning = "the challenge has expired at 2026-11-25T01:38:12Z";
        assert_eq!(solution["warnings"], json!([warning]));
        assert_eq!(text(&output.stderr), format!("lime-pow: warning: {warning}\n"));
    }
    let refused = json!({ "ok": false, "error": { "code": "SITE_LOGIN_REQUEST_NOT_FOUND", "message": "" } });
    let line = refusal(solve(&refused));
    assert!(line.contains("the server's refusal (\"SITE_LOGIN_REQUEST_NOT_FOUND\")"), "{line}");
    let line = refusal(solve(&data("APPROVED", late)));
    assert!(line.contains("the login request is \"APPROVED\""), "{line}");
}

/// What a server takes, from what it sent: the body, the query or the payload, alone on standard output.
#[test]
fn a_submission_goes_to_the_server_as_it_is() {
    let lime = json!({ "pow_challenge": "test-challenge-0001", "pow_difficulty": 15, "status": "PENDING" });
    let solve = |scheme: &str, more: &[&str], input: &Value| {
        let args =
            ["solve", "--order", "lowest", "--scheme", scheme, "--challenge-file", "-", "--submission"];
        run(&[&args, more].concat(), input.to_string())
    };
    let printed = |assert: Assert| text(&assert.success().get_output().stdout);
    assert_eq!(printed(solve("lime-v1", &[], &lime)), "{\"pow_nonce\":\"36073\"}\n");
    let cap = json!({ "token": "token", "challenge": { "c": 2, "s": 32, "d": 4 }, "expires": 1 });
    let output = solve("cap", &[], &cap).success().get_output().clone();
    assert_eq!(text(&output.stdout), "{\"solutions\":[16781,11294],\"token\":\"token\"}\n");
    let warning = "lime-pow: warning: the challenge has expired at 1970-01-01T00:00:00Z\n";
    assert_eq!(text(&output.stderr), warning);
    let anubis = json!({ "rules": { "algorithm": "fast", "difficulty": 1 }, "challenge": "00" });
    let query = printed(solve("anubis", &["-p", "redir=/"], &anubis));
    let parts: Vec<&str> = query.trim_end().split('&').map(|pair| pair.split_once('=').unwrap().0).collect();
    assert_eq!(parts, ["response", "nonce", "redir", "elapsedTime"]);

    // Before the search, which may be long: what is missing, or cannot be answered.
    let hard = json!({ "rules": { "algorithm": "fast", "difficulty": 12 }, "challenge": "00" });
    assert_eq!(refusal(solve("anubis", &[], &hard)), "lime-pow: anubis: redir is missing");
    let mut cap = json!({ "token": "token", "challenge": { "c": 2, "s": 32, "d": 12 } });
    cap["instrumentation"] = json!("eJw=");
    let output = solve("cap", &[], &cap).code(2).get_output().clone();
    let lines = text(&output.stderr);
    let last = lines.lines().last().unwrap();
    assert_eq!(last, "lime-pow: cap: the answer takes instrumentation too, which nonces cannot give");
    run(&["solve", "--challenge", "a", "--difficulty", "1", "--json", "--submission"], "").code(2);
}

/// A server may read more nonces than most of its kind, or fewer; `verify` is told so in the same way.
#[test]
fn the_largest_nonce_can_be_another() {
    let anubis = ["--scheme", "anubis", "--challenge", "00", "--difficulty", "1"];
    let large = "9223372036854775807";
    let solve = [&["solve", "--start", "9223372036854770000", "--max-nonce", large], &anubis[..]].concat();
    let nonce = text(&run(&solve, "").success().get_output().stdout);
    let verify = [&["verify", "--nonce", nonce.trim()], &anubis[..]].concat();
    run(&verify, "").code(1);
    run(&[&verify[..], &["--max-nonce", large]].concat(), "").success();
    let line = refusal(run(&[&["solve", "--start", "9223372036854770000"], &anubis[..]].concat(), ""));
    assert_eq!(line, "lime-pow: no nonce to try: from 9223372036854770000 to 9007199254740991");
}

/// Lines, commas and JSON, of one nonce and of several.
#[test]
fn verify_reads_what_solve_prints() {
    let cap: &[&str] = &["--scheme", "cap", "-p", "token=token", "-p", "c=2", "-p", "s=32", "-p", "d=4"];
    let lime: &[&str] = &["--challenge", "test-challenge-0001", "--difficulty", "15"];
    for (puzzle, nonces) in [(cap, "16781\n11294\n"), (lime, "36073\n")] {
        let verify = |nonces: &str| {
            run(&[&["verify", "--nonce", nonces], puzzle].concat(), "").success();
            run(&[&["verify", "--nonce-file", "-"], puzzle].concat(), nonces).success();
        };
        let solve = [&["solve", "--order", "lowest"], puzzle].concat();
        let printed = text(&run(&solve, "").success().get_output().stdout);
        assert_eq!(printed, nonces);
        verify(&printed);
        verify(&printed.replace('\n', "\r\n"));
        verify(&printed.trim().replace('\n', ","));
        let json = text(&run(&[&solve[..], &["--json"]].concat(), "").success().get_output().stdout);
        verify(&json);
    }
    for (nonces, code) in
        [("", 2), ("\n", 2), ("{}", 2), ("{\"nonces\":[]}", 2), ("{\"nonce\":36073}", 2), ("null", 1)]
    {
        run(&[&["verify", "--json", "--nonce-file", "-"], lime].concat(), nonces).code(code);
    }
    run(&[&["verify"], lime].concat(), "").code(2);
    let both = ["verify", "--difficulty", "15", "--challenge-file", "-", "--nonce-file", "-"];
    assert!(refusal(run(&both, "36073")).contains("cannot hold both"));
}

/// A system that gives no threads is one line and exit code 5.
#[cfg(unix)]
#[test]
fn without_threads_it_says_so() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let directory = std::env::temp_dir().join(format!("lime-pow-threads-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let binary = directory.join("lime-pow");
    std::fs::copy(env!("CARGO_BIN_EXE_lime-pow"), &binary).unwrap();
    for path in [&directory, &binary] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    // No limit holds root; this is a user who has no other process.
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
    for processes in if is_root { 1..=3 } else { 1..=1 } {
        let script = format!("ulimit -u {processes}; exec \"$0\" solve --challenge a --difficulty 8");
        let mut limited = Command::new(if is_root { "setpriv" } else { "bash" });
        if is_root {
            limited.args(["--reuid=54331", "--regid=54331", "--clear-groups", "bash"]);
        }
        let output = limited.args(["-c", &script]).arg(&binary).output().unwrap();
        let told = text(&output.stderr);
        // With three, there are threads for one worker and what watches signals, which may be all that it
        // wants.
        let is_solved = output.status.success() && processes > 1;
        let is_told = output.status.code() == Some(5) && told.lines().count() == 1;
        assert!(is_solved || is_told, "{processes}: {:?} {told}", output.status);
    }
    std::fs::remove_dir_all(&directory).unwrap();
}
