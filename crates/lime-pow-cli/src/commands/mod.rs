//! One file a command: it calls the library and hands what comes back to a report.

pub(crate) mod bench;
pub(crate) mod calibrate;
pub(crate) mod info;
pub(crate) mod merge;
pub(crate) mod probe;
pub(crate) mod schemes;
pub(crate) mod solve;
pub(crate) mod verify;
