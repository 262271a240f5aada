//! The primitives that workers meet each other through: std's, or loom's when the crate is built with
//! `--cfg lime_pow_loom` to model them.

#[cfg(lime_pow_loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(lime_pow_loom))]
pub(crate) use std::sync::atomic::{AtomicU64, Ordering};
