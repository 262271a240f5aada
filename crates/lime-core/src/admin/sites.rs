//! `lime-core site`.

use std::time::Duration;

use lime_core::Lane;
use lime_core::store::{Site, SiteChange};
use lime_proto::{Id, NotASiteName, NotAnOrigin, Origin, SiteName};

use super::place::{Place, changed, duration, missing, new_id};
use super::secret::{NewToken, Replacement, has};
use super::view::{Listing, Showing, View, expire_within};
use crate::failure::Failure;

/// What is done with sites.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Add a site, and hand its token over. One that is there already is not changed.
    Add {
        /// The name of the site, for people and agents: 1 to 64 characters.
        #[arg(value_parser = name)]
        name: SiteName,
        /// The origin of the site, such as `https://shop.example`. Agents can demand it.
        #[arg(long, value_parser = origin)]
        origin: Option<Origin>,
        /// The identifier, a UUID; a new one otherwise.
        #[arg(long)]
        id: Option<Id>,
        #[command(flatten)]
        token: NewToken,
    },
    /// List sites in the order of their identifiers.
    List {
        /// Only those whose newest token expires within this time, or has.
        #[arg(long, value_name = "TIME", value_parser = duration)]
        expiring: Option<Duration>,
        #[command(flatten)]
        listing: Listing,
    },
    /// Show a site, the agents that it refuses, and when its tokens were used.
    Show(#[command(flatten)] Showing),
    /// Give a site another name.
    Rename {
        /// The identifier.
        id: Id,
        /// The new name, 1 to 64 characters.
        #[arg(value_parser = name)]
        name: SiteName,
    },
    /// Give a site a new token in the place of those that it has.
    Rotate(#[command(flatten)] Replacement),
    /// Lock a site out: its streams are closed, and its requests are not found.
    Suspend {
        /// The identifier.
        id: Id,
    },
    /// Let a site in again.
    Resume {
        /// The identifier.
        id: Id,
    },
    /// Remove a site for good: the identifier is not given again.
    Remove {
        /// The identifier.
        id: Id,
    },
    /// Set or clear the origin of a site.
    #[command(subcommand)]
    Origin(OriginTask),
    /// Let a site refuse an agent.
    Deny {
        /// The identifier of the site.
        id: Id,
        /// The identifier of the agent.
        agent: Id,
    },
    /// Let a site accept an agent again.
    Undeny {
        /// The identifier of the site.
        id: Id,
        /// The identifier of the agent.
        agent: Id,
    },
}

/// What is done with the origin of a site.
#[derive(clap::Subcommand)]
pub(crate) enum OriginTask {
    /// Set it.
    Set {
        /// The identifier of the site.
        id: Id,
        /// The origin, such as `https://shop.example`.
        #[arg(value_parser = origin)]
        origin: Origin,
    },
    /// Clear it.
    Clear {
        /// The identifier of the site.
        id: Id,
    },
}

fn name(text: &str) -> Result<SiteName, NotASiteName> {
    text.to_owned().try_into()
}

fn origin(text: &str) -> Result<Origin, NotAnOrigin> {
    text.to_owned().try_into()
}

impl Task {
    pub(crate) async fn run(self, place: Place) -> Result<(), Failure> {
        let store = &place.store;
        let (id, change) = match self {
            Self::Add { name, origin, id, token } => return add(&place, name, origin, id, &token).await,
            Self::List { expiring, listing } => {
                let now = place.now();
                let is_wanted =
                    |site: &Site| expiring.is_none_or(|time| expire_within(&site.tokens, time, now));
                let read = async |slice| store.sites(slice).await;
                return listing.print(read, is_wanted, View::from).await;
            }
            Self::Show(showing) => {
                let id = showing.id;
                let found = store.site(id).await.map_err(Failure::of)?;
                let denied = store.denied(id).await.map_err(Failure::of)?;
                showing.print(&View::of_site(found.ok_or_else(|| missing("site", id))?, &denied));
                return Ok(());
            }
            Self::Rotate(replacement) => return rotate(&place, &replacement).await,
            Self::Rename { id, name } => (id, SiteChange::Name(name)),
            Self::Suspend { id } => (id, SiteChange::Suspended(true)),
            Self::Resume { id } => (id, SiteChange::Suspended(false)),
            Self::Remove { id } => (id, SiteChange::Removed),
            Self::Origin(OriginTask::Set { id, origin }) => (id, SiteChange::Origin(Some(origin))),
            Self::Origin(OriginTask::Clear { id }) => (id, SiteChange::Origin(None)),
            Self::Deny { id, agent } => (id, SiteChange::Denied { agent, denied: true }),
            Self::Undeny { id, agent } => (id, SiteChange::Denied { agent, denied: false }),
        };
        changed("site", id, store.change_site(id, change).await)
    }
}

async fn add(
    place: &Place,
    name: SiteName,
    origin: Option<Origin>,
    id: Option<Id>,
    token: &NewToken,
) -> Result<(), Failure> {
    let id = id.unwrap_or_else(new_id);
    let (issued, text) = token.issue(Lane::Site, place.now())?;
    let site = Site { id, name, origin, tokens: issued.into(), suspended: false };
    place.store.add_site(site).await.map_err(Failure::of)?;
    let stored = place.store.site(id).await.map_err(Failure::of)?;
    let is_stored = stored.is_some_and(|site| has(&site.tokens, &issued));
    token.hand_over(("site", id), &place.issuer, text.as_ref(), is_stored)
}

async fn rotate(place: &Place, replacement: &Replacement) -> Result<(), Failure> {
    let id = replacement.id;
    let (rotation, text) = replacement.issue(Lane::Site, place.now())?;
    changed("site", id, place.store.change_site(id, SiteChange::Token(rotation)).await)?;
    replacement.token.hand_over(("site", id), &place.issuer, text.as_ref(), true)
}
