//! The notation of who hears whom: `dana<->ana, ben->sup, hold->dana`, exactly these pairs and no other.

use std::collections::BTreeSet;

/// What an ear can hear beside people.
pub const SOUNDS: [&str; 6] = ["hold", "queue", "prompt", "ringback", "busy", "beep"];

/// A set of (ear, source), both by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard(pub BTreeSet<(String, String)>);

impl Heard {
    /// `a<->b` is both ways, `a<->b<->c` everybody with everybody, `a->b` reaches b's ear alone; empty is silence.
    pub fn read(text: &str) -> Self {
        let mut heard = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if let Some((source, ear)) = part.split_once("->").filter(|(source, _)| !source.ends_with('<')) {
                heard.add(source.trim(), ear.trim());
                continue;
            }
            let people: Vec<&str> = part.split("<->").map(str::trim).collect();
            for source in &people {
                for ear in people.iter().filter(|ear| *ear != source) {
                    heard.add(source, ear);
                }
            }
        }
        heard
    }

    pub fn add(&mut self, source: &str, ear: &str) {
        self.0.insert((ear.to_owned(), source.to_owned()));
    }

    /// What this ear hears.
    pub fn row(&self, ear: &str) -> BTreeSet<&str> {
        self.0.iter().filter(|(of, _)| of == ear).map(|(_, source)| source.as_str()).collect()
    }

    pub fn ears(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(ear, _)| ear.as_str()).collect()
    }
}

impl std::fmt::Display for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut first = true;
        for (ear, source) in &self.0 {
            let back = (source.clone(), ear.clone());
            let both = self.0.contains(&back);
            if both && source > ear {
                continue;
            }
            let arrow = if both { "<->" } else { "->" };
            write!(f, "{}{source}{arrow}{ear}", if first { "" } else { ", " })?;
            first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_is_read_and_written() {
        let heard = Heard::read("dana<->ana, ben->sup, hold->dana");
        assert_eq!(heard.to_string(), "ana<->dana, hold->dana, ben->sup");
        assert_eq!(heard.row("dana"), BTreeSet::from(["ana", "hold"]));
        assert_eq!(Heard::read("a<->b<->c"), Heard::read("a<->b, b<->c, a<->c"));
        assert_eq!(Heard::read(""), Heard::default());
    }
}
