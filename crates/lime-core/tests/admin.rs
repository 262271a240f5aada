//! `lime-core owner`, `site`, `agent` and `import`: what an operator and a script see of them.
#![cfg(unix)]

#[path = "common/binary.rs"]
mod binary;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use binary::run;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ID: &str = "0b0a5bd8-2f3c-4c39-9b56-0f4a4ad2a1c7";
const OTHER: &str = "6c8e0b62-55a9-4a52-9c3e-7c1a8a0f2d11";

/// A directory with settings for a store in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let [store, key] = ["store.db", "key.pem"].map(|name| place.path(name));
        let text = format!(
            "issuer = 'https://lime.example'\nstore = 'sqlite:{}'\nkey_file = {key:?}\n",
            store.display()
        );
        std::fs::write(place.path("lime-core.toml"), text).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Exit code, standard output and standard error of a command.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let settings = self.path("lime-core.toml");
        run(&[arguments, &["--config", settings.to_str().unwrap()]].concat())
    }

    /// What a command that succeeds prints, without the end of its last line.
    #[track_caller]
    fn says(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.run(arguments);
        assert_eq!(code, 0, "{err}");
        out.trim_end().to_owned()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[arguments, &["--json"]].concat())).unwrap()
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str], code: i32, with: &str) {
        let (exit, out, err) = self.run(arguments);
        assert_eq!((exit, &*out), (code, ""), "{err}");
        assert!(err.starts_with("error: ") && err.contains(with), "{err}");
    }
}

