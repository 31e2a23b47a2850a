use std::net::{IpAddr, SocketAddr};

use terms::{Direction, Sdp};

use super::*;
use crate::{MediaError, codec::Codec};

const PHONE: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=call\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n\
    m=audio 40000 RTP/AVP 9 8 0 96\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\na=sendrecv\r\n";

fn origin() -> Origin {
    Origin { id: 42, version: 1, address: IpAddr::from([127, 0, 0, 1]), port: 20_000 }
}

fn agreed(text: &str) -> Result<Agreed, MediaError> {
    agree(&read(text)?, None)
}

#[test]
fn the_first_codec_of_theirs_that_we_speak_is_taken() {
    let agreed = agreed(PHONE).unwrap();
    assert_eq!((agreed.codec, agreed.number, agreed.events), (Codec::Pcma, 8, Some((96, 8_000))));
    assert_eq!(agreed.described.rtp, Some(SocketAddr::from(([192, 0, 2, 7], 40_000))));
}

#[test]
fn a_reinvite_keeps_the_codec_in_use_where_it_is_still_offered() {
    let theirs = read(PHONE).unwrap();
    assert_eq!(agree(&theirs, Some(Codec::Pcmu)).unwrap().codec, Codec::Pcmu);
    assert_eq!(agree(&theirs, Some(Codec::Opus)).unwrap().codec, Codec::Pcma);
}

#[test]
fn fixed_numbers_need_no_map() {
    let text = "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n";
    assert_eq!(agreed(text).unwrap().codec, Codec::Pcmu);
}

#[test]
fn the_answer_keeps_every_m_line_and_refuses_video() {
    let text = format!("{PHONE}m=video 40002 RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\na=rtcp-mux\r\n");
    let theirs = read(&text).unwrap();
    let agreed = agree(&theirs, None).unwrap();
    let Sdp(answer) = write_answer(&origin(), &theirs, &agreed);
    expect_lines(
        &answer,
        &["m=audio 20000 RTP/AVP 8 96", "m=video 0 RTP/AVP 99", "a=ptime:20", "a=sendrecv"],
    );
    assert!(!answer.contains("rtcp-mux"), "mux was offered for video only");
    let ours = read(&answer).unwrap();
    assert_eq!(agree(&ours, None).unwrap().codec, Codec::Pcma);
}

fn expect_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.split("\r\n").any(|found| found == *line), "{line} is missing in\n{text}");
    }
}

#[test]
fn directions_are_answered_from_our_side_and_zeros_are_a_hold() {
    for (line, theirs, ours) in [
        ("a=sendonly", Direction::SendOnly, "a=recvonly"),
        ("a=recvonly", Direction::RecvOnly, "a=sendonly"),
        ("a=inactive", Direction::Inactive, "a=inactive"),
    ] {
        let description = read(&PHONE.replace("a=sendrecv", line)).unwrap();
        let agreed = agree(&description, None).unwrap();
        assert_eq!(agreed.direction, theirs);
        expect_lines(&write_answer(&origin(), &description, &agreed).0, &[ours]);
    }
    let held = agreed(&PHONE.replace("c=IN IP4 192.0.2.7", "c=IN IP4 0.0.0.0")).unwrap();
    assert_eq!(held.direction, Direction::SendOnly);
    assert_eq!(held.described.rtp, None);
}

#[test]
fn a_direction_above_all_media_lines_counts_where_a_line_has_none() {
    let text = "v=0\r\nc=IN IP4 192.0.2.1\r\na=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n";
    assert_eq!(agreed(text).unwrap().direction, Direction::SendOnly);
}

#[test]
fn mux_is_answered_where_it_is_offered_and_rtcp_goes_where_it_is_said() {
    let muxed = format!("{PHONE}a=rtcp-mux\r\na=rtcp:40009 IN IP4 192.0.2.8\r\n");
    let theirs = read(&muxed).unwrap();
    let agreed = agree(&theirs, None).unwrap();
    assert!(agreed.described.mux);
    assert_eq!(agreed.described.control, Some(SocketAddr::from(([192, 0, 2, 8], 40_009))));
    expect_lines(&write_answer(&origin(), &theirs, &agreed).0, &["a=rtcp-mux"]);
}

#[test]
fn our_offer_can_be_answered_by_ourselves_with_any_codec() {
    for using in [Codec::Pcmu, Codec::Pcma, Codec::Opus] {
        let Sdp(offer) = write_offer(&origin(), &Numbers::default(), Some(using));
        let theirs = read(&offer).unwrap();
        let agreed = agree(&theirs, None).unwrap();
        assert_eq!(agreed.codec, using);
        assert_eq!(agreed.events.map(|(_, clock)| clock), Some(using.clock()));
        let Sdp(answer) = write_answer(&origin(), &theirs, &agreed);
        assert_eq!(agree(&read(&answer).unwrap(), None).unwrap().codec, using);
    }
}

#[test]
fn what_is_no_description_is_refused_and_what_we_cannot_speak_is_said() {
    for text in [
        "",
        "hello",
        "v=1\r\n",
        "v=0\r\n",
        "v=0\r\nm=audio\r\n",
        "v=0\r\nm=audio x RTP/AVP 0\r\n",
        "v=0\r\njunk",
    ] {
        assert!(matches!(agreed(text), Err(MediaError::Malformed(_))), "{text:?}");
    }
    for text in [
        "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 18\r\n",
        "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 0 RTP/AVP 0\r\n",
        "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/SAVP 0\r\n",
        "v=0\r\nc=IN IP4 192.0.2.1\r\nm=video 4000 RTP/AVP 99\r\n",
    ] {
        assert_eq!(agreed(text), Err(MediaError::NoCommonCodec), "{text:?}");
    }
}

#[test]
fn a_host_name_is_tolerated_since_the_latch_finds_the_sender() {
    let agreed = agreed(&PHONE.replace("c=IN IP4 192.0.2.7", "c=IN IP4 phone.example.org")).unwrap();
    assert_eq!((agreed.direction, agreed.described.rtp), (Direction::SendRecv, None));
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(?s).{0,300}") {
        let _ = agreed(&text);
    }

    #[test]
    fn no_mutated_description_makes_reading_or_answering_panic(
        cuts in proptest::collection::vec((0usize..260, proptest::num::u8::ANY), 1..8)
    ) {
        let mut bytes = PHONE.as_bytes().to_vec();
        for (at, byte) in cuts {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(theirs) = read(&text) && let Ok(agreed) = agree(&theirs, None) {
            let Sdp(answer) = write_answer(&origin(), &theirs, &agreed);
            let again = read(&answer).unwrap();
            proptest::prop_assert_eq!(again.media.len(), theirs.media.len());
        }
    }
}
