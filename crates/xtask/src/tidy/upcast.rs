//! The journal keeps events as JSON for years: a change of their shape needs a look at how old ones are read.

use super::{Finding, source::Source, tree::Tree};

const EVENTS: &str = "crates/voicecall/src/event.rs";
const UPCAST: &str = "crates/voicecall/src/upcast.rs";
const MARK: &str = "//! Event shape: ";

/// `upcast.rs` names the shape of `event.rs` that it was last read against.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let (Some(events), Some(notes)) =
        (tree.rust.iter().find(|source| source.path == EVENTS), tree.files.get(UPCAST))
    else {
        return Vec::new();
    };
    let shape = shape(events);
    let marked =
        notes.lines().enumerate().find_map(|(index, line)| Some((index + 1, line.strip_prefix(MARK)?)));
    // Without the mark nothing is promised yet: it is written with the first release whose journals must stay readable.
    let Some((line, _)) = marked.filter(|(_, known)| *known != shape) else { return Vec::new() };
    let mend =
        format!("see that events already journaled still read, say so there, and write `{MARK}{shape}`");
    vec![Finding::new(UPCAST, line, "the events have another shape than this page was written for", mend)]
}

/// FNV-1a (64 bit) over the words of the code that ships; comments and layout do not count, attributes' texts neither.
fn shape(source: &Source) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for (_, word) in source.words().filter(|(at, _)| !source.is_test(*at)) {
        for byte in word.bytes().chain([b' ']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::{super::found, *};

    #[test]
    fn a_changed_event_asks_for_a_look_at_the_upcasts() {
        let with = |events: &str, notes: &str| found(check, &[(EVENTS, events), (UPCAST, notes)]).len();
        let known =
            format!("//! Notes.\n{MARK}{}\n", shape(&Source::read(EVENTS, "pub enum Event { Opened }")));
        assert_eq!(with("pub enum Event { Opened }", &known), 0);
        assert_eq!(
            with("// new\npub enum Event {\n    Opened,\n}", &known),
            0,
            "comments and layout are no change"
        );
        assert_eq!(with("pub enum Event { Opened, Ended }", &known), 1);
        assert_eq!(
            with("pub enum Event { Opened }", "//! Notes.\n"),
            0,
            "without the mark nothing is promised yet"
        );
    }
}
