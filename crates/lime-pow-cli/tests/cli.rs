//! The real binary, as a user or a script runs it.

use std::fs;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::{Value, json};

fn lime_pow(args: &[&str]) -> Assert {
    Command::new(env!("CARGO_BIN_EXE_lime-pow")).args(args).assert()
}

fn stdout(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

/// The one line that an error must be.
fn error_line(assert: &Assert) -> String {
    let text = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    text.trim_end().to_owned()
}

const PUZZLE: [&str; 4] = ["--challenge", "test-challenge-0001", "--difficulty", "15"];

fn with(command: &str, more: &[&str]) -> Assert {
    lime_pow(&[&[command], &PUZZLE[..], more].concat())
}

#[test]
fn solve_prints_the_nonce_alone() {
    let solved = with("solve", &["--order", "lowest"]).success();
    assert_eq!(stdout(&solved), "36073\n");
    assert!(solved.get_output().stderr.is_empty(), "no progress unless on a terminal");

    let any = with("solve", &["--max-nonce", "99999999"]).success();
    let nonce = stdout(&any);
    assert!(nonce.trim_end().parse::<u64>().unwrap() <= 99_999_999);
    assert_eq!(stdout(&with("verify", &["--nonce", nonce.trim_end()]).success()), "valid\n");
}

#[test]
fn solve_json_has_every_field() {
    let solved = with("solve", &["--order", "lowest", "--threads", "1", "--kernel", "portable", "--json"]);
    let object: Value = serde_json::from_str(&stdout(&solved.success())).unwrap();
    assert_eq!(object["scheme"], "lime-v1");
    assert_eq!(object["parameters"], json!({ "challenge": "test-challenge-0001", "difficulty": "15" }));
    assert_eq!(object["nonce"], "36073");
    assert_eq!(object["kernel"], "portable");
    assert_eq!(object["threads"], 1);
    assert!(object["hashes"].as_u64().unwrap() >= 36_074);
    assert!(object["elapsed_seconds"].as_f64().unwrap() > 0.0);
    assert!(object["hashes_per_second"].as_f64().unwrap() > 0.0);
    let digest = object["digest"].as_str().unwrap();
    assert!(digest.len() == 64 && digest.starts_with("0000"), "{digest}");
    assert_eq!(object["warnings"], json!([]));
    assert_eq!(object.as_object().unwrap().len(), 10);
}

#[test]
fn every_kernel_pinning_and_order_can_be_chosen() {
    for pin in ["auto", "on", "off"] {
        for kernel in lime_pow::Kernel::available() {
            let args = ["--pin", pin, "--kernel", kernel.name(), "--order", "lowest"];
            assert_eq!(stdout(&with("solve", &args).success()), "36073\n");
        }
    }
}

#[test]
fn legacy_is_explicit() {
    let args = ["--scheme", "lime-legacy", "--order", "lowest"];
    assert_eq!(stdout(&with("solve", &args).success()), "16523\n");
    with("verify", &["--nonce", "16523"]).code(1);
}

const CAP: &str = r#"{"token":"token","challenge":{"c":2,"s":32,"d":4},"expires":1893456000000}"#;

#[test]
fn every_scheme_can_be_solved_and_verified_from_its_listed_example() {
    let listed: Value = serde_json::from_str(&stdout(&lime_pow(&["schemes", "--json"]).success())).unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), lime_pow::scheme::FORMATS.len());
    for format in listed {
        let name = format["name"].as_str().unwrap();
        let mut args = vec!["--scheme".to_owned(), name.to_owned()];
        for parameter in format["parameters"].as_array().unwrap() {
            if parameter["optional"] == false {
                let (name, example) = (parameter["name"].as_str(), parameter["example"].as_str());
                args.extend(["-p".to_owned(), format!("{}={}", name.unwrap(), example.unwrap())]);
            }
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let solved = lime_pow(&[&["solve", "--json"], &args[..]].concat()).success();
        let solved: Value = serde_json::from_str(&stdout(&solved)).unwrap();
        assert_eq!(solved["scheme"], name);
        let nonces = match &solved["nonces"] {
            Value::Array(nonces) => {
                assert_eq!((&format["bundle"], nonces.len()), (&Value::Bool(true), 50));
                nonces.iter().map(|nonce| nonce.as_str().unwrap()).collect::<Vec<_>>().join(",")
            }
            _ => solved["nonce"].as_str().unwrap().to_owned(),
        };
        let verify = [&["verify", "--nonce", &nonces], &args[..]].concat();
        assert_eq!(stdout(&lime_pow(&verify).success()), "valid\n", "{name}");
        let verdict = lime_pow(&[&verify[..], &["--json"]].concat()).success();
        let verdict: Value = serde_json::from_str(&stdout(&verdict)).unwrap();
        assert_eq!(verdict["valid"], true);
        assert_eq!((&verdict["digest"], &verdict["digests"]), (&solved["digest"], &solved["digests"]));
    }
    let text = stdout(&lime_pow(&["schemes"]).success());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for format in listed {
        let bits = format!("takes {:.1} bits of work", format["example_work_bits"].as_f64().unwrap());
        assert!(text.contains(format["name"].as_str().unwrap()) && text.contains(&bits), "{bits}: {text}");
    }
}

