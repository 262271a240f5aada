//! The one thread that writes: it commits all calls that wait in one transaction.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use lime_proto::Id;
use lime_store::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::file::{Identity, OpenError, connect_writer};
use crate::hints::Hints;
use crate::queue::{CAPACITY, Received, Receiver, Sender, queue};
use crate::session::{Failed, Session, unavailable};

/// How often a store looks for changes of other processes.
pub const POLL: Duration = Duration::from_millis(100);

/// How many calls are committed together, so that none waits for very many others.
const BATCH: usize = 256;

/// How long a connection that has failed is left alone.
const AGAIN: Duration = Duration::from_millis(200);

/// A call that waits: it runs in a session, and is told after the commit how that went.
type Call = Box<dyn FnOnce(&mut Session<'_>) -> (bool, Answer) + Send>;
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The way to the thread, which ends when this is dropped, once it has done what waits.
pub(crate) struct Writer(Sender<Call>);

impl Writer {
    /// Starts the thread on a file that has been migrated.
    pub(crate) fn start(
        path: &Path,
        connection: Connection,
        hints: Arc<Hints>,
    ) -> Result<(Self, thread::JoinHandle<()>), OpenError> {
        let (sender, calls) = queue();
        let identity =
            Identity::of(path).map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        let mut thread = Thread {
            path: path.to_owned(),
            identity,
            calls,
            hints,
            version: None,
            failed: None,
            is_suspect: false,
        };
        let run = move || thread.run(connection);
        let handle = thread::Builder::new().name("lime-store-write".to_owned()).spawn(run);
        Ok((Self(sender), handle.map_err(OpenError::Thread)?))
    }

    /// Runs `call` in a savepoint of the next transaction. Its result arrives once that is committed.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Session<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let call: Call = Box::new(move |session| {
            let outcome = call(session).map_err(|failed| match failed {
                Failed::Answer(error) => error,
                Failed::Sqlite(error) => {
                    let unavailable = unavailable(&error);
                    session.failure = Some(error);
                    unavailable
                }
            });
            let keep = outcome.is_ok();
            // Nobody may wait any more; the call has its effect all the same.
            let answer = move |committed: Result<(), StoreError>| {
                let _ = sender.send(committed.and(outcome));
            };
            (keep, Box::new(answer))
        });
        match self.0.try_send(call) {
            true => Ok(receiver),
            false => Err(unavailable(&format_args!("{CAPACITY} calls wait already"))),
        }
    }
}

struct Thread {
    path: PathBuf,
    identity: Identity,
    calls: Receiver<Call>,
    hints: Arc<Hints>,
    /// SQLite's count of the changes of other connections.
    version: Option<i64>,
    /// When the connection was last found wanting, and why.
    failed: Option<(Instant, String)>,
    is_suspect: bool,
}

impl Thread {
    fn run(&mut self, connection: Connection) {
        let mut connection = Some(connection);
        let mut polled = Instant::now();
        loop {
            match self.calls.recv(POLL.saturating_sub(polled.elapsed())) {
                Received::Item(first) => self.batch(&mut connection, first),
                Received::Timeout => {}
                Received::Closed => return,
            }
            if polled.elapsed() >= POLL {
                self.poll(&mut connection);
                polled = Instant::now();
            }
        }
    }

