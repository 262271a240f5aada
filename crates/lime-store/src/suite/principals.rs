//! Who there is: found, changed, and no token with two holders.

use lime_proto::Id;

use super::fixtures::{Handles, add_agent, agent, begin, id, site, token};
use crate::error::StoreError;
use crate::principals::{Agent, AgentChange, Owner, OwnerChange, Site, SiteChange};
use crate::store::Store;

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
    assert_eq!(other.change_site(third.id, SiteChange::Token(its_token)).await, Err(StoreError::TokenTaken));
    assert_eq!(store.site(third.id).await, Ok(Some(third)));

    let first = add_agent(&*store, its_token).await;
    let second = agent(first.owner, its_token);
    assert_eq!(other.add_agent(second.clone()).await, Err(StoreError::TokenTaken));
    assert_eq!(store.agent(second.id).await, Ok(None));
    let third = add_agent(&*other, token()).await;
    assert_eq!(
        other.change_agent(third.id, AgentChange::Token(its_token)).await,
        Err(StoreError::TokenTaken)
    );
    assert_eq!(store.agent_by_token(&third.token).await.unwrap().unwrap().agent, third);
}

/// Once a token has been replaced, no handle finds anybody by it; others may have it then.
pub async fn a_replaced_token_finds_nobody([store, other]: Handles) {
    let (old, new) = (token(), token());
    let changed = site(old);
    store.add_site(changed.clone()).await.unwrap();
    // Whoever caches tokens has it now.
    assert_eq!(other.site_by_token(&old).await, Ok(Some(changed.clone())));
    assert_eq!(store.change_site(changed.id, SiteChange::Token(new)).await, Ok(true));
    assert_eq!(other.site_by_token(&old).await, Ok(None));
    assert_eq!(other.site_by_token(&new).await, Ok(Some(Site { token: new, ..changed.clone() })));
    let next = site(old);
    other.add_site(next.clone()).await.unwrap();
    assert_eq!(store.site_by_token(&old).await, Ok(Some(next)));
    // The identifier is looked at first: adding the first one again is no error, though its token is taken
    // now.
    store.add_site(changed).await.unwrap();

    let changed = add_agent(&*store, old).await;
    assert_eq!(other.agent_by_token(&old).await.unwrap().unwrap().agent, changed);
    assert_eq!(store.change_agent(changed.id, AgentChange::Token(new)).await, Ok(true));
    assert_eq!(other.agent_by_token(&old).await, Ok(None));
    assert_eq!(other.agent_by_token(&new).await.unwrap().unwrap().agent.id, changed.id);
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
    for change in [SiteChange::Suspended(true), deny(true), SiteChange::Token(new)] {
        assert_eq!(store.change_site(site.id, change).await, Ok(true));
    }
    // As after an answer that was lost.
    other.add_site(site.clone()).await.unwrap();
    let now = other.site(site.id).await.unwrap().unwrap();
    assert_eq!(now, Site { suspended: true, token: new, ..site.clone() });
    assert!(denies(&*other, site.id, agent.id).await);
    assert!(!denies(&*other, id(), agent.id).await);
    assert!(!denies(&*other, site.id, id()).await);
    assert_eq!(other.change_site(site.id, deny(false)).await, Ok(true));
    assert!(!denies(&*store, site.id, agent.id).await);

    for change in [AgentChange::Active(false), AgentChange::Mcp(true)] {
        assert_eq!(store.change_agent(agent.id, change).await, Ok(true));
    }
    other.add_agent(agent.clone()).await.unwrap();
    let now = other.agent(agent.id).await.unwrap().unwrap().agent;
    assert_eq!(now, Agent { active: false, mcp: true, ..agent.clone() });
    assert_eq!(store.change_owner(agent.owner, OwnerChange::Suspended(true)).await, Ok(true));
    store.add_owner(Owner { id: agent.owner, suspended: false }).await.unwrap();
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
    let owner = Owner { id: id(), suspended: true };
    let agent = agent(owner.id, token());
    assert_eq!(store.add_agent(agent.clone()).await, Err(StoreError::UnknownOwner(owner.id)));
    assert_eq!(other.agent(agent.id).await, Ok(None));
    other.add_owner(owner).await.unwrap();
    store.add_agent(agent.clone()).await.unwrap();
    assert!(other.agent(agent.id).await.unwrap().unwrap().owner_suspended);
}
