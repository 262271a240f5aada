//! A thread that tells Python of ended jobs. Workers must not wait for the GIL: they put the callback into a channel, and this
//! thread calls it, as many at a time as there are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pyo3::prelude::*;

use crate::errors::SolveError;
use crate::process::Process;

enum Message {
    Call(Py<PyAny>),
    Stop,
}

struct Notifier {
    /// The process that it runs in: a forked child has this value and no thread.
    process: Process,
    sender: Sender<Message>,
    thread: JoinHandle<()>,
}

/// Locked by threads that hold the GIL, for moments, and `os.fork` holds it too: so a child never finds it locked.
static NOTIFIER: Mutex<Option<Notifier>> = Mutex::new(None);

/// Whether the interpreter is ending. Read and set with `NOTIFIER` locked.
static STOPPED: AtomicBool = AtomicBool::new(false);

/// How long the end waits for a callback that is running.
const PATIENCE: Duration = Duration::from_secs(1);

/// Wakes by calling back, once.
struct Callback {
    sender: Sender<Message>,
    callback: Mutex<Option<Py<PyAny>>>,
}

impl Wake for Callback {
    fn wake(self: Arc<Self>) {
        if let Some(callback) = self.callback.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // After `stop_notifier` nobody listens.
            let _ = self.sender.send(Message::Call(callback));
        }
    }
}

/// A waker that has `callback` called without arguments, on a thread of ours.
pub(crate) fn waker(callback: Py<PyAny>) -> PyResult<Waker> {
    let sender = sender()?;
    Ok(Waker::from(Arc::new(Callback { sender, callback: Mutex::new(Some(callback)) })))
}

fn sender() -> PyResult<Sender<Message>> {
    let mut notifier = NOTIFIER.lock().unwrap_or_else(PoisonError::into_inner);
    if STOPPED.load(Ordering::Relaxed) {
        // A thread that calls into an interpreter that ends takes the process down with it.
        return Err(SolveError::new_err("the interpreter is ending"));
    }
    match &*notifier {
        Some(running) if running.process == Process::current() => Ok(running.sender.clone()),
        _ => {
            let (sender, receiver) = channel();
            let start = std::thread::Builder::new().name("lime-pow-notifier".to_owned());
            let thread = start
                .spawn(move || run(&receiver))
                .map_err(|error| SolveError::new_err(format!("no thread for callbacks: {error}")))?;
            // The parent's channel may have been in use when the process was forked.
            std::mem::forget(notifier.replace(Notifier {
                process: Process::current(),
                sender: sender.clone(),
                thread,
            }));
            Ok(sender)
        }
    }
}

fn run(receiver: &Receiver<Message>) {
    while let Ok(first) = receiver.recv() {
        let mut stopped = false;
        let attached = Python::try_attach(|py| {
            for message in std::iter::once(first).chain(receiver.try_iter()) {
                match message {
                    Message::Call(callback) => {
                        if let Err(error) = callback.call0(py) {
                            error.write_unraisable(py, None);
                        }
                    }
                    Message::Stop => stopped = true,
                }
            }
        });
        if stopped || attached.is_none() {
            return;
        }
    }
}

/// Ends the thread, before the interpreter does; a callback that blocks is left behind after a second. Registered with `atexit`.
#[pyfunction]
pub(crate) fn stop_notifier(py: Python<'_>) {
    let mut running = NOTIFIER.lock().unwrap_or_else(PoisonError::into_inner);
    STOPPED.store(true, Ordering::Relaxed);
    let notifier = running.take();
    drop(running);
    let Some(notifier) = notifier else { return };
    if notifier.process != Process::current() {
        std::mem::forget(notifier);
        return;
    }
    let _ = notifier.sender.send(Message::Stop);
    let begun = Instant::now();
    while !notifier.thread.is_finished() && begun.elapsed() < PATIENCE {
        py.detach(|| std::thread::sleep(Duration::from_millis(1)));
    }
}
