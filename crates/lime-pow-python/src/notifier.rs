//! A thread that tells Python of ended jobs. Workers must not wait for the GIL: they put the callback into a channel, and this
//! thread calls it, as many at a time as there are.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::thread::JoinHandle;

use pyo3::prelude::*;

use crate::errors::SolveError;

enum Message {
    Call(Py<PyAny>),
    Stop,
}

struct Notifier {
    /// The process that it runs in: a forked child has this value and no thread.
    process: u32,
    sender: Sender<Message>,
    thread: JoinHandle<()>,
}

/// Locked by threads that hold the GIL, for moments, and `os.fork` holds it too: so a child never finds it locked.
static NOTIFIER: Mutex<Option<Notifier>> = Mutex::new(None);

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
    match &*notifier {
        Some(running) if running.process == std::process::id() => Ok(running.sender.clone()),
        _ => {
            let (sender, receiver) = channel();
            let start = std::thread::Builder::new().name("lime-pow-notifier".to_owned());
            let thread = start
                .spawn(move || run(&receiver))
                .map_err(|error| SolveError::new_err(format!("no thread for callbacks: {error}")))?;
            // The parent's channel may have been in use when the process was forked.
            std::mem::forget(notifier.replace(Notifier {
                process: std::process::id(),
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

/// Ends the thread, before the interpreter does. Registered with `atexit`.
#[pyfunction]
pub(crate) fn stop_notifier(py: Python<'_>) {
    let notifier = NOTIFIER.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(notifier) = notifier else { return };
    if notifier.process == std::process::id() {
        let _ = notifier.sender.send(Message::Stop);
        py.detach(|| {
            // It has nothing to say.
            let _ = notifier.thread.join();
        });
    } else {
        std::mem::forget(notifier);
    }
}
