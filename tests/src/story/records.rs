//! The linked records as people read them: one line a VoiceCall, a cause before its effects.

use std::fmt::Write;

/// One VoiceCall with the names of the stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub id: String,
    pub call_type: String,
    pub purpose: String,
    pub from: String,
    /// Who handled it, else whom it was for; of a coaching the coached agent.
    pub to: String,
    pub disposition: String,
    pub parent: Option<String>,
    pub previous: Option<String>,
}

/// From the candidates for the far side of a record, the first who is not its maker.
pub fn far_side(from: &str, candidates: [Option<String>; 2]) -> String {
    candidates.into_iter().flatten().find(|name| name != from).unwrap_or_else(|| "-".to_owned())
}

/// Records in the order of their paths.
pub fn text(records: &[Record]) -> String {
    let mut text = String::new();
    for record in records {
        let mut line = format!(
            "{:<9} {:<11} {:<5} {:<5} {}",
            record.call_type, record.purpose, record.from, record.to, record.disposition
        );
        let links = [("parent", &record.parent), ("previous", &record.previous)];
        let links = links.iter().filter_map(|(link, id)| Some((link, id.as_ref()?)));
        for (count, (link, id)) in links.enumerate() {
            let gap = if count == 0 { "  " } else { ", " };
            // Writing to a text cannot fail.
            let _ = write!(line, "{gap}{link}: {}", called(records, id));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `the consult`, or where there are several, `the 2nd consult`.
fn called(records: &[Record], id: &str) -> String {
    let Some(record) = records.iter().find(|record| record.id == id) else { return "a stranger".to_owned() };
    let word = match record.purpose.as_str() {
        "customer" => "customer call",
        other => other,
    };
    let alike: Vec<&Record> = records.iter().filter(|other| other.purpose == record.purpose).collect();
    let place = alike.iter().position(|other| other.id == id).unwrap_or(0);
    match (alike.len(), place) {
        (1, _) => format!("the {word}"),
        (_, 0) => format!("the 1st {word}"),
        (_, 1) => format!("the 2nd {word}"),
        (_, 2) => format!("the 3rd {word}"),
        (_, more) => format!("the {}th {word}", more + 1),
    }
}
