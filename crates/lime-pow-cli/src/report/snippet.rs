//! What LIME Core reads: the difficulty, and the reasoning as comments.

use lime_pow::ApproxDuration;

use crate::facts::calibration::Report;

pub(crate) fn toml(report: &Report) -> String {
    let recommended = &report.recommendation;
    let choice = &recommended.proof.choice;
    let mut out = String::new();
    // A line break in a name must not end the comment.
    let mut comment = |text: String| out.push_str(&format!("# {}\n", text.replace(char::is_control, " ")));
    comment(format!("Made by lime-pow {} on {}", report.reproduce.version, report.reproduce.time));
    comment(report.reproduce.command.clone());
    comment(format!(
        "{}: {} on {} at difficulty {}, limit {}",
        choice.constraint.name,
        ApproxDuration(choice.time),
        choice.profile,
        choice.difficulty,
        ApproxDuration(choice.constraint.limit),
    ));
    if let Some(harder) = &recommended.proof.harder {
        comment(format!("at {} it would be {}", harder.difficulty, ApproxDuration(harder.time)));
    }
    for warning in &report.warnings {
        comment(format!("note: {warning}"));
    }
    if recommended.k > 1 {
        comment(format!("for {} sub-puzzles of this difficulty each", recommended.k));
    }
    out + &format!(
        "\n[pow]\nscheme = \"{}\"\nbase = {}\n\
         # above this, more than one agent in a thousand is too late for timeout or lifetime\n\
         ceiling = {}",
        recommended.scheme, recommended.difficulty, recommended.ceiling
    )
}