#[test]
fn sub_puzzles_are_solved_in_order() {
    let cap = ["--scheme", "cap", "--challenge", CAP];
    let solved = lime_pow(&[&["solve", "--order", "lowest"], &cap[..]].concat()).success();
    assert_eq!(stdout(&solved), "16781\n11294\n");
    let verify = |nonces: &str| lime_pow(&[&["verify", "--nonce", nonces], &cap[..]].concat());
    assert_eq!(stdout(&verify("16781,11294").success()), "valid\n");
    for (nonces, why) in [
        ("11294,16781", "nonce 11294 does not solve the challenge"),
        ("16781,11295", "nonce 11295 does not solve the challenge"),
        ("16781", "1 given where 2 nonces are needed"),
        ("16781,", "nonce \"\" is not a decimal number"),
        ("16781,11294,1", "3 given where 2 nonces are needed"),
    ] {
        let line = error_line(&verify(nonces).code(1));
        assert!(line.starts_with(&format!("lime-pow: {why}")), "{line}");
    }
    // A list is no nonce of a scheme that wants one.
    let line = error_line(&with("verify", &["--nonce", "36073,1"]).code(1));
    assert!(line.contains("is not a decimal number"), "{line}");
}

#[test]
fn parameters_go_before_what_the_challenge_says() {
    let one = ["solve", "--scheme", "cap", "--challenge", CAP, "-p", "c=1", "--order", "lowest"];
    assert_eq!(stdout(&lime_pow(&one).success()), "16781\n");
    let easier = ["solve", "--scheme", "cap", "--challenge", CAP, "--difficulty", "1", "--json"];
    let easier: Value = serde_json::from_str(&stdout(&lime_pow(&easier).success())).unwrap();
    assert_eq!(easier["parameters"]["d"], "1");
    assert_eq!(easier["digests"][0].as_str().unwrap()[..1], *"4");
}

#[test]
fn challenges_may_begin_with_dashes() {
    for args in [["--challenge", "-abc"].as_slice(), &["--challenge=--x"], &["--challenge", "--difficulty"]] {
        let solved = lime_pow(&[&["solve", "--difficulty", "4"], args].concat()).success();
        let nonce = stdout(&solved);
        lime_pow(&[&["verify", "--difficulty", "4", "--nonce", nonce.trim_end()], args].concat()).success();
    }
}

#[test]
fn no_work_is_nonce_zero() {
    for difficulty in ["0", "-3", "-99999999999999999999"] {
        let solved = lime_pow(&["solve", "--challenge", "a", "--difficulty", difficulty]).success();
        assert_eq!(stdout(&solved), "0\n");
    }
}

