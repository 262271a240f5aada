//! Threads that read, each with a connection of its own: a slow disk holds up nobody else.

use std::path::Path;
use std::thread;
use std::time::Duration;

use lime_store::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::file::{OpenError, connect_reader};
use crate::queue::{CAPACITY, Received, Receiver, Sender, queue};
use crate::session::unavailable;

/// Enough for two cores; reading takes microseconds.
const THREADS: usize = 2;

/// A question that waits. It tells whether the connection is still good.
type Question = Box<dyn FnOnce(&Connection) -> bool + Send>;

/// The way to the threads, which end when this is dropped.
pub(crate) struct Readers(Sender<Question>);

impl Readers {
    pub(crate) fn start(path: &Path) -> Result<(Self, Vec<thread::JoinHandle<()>>), OpenError> {
        let (sender, questions) = queue();
        let start = |_| {
            let (path, questions) = (path.to_owned(), questions.clone());
            let connection = connect_reader(&path)?;
            let run = move || read(&path, connection, &questions);
            let handle = thread::Builder::new().name("lime-store-read".to_owned()).spawn(run);
            handle.map_err(OpenError::Thread)
        };
        let handles = (0..THREADS).map(start).collect::<Result<_, _>>()?;
        Ok((Self(sender), handles))
    }

    /// Has one of the threads answer.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let question: Question = Box::new(move |connection| {
            let answer = question(connection);
            let is_good = answer.is_ok();
            // Nobody may wait any more.
            let _ = sender.send(answer.map_err(|error| unavailable(&error)));
            is_good
        });
        match self.0.try_send(question) {
            true => Ok(receiver),
            false => Err(unavailable(&format_args!("{CAPACITY} questions wait already"))),
        }
    }
}

/// Answers questions, and opens the file again after one that has failed.
fn read(path: &Path, connection: Connection, questions: &Receiver<Question>) {
    let mut connection = Some(connection);
    loop {
        let question = match questions.recv(Duration::from_secs(3600)) {
            Received::Item(question) => question,
            Received::Timeout => continue,
            Received::Closed => return,
        };
        if connection.is_none() {
            connection = connect_reader(path).ok();
        }
        // Dropping a question tells its caller that there is no answer.
        if connection.as_ref().is_some_and(|connection| !question(connection)) {
            connection = None;
        }
    }
}
