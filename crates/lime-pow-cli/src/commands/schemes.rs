//! `lime-pow schemes`.

use crate::args::SchemesArgs;
use crate::failure::Failure;
use crate::output;
use crate::report::{json, text};

pub(crate) fn run(args: &SchemesArgs) -> Result<(), Failure> {
    if args.json { output::print(&json::schemes()) } else { output::print(&text::schemes()) }
}
