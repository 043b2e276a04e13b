//! 文字: the only sentences the server makes, because a phone that gets a short message runs no page
//! of ours. Everything else the server says is a code with parameters.
//!
//! One table a language; a test proves that both have the same keys with the same parameters.
//! `{name}` in a template is a parameter.

mod en;
mod zh;

use serde::{Deserialize, Serialize};

/// Language of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// 中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    const fn table(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Zh => zh::WORDS,
            Self::En => en::WORDS,
        }
    }

    /// The template with that key.
    pub(crate) fn template(self, key: &str) -> Option<&'static str> {
        self.table().iter().find(|(k, _)| *k == key).map(|(_, text)| *text)
    }

    /// The sentence with that key; the key itself where there is none.
    pub(crate) fn say(self, key: &str, params: &[(&str, &str)]) -> String {
        fill(self.template(key).unwrap_or(key), params)
    }
}

/// Replaces each `{name}` by its value. An unknown name stays as it is: better odd than silent.
fn fill(template: &str, params: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match params.iter().find(|(n, _)| *n == name) {
            Some((_, value)) => text.push_str(value),
            None => {
                text.push('{');
                text.push_str(name);
                text.push('}');
            }
        }
        rest = tail;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    fn params(template: &str) -> BTreeSet<String> {
        template
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(n, _)| n.to_owned())
            .collect()
    }

    fn keys(language: Language) -> BTreeMap<&'static str, BTreeSet<String>> {
        let table = language.table();
        let keys: BTreeMap<_, _> = table.iter().map(|(k, t)| (*k, params(t))).collect();
        assert_eq!(keys.len(), table.len(), "a key stands twice in {language:?}");
        keys
    }

    #[test]
    fn both_languages_have_the_same_sentences_with_the_same_parameters() {
        assert_eq!(keys(Language::Zh), keys(Language::En));
    }

    #[test]
    fn parameters_are_filled_in_and_unknown_ones_stay_visible() {
        assert_eq!(fill("{a} and {b}{c", &[("a", "1")]), "1 and {b}{c");
    }
}
