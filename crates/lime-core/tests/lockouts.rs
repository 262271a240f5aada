//! What each lockout does at each moment of a login, on each store, and by another process: the table of
//! `docs/operations.md`, cell by cell.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Answer, World};
use lime_core::store::{AgentChange, Logins, MemoryStore, OwnerChange, Rotation, SiteChange, Store, Visits};
use lime_core::{Lane, SystemEntropy, Token, new_epoch};
use lime_proto::login::State;
use lime_store_sqlite::SqliteStore;
use serde_json::json;

const REQUESTS: &str = "/api/v1/modules/agent-login/requests";
const EVENTS: &str = "/api/v1/modules/agent-login/events";

/// So many seconds that a stream looks for itself after the end of every test.
const NEVER: u64 = 1000;

/// What is done to those who take part in a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lockout {
    SuspendAgent,
    SuspendOwner,
    SuspendSite,
    RotateAgentToken,
    RotateSiteToken,
    SiteDeniesAgent,
    AgentExcludesSite,
    RemoveAgent,
    RemoveSite,
}

use Lockout::*;

const ALL: [Lockout; 9] = [
    SuspendAgent,
    SuspendOwner,
    SuspendSite,
    RotateAgentToken,
    RotateSiteToken,
    SiteDeniesAgent,
    AgentExcludesSite,
    RemoveAgent,
    RemoveSite,
];

/// A Core on one handle of a store, and another handle, as another process has it.
struct Place {
    world: World,
    other: Arc<dyn Store>,
    /// The tokens that take the place of those of the world.
    site: Token,
    agent: Token,
    _directory: Option<tempfile::TempDir>,
}

/// One on each store, whose streams are told what changes, and do not look for themselves.
async fn places() -> [Place; 2] {
    places_that_look(NEVER).await
}

/// One on each store, whose streams look for themselves after so many seconds.
async fn places_that_look(poll: u64) -> [Place; 2] {
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new(new_epoch(&SystemEntropy)));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let handle = || -> Arc<dyn Store> { Arc::new(SqliteStore::open(&path, 7).unwrap()) };
    let pairs = [(Arc::clone(&memory), memory, None), (handle(), handle(), Some(directory))];
    let mut places = Vec::new();
    for (own, other, directory) in pairs {
        let world = World::on(own, |config| config.events.poll_seconds = poll).await;
        let [site, agent] = [Lane::Site, Lane::Agent].map(|lane| Token::new(lane, &SystemEntropy));
        places.push(Place { world, other, site, agent, _directory: directory });
    }
    places.try_into().ok().unwrap()
}

impl Place {
    /// Does it in another process.
    async fn lock_out(&self, lockout: Lockout) {
        let (site, agent) = (&self.world.site(0).0, &self.world.agent(0).0);
        let now = agent.tokens.iter().next().unwrap().made;
        let site_change = |change| self.other.change_site(site.id, change);
        let agent_change = |change| self.other.change_agent(agent.id, change);
        let is_there = match lockout {
            SuspendAgent => agent_change(AgentChange::Active(false)).await,
            SuspendOwner => self.other.change_owner(agent.owner, OwnerChange::Suspended(true)).await,
            SuspendSite => site_change(SiteChange::Suspended(true)).await,
            RotateAgentToken => {
                agent_change(AgentChange::Token(Rotation::at_once(self.agent.hash(), now))).await
            }
            RotateSiteToken => site_change(SiteChange::Token(Rotation::at_once(self.site.hash(), now))).await,
            SiteDeniesAgent => site_change(SiteChange::Denied { agent: agent.id, denied: true }).await,
            AgentExcludesSite => {
                let others = Visits::Only([self.world.site(1).0.id].into());
                agent_change(AgentChange::Visits(others)).await
            }
            RemoveAgent => agent_change(AgentChange::Removed).await,
            RemoveSite => site_change(SiteChange::Removed).await,
        };
        assert_eq!(is_there, Ok(true), "{lockout:?}");
    }

    async fn approve(&self, token: &Token, id: &str, nonce: &str) -> Answer {
        self.world.approve_as(token.reveal(), id, &json!({ "pow_nonce": nonce })).await
    }

    /// What an approval is answered after a lockout.
    async fn approval_fails(&self, lockout: Lockout, id: &str, nonce: &str) {
        let old = &self.world.agent(0).1;
        let answer = self.approve(old, id, nonce).await;
        let expected = match lockout {
            SuspendAgent => (403, "AGENT_INACTIVE"),
            SuspendOwner => (403, "AGENT_USER_SUSPENDED"),
            SiteDeniesAgent | AgentExcludesSite => (403, "AGENT_NOT_ALLOWED"),
            SuspendSite | RemoveSite => (404, "SITE_LOGIN_REQUEST_NOT_FOUND"),
            RotateAgentToken | RemoveAgent => (401, "INVALID_AGENT_TOKEN"),
            RotateSiteToken => {
                assert_eq!(answer.data()["status"], "APPROVED");
                return;
            }
        };
        assert_eq!(answer.refusal(), expected, "{lockout:?}");
        // The new token goes on where the old one stopped.
        if lockout == RotateAgentToken {
            assert_eq!(self.approve(&self.agent, id, nonce).await.data()["status"], "APPROVED");
        }
    }

