//! Who there is: found, changed, and no token with two holders.

use lime_proto::{Id, SiteName};

use super::fixtures::{
    Handles, add_agent, agent, all_events, approve, at, begin, id, issued, make, site, token,
};
use crate::error::StoreError;
use crate::principals::{
    Agent, AgentChange, Holder, McpGrant, OwnedAgent, Owner, OwnerChange, Site, SiteChange, Slice, Visits,
};
use crate::store::Store;
use crate::tokens::{IssuedToken, Rotation, Tokens};

/// Principals are found by identifier and by token on every handle, each kind by itself.
pub async fn principals_are_found_by_id_and_token([store, other]: Handles) {
    let (its_token, unknown) = (token(), token());
    let agent = add_agent(&*store, its_token).await;
    for found in [other.agent(agent.id).await, other.agent_by_token(&its_token).await] {
        let found = found.unwrap().unwrap();
        assert_eq!((found.agent, found.owner_suspended), (agent.clone(), false));
    }
    assert_eq!(other.agent(id()).await, Ok(None));
    assert_eq!(other.agent_by_token(&unknown).await, Ok(None));
    // Sites and agents are apart, even by hash.
    assert_eq!(other.site_by_token(&its_token).await, Ok(None));
    let site = site(its_token);
    store.add_site(site.clone()).await.unwrap();
    assert_eq!(other.site(site.id).await, Ok(Some(site.clone())));
    assert_eq!(other.site_by_token(&its_token).await, Ok(Some(site.clone())));
    assert_eq!((other.site(agent.id).await, other.agent(site.id).await), (Ok(None), Ok(None)));

    assert_eq!(store.change_owner(agent.owner, OwnerChange::Suspended(true)).await, Ok(true));
    assert!(other.agent(agent.id).await.unwrap().unwrap().owner_suspended);
    assert!(other.agent_by_token(&its_token).await.unwrap().unwrap().owner_suspended);
    let anonymous = Site { origin: None, ..super::fixtures::site(token()) };
    store.add_site(anonymous.clone()).await.unwrap();
    assert_eq!(other.site(anonymous.id).await, Ok(Some(anonymous)));
    assert_eq!((store.ping().await, other.ping().await), (Ok(()), Ok(())));
}

/// A token belongs to one site, or to one agent, at a time.
pub async fn a_token_has_one_holder([store, other]: Handles) {
    let its_token = token();
    store.add_site(site(its_token)).await.unwrap();
    let second = site(its_token);
    assert_eq!(other.add_site(second.clone()).await, Err(StoreError::TokenTaken));
    assert_eq!(store.site(second.id).await, Ok(None));
    let third = site(token());
    other.add_site(third.clone()).await.unwrap();
    assert_eq!(
        other.change_site(third.id, SiteChange::Token(Rotation::at_once(its_token, at(0)))).await,
        Err(StoreError::TokenTaken)
    );
    assert_eq!(store.site(third.id).await, Ok(Some(third)));

    let first = add_agent(&*store, its_token).await;
    let second = agent(first.owner, its_token);
    assert_eq!(other.add_agent(second.clone()).await, Err(StoreError::TokenTaken));
    assert_eq!(store.agent(second.id).await, Ok(None));
    let thirds = token();
    let third = add_agent(&*other, thirds).await;
    assert_eq!(
        other.change_agent(third.id, AgentChange::Token(Rotation::at_once(its_token, at(0)))).await,
        Err(StoreError::TokenTaken)
    );
    assert_eq!(store.agent_by_token(&thirds).await.unwrap().unwrap().agent, third);
}

