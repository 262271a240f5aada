//! What reports show, as plain data: commands make it, reports print it, and neither needs the other.

pub(crate) mod bench;
pub(crate) mod calibration;
pub(crate) mod info;
pub(crate) mod machine;