    /// The connection, opened again if it has failed before.
    fn ready<'a>(&mut self, connection: &'a mut Option<Connection>) -> Result<&'a Connection, StoreError> {
        if connection.is_none() {
            if let Some((_, why)) = self.failed.as_ref().filter(|(at, _)| at.elapsed() < AGAIN) {
                return Err(unavailable(why));
            }
            match connect_writer(&self.path) {
                Ok(again) if Identity::of(&self.path).is_ok_and(|identity| identity == self.identity) => {
                    *connection = Some(again);
                }
                Ok(_) => return Err(self.fail(&"another file is in its place: restart to use that")),
                Err(error) => return Err(self.fail(&error)),
            }
        }
        Ok(connection.as_ref().expect("it has just been opened"))
    }

    fn fail(&mut self, why: &dyn std::fmt::Display) -> StoreError {
        let why = why.to_string();
        if self.failed.as_ref().is_none_or(|(_, before)| *before != why) {
            tracing::error!("the store cannot be written: {why}");
        }
        self.failed = Some((Instant::now(), why.clone()));
        self.is_suspect = true;
        unavailable(&why)
    }

    /// Runs `first` and what waits behind it, and commits.
    fn batch(&mut self, connection: &mut Option<Connection>, first: Call) {
        let mut calls = vec![first];
        self.calls.drain(BATCH - 1, &mut calls);
        let opened = match self.ready(connection) {
            Ok(opened) => opened,
            Err(error) => return refuse(calls, &error),
        };
        let before = opened.total_changes();
        let mut done = Done::default();
        let outcome = commit(opened, calls, self.is_suspect, &mut done);
        let has_written = opened.total_changes() > before;
        let outcome = outcome.map_err(|error| {
            // Closing it takes back what has not been committed.
            *connection = None;
            self.fail(&error)
        });
        if outcome.is_ok() {
            if self.is_suspect && has_written {
                tracing::info!("the store can be written again");
                (self.failed, self.is_suspect) = (None, false);
            }
            self.hints.notify(done.touched);
            if let Some(error) = done.failure {
                // The next one may have what this one lacks.
                *connection = None;
                self.fail(&error);
            }
        }
        done.answers.into_iter().for_each(|answer| answer(outcome.clone()));
    }

    /// Looks whether another process has written, and whether the file is still the same.
    fn poll(&mut self, connection: &mut Option<Connection>) {
        if connection.is_some() && Identity::of(&self.path).ok() != Some(self.identity) {
            *connection = None;
            self.fail(&"its file is gone, or another is in its place");
        }
        let Ok(opened) = self.ready(connection) else { return };
        match opened.query_row("SELECT data_version FROM pragma_data_version", (), |row| row.get(0)) {
            Ok(version) => {
                if self.version.replace(version).is_some_and(|before| before != version) {
                    self.hints.notify_all();
                }
            }
            Err(error) => {
                *connection = None;
                self.fail(&error);
            }
        }
    }
}

fn refuse(calls: Vec<Call>, error: &StoreError) {
    // A call knows whom to answer only once it has run. Dropping it tells its caller that there is no answer.
    tracing::debug!(calls = calls.len(), %error, "calls refused");
    drop(calls);
}

/// What calls have come to before their commit.
#[derive(Default)]
struct Done {
    answers: Vec<Answer>,
    touched: Vec<Id>,
    /// What has failed because of the file, and would fail for others.
    failure: Option<rusqlite::Error>,
}

/// Whether an error is about the whole file, and not about what was asked of it.
fn is_of_file(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, NotADatabase, ReadOnly, SystemIoFailure};
    let code = error.sqlite_error_code();
    code.is_some_and(|code| matches!(code, CannotOpen | DiskFull | NotADatabase | ReadOnly | SystemIoFailure))
}

/// Runs calls in savepoints of one transaction, and commits it.
fn commit(
    connection: &Connection,
    calls: Vec<Call>,
    is_suspect: bool,
    done: &mut Done,
) -> Result<(), rusqlite::Error> {
    let step = |sql: &str| connection.prepare_cached(sql)?.execute(()).map(drop);
    step("BEGIN IMMEDIATE")?;
    for call in calls {
        step("SAVEPOINT call")?;
        let mut session = Session { connection, is_suspect, touched: Vec::new(), failure: None };
        let (keep, answer) = call(&mut session);
        done.answers.push(answer);
        if keep {
            done.touched.append(&mut session.touched);
        } else {
            // Some errors have taken the whole transaction back, and with it what others did: this fails
            // then.
            step("ROLLBACK TO call")?;
            done.failure = session.failure.filter(is_of_file).or(done.failure.take());
        }
        step("RELEASE call")?;
    }
    step("COMMIT")
}
