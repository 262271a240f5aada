//! `lime-core agent`.

use std::time::Duration;

use lime_core::Lane;
use lime_core::store::{Agent, AgentChange, McpGrant, OwnedAgent, Visits};
use lime_proto::{Id, Resource, Scopes};

use super::place::{Place, changed, duration, missing, new_id, prefix};
use super::secret::{NewToken, Replacement, has};
use super::view::{Listing, Showing, View, expire_within};
use crate::failure::Failure;

/// What is done with agents.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Add an agent, and hand its token over. One that is there already is not changed.
    Add(#[command(flatten)] Box<NewAgent>),
    /// List agents in the order of their identifiers.
    List {
        /// Only those of this owner.
        #[arg(long, value_name = "ID")]
        owner: Option<Id>,
        /// Only those whose newest token expires within this time, or has.
        #[arg(long, value_name = "TIME", value_parser = duration)]
        expiring: Option<Duration>,
        #[command(flatten)]
        listing: Listing,
    },
    /// Show an agent, and when its tokens were used.
    Show(#[command(flatten)] Showing),
    /// Give an agent another name.
    Rename {
        /// The identifier.
        id: Id,
        /// The new name, for people.
        name: String,
    },
    /// Give an agent a new token in the place of those that it has.
    Rotate(#[command(flatten)] Replacement),
    /// Lock an agent out.
    Suspend {
        /// The identifier.
        id: Id,
    },
    /// Let an agent in again.
    Resume {
        /// The identifier.
        id: Id,
    },
    /// Remove an agent for good: the identifier is not given again.
    Remove {
        /// The identifier.
        id: Id,
    },
    /// Let an agent have tokens for MCP servers, in the place of what it was granted before.
    Grant {
        /// The identifier.
        id: Id,
        /// What is granted.
        grant: Grant,
        #[command(flatten)]
        bounds: Bounds,
    },
    /// Take a grant from an agent.
    Revoke {
        /// The identifier.
        id: Id,
        /// What is taken.
        grant: Grant,
    },
    /// Say to which sites an agent may log in. A login that another site has relayed then fails.
    Sites {
        /// The identifier of the agent.
        id: Id,
        #[command(flatten)]
        sites: Sites,
    },
}

/// An agent that is to be added.
#[derive(clap::Args)]
pub(crate) struct NewAgent {
    /// The name of the agent, for people.
    name: Option<String>,
    /// The identifier of its owner.
    #[arg(long, value_name = "ID")]
    owner: Id,
    /// The identifier, a UUID; a new one otherwise.
    #[arg(long)]
    id: Option<Id>,
    /// What the agent says about itself.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The address of a picture of the agent.
    #[arg(long, value_name = "URL")]
    avatar_url: Option<String>,
    /// What it is granted, as `grant` does.
    #[arg(long)]
    grant: Option<Grant>,
    #[command(flatten)]
    bounds: Bounds,
    /// The only sites that it may log in to, as `sites` does.
    #[arg(long, value_name = "SITE,…", value_delimiter = ',')]
    only: Option<Vec<Id>>,
    #[command(flatten)]
    token: NewToken,
}

/// What agents can be granted.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Grant {
    /// Tokens for MCP servers.
    #[value(name = "oauth:mcp")]
    Mcp,
}

/// What tokens for MCP servers may be for.
#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct Bounds {
    /// For this server and what lies below its path alone; may come several times. Without it, for every
    /// server. LIME's own SDKs go by host: with them, for all servers of that host.
    #[arg(long, value_name = "URL-PREFIX", value_parser = prefix, requires = "grant")]
    resource: Vec<Resource>,
    /// With this scope, if the agent asks for it; may come several times.
    #[arg(long, requires = "grant")]
    scope: Vec<Scopes>,
}

impl From<Bounds> for McpGrant {
    fn from(bounds: Bounds) -> Self {
        let Bounds { resource, scope } = bounds;
        Self { resources: resource.into_iter().collect(), scopes: scope.into_iter().collect() }
    }
}

/// To which sites an agent may log in.
#[derive(clap::Args)]
#[group(id = "which", required = true, multiple = false)]
pub(crate) struct Sites {
    /// To these alone.
    #[arg(long, value_name = "SITE,…", value_delimiter = ',')]
    only: Option<Vec<Id>>,
    /// To all.
    #[arg(long)]
    any: bool,
}

/// No list is all sites.
fn visits(only: Option<Vec<Id>>) -> Visits {
    only.map_or(Visits::Any, |only| Visits::Only(only.into_iter().collect()))
}

impl Task {
    pub(crate) async fn run(self, place: Place) -> Result<(), Failure> {
        let store = &place.store;
        let (id, change) = match self {
            Self::Add(agent) => return agent.add(&place).await,
            Self::List { owner, expiring, listing } => {
                let now = place.now();
                let is_wanted = |owned: &OwnedAgent| {
                    owner.is_none_or(|owner| owned.agent.owner == owner)
                        && expiring.is_none_or(|time| expire_within(&owned.agent.tokens, time, now))
                };
                let read = async |slice| store.agents(slice).await;
                return listing.print(read, is_wanted, View::from).await;
            }
            Self::Show(showing) => {
                let found = store.agent(showing.id).await.map_err(Failure::of)?;
                showing.print(&found.ok_or_else(|| missing("agent", showing.id))?.into());
                return Ok(());
            }
            Self::Rotate(replacement) => return rotate(&place, &replacement).await,
            Self::Rename { id, name } => (id, AgentChange::DisplayName(Some(name))),
            Self::Suspend { id } => (id, AgentChange::Active(false)),
            Self::Resume { id } => (id, AgentChange::Active(true)),
            Self::Remove { id } => (id, AgentChange::Removed),
            Self::Grant { id, grant: Grant::Mcp, bounds } => (id, AgentChange::Mcp(Some(bounds.into()))),
            Self::Revoke { id, grant: Grant::Mcp } => (id, AgentChange::Mcp(None)),
            Self::Sites { id, sites } => (id, AgentChange::Visits(visits(sites.only))),
        };
        changed("agent", id, store.change_agent(id, change).await)
    }
}

impl NewAgent {
    async fn add(self, place: &Place) -> Result<(), Failure> {
        let id = self.id.unwrap_or_else(new_id);
        let (issued, text) = self.token.issue(Lane::Agent, place.now())?;
        let agent = Agent {
            id,
            owner: self.owner,
            tokens: issued.into(),
            active: true,
            mcp: self.grant.map(|Grant::Mcp| self.bounds.into()),
            visits: visits(self.only),
            display_name: self.name,
            avatar_url: self.avatar_url,
            description: self.description,
        };
        place.store.add_agent(agent).await.map_err(Failure::of)?;
        let stored = place.store.agent(id).await.map_err(Failure::of)?;
        let is_stored = stored.is_some_and(|owned| has(&owned.agent.tokens, &issued));
        self.token.hand_over(("agent", id), &place.issuer, text.as_ref(), is_stored)
    }
}

async fn rotate(place: &Place, replacement: &Replacement) -> Result<(), Failure> {
    let id = replacement.id;
    let (rotation, text) = replacement.issue(Lane::Agent, place.now())?;
    changed("agent", id, place.store.change_agent(id, AgentChange::Token(rotation)).await)?;
    replacement.token.hand_over(("agent", id), &place.issuer, text.as_ref(), true)
}
