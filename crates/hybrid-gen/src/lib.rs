//! The generator behind lime-pow's hybrid kernel. It knows rounds, registers and how two streams of
//! instructions are interleaved; [`shared`] and [`one_word`] hold the two kernels and their parameters.
//!
//! The text is for the body of a naked function of the `sysv64` calling convention that takes a pointer to
//! its arguments. It uses no stack and no callee-saved register, and calls nothing, so there is nothing to
//! save, to align or to unwind.

pub mod one_word;
pub mod shared;
mod stream;

/// Each file's name and text.
pub fn files() -> Vec<(String, String)> {
    let mut files = vec![("shared.s".to_owned(), shared::generate())];
    for word in one_word::SCAN_WORDS {
        files.push((format!("scan_{word}.s"), one_word::generate(word, one_word::Result::FirstWords)));
    }
    for word in one_word::MIDSTATE_WORDS {
        files.push((format!("midstates_{word}.s"), one_word::generate(word, one_word::Result::States)));
    }
    files
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_files_are_what_the_generator_writes() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/kernel/hybrid");
        for (name, text) in super::files() {
            let written = std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
            // Not assert_eq: nobody wants to read two thousand lines twice.
            assert!(
                written == text,
                "{name} is not what the generator writes: run `cargo run -p hybrid-gen`"
            );
        }
    }
}
