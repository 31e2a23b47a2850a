//! Whatever comes in: no panic, at most one final answer a request, and nothing is kept for ever.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Change {
    Flip(usize, u8),
    Remove(usize, usize),
    Repeat(usize, usize),
    DropLine(usize),
    SwapLines(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        (any::<usize>(), 0..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<usize>(), 0..40_usize).prop_map(|(at, length)| Change::Repeat(at, length)),
        any::<usize>().prop_map(Change::DropLine),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Change::SwapLines(a, b)),
    ]
}

fn apply(message: &mut Vec<u8>, change: &Change) {
    if message.is_empty() {
        return;
    }
    let whole = message.len();
    match change {
        Change::Flip(at, byte) => message[at % whole] = *byte,
        Change::Remove(at, length) => {
            let at = at % whole;
            message.drain(at..(at + length).min(whole));
        }
        Change::Repeat(at, length) => {
            let at = at % whole;
            let piece = message[at..(at + length).min(whole)].to_vec();
            message.splice(at..at, piece);
        }
        Change::DropLine(at) => lines(message, |lines| {
            lines.remove(at % lines.len());
        }),
        Change::SwapLines(a, b) => lines(message, |lines| {
            let (a, b) = (a % lines.len(), b % lines.len());
            lines.swap(a, b);
        }),
    }
}

fn lines(message: &mut Vec<u8>, edit: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let mut lines: Vec<Vec<u8>> = message.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    edit(&mut lines);
    *message = lines.concat();
}

fn finals(bench: &mut Bench) -> Vec<(String, u16)> {
    let answers = bench.take().into_iter().filter(|text| text.starts_with("SIP/2.0 ")).map(|text| {
        let status = status_of(&text);
        (text.lines().find(|line| line.starts_with("CSeq: ")).unwrap_or("").to_owned(), status)
    });
    answers.filter(|(_, status)| *status >= 200).collect()
}

/// One of each kind of message, fit to a call that is up.
fn message(kind: u8, invite: &Invite) -> String {
    let outside = Invite::new("outside");
    match kind % 9 {
        0 => outside.text(),
        1 => outside.request("OPTIONS", 1, "o", "", ""),
        2 => invite.request("INVITE", 2, "x", "Supported: timer\r\nSession-Expires: 900\r\n", ANSWER),
        3 => invite.request("BYE", 2, "x", "", ""),
        4 => invite.request("REFER", 2, "x", "Refer-To: <sip:1@tandem?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>\r\n", ""),
        5 => invite.request("INFO", 2, "x", "Content-Type: application/dtmf-relay\r\n", "Signal=1\r\n"),
        6 => outside.request("REGISTER", 1, "x", "Authorization: Digest username=\"ana\", realm=\"tandem\", nonce=\"1\", uri=\"a\", response=\"b\", qop=auth, nc=1, cnonce=\"\"\r\n", ""),
        7 => outside.request("CANCEL", 1, "i", "", ""),
        _ => reply(&invite.text(), "200 OK", "x", trunk_flow(), "Record-Route: <sip:a;lr>\r\n", OFFER),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_message_never_panics_and_gets_at_most_one_final_answer(
        kind in any::<u8>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let mut bench = Bench::new();
        let (leg, invite) = bench.answered();
        let mut bytes = message(kind, &invite).into_bytes();
        for change in &changes {
            apply(&mut bytes, change);
        }
        bench.feed_bytes(trunk_flow(), &bytes);
        let answers = finals(&mut bench);
        prop_assert!(answers.len() <= 1, "{answers:?}");
        // Whatever it was, the call can be ended and everything is given back in the end.
        for report in bench.take_reports() {
            if let Report::Incoming(call) = report {
                bench.command(Command::Reject(call.leg, crate::Refusal::Busy486));
                prop_assert_eq!(finals(&mut bench).len(), 1);
            }
        }
        bench.command(Command::HangUp(leg, terms::EndReason::HungUp));
        bench.pass(10_000_000);
        prop_assert_eq!(bench.edge.kept(), [0; 5]);
    }

    #[test]
    fn any_bytes_at_all_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bench = Bench::new();
        bench.feed_bytes(trunk_flow(), &bytes);
        bench.feed_bytes(udp("203.0.113.99:9"), &bytes);
        bench.pass(100_000);
        prop_assert_eq!(bench.edge.kept(), [0; 5]);
    }
}
