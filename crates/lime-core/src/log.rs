//! The log of the command: lines on their way to standard error, which may be slow, full or gone. Writing
//! never blocks, fails or panics; a thread of its own takes lines from a bounded queue. What does not fit, or
//! cannot be written, is counted, and the count is logged as soon as a line can be written again.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use lime_core::{Clock, LogFormat, SystemClock};

/// How many lines may wait to be written. A line of ours takes a few hundred bytes.
const QUEUE: usize = 4096;

/// How long the end of the process waits for the last lines.
pub(crate) const PATIENCE: Duration = Duration::from_millis(200);

/// The sending end of the queue. Each call of [`Write::write`] must be one whole line.
#[derive(Clone)]
pub(crate) struct Log {
    queue: SyncSender<Message>,
    /// How many lines have been lost since the last notice. Relaxed, since it is only a count.
    lost: Arc<AtomicU64>,
}

enum Message {
    Line(Vec<u8>),
    /// To be answered when everything before it has been written.
    Flush(SyncSender<()>),
}

impl Log {
    /// Starts the thread that writes to `output`.
    pub(crate) fn start(output: impl Write + Send + 'static, format: LogFormat) -> io::Result<Self> {
        let (queue, lines) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let log = Self { queue, lost: Arc::clone(&lost) };
        let write = move || write_lines(&lines, output, format, &lost);
        std::thread::Builder::new().name("lime-core-log".to_owned()).spawn(write)?;
        Ok(log)
    }

    /// Waits until what has been logged so far is written, but no longer than `limit`.
    pub(crate) fn flush(&self, limit: Duration) {
        let (done, written) = sync_channel(1);
        if self.queue.try_send(Message::Flush(done)).is_ok() {
            let _ = written.recv_timeout(limit);
        }
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Message::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_lines(lines: &Receiver<Message>, mut output: impl Write, format: LogFormat, lost: &AtomicU64) {
    // Whether the last write failed, perhaps in the middle of a line.
    let mut torn = false;
    for message in lines {
        let line = match message {
            Message::Line(line) => line,
            Message::Flush(done) => {
                let _ = done.try_send(());
                continue;
            }
        };
        let missing = lost.swap(0, Ordering::Relaxed);
        let mut text = Vec::new();
        if torn {
            text.push(b'\n');
        }
        if missing > 0 {
            text.extend_from_slice(notice(missing, format).as_bytes());
        }
        text.extend_from_slice(&line);
        torn = output.write_all(&text).and_then(|()| output.flush()).is_err();
        if torn {
            lost.fetch_add(missing + 1, Ordering::Relaxed);
        }
    }
}

/// A log line, in the format of the others, that tells how many lines were lost.
fn notice(lost: u64, format: LogFormat) -> String {
    let time = SystemClock.now();
    match format {
        LogFormat::Json => {
            let fields = serde_json::json!({ "message": "log lines were lost", "lost": lost });
            let line = serde_json::json!({
                "timestamp": time, "level": "WARN", "fields": fields, "target": "lime_core::log"
            });
            format!("{line}\n")
        }
        LogFormat::Text => format!("{time}  WARN lime_core::log: log lines were lost lost={lost}\n"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::Sender;

    use super::*;

    /// Takes lines when it is told to, and refuses them when it is told that.
    struct Output {
        orders: Receiver<bool>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if !self.orders.recv().unwrap_or(true) {
                return Err(io::Error::other("full"));
            }
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log() -> (Log, Sender<bool>, Arc<Mutex<Vec<u8>>>) {
        let (order, orders) = std::sync::mpsc::channel();
        let written = Arc::default();
        let output = Output { orders, written: Arc::clone(&written) };
        (Log::start(output, LogFormat::Text).unwrap(), order, written)
    }

    /// All that was written, once nothing is refused any more.
    fn text(log: &Log, order: Sender<bool>, written: &Mutex<Vec<u8>>) -> String {
        drop(order);
        let (done, drained) = sync_channel(1);
        // It waits for a place in the queue.
        log.queue.send(Message::Flush(done)).unwrap();
        drained.recv().unwrap();
        String::from_utf8(written.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let (mut log, order, written) = log();
        for (line, is_written) in [("a\n", true), ("b\n", false), ("c\n", false), ("d\n", true)] {
            order.send(is_written).unwrap();
            log.write_all(line.as_bytes()).unwrap();
        }
        let text = text(&log, order, &written);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[1], lines[3], lines.len()), ("a", "", "d", 4), "{text}");
        assert!(lines[2].ends_with("WARN lime_core::log: log lines were lost lost=2"), "{text}");
    }

    #[test]
    fn a_reader_that_does_not_read_delays_nothing() {
        let (mut log, order, written) = log();
        for number in 0..2 * QUEUE {
            log.write_all(format!("{number}\n").as_bytes()).unwrap();
        }
        log.flush(Duration::from_millis(10));
        assert!(written.lock().unwrap().is_empty());
        let text = text(&log, order, &written);
        let (mut lines, mut lost) = (0, log.lost.load(Ordering::Relaxed));
        for line in text.lines() {
            match line.split_once("lost=") {
                Some((_, count)) => lost += count.parse::<u64>().unwrap(),
                None => lines += 1,
            }
        }
        // One line is with the thread, and the queue is full.
        assert!((QUEUE as u64..=QUEUE as u64 + 1).contains(&lines), "{lines} lines, {lost} lost");
        assert_eq!(lines + lost, 2 * QUEUE as u64);
    }

    #[test]
    fn a_notice_is_a_line_like_the_others() {
        let line: serde_json::Value = serde_json::from_str(&notice(3, LogFormat::Json)).unwrap();
        assert_eq!((&line["level"], &line["fields"]["lost"]), (&"WARN".into(), &3.into()));
    }
}
