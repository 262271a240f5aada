//! A puzzle from the command line: the challenge as text, file or JSON, and parameters by name.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use lime_pow::Bundle;
use lime_pow::scheme::{FORMATS, Format, Parameters};

use crate::failure::Failure;
use crate::nesting;

/// More than any scheme's challenge takes.
const MAX_CHALLENGE_BYTES: usize = 65_536;

#[derive(Debug, clap::Args)]
pub(crate) struct PuzzleArgs {
    /// The challenge as the server sent it, which may begin with a dash: text, or the JSON object of schemes
    /// that have one
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "challenge_file")]
    challenge: Option<String>,

    /// A file that holds the challenge, or - for standard input; one newline at its end is ignored
    #[arg(long, value_name = "FILE")]
    challenge_file: Option<PathBuf>,

    /// The scheme's difficulty: leading zero bits for LIME's, where 0 or less means no work
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    difficulty: Option<String>,

    /// A parameter by name, such as salt=abc; it goes before what the challenge says
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

        let mut parameters = match (&self.challenge, &self.challenge_file) {
            (Some(text), _) => {
                check_size("--challenge", text.len())?;
                challenge_parameters(format, text.clone())?
            }
            (None, Some(path)) => challenge_parameters(format, read_challenge(path)?)?,
            (None, None) => Parameters::default(),
        };
        for (name, value) in given.iter() {
            parameters.set(name, value);
        }
        let bundle = format.parse(&parameters)?;
        Ok(Puzzle { format, parameters, bundle })
    }
}

/// What a challenge says: a JSON object, or the scheme's first parameter.
fn challenge_parameters(format: &Format, text: String) -> Result<Parameters, Failure> {
    if format.json && text.trim_start().starts_with('{') {
        nesting::check(&text).map_err(|why| Failure::Usage(format!("{}: {why}", format.name)))?;
        serde_json::from_str(&text).map_err(|error| {
            Failure::Usage(format!("{}: the challenge is not valid JSON: {error}", format.name))
        })
    } else {
        Ok([(format.parameters[0].name, text)].into_iter().collect())
    }
}

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn check_size(name: &str, bytes: usize) -> Result<(), Failure> {
    match bytes {
        0..=MAX_CHALLENGE_BYTES => Ok(()),
        _ => Err(Failure::Usage(format!("{name}: more than {MAX_CHALLENGE_BYTES} bytes"))),
    }
}

fn read_challenge(path: &Path) -> Result<String, Failure> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let failed = |error| Failure::Io { what: name.clone(), error };
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    // One byte more, to tell that it is too much.
    let mut bytes = Vec::new();
    input.take(MAX_CHALLENGE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    check_size(&name, bytes.len())?;
    let text = bytes.strip_suffix(b"\n").map_or(&bytes[..], |line| line.strip_suffix(b"\r").unwrap_or(line));
    String::from_utf8(text.to_vec()).map_err(|error| {
        Failure::Usage(format!("{name}: not UTF-8 after {} bytes", error.utf8_error().valid_up_to()))
    })
}
