//! All threads of the command, started at once: the system may have none left later, and a server that cannot
//! sign does not serve.

use std::panic;
use std::sync::{Arc, RwLock, mpsc};
use std::time::Duration;

use lime_core::Keys;
use tokio::runtime::{Builder, Runtime};

use crate::failure::Failure;

/// How long the system may take to start the threads that sign.
const START: Duration = Duration::from_secs(5);

/// A runtime whose threads have started, as many as there will ever be.
pub(crate) fn start() -> Result<Runtime, Failure> {
    // Tokio panics where it cannot start a thread, and then waits forever for those that it has started.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|panic| {
        let why = panic.payload().downcast_ref::<String>().map_or("the system starts none", String::as_str);
        Failure::of(format!("no threads: {why}")).exit()
    }));
    let started = start_all();
    panic::set_hook(hook);
    started
}

fn start_all() -> Result<Runtime, Failure> {
    let signing = Keys::signatures_at_once();
    let mut builder = Builder::new_multi_thread();
    builder.enable_all().max_blocking_threads(signing).thread_keep_alive(Duration::MAX);
    let runtime = builder.build().map_err(|error| Failure::of(format!("no threads: {error}")))?;
    let gate = Arc::new(RwLock::new(()));
    let closed = gate.write().expect("nobody else has it");
    let (started, starts) = mpsc::channel();
    for _ in 0..signing {
        let (started, gate) = (started.clone(), Arc::clone(&gate));
        runtime.spawn_blocking(move || {
            let _ = started.send(());
            // None is free for the next task before all have started.
            drop(gate.read());
        });
    }
    for number in 0..signing {
        if starts.recv_timeout(START).is_err() {
            drop(closed);
            runtime.shutdown_background();
            return Err(Failure::of(format!(
                "no threads: the system starts {number} of {signing} that sign"
            )));
        }
    }
    drop(closed);
    Ok(runtime)
}
