//! A puzzle from the command line: the challenge as text, file or JSON, and parameters by name.

use std::path::PathBuf;

use lime_pow::Bundle;
use lime_pow::scheme::{FORMATS, Format, Parameters};

use crate::failure::Failure;
use crate::input::{self, Input, Source};
use crate::lime::{self, Answer};

#[derive(Debug, clap::Args)]
pub(crate) struct PuzzleArgs {
    /// The challenge as the server sent it, which may begin with a dash: text, or the JSON of schemes that
    /// have it; LIME's own is the answer of auth/requests, with or without its envelope
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "challenge_file")]
    challenge: Option<String>,

    /// A file that holds the challenge, or - for standard input; one newline at its end is ignored. What is
    /// empty, null or a page is refused
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
                source.check_size(text)?;
                Some((source, text.clone()))
            }
            (None, Some(path)) => Some(input::read(path)?),
            (None, None) => None,
        };
        let Answer { mut parameters, warnings } = match input {
            Some((source, text)) => challenge(format, &source, &text)?,
            None => Answer { parameters: Parameters::default(), warnings: Vec::new() },
        };
        for (name, value) in given.iter() {
            parameters.set(name, value);
        }
        let bundle = format.parse(&parameters)?;
        Ok(Puzzle { format, parameters, bundle, warnings })
    }
}

/// What a challenge says: a server's JSON, or the scheme's first parameter.
fn challenge(format: &Format, source: &Source, text: &str) -> Result<Answer, Failure> {
    let first = format.parameters[0].name;
    let parameters = match input::recognise(source, text, first)? {
        Input::Text(text) => [(first, text)].into_iter().collect(),
        Input::Json(json) if format.name.starts_with("lime-") => return lime::read(source, &json),
        Input::Json(json) if format.json => serde_json::from_value(json)
            .map_err(|error| source.refuses(format_args!("no object of {}: {error}", format.name)))?,
        Input::Json(_) => {
            let why =
                format!("JSON, which {} does not have; -p {first}=TEXT takes any text as it is", format.name);
            return Err(source.refuses(why));
        }
    };
    Ok(Answer { parameters, warnings: Vec::new() })
}

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
