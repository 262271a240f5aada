//! How owners, sites and agents are shown: as a line of a list, in full, and as JSON.

use std::time::Duration;

use lime_core::store::{IssuedToken, OwnedAgent, Owner, Site, Slice, StoreError, Tokens, Visits};
use lime_proto::{Id, Timestamp};
use serde_json::{Value, json};

use super::secret::hex;
use crate::failure::Failure;
use crate::output::say;

/// How many are read at once.
const PART: usize = 500;

/// Which part of a list is shown, and how.
#[derive(clap::Args)]
pub(crate) struct Listing {
    /// Begin after this identifier.
    #[arg(long, value_name = "ID")]
    after: Option<Id>,
    /// Show this many at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// One JSON object a line, not a table.
    #[arg(long)]
    json: bool,
}

/// How one is shown.
#[derive(clap::Args)]
pub(crate) struct Showing {
    /// Its identifier.
    pub id: Id,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// What is shown of a principal, with names for people.
pub(super) struct View {
    id: Id,
    /// For the line of a list.
    state: &'static str,
    /// When the newest token expires.
    expires: Option<Timestamp>,
    name: String,
    members: Value,
}

impl Listing {
    /// Prints what `read` finds, part by part, as far as `wanted` wants it.
    pub(super) async fn print<T>(
        &self,
        read: impl AsyncFn(Slice) -> Result<Vec<T>, StoreError>,
        wanted: impl Fn(&T) -> bool,
        view: impl Fn(T) -> View,
    ) -> Result<(), Failure> {
        let mut left = self.limit.unwrap_or(u64::MAX);
        let mut after = self.after;
        let mut is_first = true;
        while left > 0 {
            let part = read(Slice { after, limit: PART }).await.map_err(Failure::of)?;
            let is_last = part.len() < PART;
            for item in part {
                let is_wanted = wanted(&item);
                let view = view(item);
                after = Some(view.id);
                if !is_wanted || left == 0 {
                    continue;
                }
                left -= 1;
                if self.json {
                    say(format_args!("{}", view.members));
                    continue;
                }
                if std::mem::take(&mut is_first) {
                    say(format_args!("{:36}  {:15}  {:24}  name", "id", "state", "token expires"));
                }
                let expires = view.expires.map_or("-".to_owned(), |expires| expires.to_string());
                say(format_args!("{}  {:15}  {expires:24}  {}", view.id, view.state, view.name));
            }
            if is_last {
                break;
            }
        }
        Ok(())
    }
}

impl Showing {
    /// Prints one in full.
    pub(super) fn print(&self, view: &View) {
        if self.json {
            return say(format_args!("{}", view.members));
        }
        for (member, text) in [("id", &*view.id.to_string()), ("name", &view.name), ("state", view.state)] {
            say(format_args!("{member:16} {text}"));
        }
        let others = view.members.as_object().into_iter().flatten();
        for (member, value) in others.filter(|(member, _)| !matches!(&***member, "id" | "name")) {
            let lines = match value {
                Value::Array(values) => values.iter().map(text).collect(),
                value => vec![text(value)],
            };
            for line in lines {
                say(format_args!("{member:16} {line}"));
            }
        }
    }
}

/// A value on one line. Names may hold characters that a terminal would obey.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text),
        Value::Null => "-".to_owned(),
        Value::Object(members) => {
            let of = |(member, value)| format!("{member} {}", text(value));
            members.iter().map(of).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

fn tokens(tokens: &Tokens) -> Value {
    let of = |token: &IssuedToken| {
        json!({
            "sha256": hex(&token.hash),
            // Of the schema before this one nothing is known.
            "made": Some(token.made).filter(|made| made.unix_millis() > 0),
            "expires": token.expires,
            "last_used": token.last_used,
        })
    };
    tokens.iter().map(of).collect()
}

/// Whether the newest of some tokens ends within a time.
pub(super) fn expire_within(tokens: &Tokens, time: Duration, now: Timestamp) -> bool {
    newest_expires(tokens).is_some_and(|expires| expires <= now + time)
}

fn newest_expires(tokens: &Tokens) -> Option<Timestamp> {
    tokens.iter().last()?.expires
}

impl From<Owner> for View {
    fn from(owner: Owner) -> Self {
        Self {
            id: owner.id,
            state: if owner.suspended { "suspended" } else { "active" },
            expires: None,
            name: printable(owner.name.as_deref().unwrap_or("-")),
            members: json!({ "id": owner.id, "name": owner.name, "suspended": owner.suspended }),
        }
    }
}

impl From<Site> for View {
    fn from(site: Site) -> Self {
        Self {
            id: site.id,
            state: if site.suspended { "suspended" } else { "active" },
            expires: newest_expires(&site.tokens),
            name: site.name.to_string(),
            members: json!({
                "id": site.id,
                "name": site.name,
                "origin": site.origin,
                "suspended": site.suspended,
                "tokens": tokens(&site.tokens),
            }),
        }
    }
}

impl View {
    /// A site with the agents that it refuses.
    pub(super) fn of_site(site: Site, denied: &[Id]) -> Self {
        let mut view = Self::from(site);
        view.members["denied"] = json!(denied);
        view
    }
}

impl From<OwnedAgent> for View {
    fn from(OwnedAgent { agent, owner_suspended }: OwnedAgent) -> Self {
        let state = match (agent.active, owner_suspended) {
            (false, _) => "suspended",
            (true, true) => "owner suspended",
            (true, false) => "active",
        };
        let sites = match &agent.visits {
            Visits::Any => None,
            Visits::Only(sites) => Some(sites),
        };
        Self {
            id: agent.id,
            state,
            expires: newest_expires(&agent.tokens),
            name: printable(agent.display_name.as_deref().unwrap_or("-")),
            members: json!({
                "id": agent.id,
                "owner": agent.owner,
                "name": agent.display_name,
                "description": agent.description,
                "avatar_url": agent.avatar_url,
                "suspended": !agent.active,
                "owner_suspended": owner_suspended,
                "grants": if agent.mcp.is_some() { &["oauth:mcp"][..] } else { &[] },
                "resources": agent.mcp.as_ref().map(|mcp| &mcp.resources),
                "scopes": agent.mcp.as_ref().map(|mcp| mcp.scopes.iter().collect::<Vec<_>>()),
                "sites": sites,
                "tokens": tokens(&agent.tokens),
            }),
        }
    }
}
