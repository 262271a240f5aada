//! What people and programs read: text, JSON, pages, snippets. Nothing here measures or decides.

pub(crate) mod calibration;
pub(crate) mod html;
pub(crate) mod json;
mod plots;
pub(crate) mod snippet;
pub(crate) mod text;
