//! Every limit that the command has of its own: just below, at, and above it, with an error that names it.
//! Those of the library are in the library's tests.

use assert_cmd::Command;
use serde_json::json;

/// Runs the command with `input` as its standard input.
fn run(args: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lime-pow"));
    let command = command.args(args).write_stdin(input).timeout(std::time::Duration::from_secs(60));
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// The one line that says why these arguments are refused.
fn refusal(args: &[&str], input: &str) -> String {
    let (code, text) = run(args, input);
    assert!(code == Some(2) && text.lines().count() == 1, "{args:.100?}: {code:?} {text:.1000}");
    text.trim_end().strip_prefix("lime-pow: ").expect("errors begin with who speaks").to_owned()
}

/// Arguments in which `{}` stands for a number, the numbers that are accepted, those that are refused, and
/// the message of the refusal, in which `{}` stands for the number again. After them comes an argument that
/// is wrong in another way and is checked later, so that nothing is measured.
type Numbers<'a> = (&'a [&'a str], &'a [&'a str], &'a [&'a str], &'a str);

fn check(numbers: &[Numbers<'_>], later: &[&str], complaint: &str) {
    for (args, right, wrong, why) in numbers {
        let with = |number: &str| {
            let filled: Vec<String> = args.iter().map(|arg| arg.replace("{}", number)).collect();
            let args: Vec<&str> = filled.iter().map(String::as_str).chain(later.iter().copied()).collect();
            refusal(&args, "")
        };
        for number in *right {
            let line = with(number);
            assert!(line.contains(complaint), "{args:?} with {number}: {line}");
        }
        for number in *wrong {
            let (line, why) = (with(number), why.replace("{}", number));
            assert!(line.contains(&why), "{args:?} with {number}: {line}");
        }
    }
}

#[test]
fn numbers_of_bench() {
    let bench: &[Numbers<'_>] = &[
        (
            &["bench", "--seconds", "{}"],
            &["0.1", "0.2", "3599", "3600"],
            &["0", "0.09", "3600.1", "inf", "NaN"],
            "{} seconds: must be 0.1 to 3600",
        ),
        (&["bench", "--seconds={}"], &["0.1"], &["-1"], "-1 seconds: must be 0.1 to 3600"),
    ];
    check(bench, &["--scheme", "hashcash"], "unknown scheme \"hashcash\"");
    let lens = "challenge length \"{}\": must be a number from 0 to 1024";
    let lens: &[Numbers<'_>] = &[(
        &["bench", "--challenge-len", "{}"],
        &["0", "1", "1023", "1024", "all"],
        &["1025", "18446744073709551616", "x"],
        lens,
    )];
    check(lens, &["--threads", "0"], "0 threads: must be 1 to 1024");
    for threads in ["0", "1025", "1,5000"] {
        let line = refusal(&["bench", "--threads", threads], "");
        let number = threads.rsplit(',').next().unwrap();
        assert_eq!(line, format!("{number} threads: must be 1 to 1024"));
    }
}

#[test]
fn numbers_of_calibrate() {
    let numbers: &[Numbers<'_>] = &[
        (
            &["--target", "p{}=1s"],
            &["1", "1.1", "99.9998", "99.9999"],
            &["0", "0.99", "99.99991", "100", "NaN"],
            "\"p{}\" must be p1 to p99.9999",
        ),
        (&["--target", "p95={}"], &["1ns", "10s"], &["0s"], "\"{}\" must be more than 0"),
        (&["--client-timeout", "{}"], &["1ns", "10s"], &["0s"], "\"{}\" must be more than 0"),
        (&["--ttl", "{}"], &["1ns", "10s"], &["0s"], "\"{}\" must be more than 0"),
        (
            &["--price-hour={}"],
            &["0", "0.1", "999999999", "1e9"],
            &["-0.1", "1000000001"],
            "price {} an hour: must be 0 to 1e9",
        ),
        (&["--price-hour={}"], &["1"], &["NaN", "inf"], "price {} an hour: must be 0 to 1e9"),
        (&["--challenge-len", "{}"], &["1", "2", "127", "128"], &["0", "129"], "{} is not in 1..=128"),
        (&["--k", "{}"], &["1", "2", "999", "1000"], &["0", "1001"], "{} is not in 1..=1000"),
        (
            &["--scheme", "cap", "--k", "{}"],
            &["1", "19", "20"],
            &["21", "1000"],
            "--k {}: {} times 50 sub-puzzles of cap exceed 1000",
        ),
        (
            &["--validate", "{}"],
            &["100", "101", "99999", "100000"],
            &["99", "100001"],
            "{} is not in 100..=100000",
        ),
    ];
    let numbers: Vec<(Vec<&str>, _)> =
        numbers.iter().map(|numbers| ([&["calibrate"], numbers.0].concat(), numbers)).collect();
    for (args, (_, right, wrong, why)) in &numbers {
        // Attackers are looked at last but for the time.
        check(&[(args, right, wrong, why)], &["--attacker", "abacus"], "unknown attacker \"abacus\"");
    }
    for seconds in ["0.09", "3600.1"] {
        let line = refusal(&["calibrate", "--seconds", seconds], "");
        assert_eq!(line, format!("{seconds} seconds: must be 0.1 to 3600"));
        let line = refusal(&["probe", "--seconds", seconds, "-o", "-"], "");
        assert_eq!(line, format!("{seconds} seconds: must be 0.1 to 3600"));
    }
}

#[test]
fn numbers_of_solve() {
    let solve = ["solve", "--challenge", "a", "--difficulty"];
    for difficulty in ["255", "256"] {
        let (code, why) = run(&[&solve[..], &[difficulty]].concat(), "");
        assert!(code == Some(3) && why.contains("hopeless"), "{why}");
    }
    for difficulty in ["257", "300"] {
        let line = refusal(&[&solve[..], &[difficulty]].concat(), "");
        assert_eq!(line, format!("difficulty {difficulty} exceeds 256 bits"));
    }
    let line = refusal(&[&solve[..], &["99999999999999999999"]].concat(), "");
    assert!(line.ends_with("exceeds 256 bits"), "{line}");
    for (option, right, wrong) in [
        ("--threads", &["1", "2", "1023", "1024"][..], &["0", "1025"][..]),
        ("--start", &["0", "18446744073709551614", "18446744073709551615"], &["18446744073709551616"]),
        ("--max-nonce", &["0", "18446744073709551614", "18446744073709551615"], &["18446744073709551616"]),
    ] {
        let with = |number| [&solve[..], &["0", option, number]].concat();
        for number in right {
            let (code, why) = run(&with(number), "");
            assert_eq!((code, why.as_str()), (Some(0), ""), "{option} {number}");
        }
        for number in wrong {
            let line = refusal(&with(number), "");
            let limit =
                if option == "--threads" { "must be 1 to 1024" } else { "from 0 to 18446744073709551615" };
            assert!(line.contains(number) && line.contains(limit), "{line}");
        }
    }
    let line = refusal(&[&solve[..], &["8", "--start", "9", "--max-nonce", "8"]].concat(), "");
    assert_eq!(line, "no nonce to try: from 9 to 8");
}

#[test]
fn challenges_that_are_read() {
    let solve = ["solve", "--difficulty", "4", "--challenge-file", "-"];
    for (bytes, why) in [
        (1023, None),
        (1024, None),
        (1025, Some("1025 bytes exceed 1024")),
        (262_143, Some("262143 bytes exceed 1024")),
        (262_144, Some("262144 bytes exceed 1024")),
        (262_145, Some("standard input: more than 262144 bytes")),
        (1 << 24, Some("standard input: more than 262144 bytes")),
    ] {
        let text = "a".repeat(bytes);
        match why {
            None => assert_eq!(run(&solve, &text), (Some(0), String::new())),
            Some(why) => assert!(refusal(&solve, &text).ends_with(why), "{bytes}"),
        }
    }
    // A newline at the end is no part of the challenge.
    assert_eq!(run(&solve, &("a".repeat(1024) + "\n")), (Some(0), String::new()));
    // An error about a file begins with its path.
    let path = std::env::temp_dir().join(format!("lime-pow-limits-{}", std::process::id()));
    std::fs::write(&path, "a".repeat(262_145)).unwrap();
    let line = refusal(&["solve", "--difficulty", "4", "--challenge-file", path.to_str().unwrap()], "");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(line, format!("{}: more than 262144 bytes", path.display()));
}

/// JSON with a member `rest`.
fn cap(rest: &str) -> String {
    format!(r#"{{"token":"token","c":1,"s":32,"d":1,"rest":{rest}}}"#)
}

#[test]
fn json_of_challenges() {
    let solve = ["solve", "--scheme", "cap", "--challenge-file", "-"];
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        // One level is the outermost object's.
        let nested =
            |levels: usize| cap(&format!("{}1{}", open.repeat(levels - 1), close.repeat(levels - 1)));
        for levels in [1, 2, 31, 32] {
            assert_eq!(run(&solve, &nested(levels)), (Some(0), String::new()), "{levels} levels");
        }
        for levels in [33, 127, 128, 5000] {
            let why = format!("standard input: JSON of {levels} levels exceeds 32");
            assert_eq!(refusal(&solve, &nested(levels)), why);
        }
    }
    let padded = |bytes: usize| {
        let padding = bytes - cap("\"\"").len();
        cap(&format!("\"{}\"", "x".repeat(padding)))
    };
    for bytes in [262_143, 262_144] {
        assert_eq!(run(&solve, &padded(bytes)), (Some(0), String::new()));
    }
    assert_eq!(refusal(&solve, &padded(262_145)), "standard input: more than 262144 bytes");
    // As an argument, of which Linux takes 128 KiB. A token may have half of that.
    if cfg!(target_os = "linux") {
        let text = padded(131_000);
        assert_eq!(run(&["solve", "--scheme", "cap", "--challenge", &text], ""), (Some(0), String::new()));
    }
    let token = |bytes: usize| format!(r#"{{"token":"{}","c":1,"s":32,"d":1}}"#, "x".repeat(bytes));
    assert_eq!(run(&solve, &token(65_536)), (Some(0), String::new()));
    assert!(refusal(&solve, &token(65_537)).ends_with("65537 bytes exceed 65536"));
}

#[test]
fn profiles() {
    let folder = std::env::temp_dir().join(format!("lime-pow-profile-limits-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("profile.json");
    let name = path.to_str().unwrap();
    let file = |device: serde_json::Value, made: &str| {
        json!({ "schema": "lime-pow/profile/1", "name": "a", "made": made, "made_by": "", "spread": 0, "devices": [device] }).to_string()
    };
    let device = json!({ "name": "d", "hashes_per_second": 1e6, "weight": 1, "source": "" });
    let share = format!("{name}=1");
    let merge = |text: &str| {
        std::fs::write(&path, text).unwrap();
        run(&["merge", &share, "-o", "-"], "")
    };
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        refusal(&["merge", &share, "-o", "-"], "")
    };
    let sized = |bytes: usize| file(device.clone(), &"x".repeat(bytes - file(device.clone(), "").len()));
    for bytes in [(1 << 20) - 1, 1 << 20] {
        assert_eq!(merge(&sized(bytes)), (Some(0), String::new()));
    }
    assert_eq!(refused(&sized((1 << 20) + 1)), format!("{name}: more than 1048576 bytes"));

    // The file, its list of devices and a device are three levels already; no profile has a fourth.
    let nested = |levels: usize| {
        file(json!({ "name": 0 }), "")
            .replace("0}]", &format!("{}{}}}]", "[".repeat(levels - 3), "]".repeat(levels - 3)))
    };
    for levels in [31, 32] {
        assert!(refused(&nested(levels)).contains("devices[0].name: invalid type"), "{levels}");
    }
    assert_eq!(refused(&nested(33)), format!("{name}: JSON of 33 levels exceeds 32"));

    for len in [99, 100] {
        let fleet = "x".repeat(len);
        assert_eq!(run(&["merge", "python-sdk=1", "-o", "-", "--name", &fleet], "").0, Some(0));
    }
    let above = refusal(&["merge", "python-sdk=1", "-o", "-", "--name", &"x".repeat(101)], "");
    assert_eq!(above, "name: must have 1 to 100 characters, none of them for control");
    let parts = |count: usize| {
        let share = format!("python-sdk={}", 1.0 / count as f64);
        let mut args = vec!["merge".to_owned(), "-o".to_owned(), "-".to_owned()];
        args.extend(std::iter::repeat_n(share, count));
        args
    };
    for count in [99, 100] {
        let args = parts(count);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(run(&args, ""), (Some(0), String::new()));
    }
    let args = parts(101);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert_eq!(refusal(&args, ""), "devices: 101 of them: must be 1 to 100");
    std::fs::remove_dir_all(&folder).unwrap();
}
