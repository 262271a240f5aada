//! `lime-pow schemes`.

use crate::args::SchemesArgs;
use crate::failure::Failure;
use crate::report::{self, json, text};

pub(crate) fn run(args: &SchemesArgs) -> Result<(), Failure> {
    if args.json { report::print(&json::schemes()) } else { report::print(&text::schemes()) }
}