    /// The first frame of a new stream with the site's token of the moment, which resumes after an event:
    /// its type, or the answer's refusal.
    async fn first_frame(
        &self,
        lockout: Lockout,
        after: Option<&str>,
    ) -> Result<Option<String>, (u16, String)> {
        let token = if lockout == RotateSiteToken { &self.site } else { &self.world.site(0).1 };
        if lockout == RotateSiteToken {
            let old = self.world.get(EVENTS, &[("x-site-token", self.world.site(0).1.reveal())]).await;
            assert_eq!(old.refusal(), (401, "SITE_TOKEN_INVALID"));
        }
        if matches!(lockout, SuspendSite | RemoveSite) {
            let answer = self.world.get(EVENTS, &[("x-site-token", token.reveal())]).await;
            let (status, code) = answer.refusal();
            return Err((status, code.to_owned()));
        }
        let mut headers = vec![("x-site-token", token.reveal())];
        headers.extend(after.map(|after| ("last-event-id", after)));
        let mut stream = self.world.stream_with(&headers).await;
        let frame = tokio::time::timeout(Duration::from_millis(300), stream.next()).await;
        Ok(frame.ok().flatten().map(|(_, frame)| frame["type"].as_str().unwrap().to_owned()))
    }
}

#[tokio::test]
async fn before_the_challenge() {
    for lockout in ALL {
        for place in places().await {
            let id = place.world.create(0).await;
            let nonce = place.world.solve(&id, 1).await.remove(0);
            place.lock_out(lockout).await;
            let challenge = place.world.get(&format!("/api/v1/auth/requests/{id}"), &[]).await;
            // Nobody shows a token for it: it is the site's alone.
            let is_there = !matches!(lockout, SuspendSite | RemoveSite);
            assert_eq!(challenge.status, if is_there { 200 } else { 404 }, "{lockout:?}");
            place.approval_fails(lockout, &id, &nonce).await;
        }
    }
}

#[tokio::test]
async fn between_challenge_and_approval() {
    for lockout in ALL {
        for place in places().await {
            let mut stream = place.world.stream(0).await;
            stream.text().await.unwrap();
            let id = place.world.create(0).await;
            let nonce = place.world.solve(&id, 1).await.remove(0);
            place.lock_out(lockout).await;
            // The site's stream is told of what concerns the site.
            if matches!(lockout, SuspendSite | RotateSiteToken | RemoveSite) {
                assert_eq!(stream.next().await, None, "{lockout:?}");
            }
            place.approval_fails(lockout, &id, &nonce).await;
        }
    }
}

#[tokio::test]
async fn between_approval_and_delivery() {
    for lockout in ALL {
        for place in places().await {
            let id = place.world.log_in(0, 0).await;
            place.lock_out(lockout).await;
            let expected = match lockout {
                RotateAgentToken | RotateSiteToken => Ok(Some("approved".to_owned())),
                SuspendSite => Err((403, "SITE_SUSPENDED".to_owned())),
                RemoveSite => Err((401, "SITE_TOKEN_INVALID".to_owned())),
                _ => Ok(Some("expired".to_owned())),
            };
            assert_eq!(place.first_frame(lockout, None).await, expected, "{lockout:?}");
            let state = place.world.store.request(id.parse().unwrap()).await.unwrap().unwrap().state;
            let is_as_expected = match lockout {
                RotateAgentToken | RotateSiteToken => matches!(state, State::Delivered { .. }),
                SuspendSite | RemoveSite => matches!(state, State::Approved(_)),
                _ => state == State::Expired,
            };
            assert!(is_as_expected, "{lockout:?}: {state:?}");
        }
    }
}

#[tokio::test]
async fn after_the_delivery() {
    for lockout in ALL {
        for place in places().await {
            let mut stream = place.world.stream(0).await;
            place.world.log_in(0, 0).await;
            let (event, frame) = stream.next().await.unwrap();
            assert_eq!(frame["type"], "approved");
            let epoch = event.unwrap().split_once('-').unwrap().0.to_owned();
            place.lock_out(lockout).await;
            // The site has lost it, and asks for everything from the beginning.
            let expected = match lockout {
                RotateAgentToken | RotateSiteToken => Ok(Some("approved".to_owned())),
                SuspendSite => Err((403, "SITE_SUSPENDED".to_owned())),
                RemoveSite => Err((401, "SITE_TOKEN_INVALID".to_owned())),
                _ => Ok(None),
            };
            let begin = format!("{epoch}-0");
            assert_eq!(place.first_frame(lockout, Some(&begin)).await, expected, "{lockout:?}");
        }
    }
}

#[tokio::test]
async fn an_old_token_works_until_its_grace_is_over() {
    for place in places_that_look(1).await {
        let (world, site) = (&place.world, place.world.site(0).0.id);
        let mut stream = world.stream(0).await;
        stream.text().await.unwrap();
        let now = world.now();
        let rotation = Rotation {
            token: lime_core::store::IssuedToken::new(place.site.hash(), now),
            others_until: Some(now + Duration::from_secs(60)),
        };
        assert_eq!(place.other.change_site(site, SiteChange::Token(rotation)).await, Ok(true));
        assert_eq!(world.log_in(0, 0).await, stream.next().await.unwrap().1["login_request_id"]);
        let create = async |token: &Token| {
            world.post(REQUESTS, &[("x-site-token", token.reveal())], &json!({})).await.status.as_u16()
        };
        assert_eq!([create(&world.site(0).1).await, create(&place.site).await], [201, 201]);
        world.clock.advance_seconds(60);
        assert_eq!([create(&world.site(0).1).await, create(&place.site).await], [401, 201]);
        // That moment comes without a hint: the stream has to look for itself.
        assert_eq!(stream.next().await, None);
        // When each was used last can be seen, to the minute.
        let used = async || {
            let tokens = place.other.site(site).await.unwrap().unwrap().tokens;
            tokens.iter().map(|token| token.last_used.is_some()).collect::<Vec<_>>()
        };
        let begun = std::time::Instant::now();
        while used().await != [true, true] {
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", used().await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
