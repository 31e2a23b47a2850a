//! Measuring who hears whom: every ear of an answered call, presence and absence, over the last 400 ms.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::Person;
use crate::{
    stage::{
        ear::{Hearing, Verdict},
        phone::Call,
        tone::Pilot,
    },
    story::{Heard, hears::SOUNDS},
};

/// How long a change may take until the last 400 ms hold nothing of what was before, on a busy machine.
pub(super) const SWITCH: Duration = Duration::from_secs(15);
/// How often all ears are read.
pub(super) const LOOK: Duration = Duration::from_millis(60);

/// What is wrong at this ear; None when it hears exactly these.
pub(super) fn wrong_at(person: &Person, call: &Call, heard: &Heard, cast: &[Arc<Person>]) -> Option<String> {
    let row = heard.row(&person.name);
    let Some(hearing) = call.voice().hearing() else {
        return Some(format!("{}: less than 400 ms of sound", person.name));
    };
    let wanted: BTreeSet<Pilot> =
        cast.iter().filter(|one| row.contains(one.name.as_str())).map(|one| one.pilot).collect();
    let stray = cast.iter().find(|one| {
        let verdict = if wanted.contains(&one.pilot) { Verdict::Present } else { Verdict::Absent };
        hearing.verdict(one.pilot) != verdict
    });
    if let Some(stray) = stray {
        let level = hearing.level(stray.pilot);
        return Some(format!(
            "{} hears {} at {level:.1} dBFS of {}",
            person.name,
            stray.name,
            named(&hearing, cast)
        ));
    }
    let music = row.iter().any(|source| SOUNDS.contains(source));
    (hearing.music() != music)
        .then(|| format!("{} hears music: {}; {}", person.name, !music, named(&hearing, cast)))
}

fn named(hearing: &Hearing, cast: &[Arc<Person>]) -> String {
    let mut text = String::new();
    for person in cast {
        text += &format!("{} {:.0}, ", person.name, hearing.level(person.pilot));
    }
    text + &format!("the rest {:.0} dBFS", hearing.rest)
}
