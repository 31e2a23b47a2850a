//! The edge: whose calls are let in, how they are described, digits, and what stays on disk.

use std::{net::Ipv4Addr, path::Path, sync::Arc, time::Duration};

use scenarios::{
    stage::{
        StageError,
        phone::{Dial, Phone, PhoneConfig},
        server::Setup,
        tone::Pilot,
    },
    story::{
        Stage,
        wired::{Wired, on_world, run_on_postgres},
    },
};

const SOON: Duration = Duration::from_secs(20);

#[test]
fn an_unknown_source_is_refused_with_403_and_leaves_nothing() {
    on_world(Setup::default(), |world| {
        world.block_on(async {
            let number = world.queue("billing").await.unwrap().1;
            let mut config = PhoneConfig::trunk("+15550666", world.sip(), Pilot::nth(9));
            config.bind = Ipv4Addr::new(127, 0, 0, 3).into();
            let stranger = Phone::start(config).await.unwrap();
            let refused = stranger.dial(&number).await.unwrap().answered(SOON).await;
            assert!(matches!(refused, Err(StageError::Refused { status: 403, .. })), "{refused:?}");
            assert!(world.admin.live_conversations().await.unwrap().is_empty());
        });
    });
}

#[test]
fn a_call_that_comes_without_an_offer_is_answered_with_ours() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let ana = stage.agent("ana").serves("billing").available();
        let call = world.block_on(async {
            let number = world.queue("billing").await.unwrap().1;
            let call = world.network.dial_with(Dial::to(number).late()).await.unwrap();
            call.answered(SOON).await.unwrap();
            call
        });
        ana.answers();
        let agent = world.person("ana").pilot;
        world.block_on(async {
            call.voice().hears_exactly(&[agent], false, SOON).await.unwrap();
            let hers = world.call_of("ana").await.unwrap();
            hers.voice().hears_exactly(&[world.network.pilot()], false, SOON).await.unwrap();
            call.hang_up().await.unwrap();
        });
    });
}

#[test]
fn a_supervisors_digits_by_info_change_the_mode_too() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        let sup = stage.supervisor("sup");
        dana.calls("billing");
        ana.answers();
        sup.monitors(&ana);
        stage.hears("dana<->ana, dana->sup, ana->sup");
        world.block_on(async {
            let call = world.call_of("sup").await.unwrap();
            call.digit_by_info('5').await.unwrap();
        });
        stage.hears("dana<->ana, dana->sup, ana<->sup");
    });
}

#[test]
fn ending_a_call_of_which_nothing_is_kept_is_answered_with_its_end() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let ana = stage.agent("ana").available();
        let ben = stage.agent("ben").available();
        ana.calls(&ben);
        ben.answers();
        stage.hears("ana<->ben");
        ana.ends_the_call();
        ana.is_free();
        ben.is_free();
    });
}

#[test]
fn a_parked_call_is_seen_by_colleagues_who_may_fetch_it() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        let _ben = stage.agent("ben").available();
        dana.calls("billing");
        ana.answers();
        stage.hears("dana<->ana");
        let seen = |who: &str| {
            let person = world.person(who);
            let client = person.staff.as_ref().map(|staff| staff.client.clone()).unwrap();
            world.block_on(async { client.live_conversations().await.unwrap() })
        };
        assert!(seen("ben").is_empty(), "a call is its parties' own");
        ana.parks();
        let parked = seen("ben");
        assert_eq!(parked[0]["state"], "parked");
        assert_eq!(parked[0]["actions"]["retrieve"], true);
    });
}

#[test]
fn a_supervisor_whose_account_is_removed_hears_nothing_more() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        let sup = stage.supervisor("sup");
        dana.calls("billing");
        ana.answers();
        sup.monitors(&ana);
        stage.hears("dana<->ana, dana->sup, ana->sup");
        let id_of = |who: &str| world.person(who).staff.as_ref().map(|staff| staff.user.id.clone()).unwrap();
        world.block_on(async {
            let call = world.call_of("sup").await.unwrap();
            let talking = world.admin.delete(&format!("/v1/users/{}", id_of("ana"))).await;
            assert!(talking.is_err(), "whoever talks goes on talking: {talking:?}");
            world.admin.delete(&format!("/v1/users/{}", id_of("sup"))).await.unwrap();
            call.ended(Duration::from_secs(1)).await.unwrap();
        });
        stage.hears("dana<->ana");
    });
}

#[test]
fn an_ephemeral_call_leaves_no_byte_on_disk() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let ana = stage.agent("ana").available();
        let ben = stage.agent("ben").available();
        ana.calls(&ben);
        ben.answers();
        stage.hears("ana<->ben");
        let mut secrets = Vec::new();
        let data = world.block_on(async {
            let id = world.conversation_of("ana").await.unwrap();
            secrets.push(bytes_of(&id));
            secrets.push(id.into_bytes());
            for name in ["ana", "ben"] {
                let call = world.call_of(name).await.unwrap();
                secrets.push(call.call_id().as_bytes().to_vec());
            }
            world.data().await
        });
        assert_eq!(found(&data, &secrets), Vec::<String>::new(), "while it goes on");
        ben.hangs_up();
        ana.is_free();
        assert_eq!(found(&data, &secrets), Vec::<String>::new(), "afterwards");
    });
}

/// A UUID's sixteen octets.
fn bytes_of(id: &str) -> Vec<u8> {
    let digits: String = id.chars().filter(|c| *c != '-').collect();
    (0..16).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect()
}

/// Every file below that holds one of these, by name.
fn found(directory: &Path, secrets: &[Vec<u8>]) -> Vec<String> {
    let mut hits = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            hits.extend(found(&path, secrets));
            continue;
        }
        let octets = std::fs::read(&path).unwrap_or_default();
        for (number, secret) in secrets.iter().enumerate() {
            if octets.windows(secret.len()).any(|window| window == secret) {
                hits.push(format!("secret {number} in {}", path.display()));
            }
        }
    }
    hits
}

#[test]
fn a_warm_transfer_is_recorded_the_same_in_postgres() {
    run_on_postgres(crate::stories::warm_transfer);
}