/// Once a token has been replaced, no handle finds anybody by it; others may have it then.
pub async fn a_replaced_token_finds_nobody([store, other]: Handles) {
    let (old, new) = (token(), token());
    let changed = site(old);
    store.add_site(changed.clone()).await.unwrap();
    // Whoever caches tokens has it now.
    assert_eq!(other.site_by_token(&old).await, Ok(Some(changed.clone())));
    assert_eq!(
        store.change_site(changed.id, SiteChange::Token(Rotation::at_once(new, at(0)))).await,
        Ok(true)
    );
    assert_eq!(other.site_by_token(&old).await, Ok(None));
    assert_eq!(other.site_by_token(&new).await, Ok(Some(Site { tokens: issued(new), ..changed.clone() })));
    let next = site(old);
    other.add_site(next.clone()).await.unwrap();
    assert_eq!(store.site_by_token(&old).await, Ok(Some(next)));
    // The identifier is looked at first: adding the first one again is no error, though its token is taken
    // now.
    store.add_site(changed).await.unwrap();

    let changed = add_agent(&*store, old).await;
    assert_eq!(other.agent_by_token(&old).await.unwrap().unwrap().agent, changed);
    assert_eq!(
        store.change_agent(changed.id, AgentChange::Token(Rotation::at_once(new, at(0)))).await,
        Ok(true)
    );
    assert_eq!(other.agent_by_token(&old).await, Ok(None));
    assert_eq!(other.agent_by_token(&new).await.unwrap().unwrap().agent.id, changed.id);
}

/// A token can be replaced so that the old one is kept for a while, and it is noted when each was shown.
pub async fn an_old_token_works_beside_the_new_one([store, other]: Handles) {
    let (old, new) = (token(), token());
    let rotation = Rotation {
        token: IssuedToken { expires: Some(at(900)), ..IssuedToken::new(new, at(10)) },
        others_until: Some(at(20)),
    };
    let mut expected = issued(old);
    expected.rotate(&rotation);
    let site = site(old);
    store.add_site(site.clone()).await.unwrap();
    let agent = add_agent(&*store, old).await;
    for _ in 0..2 {
        assert_eq!(store.change_site(site.id, SiteChange::Token(rotation)).await, Ok(true));
        assert_eq!(store.change_agent(agent.id, AgentChange::Token(rotation)).await, Ok(true));
    }
    for holder in [Holder::Site, Holder::Agent] {
        for (token, now) in [(old, 61), (new, 130), (new, 100), (token(), 999)] {
            store.touch(holder, &token, at(now)).await.unwrap();
        }
    }
    expected.touch(&old, at(61));
    expected.touch(&new, at(130));
    for token in [old, new] {
        assert_eq!(other.site_by_token(&token).await.unwrap().unwrap().tokens, expected);
        assert_eq!(other.agent_by_token(&token).await.unwrap().unwrap().agent.tokens, expected);
    }
    // It is held for as long as it is kept.
    assert_eq!(other.add_site(super::fixtures::site(old)).await, Err(StoreError::TokenTaken));
    let newest = token();
    other.change_site(site.id, SiteChange::Token(Rotation::at_once(newest, at(15)))).await.unwrap();
    for token in [old, new] {
        assert_eq!(store.site_by_token(&token).await, Ok(None));
    }
    let brought: Tokens = [IssuedToken::new(old, at(1)), IssuedToken::new(new, at(2))].into_iter().collect();
    let with_both = Site { tokens: brought, ..super::fixtures::site(token()) };
    store.add_site(with_both.clone()).await.unwrap();
    assert_eq!(other.site_by_token(&old).await, Ok(Some(with_both)));
}

