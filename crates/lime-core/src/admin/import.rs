//! `lime-core import`: many owners, sites and agents from one file.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, TryStreamExt, stream};
use lime_core::store::{Agent, IssuedToken, McpGrant, Owner, Site, StoreError, TokenHash, Tokens, Visits};
use lime_core::{Lane, SystemEntropy, Token};
use lime_proto::{Id, NotAScope, Origin, Resource, Scopes, SiteName, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::place::{Place, new_id, prefix};
use super::secret::{has, sha256};
use crate::failure::Failure;
use crate::output::say;

/// How many are added at once; the store commits them together.
const AT_ONCE: usize = 128;

/// Add owners, sites and agents from a file. Those whose identifiers are there already are not changed, so
/// that an import can be repeated.
#[derive(clap::Args)]
#[command(after_help = FORMAT)]
#[group(skip)]
pub(crate) struct Import {
    /// TOML, or one JSON object a line.
    file: PathBuf,
    /// Write new tokens to this file, mode 0600, one JSON object a line. Needed where the import has sites or
    /// agents without `token_sha256`.
    #[arg(long, value_name = "FILE")]
    tokens: Option<PathBuf>,
}

const FORMAT: &str = r#"A line of JSON, or a table [[owner]], [[site]] or [[agent]] of TOML without "kind":
  {"kind": "owner", "id": UUID, "name": TEXT}
  {"kind": "site", "id": UUID, "name": TEXT, "origin": ORIGIN, "token_sha256": HEX, "expires": TIME}
  {"kind": "agent", "id": UUID, "owner": UUID, "name": TEXT, "description": TEXT, "avatar_url": URL,
   "mcp": BOOL, "resources": [URL-PREFIX, …], "scopes": [SCOPE, …], "only": [SITE, …],
   "token_sha256": HEX, "expires": TIME}
An owner of others needs an "id", a site a "name", an agent an "owner"; all else may be left out.
TIME is a moment in UTC, such as 2027-01-31T00:00:00Z."#;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewOwner {
    id: Option<Id>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSite {
    id: Option<Id>,
    name: SiteName,
    origin: Option<Origin>,
    token_sha256: Option<Hash>,
    expires: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAgent {
    id: Option<Id>,
    owner: Id,
    name: Option<String>,
    description: Option<String>,
    avatar_url: Option<String>,
    #[serde(default)]
    mcp: bool,
    #[serde(default)]
    resources: Vec<Prefix>,
    #[serde(default)]
    scopes: ScopeList,
    only: Option<Vec<Id>>,
    token_sha256: Option<Hash>,
    expires: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Hash(TokenHash);

impl TryFrom<String> for Hash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        sha256(&text).map(Self)
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Prefix(Resource);

impl TryFrom<String> for Prefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        prefix(&text).map(Self)
    }
}

#[derive(Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
struct ScopeList(Scopes);

impl TryFrom<Vec<String>> for ScopeList {
    type Error = NotAScope;

    fn try_from(texts: Vec<String>) -> Result<Self, NotAScope> {
        texts.iter().map(|text| text.parse::<Scopes>()).collect::<Result<_, _>>().map(Self)
    }
}

impl NewAgent {
    /// What it is granted. Bounds of a grant that it does not have are an error.
    fn grant(&self) -> Result<Option<McpGrant>, Failure> {
        let resources: BTreeSet<_> = self.resources.iter().map(|Prefix(resource)| resource.clone()).collect();
        let ScopeList(scopes) = &self.scopes;
        let grant = McpGrant { resources, scopes: scopes.clone() };
        match self.mcp {
            true => Ok(Some(grant)),
            false if grant == McpGrant::default() => Ok(None),
            false => Err(Failure::of(format!(
                "agent {:?} has resources or scopes, for which it needs mcp = true",
                self.name.as_deref().unwrap_or_default()
            ))),
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Owner(NewOwner),
    Site(NewSite),
    Agent(NewAgent),
}

/// All that a file has. In TOML it is the file itself.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Content {
    owner: Vec<NewOwner>,
    site: Vec<NewSite>,
    agent: Vec<NewAgent>,
}

/// Reads a whole file, so that nothing is added of one that is wrong.
fn read(path: &Path) -> Result<Content, Failure> {
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::of(format!("{}: {error}", path.display())))?;
    if !text.trim_start().starts_with('{') {
        return toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
            Failure::of(format!("{}, line {line}: {}", path.display(), error.message()))
        });
    }
    let mut content = Content::default();
    for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        let wrong = |error| Failure::of(format!("{}, line {number}: {error}", path.display()));
        match serde_json::from_str(line).map_err(wrong)? {
            Line::Owner(owner) => content.owner.push(owner),
            Line::Site(site) => content.site.push(site),
            Line::Agent(agent) => content.agent.push(agent),
        }
    }
    Ok(content)
}

/// A site or agent with its token, whose text is there if it was made here.
struct Issued<T> {
    principal: T,
    token: IssuedToken,
    text: Option<Token>,
}

