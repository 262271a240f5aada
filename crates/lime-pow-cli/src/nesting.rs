//! How deep JSON may be nested, told before it is parsed: `serde_json` has a limit of its own, but does not
//! say which.

/// More than any server's challenge and any profile has.
const MAX_NESTING: usize = 32;

/// Refuses text with more objects and lists inside one another. Whether it is JSON is for the parser to say.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let (mut depth, mut deepest) = (0usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    match deepest {
        0..=MAX_NESTING => Ok(()),
        _ => Err(format!("JSON of {deepest} levels exceeds {MAX_NESTING}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_do_not_count() {
        for text in
            [r#"{"a":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["}"#, r#""\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[""#]
        {
            assert_eq!(check(text), Ok(()));
        }
        // Brackets that follow one another are not nested, and text that is not JSON is not refused here.
        assert_eq!(check(&"[]".repeat(100)), Ok(()));
        assert_eq!(check("]]]]"), Ok(()));
        let escaped = format!(r#"["\\",{}"#, "[".repeat(32));
        assert_eq!(check(&escaped), Err("JSON of 33 levels exceeds 32".to_owned()));
    }
}
