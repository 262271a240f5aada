//! A Core for development: principals made up on the spot, and their tokens handed over by file.

use std::fmt::Write as _;
use std::sync::Arc;

use lime_proto::{Id, Origin, SiteName, Timestamp};
use lime_store::{Agent, IssuedToken, McpGrant, Owner, Site, StoreError, Visits};

use crate::clock::{Entropy, new_id};
use crate::token::{Lane, Token};

/// Sites and agents with their tokens.
#[derive(Clone, Debug)]
pub struct Principals {
    /// Sites.
    pub sites: Vec<(Site, Token)>,
    /// Agents, all of one owner, all with the grant for MCP.
    pub agents: Vec<(Agent, Token)>,
}

/// Adds one owner, and the given numbers of sites and agents, to a store.
///
/// # Errors
///
/// The first [`StoreError`] that the store returns. What has been added before stays there.
pub async fn seed(
    store: &dyn lime_store::Principals,
    entropy: &Arc<dyn Entropy>,
    sites: usize,
    agents: usize,
    now: Timestamp,
) -> Result<Principals, StoreError> {
    let owner = Owner { id: new_id(&**entropy), name: None, suspended: false };
    store.add_owner(owner.clone()).await?;
    let mut principals = Principals { sites: Vec::new(), agents: Vec::new() };
    for number in 1..=sites {
        let token = Token::new(Lane::Site, &**entropy);
        let name = SiteName::try_from(format!("Site {number}")).expect("it can be seen");
        let origin = Origin::try_from(format!("https://site-{number}.example")).expect("it is one");
        let (id, tokens) = (new_id(&**entropy), IssuedToken::new(token.hash(), now).into());
        let site = Site { id, name, origin: Some(origin), tokens, suspended: false };
        store.add_site(site.clone()).await?;
        principals.sites.push((site, token));
    }
    for number in 1..=agents {
        let token = Token::new(Lane::Agent, &**entropy);
        let agent = Agent {
            id: new_id(&**entropy),
            owner: owner.id,
            tokens: IssuedToken::new(token.hash(), now).into(),
            active: true,
            mcp: Some(McpGrant::default()),
            visits: Visits::Any,
            display_name: Some(format!("Agent {number}")),
            avatar_url: None,
            description: Some("An agent for development.".to_owned()),
        };
        store.add_agent(agent.clone()).await?;
        principals.agents.push((agent, token));
    }
    Ok(principals)
}

/// The environment variables from which the official SDKs read a Core's address and their tokens, as
/// `KEY=value` lines.
pub fn environment(issuer: &Origin, principals: &Principals) -> String {
    let sites = principals.sites.iter().zip(1..).map(|((site, token), number)| (site.id, token, number));
    let agents = principals.agents.iter().zip(1..).map(|((agent, token), number)| (agent.id, token, number));
    environment_of(issuer, sites.chain(agents))
}

/// The lines of [`environment`] for some sites and agents, each with its identifier, its token, and its
/// number among those of its kind, from 1. The name of number 1 has no suffix.
pub fn environment_of<'a>(
    issuer: &Origin,
    holders: impl IntoIterator<Item = (Id, &'a Token, usize)>,
) -> String {
    let mut lines = format!("LIME_API_BASE={issuer}/api/v1\nLIME_BASE_URL={issuer}\n");
    for (id, token, number) in holders {
        let suffix = if number == 1 { String::new() } else { format!("_{number}") };
        let kind = match token.lane() {
            Lane::Site => "SITE",
            Lane::Agent => "AGENT",
        };
        if token.lane() == Lane::Agent {
            // With its token, the credentials of a client of OAuth.
            let _ = writeln!(lines, "LIME_AGENT_ID{suffix}={id}");
        }
        let _ = writeln!(lines, "LIME_{kind}_TOKEN{suffix}={}", token.reveal());
    }
    lines
}