fn issue<T>(
    lane: Lane,
    hash: Option<Hash>,
    expires: Option<Timestamp>,
    now: Timestamp,
    with: impl FnOnce(Tokens) -> T,
) -> Issued<T> {
    let text = hash.is_none().then(|| Token::new(lane, &SystemEntropy));
    let hash = hash.map(|Hash(hash)| hash).or(text.as_ref().map(Token::hash));
    let hash = hash.expect("one of both is there");
    let token = IssuedToken { expires, ..IssuedToken::new(hash, now) };
    Issued { principal: with(token.into()), token, text }
}

impl Import {
    pub(crate) async fn run(self, place: Place) -> Result<(), Failure> {
        let content = read(&self.file)?;
        let grants = content.agent.iter().map(NewAgent::grant).collect::<Result<Vec<_>, _>>()?;
        let makes = content.site.iter().any(|site| site.token_sha256.is_none())
            || content.agent.iter().any(|agent| agent.token_sha256.is_none());
        let mut made = match (&self.tokens, makes) {
            (None, true) => {
                return Err(Failure::settings(
                    "there are sites or agents without token_sha256: name a file for their tokens by --tokens",
                ));
            }
            (Some(path), true) => Some(Secrets::create(path)?),
            (_, false) => None,
        };
        let (store, now) = (&*place.store, place.now());
        let counts = [content.owner.len(), content.site.len(), content.agent.len()];

        let owners = content.owner.into_iter().map(|NewOwner { id, name }| {
            store.add_owner(Owner { id: id.unwrap_or_else(new_id), name, suspended: false })
        });
        stream::iter(owners).buffer_unordered(AT_ONCE).try_collect::<()>().await.map_err(Failure::of)?;

        let sites =
            content.site.into_iter().map(async |NewSite { id, name, origin, token_sha256, expires }| {
                let id = id.unwrap_or_else(new_id);
                let issued = issue(Lane::Site, token_sha256, expires, now, |tokens| Site {
                    id,
                    name,
                    origin,
                    tokens,
                    suspended: false,
                });
                store.add_site(issued.principal).await?;
                let is_new = store.site(id).await?.is_some_and(|site| has(&site.tokens, &issued.token));
                Ok::<_, StoreError>(("site", id, issued.text.filter(|_| is_new)))
            });
        keep(stream::iter(sites).buffer_unordered(AT_ONCE), made.as_mut()).await?;

        let agents = content.agent.into_iter().zip(grants).map(async |(agent, mcp): (NewAgent, _)| {
            let id = agent.id.unwrap_or_else(new_id);
            let issued = issue(Lane::Agent, agent.token_sha256, agent.expires, now, |tokens| Agent {
                id,
                owner: agent.owner,
                tokens,
                active: true,
                mcp,
                visits: agent.only.map_or(Visits::Any, |only| Visits::Only(only.into_iter().collect())),
                display_name: agent.name,
                avatar_url: agent.avatar_url,
                description: agent.description,
            });
            store.add_agent(issued.principal).await?;
            let is_new = store.agent(id).await?.is_some_and(|owned| has(&owned.agent.tokens, &issued.token));
            Ok::<_, StoreError>(("agent", id, issued.text.filter(|_| is_new)))
        });
        keep(stream::iter(agents).buffer_unordered(AT_ONCE), made.as_mut()).await?;
        if let Some(made) = made {
            made.finish()?;
        }
        say(format_args!("ok: {} owners, {} sites, {} agents are there", counts[0], counts[1], counts[2]));
        Ok(())
    }
}

/// Writes down each token that was made, as soon as it is stored.
async fn keep(
    mut added: impl futures_util::Stream<Item = Result<(&'static str, Id, Option<Token>), StoreError>> + Unpin,
    mut made: Option<&mut Secrets>,
) -> Result<(), Failure> {
    while let Some((kind, id, token)) = added.try_next().await.map_err(Failure::of)? {
        if let (Some(token), Some(made)) = (token, made.as_mut()) {
            made.write(kind, id, &token)?;
        }
    }
    Ok(())
}

/// The file of new tokens.
struct Secrets {
    path: PathBuf,
    /// Nothing waits in this process: whoever is interrupted has all tokens but those of a moment.
    file: std::fs::File,
}

impl Secrets {
    /// A new file: an earlier one has tokens that nobody else knows.
    fn create(path: &Path) -> Result<Self, Failure> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| Failure::of(format!("{}: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), file })
    }

    fn write(&mut self, kind: &str, id: Id, token: &Token) -> Result<(), Failure> {
        let line = json!({ "kind": kind, "id": id, "token": token.reveal() });
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(|error| self.failed(&error))
    }

    fn finish(self) -> Result<(), Failure> {
        self.file.sync_all().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::of(format!(
            "{}: {error}; what was added has tokens that are lost, `rotate` makes others",
            self.path.display()
        ))
    }
}