#[test]
fn challenges_come_from_files_and_from_standard_input() {
    let folder = std::env::temp_dir().join(format!("lime-pow-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("challenge");
    let solve = |content: &[u8]| {
        std::fs::write(&path, content).unwrap();
        let path = path.to_str().unwrap();
        lime_pow(&["solve", "--challenge-file", path, "--difficulty", "15", "--order", "lowest"])
    };
    for content in
        ["test-challenge-0001", "test-challenge-0001\n", "test-challenge-0001\r\n", "test-challenge-0001\n\n"]
    {
        assert_eq!(stdout(&solve(content.as_bytes()).success()), "36073\n", "{content:?}");
    }
    assert!(error_line(&solve(b"\ntest-challenge-0001\n").code(2)).contains("spaces around it"));
    assert!(error_line(&solve(b"abc\xff").code(2)).ends_with("not UTF-8 after 3 bytes"));
    let missing = folder.join("missing");
    let missing = lime_pow(&["solve", "--challenge-file", missing.to_str().unwrap(), "--difficulty", "1"]);
    assert!(error_line(&missing.code(5)).contains("No such file"));
    std::fs::remove_dir_all(&folder).unwrap();

    let mut command = Command::new(env!("CARGO_BIN_EXE_lime-pow"));
    let command = command.args(["solve", "--challenge-file", "-", "--difficulty", "15", "--order", "lowest"]);
    assert_eq!(stdout(&command.write_stdin("test-challenge-0001\n").assert().success()), "36073\n");
}

#[test]
fn verify_says_why_not() {
    assert_eq!(
        error_line(&with("verify", &["--nonce", "36074"]).code(1)),
        "lime-pow: nonce 36074 does not solve the challenge"
    );
    for malformed in ["036073", "-1", "1e3", "18446744073709551616"] {
        let line = error_line(&with("verify", &["--nonce", malformed]).code(1));
        assert!(line.contains(&format!("nonce {malformed:?} is not a decimal number")), "{line}");
    }
    let line = error_line(&with("verify", &["--nonce", ""]).code(2));
    assert_eq!(line, "lime-pow: --nonce: no nonce, as the output of a command that failed");
    let invalid: Value =
        serde_json::from_str(&stdout(&with("verify", &["--nonce", "5", "--json"]).code(1))).unwrap();
    assert_eq!((&invalid["valid"], &invalid["nonce"]), (&Value::Bool(false), &Value::from("5")));
}

#[test]
fn errors_name_the_value_and_the_limit() {
    let solve = |args: &[&str]| lime_pow(&[&["solve", "--challenge", "a"], args].concat());
    for (args, code, text) in [
        (["--difficulty", "8", "--start", "-1"].as_slice(), 2, "nonce \"-1\" is not a decimal number"),
        (&["--difficulty", "8", "--kernel", "gpu"], 2, "unknown kernel \"gpu\"; there are "),
        (&["--difficulty", "60", "--timeout", "10s"], 3, "10.0 s allowed: the chance to finish is"),
        (&["--difficulty", "200"], 3, "18446744073709551615 nonces are enough with a chance of 1.1e-41"),
        (&["--difficulty", "1", "--timeout", "0s"], 3, "timed out"),
        (
            &[
                "--scheme",
                "cap",
                "-p",
                "token=t",
                "-p",
                "c=40",
                "-p",
                "s=32",
                "-p",
                "d=3",
                "--max-nonce",
                "3000",
            ],
            3,
            "120000 nonces are enough with a chance of 4.1e-12; all of them would take",
        ),
        (
            &[
                "--scheme",
                "cap",
                "-p",
                "token=t",
                "-p",
                "c=2",
                "-p",
                "s=32",
                "-p",
                "d=4",
                "--max-nonce",
                "999",
            ],
            4,
            "no solution in the range: all 999 nonces of sub-puzzle",
        ),
        (&["--difficulty", "20", "--max-nonce", "99"], 4, "no solution in the range: all 100 nonces tried"),
    ] {
        let line = error_line(&solve(args).code(code));
        assert!(line.starts_with("lime-pow: ") && line.contains(text), "{args:?}: {line}");
    }
    for (args, text) in [
        (["solve", "--challenge", "a"].as_slice(), "lime-v1: difficulty is missing"),
        (&["solve", "--difficulty", "1"], "lime-v1: challenge is missing"),
        (&["solve", "--challenge", "a", "--difficulty", "x"], "difficulty \"x\" is not a whole number"),
        (
            &["solve", "--scheme", "spow", "--difficulty", "20"],
            "spow has no --difficulty: the challenge tells",
        ),
        (
            &["solve", "--scheme", "cap", "--challenge", "{"],
            "--challenge: no challenge of cap: not valid JSON: EOF",
        ),
        (
            &["solve", "-p", "challenge"],
            "invalid value 'challenge' for '--param <NAME=VALUE>': must be NAME=VALUE",
        ),
        (&["solve", "-p", "sallt=a"], "lime-v1 has no parameter \"sallt\"; it has challenge, difficulty"),
        (&["solve", "--difficulty", "1", "-p", "difficulty=2"], "lime-v1: difficulty is given twice"),
        (
            &["bench", "--scheme", "hashcash"],
            "unknown scheme \"hashcash\"; there are lime-v1, lime-legacy, anubis",
        ),
        (&["bench", "--scheme", "cap", "--challenge-len", "22"], "cannot be used with"),
        (&["solve", "--challenge", "a", "--difficulty", "8", "--scheme", "md5"], "possible values: lime-v1"),
        (&["solve", "--challenge", "a", "--challenge-file", "-", "--difficulty", "8"], "cannot be used with"),
        (&["solve", "--challenge", "a", "--difficulty", "8", "--timeout", "soon"], "invalid value 'soon'"),
        (
            &["slove"],
            "unrecognized subcommand 'slove'; tip: a similar subcommand exists: 'solve'; see --help",
        ),
    ] {
        let line = error_line(&lime_pow(args).code(2));
        assert!(line.starts_with("lime-pow: ") && line.contains(text), "{args:?}: {line}");
    }
}

#[test]
fn a_timeout_ends_a_search_that_had_a_chance() {
    // The lowest solution is 237906525, far beyond what one worker reaches in half a second, but that it
    // would be found by then was likely enough.
    let puzzle = ["--challenge", "timeout-13", "--difficulty", "26", "--order", "lowest"];
    let limits = ["--timeout", "500ms", "--threads", "1", "--kernel", "portable"];
    let line = error_line(&lime_pow(&[&["solve"], &puzzle[..], &limits].concat()).code(3));
    assert!(line.starts_with("lime-pow: timed out after "), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn signals_end_a_search_cleanly() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lime-pow"))
            .args(["solve", "--challenge", "a", "--difficulty", "60"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The handlers are in place before the workers start.
        let workers = format!("/proc/{}/task", child.id());
        let begun = Instant::now();
        while std::fs::read_dir(&workers).is_ok_and(|threads| threads.count() < 3) {
            assert!(begun.elapsed() < Duration::from_secs(10), "no workers");
            std::thread::yield_now();
        }
        Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let output = child.wait_with_output().unwrap();
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            format!("lime-pow: interrupted by SIG{signal}\n")
        );
        assert!(output.stdout.is_empty());
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_is_no_failure() {
    use std::process::{Command, Stdio};

    let solve = [&["solve"], &PUZZLE[..]].concat();
    let valid = [&["verify", "--nonce", "36073"], &PUZZLE[..]].concat();
    let invalid = [&["verify", "--json", "--nonce", "5"], &PUZZLE[..]].concat();
    for (args, code) in
        [(["info"].as_slice(), 0), (&["info", "--json"], 0), (&solve, 0), (&valid, 0), (&invalid, 1)]
    {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lime-pow"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(output.stderr.is_empty(), code == 0, "{output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_lime-pow"))
        .args(["info", "--json"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("lime-pow: standard output: "));
}

#[cfg(target_os = "linux")]
#[test]
fn threads_that_cannot_be_started_are_an_error() {
    // A few stacks of this size fit into so little address space, and leave room for what else the threads
    // need.
    let script = format!(
        "ulimit -v 400000; RUST_MIN_STACK=67108864 exec {} solve --challenge a --difficulty 1 --threads 1000",
        env!("CARGO_BIN_EXE_lime-pow")
    );
    let failed =
        Command::new("sh").args(["-c", &script]).timeout(std::time::Duration::from_secs(60)).assert().code(5);
    let line = error_line(&failed);
    assert!(line.starts_with("lime-pow: cannot start 1000 worker threads: "), "{line}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_error_stream_does_not_change_the_exit_code() {
    for (args, code) in [(["--difficulty", "300"], 2), (["--difficulty", "200"], 3)] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_lime-pow"))
            .args([&["solve", "--challenge", "a"], &args[..]].concat())
            .stderr(full)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code));
    }
}

#[test]
fn info_tells_what_runs_and_why() {
    let text = stdout(&lime_pow(&["info"]).success());
    for word in ["cpu", "cores", "quota", "threads", "pinning", "kernel", "portable", "sha_ni"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let object: Value = serde_json::from_str(&stdout(&lime_pow(&["info", "--json"]).success())).unwrap();
    let kernels = object["kernels"].as_array().unwrap();
    assert!(kernels.iter().any(|kernel| kernel["chosen"] == true));
    assert!(kernels.iter().all(|kernel| kernel["available"] == true || kernel["chosen"] == false));
    let methods = object["layouts"].as_array().unwrap();
    assert_eq!(methods.len(), 5);
    for method in methods {
        let chosen = kernels.iter().find(|kernel| kernel["name"] == method["kernel"]).unwrap();
        assert_eq!(chosen["chosen"], true);
        assert!((1..=3).contains(&method["streams"].as_u64().unwrap()));
        assert!(method["nanoseconds_per_nonce"].as_f64().unwrap() > 0.1);
    }
    assert!(kernels.iter().all(|kernel| kernel["available"] == kernel["unavailable_because"].is_null()));
}

#[test]
fn bench_compares_with_the_baseline() {
    let args = ["bench", "--challenge-len", "22,43", "--kernel", "all", "--threads", "1", "--seconds", "0.2"];
    let text = stdout(&lime_pow(&args).success());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");

    let json = lime_pow(&[&args[..], &["--json"]].concat()).success();
    let object: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(object["schema"], "lime-pow/bench/1");
    let results = object["results"].as_array().unwrap();
    assert_eq!(results.len(), 2 * lime_pow::Kernel::available().count());
    for row in results {
        check_row(row);
        let blocks = if row["challenge_len"] == 22 { 1.0 } else { 2.0 };
        assert_eq!(row["baseline"]["blocks_per_hash"], blocks);
        assert_eq!(row["scheme"], "lime-v1");
    }
    for len in [22, 43] {
        // One kernel of each puzzle is the chosen one, and the others are compared with it.
        let rows = || results.iter().filter(|row| row["challenge_len"] == len);
        assert_eq!(rows().filter(|row| row["chosen"] == true).count(), 1);
        assert!(rows().all(|row| (row["chosen"] == true) == (row["over_chosen"] == 1.0)));
    }
}

#[test]
fn bench_writes_a_record() {
    let path = std::env::temp_dir().join(format!("lime-pow-record-{}.json", std::process::id()));
    let file = path.to_str().unwrap();
    let args = ["bench", "--challenge-len", "22", "--threads", "1", "--seconds", "0.1", "--record", file];
    lime_pow(&args).success();
    let record: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(record["schema"], "lime-pow/record/1");
    assert_eq!(record["command"], format!("lime-pow {}", args.join(" ")));
    check_row(&record["results"][0]);
    let forms = record["nanoseconds_by_form"].as_array().unwrap();
    for kernel in lime_pow::Kernel::available() {
        let of_kernel = || forms.iter().filter(|form| form["kernel"] == kernel.name());
        for (kind, time) in [("one_word", "word_13"), ("shared", "nonce")] {
            let mut of_kind = of_kernel().filter(|form| form["kind"] == kind).peekable();
            assert!(of_kind.peek().is_some(), "{kernel:?} {kind}");
            assert!(of_kind.all(|form| form[time].as_f64().unwrap() > 0.1));
        }
    }
    // A folder that is not there is told of, and what was measured is printed all the same.
    let failed = lime_pow(&[&args[..args.len() - 1], &["/nowhere/record.json"]].concat());
    let failed = failed.code(5);
    assert!(stdout(&failed).contains("lime-v1 22"));
}

fn check_row(row: &Value) {
    let number = |value: &Value| value.as_f64().unwrap();
    assert!(number(&row["hashes_per_second"]) > 0.0 && number(&row["ratio"]) > 0.0);
    assert!(number(&row["mad"]) >= 0.0 && row["windows"].as_u64().unwrap() >= 10);
    assert!(number(&row["baseline"]["hashes_per_second"]) > 0.0);
}

#[test]
fn bench_measures_every_scheme() {
    let args = ["bench", "--scheme", "all", "--threads", "2", "--seconds", "0.2"];
    let text = stdout(&lime_pow(&args).success());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let json = lime_pow(&[&args[..], &["--json"]].concat()).success();
    let object: Value = serde_json::from_str(&stdout(&json)).unwrap();
    let results = object["results"].as_array().unwrap();
    let schemes: Vec<&str> = results.iter().map(|row| row["scheme"].as_str().unwrap()).collect();
    assert_eq!(schemes, lime_pow::scheme::FORMATS.each_ref().map(|format| format.name));
    for row in results {
        check_row(row);
        assert!(row["challenge_len"].is_null());
    }
}

#[test]
fn help_explains_itself() {
    for args in [["--help"].as_slice(), &["solve", "--help"], &["verify", "--help"], &["bench", "--help"]] {
        let text = stdout(&lime_pow(args).success());
        assert!(text.len() > 300, "{text}");
    }
    assert!(stdout(&lime_pow(&["--help"]).success()).contains("Exit codes:"));
    assert_eq!(
        stdout(&lime_pow(&["--version"]).success()),
        format!("lime-pow {}\n", env!("CARGO_PKG_VERSION"))
    );
    let bare = lime_pow(&[]).code(2);
    assert!(String::from_utf8_lossy(&bare.get_output().stderr).contains("Usage: lime-pow <COMMAND>"));
}
