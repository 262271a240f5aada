//! `calibrate`, `probe` and `merge`, as a user runs them.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::{Value, json};

fn lime_pow(args: &[&str]) -> Assert {
    Command::new(env!("CARGO_BIN_EXE_lime-pow")).args(args).assert()
}

/// As short as it can be, on a machine that other tests keep busy.
fn calibrate(args: &[&str]) -> Assert {
    lime_pow(&[&["calibrate", "--seconds", "0.3", "--force"], args].concat())
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

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lime-pow-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn report(args: &[&str]) -> Value {
    let object: Value =
        serde_json::from_str(&stdout(&calibrate(&[args, &["--json"]].concat()).success())).unwrap();
    let schema: Value = serde_json::from_str(include_str!("../schema/calibrate-1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&object).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    object
}

#[test]
fn the_report_follows_its_schema() {
    let plain = report(&[]);
    assert_eq!(plain["validation"], Value::Null);
    assert_eq!(plain["recommendation"]["choice"]["profile"], "this-host");
    assert_eq!(plain["recommendation"]["constraints"][0]["limit_seconds"], 0.25);
    // Every kernel and thread count has its rate.
    let kernels = plain["rates"].as_array().unwrap().iter().map(|row| row["kernel"].as_str().unwrap());
    for kernel in lime_pow::Kernel::available() {
        assert!(kernels.clone().any(|name| name == kernel.name()));
    }
    let full = report(&[
        "--validate",
        "100",
        "--price-hour",
        "0.4",
        "--scheme",
        "mcaptcha",
        "--k",
        "2",
        "--seed",
        "9",
    ]);
    assert_eq!(full["validation"]["seed"], 9);
    assert_eq!(full["validation"]["work"]["samples"], 100);
    assert_eq!(full["recommendation"]["k"], 2);
    assert!(full["attackers"][0]["toll"]["cost_per_million"].as_f64().unwrap() > 0.0);
    // A schema that accepts everything would prove nothing.
    let schema: Value = serde_json::from_str(include_str!("../schema/calibrate-1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for broken in [json!({}), json!({ "schema": "lime-pow/calibrate/2" })] {
        assert!(!validator.is_valid(&broken));
    }
    let mut broken = plain.clone();
    broken["recommendation"]["difficulty"] = json!("15");
    assert!(!validator.is_valid(&broken));
}

#[test]
fn a_published_profile_gives_what_arithmetic_says() {
    // 0.69 MH/s: 2.996 · 2^15 / 0.69e6 = 142 ms.
    let report = report(&["--on", "python-sdk", "--attacker", "rtx4090"]);
    let recommended = &report["recommendation"];
    assert_eq!(recommended["difficulty"], 15);
    assert!((recommended["choice"]["time_seconds"].as_f64().unwrap() - 0.142_27).abs() < 1e-4);
    assert_eq!(recommended["harder"]["difficulty"], 16);
    // The ceiling: 6.908 · 2^d / 0.69e6 ≤ 10 gives d ≤ 19.9.
    assert_eq!(recommended["ceiling"], 19);
    let toll = &report["attackers"][0]["toll"];
    assert!((toll["solves_per_second"].as_f64().unwrap() / (21.98e9 / 32768.0) - 1.0).abs() < 1e-9);
    assert_eq!(report["attackers"].as_array().unwrap().len(), 1);
}

#[test]
fn text_fits_and_tells_what_matters() {
    for args in [
        &[][..],
        &["--scheme", "altcha-v1"],
        &["--scheme", "cap"],
        &["--challenge-len", "43", "--price-hour", "0.05"],
        &["--scheme", "altcha-v1", "--client-timeout", "10h", "--ttl", "10h", "--target", "p95=9h"],
    ] {
        let text = stdout(&calibrate(args).success());
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        for part in [
            "Recommended for ",
            "easier",
            "chosen",
            "harder",
            "Rates of this host",
            "Time to solve",
            "p99.9",
            "python-sdk",
            "What attackers pay",
            "rtx4090",
            "n/a: hashes block headers",
            "courtesy limit",
            "The server's side",
            "Compressions a nonce",
            "base = ",
            "To reproduce",
            "seed ",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn pages_and_snippets_are_written_whole() {
    let folder = Folder::new("pages");
    let (page, snippet) = (folder.file("report.html"), folder.file("pow.toml"));
    calibrate(&["--on", "python-sdk", "--html", &page, "--toml", &snippet, "--validate", "100"]).success();
    let page = std::fs::read_to_string(page).unwrap();
    // Four plots, each with a text for those who cannot see it, and nothing to load.
    assert_eq!(page.matches("role=\"img\" aria-label=\"").count(), 4);
    assert_eq!(page.matches("<svg").count(), 4);
    for word in ["http:", "https:", "<script", "<link", "url(", "src="] {
        assert_eq!(
            page.matches(word).count(),
            page.matches("xmlns=\"http:").count() * usize::from(word == "http:"),
            "{word}"
        );
    }
    assert!(page.ends_with("</html>\n") && page.contains("Difficulty <strong>15</strong>"));
    let snippet: Vec<String> = std::fs::read_to_string(snippet).unwrap().lines().map(str::to_owned).collect();
    let settings: Vec<&str> = snippet
        .iter()
        .map(String::as_str)
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    assert_eq!(settings, ["[pow]", "scheme = \"lime-v1\"", "base = 15", "ceiling = 19"]);
    let left: Vec<_> = std::fs::read_dir(&folder.0).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn probe_merge_calibrate() {
    let folder = Folder::new("profiles");
    let (device, fleet) = (folder.file("device.json"), folder.file("fleet.json"));
    lime_pow(&["probe", "--seconds", "0.3", "-o", &device, "--name", "laptop"]).success();
    let profile: Value = serde_json::from_str(&std::fs::read_to_string(&device).unwrap()).unwrap();
    assert_eq!((&profile["schema"], &profile["name"]), (&json!("lime-pow/profile/1"), &json!("laptop")));
    assert!(profile["devices"][0]["hashes_per_second"].as_f64().unwrap() > 1e5);

    let parts = [format!("{device}=0.7"), "python-sdk=0.3".to_owned()];
    lime_pow(&["merge", &parts[0], &parts[1], "-o", &fleet]).success();
    let report = report(&["--on", &fleet]);
    let choice = &report["recommendation"]["choice"];
    assert_eq!(choice["profile"], "fleet");
    // Three in ten are slow, so they decide: their 83rd percentile is the fleet's 95th.
    let bits = report["recommendation"]["difficulty"].as_u64().unwrap() as i32;
    let expected = -(0.05f64 / 0.3).ln() * 2f64.powi(bits) / 0.69e6;
    assert!((choice["time_seconds"].as_f64().unwrap() / expected - 1.0).abs() < 1e-3, "{choice}");

    for (shares, why) in
        [(["0.7", "0.4"], "weights sum to 1.1"), (["0.7", "-0.3"], "devices[1].weight: -0.3: must be")]
    {
        let parts = [format!("{device}={}", shares[0]), format!("python-sdk={}", shares[1])];
        let line = error_line(&lime_pow(&["merge", &parts[0], &parts[1], "-o", &fleet]).code(2));
        assert!(line.contains(why), "{line}");
    }
    // A failed merge leaves what was there.
    assert!(std::fs::read_to_string(&fleet).unwrap().contains("laptop"));
}

/// Measuring would take an hour.
fn at_once(args: &[&str]) -> Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lime-pow"));
    let command = command.args(["calibrate", "--seconds", "3600"]).args(args);
    command.timeout(std::time::Duration::from_secs(60)).assert()
}

#[test]
fn equal_names_are_told_apart() {
    let folder = Folder::new("names");
    let profile = |file: &str, name: &str, rate: f64| {
        let device = json!({ "name": "d", "hashes_per_second": rate, "weight": 1, "source": "" });
        let text = json!({ "schema": "lime-pow/profile/1", "name": name, "made": "", "made_by": "", "spread": 0, "devices": [device] });
        let path = folder.file(file);
        std::fs::write(&path, text.to_string()).unwrap();
        path
    };
    let paths =
        [profile("a.json", "cpu", 1e6), profile("b.json", "cpu", 8e6), profile("c.json", "python-sdk", 1e7)];
    let on =
        [&paths[0], &paths[0], &paths[1], &paths[2], &"python-sdk".to_owned()].map(String::as_str).join(",");
    let report = report(&["--on", &on]);
    let names: Vec<&str> = report["reproduce"]["profiles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|profile| profile["name"].as_str().unwrap())
        .collect();
    let expected = [
        "cpu",
        &*format!("{}: cpu", paths[1]),
        &*format!("{}: python-sdk", paths[2]),
        "python-sdk",
        "this-host",
        "wasm-simd128",
        "mcaptcha-survey",
    ];
    assert_eq!(names, expected.map(|name| name.chars().take(100).collect::<String>()));
    let line = error_line(&lime_pow(&["merge", "this-host=1", "-o", "-"]).code(2));
    assert!(line.contains("this-host has no profile until `lime-pow probe` has written one"), "{line}");
}

#[test]
fn puzzles_of_hardly_any_work() {
    // A target so short that only the easiest difficulty meets it.
    let altcha = ["--scheme", "altcha-v1", "--on", "python-sdk", "--target", "p95=1400ns"];
    let text = stdout(&calibrate(&altcha).success());
    assert!(text.starts_with("Recommended for altcha-v1: difficulty 0, 0.0 bits"), "{text}");
    // A solution of Cap takes the server fifty verifications.
    let cap = report(&["--scheme", "cap", "--on", "python-sdk"]);
    let verification = &cap["verification"];
    assert_eq!(verification["nonces_per_solution"], 50);
    let number = |name: &str| verification[name].as_f64().unwrap();
    let expected = number("verifications_per_second") * number("cores") / 50.0;
    assert!((number("rate_limit_per_second") / expected - 1.0).abs() < 1e-9);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_measured() {
    let folder = Folder::new("refusals");
    let broken = folder.file("broken.json");
    let noisy = folder.file("noisy.json");
    let write = |path: &str, text: &str| std::fs::write(Path::new(path), text).unwrap();
    write(
        &broken,
        r#"{"schema":"lime-pow/profile/1","name":"a","made":"","made_by":"","spread":0,"devices":[{"name":"d","hashes_per_second":"x","weight":1,"source":""}]}"#,
    );
    write(
        &noisy,
        r#"{"schema":"lime-pow/profile/1","name":"noisy","made":"","made_by":"","spread":0.5,"devices":[{"name":"d","hashes_per_second":1e6,"weight":1,"source":""}]}"#,
    );
    let newer = folder.file("newer.json");
    write(&newer, r#"{"schema":"lime-pow/profile/9"}"#);
    for (args, code, why) in [
        (&["--on", &*broken][..], 2, "broken.json: devices[0].hashes_per_second: invalid type: string"),
        (&["--on", &newer], 2, "newer.json: schema: \"lime-pow/profile/9\" is not \"lime-pow/profile/1\""),
        (&["--on", "absent.json"], 5, "profile \"absent.json\" (no file, and none of this-host, python-sdk,"),
        (&["--target", "p95"], 2, "must be a percentile and a time, such as p95=250ms"),
        (&["--target", "p95=soon"], 2, "\"soon\": "),
        (&["--attacker", "abacus"], 2, "unknown attacker \"abacus\"; there are rtx4090, h100"),
        (&["--html", "missing/report.html"], 5, "missing/report.html: No such file"),
        (&["--toml", "/"], 5, "/: is a directory"),
        (&["--scheme", "altcha-v1", "--k", "4"], 2, "altcha-v1 has uniform work, which does not add up"),
        (
            &["--scheme", "cap", "--target", "p50=1us", "--on", "python-sdk"],
            3,
            "no difficulty meets target p50 of 1 µs on python-sdk",
        ),
    ] {
        let line = error_line(&at_once(args).code(code));
        assert!(line.starts_with("lime-pow: ") && line.contains(why), "{args:?}: {line}");
    }
    let refused = at_once(&["--on", &noisy]).code(3);
    assert!(
        error_line(&refused).contains("the rate of noisy spreads by 50 %: over 20 % is too noisy to rely on")
    );
    let forced = stdout(&calibrate(&["--on", &noisy]).success());
    assert!(
        forced
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains("50 % between windows, and --force went on"),
        "{forced}"
    );
}