/// Principals are listed in the order of their identifiers, each kind by itself, from any of them on.
pub async fn principals_are_listed_in_slices([store, other]: Handles) {
    let (mut sites, mut agents) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let site = site(token());
        store.add_site(site.clone()).await.unwrap();
        sites.push(site);
        agents.push(add_agent(&*store, token()).await);
    }
    let only = [sites[2].id, id(), sites[0].id].into_iter().collect();
    agents[1].visits = Visits::Only(only);
    let change = AgentChange::Visits(agents[1].visits.clone());
    store.change_agent(agents[1].id, change).await.unwrap();
    let name = |name: &str| Some(name.to_owned());
    store.change_owner(agents[0].owner, OwnerChange::Name(name("an owner"))).await.unwrap();
    let part = |after: Option<Id>, limit| Slice { after, limit };
    assert_eq!(other.sites(part(None, 9)).await.unwrap(), sites);
    assert_eq!(other.sites(part(None, 2)).await.unwrap(), sites[..2]);
    assert_eq!(other.sites(part(Some(sites[0].id), 1)).await.unwrap(), sites[1..2]);
    assert_eq!(other.sites(part(Some(sites[2].id), 9)).await.unwrap(), []);
    let owned: Vec<_> =
        agents.iter().map(|agent| OwnedAgent { agent: agent.clone(), owner_suspended: false }).collect();
    assert_eq!(other.agents(part(None, 9)).await.unwrap(), owned);
    assert_eq!(other.agents(part(Some(agents[1].id), 9)).await.unwrap(), owned[2..]);
    assert_eq!(other.agent(agents[1].id).await.unwrap(), Some(owned[1].clone()));
    let owners = other.owners(part(None, 9)).await.unwrap();
    let of = |name, agent: &Agent| Owner { id: agent.owner, name, suspended: false };
    assert_eq!(owners, [of(name("an owner"), &agents[0]), of(None, &agents[1]), of(None, &agents[2])]);
    assert_eq!(other.owner(agents[0].owner).await.unwrap(), Some(owners[0].clone()));
    assert_eq!(other.owners(part(Some(agents[1].owner), 9)).await.unwrap(), owners[2..]);
    for agent in [agents[2].id, agents[0].id] {
        store.change_site(sites[0].id, SiteChange::Denied { agent, denied: true }).await.unwrap();
    }
    assert_eq!(other.denied(sites[0].id).await.unwrap(), [agents[0].id, agents[2].id]);
    assert_eq!(other.denied(sites[1].id).await.unwrap(), []);
}

/// What has been removed is not found, and its identifier is not given again. Its token is free, and its log
/// stays.
pub async fn a_removed_principal_is_gone_for_good([store, other]: Handles) {
    let its_token = token();
    let site = site(its_token);
    store.add_site(site.clone()).await.unwrap();
    let agent = add_agent(&*store, its_token).await;
    let denied = SiteChange::Denied { agent: agent.id, denied: true };
    store.change_site(site.id, denied).await.unwrap();
    let request = begin(&*store, site.id).await;
    make(&*store, request, approve(agent.id), at(1)).await;
    let owner = agent.owner;
    assert_eq!(store.change_owner(owner, OwnerChange::Removed).await, Err(StoreError::HasAgents(owner)));
    assert!(other.owner(owner).await.unwrap().is_some());
    assert_eq!(store.change_agent(agent.id, AgentChange::Removed).await, Ok(true));
    assert_eq!(store.change_owner(owner, OwnerChange::Removed).await, Ok(true));
    assert_eq!(store.change_site(site.id, SiteChange::Removed).await, Ok(true));

    let all = Slice { after: None, limit: 9 };
    assert_eq!((other.site(site.id).await, other.site_by_token(&its_token).await), (Ok(None), Ok(None)));
    assert_eq!((other.agent(agent.id).await, other.agent_by_token(&its_token).await), (Ok(None), Ok(None)));
    assert_eq!((other.owner(owner).await, other.owners(all).await), (Ok(None), Ok(Vec::new())));
    assert_eq!((other.sites(all).await, other.agents(all).await), (Ok(Vec::new()), Ok(Vec::new())));
    let login = other.login(request, None).await.unwrap().unwrap();
    assert_eq!((login.site, login.agent), (None, None));
    assert_eq!(all_events(&*other, site.id).await.len(), 1);

    assert_eq!(other.change_site(site.id, SiteChange::Suspended(false)).await, Ok(false));
    assert_eq!(other.change_site(site.id, SiteChange::Removed).await, Ok(false));
    assert_eq!(other.change_agent(agent.id, AgentChange::Removed).await, Ok(false));
    assert_eq!(other.change_owner(owner, OwnerChange::Removed).await, Ok(false));
    assert_eq!(other.add_site(site.clone()).await, Err(StoreError::Removed(site.id)));
    assert_eq!(other.add_agent(agent.clone()).await, Err(StoreError::Removed(agent.id)));
    let again = Owner { id: owner, name: None, suspended: false };
    assert_eq!(other.add_owner(again).await, Err(StoreError::Removed(owner)));
    let orphan = super::fixtures::agent(owner, token());
    assert_eq!(other.add_agent(orphan).await, Err(StoreError::UnknownOwner(owner)));
    other.add_site(super::fixtures::site(its_token)).await.unwrap();
    add_agent(&*other, its_token).await;
}

