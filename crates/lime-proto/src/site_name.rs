//! Names of sites, which language models read: short, and nothing in them but what can be seen.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// The name of a site: 1 to 64 printable characters, without a space at either end. Line breaks, control
/// characters, marks that turn the direction of writing, and characters that show nothing are refused: a name
/// is read by agents and by people, and both must see what it says.
///
/// # Examples
///
/// ```
/// use lime_proto::SiteName;
///
/// assert_eq!(SiteName::try_from("Café München".to_owned())?.as_str(), "Café München");
/// assert!(SiteName::try_from("Shop\u{202e}knaB".to_owned()).is_err());
/// # Ok::<(), lime_proto::NotASiteName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteName(String);

/// A text that is no [`SiteName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a site: 1 to {max} printable characters, without a space at either end", max = SiteName::MAX_CHARS)]
pub struct NotASiteName(String);

impl SiteName {
    /// The most characters that a name has.
    pub const MAX_CHARS: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character is visible, or the plain space. By Unicode's general categories, all other separators
/// are refused, and so are control, format, private-use and unassigned characters; marks that change the
/// direction of writing are format characters.
fn is_printable(character: char) -> bool {
    match character.general_category_group() {
        GeneralCategoryGroup::Other => false,
        GeneralCategoryGroup::Separator => character == ' ',
        _ => !is_invisible(character),
    }
}

/// Whether displays ignore a character although its category is that of letters or marks: joiners, fillers
/// and variation selectors (`Default_Ignorable_Code_Point` without the category Cf).
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

impl TryFrom<String> for SiteName {
    type Error = NotASiteName;

    fn try_from(text: String) -> Result<Self, NotASiteName> {
        let is_name = (1..=Self::MAX_CHARS).contains(&text.chars().count())
            && text.chars().all(is_printable)
            && !text.starts_with(' ')
            && !text.ends_with(' ');
        if is_name { Ok(Self(text)) } else { Err(NotASiteName(text)) }
    }
}

impl From<SiteName> for String {
    fn from(name: SiteName) -> Self {
        name.0
    }
}

impl fmt::Display for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_can_be_seen() {
        let name = |text: &str| SiteName::try_from(text.to_owned());
        for text in ["S", "Site 1", "Bücher & Co.", "日本の店", "ร้านค้า", "हिन्दी", "🛒 Shop", &"é".repeat(64)]
        {
            assert_eq!(name(text).unwrap().as_str(), text);
        }
        let invisible = [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{a0}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{3000}',
            '\u{3164}',
            '\u{e000}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fffe}',
            '\u{e0041}',
            '\u{e0100}',
        ];
        for character in invisible {
            assert!(name(&format!("a{character}b")).is_err(), "{character:?}");
        }
        for text in ["", " ", " a", "a ", &"a".repeat(65)] {
            assert!(name(text).is_err(), "{text:?}");
        }
        let error = name("a\nb").unwrap_err().to_string();
        assert!(error.starts_with("\"a\\nb\" is no name of a site: 1 to 64 "), "{error}");
    }
}
