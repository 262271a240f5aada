//! `lime-core owner`.

use lime_core::store::{Owner, OwnerChange};
use lime_proto::Id;
use serde_json::json;

use super::place::{Place, changed, missing, new_id};
use super::view::{Listing, Showing, View};
use crate::failure::Failure;
use crate::output::say;

/// What is done with owners.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Add an owner, and print the identifier. One that is there already is not changed.
    Add {
        /// The name of the owner, for the operator alone.
        name: Option<String>,
        /// The identifier, a UUID; a new one otherwise.
        #[arg(long)]
        id: Option<Id>,
        /// Print the identifier as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List owners in the order of their identifiers.
    List(#[command(flatten)] Listing),
    /// Show an owner.
    Show(#[command(flatten)] Showing),
    /// Give an owner another name.
    Rename {
        /// The identifier.
        id: Id,
        /// The new name.
        name: String,
    },
    /// Lock all agents of an owner out.
    Suspend {
        /// The identifier.
        id: Id,
    },
    /// Let the agents of an owner in again.
    Resume {
        /// The identifier.
        id: Id,
    },
    /// Remove an owner who has no agents, for good: the identifier is not given again.
    Remove {
        /// The identifier.
        id: Id,
    },
}

impl Task {
    pub(crate) async fn run(self, place: Place) -> Result<(), Failure> {
        let store = &place.store;
        let (id, change) = match self {
            Self::Add { name, id, json } => {
                let id = id.unwrap_or_else(new_id);
                let owner = Owner { id, name, suspended: false };
                store.add_owner(owner).await.map_err(Failure::of)?;
                match json {
                    true => say(format_args!("{}", json!({ "id": id }))),
                    false => say(format_args!("{id}")),
                }
                return Ok(());
            }
            Self::List(listing) => {
                let read = async |slice| store.owners(slice).await;
                return listing.print(read, |_| true, View::from).await;
            }
            Self::Show(showing) => {
                let found = store.owner(showing.id).await.map_err(Failure::of)?;
                showing.print(&found.ok_or_else(|| missing("owner", showing.id))?.into());
                return Ok(());
            }
            Self::Rename { id, name } => (id, OwnerChange::Name(Some(name))),
            Self::Suspend { id } => (id, OwnerChange::Suspended(true)),
            Self::Resume { id } => (id, OwnerChange::Suspended(false)),
            Self::Remove { id } => (id, OwnerChange::Removed),
        };
        changed("owner", id, store.change_owner(id, change).await)
    }
}
