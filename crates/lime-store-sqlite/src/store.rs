//! [`SqliteStore`]: calls on their way to the threads, and back.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use lime_proto::login::LoginRequest;
use lime_proto::{EventId, Id, Timestamp};
use lime_store::{
    Agent, AgentChange, Allows, Change, Holder, Inserted, Insertion, Login, Logins, OwnedAgent, Owner,
    OwnerChange, Page, Principals, Read, Site, SiteChange, Slice, Store, StoreError, Sweep, TokenHash,
    Transitioned,
};
use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::file::{OpenError, connect};
use crate::hints::Hints;
use crate::readers::Readers;
use crate::schema::migrate_connection;
use crate::session::{Failed, Session, unavailable};
use crate::writer::Writer;
use crate::{logins, principals, tokens};

/// How long a call may take. What it was to change may still take effect after that.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much a sweep does in one transaction, so that others wait for a few milliseconds at most.
const PART: usize = 200;

/// A store in a SQLite file. The contract is that of [`lime_store`].
pub struct SqliteStore {
    epoch: u64,
    hints: Arc<Hints>,
    readers: Option<Readers>,
    reading: Vec<JoinHandle<()>>,
    writer: Option<Writer>,
    writing: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the file, makes it if it is not there, and brings its schema up to date. `epoch` is that of a
    /// new store, or of one that begins anew because it is a backup; take a random number. Blocks for as long
    /// as a migration takes.
    ///
    /// # Errors
    ///
    /// [`OpenError`] for a file that cannot be made, read or written, that others may read or write, that is
    /// no store, or whose schema is too new.
    pub fn open(path: &Path, epoch: u64) -> Result<Self, OpenError> {
        let mut connection = connect(path)?;
        let epoch = migrate_connection(&mut connection, epoch)?;
        let hints = Arc::new(Hints::default());
        let (readers, reading) = Readers::start(path)?;
        let (writer, writing) = Writer::start(path, connection, Arc::clone(&hints))?;
        Ok(Self {
            epoch,
            hints,
            readers: Some(readers),
            reading,
            writer: Some(writer),
            writing: Some(writing),
        })
    }

    async fn write<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Session<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, StoreError> {
        answer(self.writer.as_ref().expect("only dropping takes it").submit(call)?).await
    }

    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        answer(self.readers.as_ref().expect("only dropping takes it").ask(question)?).await
    }

    /// Repeats a part of a sweep until it has nothing more to do, or has done `limit`.
    async fn in_parts(
        &self,
        limit: usize,
        part: impl Fn(&mut Session<'_>, usize) -> Result<usize, Failed> + Copy + Send + 'static,
    ) -> Result<usize, StoreError> {
        let mut done = 0;
        while done < limit {
            let most = PART.min(limit - done);
            let count = self.write(move |session| part(session, most)).await?;
            done += count;
            if count < most {
                break;
            }
        }
        Ok(done)
    }
}

/// A question whose statements all see one moment.
fn snapshot<T>(
    question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
) -> impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static {
    |connection| {
        connection.prepare_cached("BEGIN")?.execute(())?;
        let answer = question(connection);
        connection.prepare_cached("COMMIT")?.execute(())?;
        answer
    }
}