#[test]
fn a_secret_is_shown_once_and_alone() {
    let place = Place::new();
    let owner = place.says(&["owner", "add", "Ada"]);
    let (code, token, err) = place.run(&["agent", "add", "Bot", "--owner", &owner, "--id", ID]);
    assert_eq!((code, token.len(), &token[..3]), (0, 47, "at_"));
    assert_eq!(err, format!("agent {ID}, and its token, which is shown this once:\n"));
    let hash = |token: &str| {
        Sha256::digest(token.trim_end()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let kept = |kind: &str| place.json(&[kind, "show", ID])["tokens"].clone();
    assert_eq!(kept("agent")[0]["sha256"], hash(&token));
    // A script that repeats itself changes nothing, and gets no token that does not work.
    let (code, out, err) = place.run(&["agent", "add", "Other", "--owner", &owner, "--id", ID]);
    assert_eq!((code, &*out), (0, &*format!("{ID}\n")));
    assert_eq!(err, format!("agent {ID} is there already, and was not changed\n"));
    assert_eq!(
        (kept("agent")[0]["sha256"].clone(), kept("agent")[1].clone()),
        (hash(&token).into(), Value::Null)
    );

    let file = place.path("token");
    let file_text = file.to_str().unwrap();
    assert_eq!(place.says(&["site", "add", "Shop", "--id", ID, "--token-file", file_text]), ID);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(kept("site")[0]["sha256"], hash(&std::fs::read_to_string(&file).unwrap()));
    let environment = place.path("env");
    place.says(&["site", "rotate", ID, "--grace", "10m", "--env-file", environment.to_str().unwrap()]);
    let text = std::fs::read_to_string(&environment).unwrap();
    let rotated = text.lines().find_map(|line| line.strip_prefix("LIME_SITE_TOKEN=")).unwrap();
    assert!(text.contains("LIME_BASE_URL=https://lime.example\n"), "{text}");
    let tokens = kept("site");
    assert_eq!(tokens[1]["sha256"], hash(rotated));
    assert!(tokens[0]["expires"].is_string() && tokens[1]["expires"].is_null(), "{tokens}");

    // One that was made elsewhere is never shown.
    let brought = "ab".repeat(32);
    assert_eq!(place.says(&["site", "rotate", ID, "--token-sha256", &brought, "--expires", "30d"]), ID);
    assert_eq!((&kept("site")[0]["sha256"], &kept("site")[1]), (&brought.into(), &Value::Null));
    let expiring = |within| place.says(&["site", "list", "--json", "--expiring", within]);
    assert_eq!((expiring("29d").len(), expiring("31d").lines().count()), (0, 1));
    let printed = place.json(&["agent", "rotate", ID]);
    assert_eq!((&printed["id"], printed["token"].as_str().unwrap().len()), (&ID.into(), 46));
}

#[test]
fn what_is_changed_is_shown() {
    let place = Place::new();
    let owner = place.says(&["owner", "add", "--id", OTHER]);
    assert_eq!(owner, OTHER);
    place.says(&["site", "add", "Shop", "--id", ID]);
    place.says(&["agent", "add", "Bot", "--id", ID, "--owner", OTHER, "--grant", "oauth:mcp", "--only", ID]);
    let agent = || place.json(&["agent", "show", ID]);
    assert_eq!((&agent()["grants"][0], &agent()["sites"][0]), (&"oauth:mcp".into(), &ID.into()));
    for (arguments, member, value) in [
        (&["agent", "rename", ID, "B\u{1b}[2Jot"][..], "name", "B\u{1b}[2Jot".into()),
        (&["agent", "suspend", ID], "suspended", true.into()),
        (&["agent", "resume", ID], "suspended", false.into()),
        (&["agent", "revoke", ID, "oauth:mcp"], "grants", Value::Array(Vec::new())),
        (&["agent", "sites", ID, "--any"], "sites", Value::Null),
        (&["agent", "sites", ID, "--only", &format!("{ID},{OTHER}")], "sites", vec![ID, OTHER].into()),
        (&["owner", "suspend", OTHER], "owner_suspended", true.into()),
        (&["owner", "resume", OTHER], "owner_suspended", false.into()),
    ] {
        assert_eq!(place.says(arguments), "");
        assert_eq!(agent()[member], value, "{arguments:?}");
    }
    let site = || place.json(&["site", "show", ID]);
    for (arguments, member, value) in [
        (&["site", "rename", ID, "Store"][..], "name", "Store".into()),
        (&["site", "origin", "set", ID, "https://store.example"], "origin", "https://store.example".into()),
        (&["site", "origin", "clear", ID], "origin", Value::Null),
        (&["site", "suspend", ID], "suspended", true.into()),
        (&["site", "resume", ID], "suspended", false.into()),
        (&["site", "deny", ID, OTHER], "denied", vec![OTHER].into()),
        (&["site", "undeny", ID, OTHER], "denied", Value::Array(Vec::new())),
    ] {
        assert_eq!(place.says(arguments), "");
        assert_eq!(site()[member], value, "{arguments:?}");
    }
    // A terminal obeys nothing that an agent is called.
    for text in [place.says(&["agent", "list"]), place.says(&["agent", "show", ID])] {
        assert!(text.contains("B\u{fffd}[2Jot") && !text.contains('\u{1b}'), "{text:?}");
    }
    assert_eq!(place.json(&["owner", "show", OTHER])["suspended"], false);

    place.fails(&["owner", "remove", OTHER], 1, "has agents: remove them first");
    place.says(&["agent", "remove", ID]);
    place.says(&["owner", "remove", OTHER]);
    place.says(&["site", "remove", ID]);
    for (kind, id) in [("owner", OTHER), ("site", ID), ("agent", ID)] {
        for task in ["show", "remove"] {
            place.fails(&[kind, task, id], 1, &format!("there is no {kind} {id}"));
        }
        assert_eq!(place.says(&[kind, "list"]), "");
    }
    place.fails(&["site", "add", "Again", "--id", ID], 1, "was removed, and is not given again");
}

#[test]
fn a_grant_for_mcp_servers_may_have_bounds() {
    let place = Place::new();
    place.says(&["owner", "add", "--id", OTHER]);
    let (mail, files) = ("https://mail.example/mcp", "https://files.example:8443");
    let add = ["agent", "add", "--id", ID, "--owner", OTHER, "--grant", "oauth:mcp"];
    place.says(&[&add[..], &["--resource", mail, "--scope", "read"]].concat());
    let granted = || {
        let agent = place.json(&["agent", "show", ID]);
        (agent["grants"].clone(), agent["resources"].clone(), agent["scopes"].clone())
    };
    assert_eq!(granted(), (json!(["oauth:mcp"]), json!([mail]), json!(["read"])));
    let grant = ["agent", "grant", ID, "oauth:mcp"];
    let bounds = ["--resource", mail, "--resource", files, "--scope", "b a", "--scope", "c"];
    place.says(&[&grant[..], &bounds].concat());
    assert_eq!(granted(), (json!(["oauth:mcp"]), json!([files, mail]), json!(["a", "b", "c"])));
    // Another grant takes the place of the first.
    place.says(&grant);
    assert_eq!(granted(), (json!(["oauth:mcp"]), json!([]), json!([])));
    place.says(&["agent", "revoke", ID, "oauth:mcp"]);
    assert_eq!(granted(), (json!([]), Value::Null, Value::Null));
    for (bound, value, why) in [
        ("--resource", "mail.example", "must be an absolute http or https URI"),
        ("--resource", "https://localhost/mcp", "reserved name"),
        ("--resource", "https://mail.example/?a", "no query"),
        ("--scope", "a\\b", "printable ASCII"),
    ] {
        place.fails(&[&grant[..], &[bound, value]].concat(), 2, why);
    }
    place.fails(&["agent", "add", "--owner", OTHER, "--resource", mail], 2, "--grant");
}

#[test]
fn what_is_wrong_is_named() {
    let place = Place::new();
    place.fails(&["agent", "add", "--owner", OTHER], 1, &format!("owner {OTHER} does not exist"));
    place.fails(&["site", "rotate", ID], 1, &format!("there is no site {ID}"));
    place.fails(&["site", "show", "x"], 2, "not a UUID");
    place.fails(&["site", "add", ""], 2, "1 to 64 printable characters");
    place.fails(&["site", "add", "x", "--origin", "shop.example/"], 2, "--origin");
    place.fails(&["site", "add", "x", "--token-sha256", "zz"], 2, "64 hexadecimal digits");
    place.fails(&["site", "add", "x", "--expires", "0s"], 2, "longer than nothing");
    place.fails(&["site", "add", "x", "--expires", "soon"], 2, "for example");
    place.fails(&["agent", "grant", ID, "root"], 2, "oauth:mcp");
    place.fails(&["agent", "sites", ID], 2, "--only");
    let sha = "cd".repeat(32);
    place.says(&["site", "add", "first", "--token-sha256", &sha]);
    place.fails(&["site", "add", "second", "--token-sha256", &sha], 1, "the token is taken");
    let nowhere = place.path("no/such/file");
    place.fails(
        &["site", "add", "x", "--id", OTHER, "--token-file", nowhere.to_str().unwrap()],
        1,
        "No such file",
    );
    // Nothing was changed.
    place.fails(&["site", "show", OTHER], 1, "there is no site");
    let memory = place.path("memory.toml");
    std::fs::write(&memory, "issuer = 'https://lime.example'\nstore = 'memory:'\nkey_file = 'key.pem'")
        .unwrap();
    let (code, _, err) = run(&["owner", "list", "--config", memory.to_str().unwrap()]);
    assert!(code == 2 && err.contains("nothing stays in it after this command"), "{err}");
}

#[test]
fn many_are_imported_as_a_whole_and_again() {
    let place = Place::new();
    let file = |name: &str, text: &str| {
        std::fs::write(place.path(name), text).unwrap();
        place.path(name).to_str().unwrap().to_owned()
    };
    let sha = "ef".repeat(32);
    let toml = file(
        "some.toml",
        &format!(
            "[[owner]]\nid = '{OTHER}'\nname = 'Ada'\n[[site]]\nid = '{ID}'\nname = 'Shop'\ntoken_sha256 = '{sha}'\n\
             [[agent]]\nid = '{ID}'\nowner = '{OTHER}'\nmcp = true\nonly = ['{ID}']\n\
             resources = ['https://mail.example']\nscopes = ['b', 'a']\n\
             token_sha256 = '{sha}'\nexpires = '2027-01-31T00:00:00Z'\n"
        ),
    );
    for _ in 0..2 {
        assert_eq!(place.says(&["import", &toml]), "ok: 1 owners, 1 sites, 1 agents are there");
    }
    let agent = place.json(&["agent", "show", ID]);
    assert_eq!(agent["tokens"][0]["expires"], "2027-01-31T00:00:00.000Z");
    assert_eq!((&agent["sites"][0], &agent["grants"][0]), (&ID.into(), &"oauth:mcp".into()));
    let bounds = (&agent["resources"], &agent["scopes"]);
    assert_eq!(bounds, (&json!(["https://mail.example"]), &json!(["a", "b"])));
    for (members, why) in [
        (r#""scopes": ["a"]"#, "agent \"Bot\" has resources or scopes, for which it needs mcp = true"),
        (r#""mcp": true, "resources": ["mail.example"]"#, "must be an absolute http or https URI"),
    ] {
        let line = format!(r#"{{"kind": "agent", "name": "Bot", "owner": "{OTHER}", {members}}}"#);
        place.fails(&["import", &file("bounds.jsonl", &line)], 1, why);
    }

    let lines: String = (0..1200)
        .map(|number| format!("{{\"kind\":\"agent\",\"owner\":\"{OTHER}\",\"name\":\"{number}\"}}\n"))
        .collect();
    let many = file("many.jsonl", &lines);
    place.fails(&["import", &many], 2, "name a file for their tokens by --tokens");
    let tokens = place.path("tokens");
    let tokens_text = tokens.to_str().unwrap().to_owned();
    place.says(&["import", &many, "--tokens", &tokens_text]);
    assert_eq!(std::fs::metadata(&tokens).unwrap().permissions().mode() & 0o777, 0o600);
    let secrets = std::fs::read_to_string(&tokens).unwrap();
    let first: Value = serde_json::from_str(secrets.lines().next().unwrap()).unwrap();
    assert_eq!((secrets.lines().count(), first["token"].as_str().unwrap().len()), (1200, 46));
    place.fails(&["import", &many, "--tokens", &tokens_text], 1, "File exists");

    // In parts, as a whole and by owner, each once and in order.
    let ids = |arguments: &[&str]| -> Vec<String> {
        let text = place.says(&[&["agent", "list", "--json"], arguments].concat());
        let id = |line| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
        text.lines().map(id).collect()
    };
    let all = ids(&[]);
    assert!(all.len() == 1201 && all.is_sorted() && all.iter().any(|id| id == ID));
    assert_eq!(ids(&["--after", &all[699], "--limit", "3"]), all[700..703]);
    assert_eq!((ids(&["--owner", OTHER]).len(), ids(&["--owner", ID]).len()), (1201, 0));

    for (text, wrong) in [
        ("{\"kind\":\"owner\"}\n{\"kind\":\"site\"}\n", "line 2: missing field `name`"),
        ("{\"kind\":\"root\"}", "line 1: unknown variant `root`"),
        ("{\"kind\":\"owner\",\"nmae\":\"x\"}", "unknown field `nmae`"),
        ("[[site]]\nname = 'x'\ntoken_sha256 = 'zz'\n", "line 3: must be 64 hexadecimal digits"),
    ] {
        let wrong_file = file("wrong", text);
        place.fails(&["import", &wrong_file], 1, wrong);
    }
    assert_eq!(place.says(&["owner", "list", "--json"]).lines().count(), 1, "nothing of them was added");
    place.fails(&["import", place.path("none").to_str().unwrap()], 1, "No such file");
}
