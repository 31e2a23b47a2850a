//! Somebody else's phones: baresip as customer and agent, sipp against the trunk.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use reqwest::Method;
use scenarios::{
    stage::{
        baresip::{Baresip, BaresipConfig},
        server::Setup,
        sipp::{Sipp, third_party},
        skip::where_installed,
        tone::Pilot,
    },
    story::{
        Stage,
        wired::{NETWORK, Wired, on_world},
    },
};
use serde_json::json;

const SOON: Duration = Duration::from_secs(30);

/// A customer on baresip, an agent on baresip, a specialist on ours.
#[test]
fn baresip_is_customer_and_agent_and_goes_through_a_warm_transfer() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let ben = stage.agent("ben").available();
        let ana = stage.agent("ana").serves("billing").absent();
        let number = world.block_on(world.queue("billing")).unwrap().1;
        let here = SocketAddr::from(([127, 0, 0, 1], 9));
        world.block_on(world.admin.create_trunk("baresip", here)).unwrap();
        let customer = BaresipConfig {
            user: "+15550777".into(),
            password: None,
            server: world.sip(),
            pilot: Pilot::nth(8),
            answers: false,
        };
        let person = world.person("ana");
        let staff = person.staff.as_ref().unwrap();
        let account = &staff.user.sip;
        let agent = BaresipConfig {
            user: account.username.clone(),
            password: Some(account.password.clone()),
            server: world.sip(),
            pilot: person.pilot,
            answers: true,
        };
        let specialist = world.person("ben").pilot;
        let phones = world.block_on(async {
            let customer_phone = where_installed(Baresip::start(customer.clone()).await).unwrap()?;
            let agent_phone = Baresip::start(agent).await.unwrap();
            agent_phone.registered(SOON).await.unwrap();
            staff.client.take_presence("online").await.unwrap();
            customer_phone.dial(&number).await.unwrap();
            agent_phone.established(SOON).await.unwrap();
            customer_phone.hears_exactly(&[person.pilot], SOON).await.unwrap();
            agent_phone.hears_exactly(&[customer.pilot], SOON).await.unwrap();
            Some((customer_phone, agent_phone))
        });
        let Some((customer_phone, agent_phone)) = phones else { return };
        ana.consults(&ben);
        ben.answers();
        world.block_on(async {
            agent_phone.hears_exactly(&[specialist], SOON).await.unwrap();
            customer_phone.hears_exactly(&[], SOON).await.unwrap();
        });
        ana.completes_transfer();
        world.block_on(async {
            agent_phone.closed(SOON).await.unwrap();
            customer_phone.hears_exactly(&[specialist], SOON).await.unwrap();
            customer_phone.hang_up().await.unwrap();
        });
        ben.is_free();
    });
}

fn network_address() -> SocketAddr {
    UdpSocket::bind((NETWORK, 0)).unwrap().local_addr().unwrap()
}

#[test]
fn the_stock_callers_of_sipp_are_served() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        world.block_on(async {
            let number = world.queue("billing").await.unwrap().1;
            for scenario in ["uac", "uac_pcap"] {
                let sipp = Sipp::stock(scenario).target(world.sip()).service(&number);
                let sipp = sipp.local(network_address()).calls(5).rate(5).hold_ms(300);
                let Some(tally) = where_installed(sipp.run(SOON).await).unwrap() else { return };
                assert!(tally.all_succeeded(), "{scenario}: {tally:?}");
            }
        });
    });
}

#[test]
fn a_third_party_controls_two_of_our_calls() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        world.block_on(async {
            let number = world.queue("billing").await.unwrap().1;
            // Its two halves choose their own addresses on loopback.
            world.admin.create_trunk("sipp", SocketAddr::from(([127, 0, 0, 1], 9))).await.unwrap();
            let to = (number.as_str(), world.sip());
            let Some((first, second)) = where_installed(third_party(to, to, SOON).await).unwrap() else {
                return;
            };
            assert!(first.all_succeeded() && second.all_succeeded(), "{first:?} {second:?}");
        });
    });
}

#[test]
fn nobody_changes_phones_under_a_call() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        let client = world.person("ana").staff.as_ref().unwrap().client.clone();
        let change = || {
            let body = json!({"kind": "desk_phone"});
            world.block_on(client.send(Method::PUT, "/v1/me/phone", body)).unwrap()
        };
        dana.calls("billing");
        ana.rings();
        let refused = change();
        assert_eq!((refused.status.as_u16(), refused.code()), (409, "state_conflict"));
        ana.answers();
        stage.hears("dana<->ana");
        assert_eq!(change().status.as_u16(), 409);
        dana.hangs_up();
        ana.is_free();
        assert_eq!(change().status.as_u16(), 200);
    });
}
