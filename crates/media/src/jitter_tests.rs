use super::*;

const PCMU: Content = Content::Audio(Codec::Pcmu);

fn body(sequence: u16) -> [u8; 2] {
    sequence.to_be_bytes()
}

/// The sequence number that is played, if one is.
fn play(jitter: &mut Jitter, now: Micros) -> Option<u16> {
    match jitter.pop(now) {
        Popped::Packet { place, .. } => {
            let bytes = jitter.bytes(place);
            Some(u16::from_be_bytes([bytes[0], bytes[1]]))
        }
        Popped::Missing | Popped::Empty => None,
    }
}

#[test]
fn a_steady_stream_is_played_at_once_and_in_order_across_the_wrap() {
    let mut jitter = Jitter::new(160);
    for n in 0..1000u16 {
        let sequence = 65_000u16.wrapping_add(n);
        let now = u64::from(n) * TICK_US + 5_000;
        jitter.insert(sequence, PCMU, &body(sequence), now - 3_000);
        assert_eq!(play(&mut jitter, now), Some(sequence));
        assert!(!jitter.sheds(now));
    }
}

#[test]
fn swapped_packets_come_out_in_order_once_the_buffer_has_learned() {
    let mut jitter = Jitter::new(160);
    let mut played = Vec::new();
    for n in 0..400u16 {
        let now = u64::from(n) * TICK_US;
        // Every pair arrives swapped: 1 0 3 2 5 4 ...
        let sequence = n ^ 1;
        jitter.insert(sequence, PCMU, &body(sequence), now);
        played.extend(play(&mut jitter, now));
    }
    assert!(played.windows(2).all(|pair| pair[0] < pair[1]));
    let last: Vec<u16> = played[played.len() - 100..].to_vec();
    assert!(last.windows(2).all(|pair| pair[1] == pair[0] + 1), "no gap after learning: {last:?}");
}

#[test]
fn a_lost_packet_is_one_gap_and_costs_no_delay() {
    let mut jitter = Jitter::new(160);
    let mut gaps = 0;
    for n in 0..100u16 {
        let now = u64::from(n) * TICK_US;
        if n != 50 {
            jitter.insert(n, PCMU, &body(n), now);
        }
        if play(&mut jitter, now).is_none() {
            gaps += 1;
        }
    }
    assert_eq!((gaps, jitter.queued()), (1, 0));
}

#[test]
fn delay_gained_in_a_stall_is_given_back() {
    let mut jitter = Jitter::new(160);
    let mut arrived = 0u16;
    let mut depth_after_stall = 0;
    for n in 0..500u64 {
        let now = n * TICK_US + 10_000;
        // From tick 100 to 106 nothing comes, then everything at once.
        if !(100..106).contains(&n) {
            while u64::from(arrived) <= n {
                jitter.insert(arrived, PCMU, &body(arrived), now - 5_000);
                arrived += 1;
            }
        }
        play(&mut jitter, now);
        if jitter.sheds(now) {
            play(&mut jitter, now);
        }
        if n == 110 {
            depth_after_stall = jitter.queued();
        }
    }
    assert!(depth_after_stall >= 5);
    assert_eq!(jitter.queued(), 0);
}

#[test]
fn a_sender_close_to_the_tick_settles_and_is_not_pushed_back_into_gaps() {
    let mut jitter = Jitter::new(160);
    let (mut sent, mut gaps) = (0u16, 0);
    for n in 0..3000u64 {
        let now = (n + 1) * TICK_US;
        // The packet of this tick comes within a millisecond before or after it.
        loop {
            let wobble = (u64::from(sent) * 7919) % 2_000;
            let arrival = (u64::from(sent) + 1) * TICK_US - 1_000 + wobble;
            if arrival > now {
                break;
            }
            jitter.insert(sent, PCMU, &body(sent), arrival);
            sent += 1;
        }
        if play(&mut jitter, now).is_none() {
            gaps += 1;
        }
        if jitter.sheds(now) {
            play(&mut jitter, now);
        }
    }
    assert!(gaps <= 2, "{gaps} gaps in a minute");
}

#[test]
fn packets_that_came_together_at_the_start_do_not_become_delay() {
    let mut jitter = Jitter::new(160);
    for n in 0..6u16 {
        jitter.insert(n, PCMU, &body(n), 0);
    }
    assert_eq!(play(&mut jitter, 1_000), Some(5));
    assert_eq!(jitter.queued(), 0);
}

#[test]
fn a_jump_in_the_sequence_starts_over() {
    let mut jitter = Jitter::new(160);
    jitter.insert(10, PCMU, &body(10), 0);
    assert_eq!(play(&mut jitter, 0), Some(10));
    jitter.insert(30_000, PCMU, &body(30_000), TICK_US);
    assert_eq!(play(&mut jitter, TICK_US), Some(30_000));
}

#[test]
fn key_presses_hold_their_place_and_make_no_gap() {
    let mut jitter = Jitter::new(160);
    jitter.insert(1, PCMU, &body(1), 0);
    assert_eq!(play(&mut jitter, 0), Some(1));
    jitter.insert(2, Content::Nothing, &[], 0);
    jitter.insert(3, PCMU, &body(3), 0);
    assert_eq!(play(&mut jitter, TICK_US), Some(3));
}

proptest::proptest! {
    #[test]
    fn no_packet_is_played_twice_or_out_of_order_whatever_arrives(
        steps in proptest::collection::vec((0u16..400, 0usize..3), 0..400)
    ) {
        let mut jitter = Jitter::new(8);
        let mut last: Option<u16> = None;
        for (n, (sequence, pops)) in steps.into_iter().enumerate() {
            let now = n as u64 * TICK_US;
            let before = jitter.next;
            jitter.insert(sequence, PCMU, &body(sequence), now);
            let jumped = before.is_some_and(|next| (sequence.wrapping_sub(next) as i16).unsigned_abs() >= SLOTS as u16);
            if jumped || jitter.fresh {
                last = None;
            }
            for _ in 0..pops {
                if let Some(played) = play(&mut jitter, now) {
                    proptest::prop_assert!(last.is_none_or(|last| last < played), "{last:?} {played}");
                    last = Some(played);
                }
            }
            proptest::prop_assert!(jitter.queued() <= SLOTS);
        }
    }
}
