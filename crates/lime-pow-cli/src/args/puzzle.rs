//! A puzzle from the command line: the challenge as text, file or JSON, and parameters by name.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use lime_pow::scheme::{FORMATS, Format, Parameters};
use lime_pow::{Bundle, Error, Nonce};

use crate::failure::Failure;
use crate::input::{self, Source};

#[derive(Debug, clap::Args)]
pub(crate) struct PuzzleArgs {
    /// The challenge as the server sent it: text, or JSON of any version of the scheme. What is empty, null,
    /// a page or another system's is refused
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "challenge_file")]
    challenge: Option<String>,

    /// A file that holds the challenge, or - for standard input; newlines at its end are ignored
    #[arg(long, value_name = "FILE")]
    challenge_file: Option<PathBuf>,

    /// The scheme's difficulty: leading zero bits for LIME's, where 0 or less means no work
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    difficulty: Option<String>,

    /// A parameter by name, such as salt=abc, taken as it is; it goes before what the challenge says
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,

    /// The puzzle's format, see `lime-pow schemes`; lime-legacy is what LIME servers used before lime-v1
    #[arg(long, value_name = "NAME", default_value = FORMATS[0].name, value_parser = FORMATS.each_ref().map(|format| format.name))]
    scheme: String,

    /// The largest nonce that the server reads, above or below the scheme's own limit
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    max_nonce: Option<Nonce>,
}

/// A puzzle, with what it was made from.
#[derive(Debug)]
pub(crate) struct Puzzle {
    pub format: &'static Format,
    pub parameters: Parameters,
    pub bundle: Bundle,
    /// What makes a solution doubtful, for people.
    pub warnings: Vec<String>,
}

impl PuzzleArgs {
    pub(crate) fn reads_standard_input(&self) -> bool {
        self.challenge_file.as_deref() == Some(Path::new("-"))
    }

    pub(crate) fn parse(&self) -> Result<Puzzle, Failure> {
        let format = Format::by_name(&self.scheme)?;
        let mut given = Parameters::default();
        if let Some(difficulty) = &self.difficulty {
            let name = format.difficulty.ok_or_else(|| {
                Failure::Usage(format!("{} has no --difficulty: the challenge tells", format.name))
            })?;
            given.set(name, difficulty);
        }
        for (name, value) in &self.parameters {
            if given.set(name, value).is_some() {
                return Err(Failure::Usage(format!("{}: {name} is given twice", format.name)));
            }
        }
        format.check_names(&given)?;

        let input = match (&self.challenge, &self.challenge_file) {
            (Some(text), _) => {
                let source = Source::argument("--challenge");
                source.check(text)?;
                Some((source, text.clone()))
            }
            (None, Some(path)) => Some(input::read(path)?),
            (None, None) => None,
        };
        let mut parameters = match &input {
            Some((source, text)) => format.read(text).map_err(|error| source.refuses(error))?,
            None => Parameters::default(),
        };
        for (name, value) in given.iter() {
            parameters.set(name, value);
        }
        let mut bundle = format.parse(&parameters).map_err(|error| match (&input, &error) {
            (Some((source, _)), Error::MissingParameter { .. }) => source.refuses(error),
            _ => error.into(),
        })?;
        if let Some(max_nonce) = self.max_nonce {
            bundle = bundle.with_max_nonce(max_nonce.as_u64());
        }
        let warnings = format.warnings(&parameters, SystemTime::now());
        Ok(Puzzle { format, parameters, bundle, warnings })
    }
}

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