/// Whether a site refuses an agent, as a new login request of the site has it.
async fn denies(store: &dyn Store, site: Id, agent: Id) -> bool {
    let request = begin(store, site).await;
    store.login(request, Some(agent)).await.unwrap().expect("the request is there").denied
}

/// A change of one property touches no other, and adding a principal again touches none.
pub async fn a_change_leaves_everything_else_as_it_is([store, other]: Handles) {
    let new = token();
    let site = site(token());
    store.add_site(site.clone()).await.unwrap();
    let agent = add_agent(&*store, token()).await;
    let deny = |denied| SiteChange::Denied { agent: agent.id, denied };
    let name: SiteName = "another name".to_owned().try_into().unwrap();
    for change in [
        SiteChange::Suspended(true),
        deny(true),
        SiteChange::Token(Rotation::at_once(new, at(0))),
        SiteChange::Name(name.clone()),
        SiteChange::Origin(None),
    ] {
        assert_eq!(store.change_site(site.id, change).await, Ok(true));
    }
    // As after an answer that was lost.
    other.add_site(site.clone()).await.unwrap();
    let now = other.site(site.id).await.unwrap().unwrap();
    assert_eq!(now, Site { suspended: true, tokens: issued(new), name, origin: None, ..site.clone() });
    assert!(denies(&*other, site.id, agent.id).await);
    assert!(!denies(&*other, id(), agent.id).await);
    assert!(!denies(&*other, site.id, id()).await);
    assert_eq!(other.change_site(site.id, deny(false)).await, Ok(true));
    assert!(!denies(&*store, site.id, agent.id).await);

    let name = Some("another name".to_owned());
    let visits = Visits::Only([site.id].into());
    let resources = ["https://h.example/a b", "http://H.example:1"].map(|text| text.replace(' ', "/?"));
    let mcp = Some(McpGrant {
        resources: resources.into_iter().map(|text| text.parse().expect("it is one")).collect(),
        scopes: "b a".parse().expect("they are scopes"),
    });
    for change in [
        AgentChange::Active(false),
        AgentChange::Mcp(mcp.clone()),
        AgentChange::DisplayName(name.clone()),
        AgentChange::Visits(visits.clone()),
    ] {
        assert_eq!(store.change_agent(agent.id, change).await, Ok(true));
    }
    other.add_agent(agent.clone()).await.unwrap();
    let now = other.agent(agent.id).await.unwrap().unwrap().agent;
    assert_eq!(now, Agent { active: false, mcp, display_name: name, visits, ..agent.clone() });
    for mcp in [Some(McpGrant::default()), None] {
        assert_eq!(store.change_agent(agent.id, AgentChange::Mcp(mcp.clone())).await, Ok(true));
        assert_eq!(other.agent(agent.id).await.unwrap().unwrap().agent.mcp, mcp);
    }
    assert_eq!(store.change_owner(agent.owner, OwnerChange::Suspended(true)).await, Ok(true));
    store.add_owner(Owner { id: agent.owner, name: None, suspended: false }).await.unwrap();
    assert!(other.agent(agent.id).await.unwrap().unwrap().owner_suspended);
    let later = super::fixtures::site(token());
    let too_early = SiteChange::Denied { agent: agent.id, denied: true };
    assert_eq!(store.change_site(later.id, too_early).await, Ok(false));
    store.add_site(later.clone()).await.unwrap();
    assert!(!denies(&*other, later.id, agent.id).await);
    assert_eq!(store.change_agent(id(), AgentChange::Active(true)).await, Ok(false));
    assert_eq!(store.change_owner(id(), OwnerChange::Suspended(true)).await, Ok(false));
}

/// An agent cannot be added before its owner.
pub async fn an_agent_needs_its_owner([store, other]: Handles) {
    let owner = Owner { id: id(), name: None, suspended: true };
    let agent = agent(owner.id, token());
    assert_eq!(store.add_agent(agent.clone()).await, Err(StoreError::UnknownOwner(owner.id)));
    assert_eq!(other.agent(agent.id).await, Ok(None));
    other.add_owner(owner).await.unwrap();
    store.add_agent(agent.clone()).await.unwrap();
    assert!(other.agent(agent.id).await.unwrap().unwrap().owner_suspended);
}