async fn answer<T>(receiver: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(PATIENCE, receiver).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Err(unavailable(&"its file cannot be used")),
        Err(_) => Err(unavailable(&format_args!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

/// Waits for the threads, which finish what waits. The writer ends last, and alone: only then does SQLite put
/// everything into one file.
impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.readers = None;
        for thread in self.reading.drain(..) {
            let _ = thread.join();
        }
        self.writer = None;
        if let Some(thread) = self.writing.take() {
            let _ = thread.join();
        }
    }
}

#[async_trait]
impl Principals for SqliteStore {
    async fn add_owner(&self, owner: Owner) -> Result<(), StoreError> {
        self.write(move |session| principals::add_owner(session, &owner)).await
    }

    async fn add_site(&self, site: Site) -> Result<(), StoreError> {
        self.write(move |session| principals::add_site(session, &site)).await
    }

    async fn add_agent(&self, agent: Agent) -> Result<(), StoreError> {
        self.write(move |session| principals::add_agent(session, &agent)).await
    }

    async fn change_owner(&self, id: Id, change: OwnerChange) -> Result<bool, StoreError> {
        self.write(move |session| principals::change_owner(session, id, &change)).await
    }

    async fn change_site(&self, id: Id, change: SiteChange) -> Result<bool, StoreError> {
        self.write(move |session| principals::change_site(session, id, &change)).await
    }

    async fn change_agent(&self, id: Id, change: AgentChange) -> Result<bool, StoreError> {
        self.write(move |session| principals::change_agent(session, id, &change)).await
    }

    async fn touch(&self, holder: Holder, token: &TokenHash, now: Timestamp) -> Result<(), StoreError> {
        let token = *token;
        self.write(move |session| tokens::touch(session, holder.into(), &token, now)).await
    }

    async fn owner(&self, id: Id) -> Result<Option<Owner>, StoreError> {
        self.read(move |connection| principals::owner(connection, id)).await
    }

    async fn owners(&self, slice: Slice) -> Result<Vec<Owner>, StoreError> {
        self.read(move |connection| principals::owners(connection, slice)).await
    }

    async fn sites(&self, slice: Slice) -> Result<Vec<Site>, StoreError> {
        self.read(snapshot(move |connection| principals::sites(connection, slice))).await
    }

    async fn agents(&self, slice: Slice) -> Result<Vec<OwnedAgent>, StoreError> {
        self.read(snapshot(move |connection| principals::agents(connection, slice))).await
    }

    async fn denied(&self, site: Id) -> Result<Vec<Id>, StoreError> {
        self.read(move |connection| principals::denied(connection, site)).await
    }

    async fn site(&self, id: Id) -> Result<Option<Site>, StoreError> {
        self.read(snapshot(move |connection| principals::site(connection, id))).await
    }

    async fn site_by_token(&self, token: &TokenHash) -> Result<Option<Site>, StoreError> {
        let token = *token;
        self.read(snapshot(move |connection| principals::site_by_token(connection, &token))).await
    }

    async fn agent(&self, id: Id) -> Result<Option<OwnedAgent>, StoreError> {
        self.read(snapshot(move |connection| principals::agent(connection, id))).await
    }

    async fn agent_by_token(&self, token: &TokenHash) -> Result<Option<OwnedAgent>, StoreError> {
        let token = *token;
        self.read(snapshot(move |connection| principals::agent_by_token(connection, &token))).await
    }
}

#[async_trait]
impl Logins for SqliteStore {
    async fn insert(&self, insertion: Insertion) -> Result<Inserted, StoreError> {
        self.write(move |session| logins::insert(session, &insertion)).await
    }

    async fn request(&self, id: Id) -> Result<Option<LoginRequest>, StoreError> {
        self.read(move |connection| logins::find(connection, id)).await
    }

    async fn login(&self, request: Id, agent: Option<Id>) -> Result<Option<Login>, StoreError> {
        self.read(snapshot(move |connection| logins::login(connection, request, agent))).await
    }

    async fn transition(&self, change: &Change) -> Result<Option<Transitioned>, StoreError> {
        let change = change.clone();
        self.write(move |session| logins::transition(session, &change)).await
    }

    async fn transition_if(
        &self,
        change: &Change,
        allows: Allows,
    ) -> Result<Option<Transitioned>, StoreError> {
        let change = change.clone();
        self.write(move |session| logins::transition_if(session, &change, allows)).await
    }

    async fn sweep(&self, Sweep { now, limit }: Sweep) -> Result<usize, StoreError> {
        let expired = self.in_parts(limit, move |session, most| logins::expire(session, now, most)).await?;
        self.in_parts(limit, move |session, most| logins::drop_requests(session, now, most)).await?;
        self.in_parts(usize::MAX, move |session, most| logins::drop_events(session, now, most)).await?;
        Ok(expired)
    }

    async fn head(&self, site: Id) -> Result<EventId, StoreError> {
        let epoch = self.epoch;
        self.read(move |connection| logins::head(connection, site, epoch)).await
    }

    async fn events(&self, read: Read) -> Result<Page, StoreError> {
        let epoch = self.epoch;
        self.read(snapshot(move |connection| logins::events(connection, read, epoch))).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    /// As a write would, too: a store that cannot be written takes no logins. After a failure it writes,
    /// since a transaction that changes nothing touches no disk.
    async fn ping(&self) -> Result<(), StoreError> {
        self.write(|session| {
            if session.is_suspect {
                session.connection.prepare_cached("UPDATE store SET id = 1")?.execute(())?;
            }
            Ok(())
        })
        .await?;
        self.read(|connection| connection.query_row("SELECT 1 FROM store", (), |_| Ok(()))).await
    }

    fn hint(&self, site: Id) -> watch::Receiver<()> {
        self.hints.watch(site)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}
