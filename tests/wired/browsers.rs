//! Browsers as phones: real Chromium, real WebRTC, tones measured at both ears.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use scenarios::{
    stage::{
        baresip::{Baresip, BaresipConfig},
        browser::{self, Browser, Library},
        client::{Client, NewUser},
        phone::Call,
        server::Setup,
        skip::where_installed,
        tone::Pilot,
        wait::{until, until_async},
    },
    story::wired::{Wired, on_world},
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);
const BACK: Duration = Duration::from_secs(8);
const BROWSER: Pilot = Pilot::nth(0);
const CUSTOMER: Pilot = Pilot::nth(Pilot::COUNT - 1);

/// An agent of one queue, signed in, with a browser for a phone.
struct Desk {
    client: Client,
    browser: Browser,
    number: String,
}

impl Desk {
    async fn start(world: &Wired, library: Library) -> Option<Desk> {
        let browser = where_installed(Browser::start(library, BROWSER).await).unwrap()?;
        let (queue, number, _) = world.queue("billing").await.unwrap();
        let set = world.admin.built_in_permission_set("agent").await.unwrap();
        let user = NewUser {
            username: "web".into(),
            extension: Some("290".into()),
            queues: vec![queue],
            permission_sets: vec![set],
            ..NewUser::default()
        };
        let user = world.admin.create_user(&user).await.unwrap();
        let path = format!("/v1/users/{}", user.id);
        let phone = json!({"phone": {"kind": "soft_phone", "auto_answer_seconds": null}});
        world.admin.patch(&path, phone).await.unwrap();
        let client = world.admin.as_user(&user).await.unwrap();
        let desk = Desk { client, browser, number };
        desk.open().await;
        Some(desk)
    }

    async fn open(&self) -> Value {
        let account = self.client.post("/v1/me/softphone", json!({})).await.unwrap();
        self.browser.open(&account).await.unwrap();
        account
    }

    /// A customer who calls and is answered in the browser.
    async fn takes_a_call(&self, world: &Wired) -> Call {
        self.client.take_presence("online").await.unwrap();
        let call = world.network.dial(&self.number).await.unwrap();
        let incoming = self.browser.event("incoming", SOON).await.unwrap();
        assert!(incoming["conversation"].is_string(), "{incoming}");
        self.browser.answer().await.unwrap();
        self.browser.event("established", SOON).await.unwrap();
        call.answered(SOON).await.unwrap();
        self.hear_each_other(&call, SOON).await;
        call
    }

    async fn hear_each_other(&self, call: &Call, limit: Duration) {
        self.browser.hears_exactly(&[CUSTOMER], limit).await.unwrap();
        customer_hears(call, true, limit).await;
    }

    async fn state(&self) -> Value {
        self.client.me().await.unwrap()["conversation"].clone()
    }
}

/// The customer hears the browser, or does not.
async fn customer_hears(call: &Call, wanted: bool, limit: Duration) {
    until(&format!("the customer hears the browser: {wanted}"), limit, || {
        let hearing = call.voice().hearing().ok_or_else(|| "nothing yet".to_owned())?;
        let level = hearing.level(BROWSER);
        let fits = if wanted { level >= browser::PRESENT_DBFS } else { level <= browser::ABSENT_DBFS };
        if fits { Ok(()) } else { Err(hearing.to_string()) }
    })
    .await
    .unwrap();
}

async fn customer_hears_music(call: &Call, limit: Duration) {
    until("the customer hears music", limit, || {
        let hearing = call.voice().hearing().ok_or("nothing yet")?;
        if hearing.music() && hearing.level(BROWSER) <= browser::ABSENT_DBFS {
            Ok(())
        } else {
            Err("no music")
        }
    })
    .await
    .unwrap();
}

fn with_desk(library: Library, story: impl AsyncFnOnce(&Wired, &Desk)) {
    on_world(Setup::default(), |world: Arc<Wired>| {
        world.block_on(async {
            if let Some(desk) = Desk::start(&world, library).await {
                story(&world, &desk).await;
            }
        });
    });
}

/// What every library for browsers must be able to do.
async fn a_day_at_the_desk(world: &Wired, desk: &Desk) {
    let call = desk.takes_a_call(world).await;
    let told = desk.browser.measure().await.unwrap();
    assert!(told["codecs"].as_array().unwrap().contains(&json!("audio/opus")), "{told}");
    assert_eq!(told["dtls"], "connected", "{told}");
    desk.browser.hold().await.unwrap();
    customer_hears_music(&call, SOON).await;
    desk.browser.resume().await.unwrap();
    desk.hear_each_other(&call, SOON).await;
    desk.browser.drop_socket().await.unwrap();
    desk.browser.event("registered", SOON).await.unwrap();
    desk.hear_each_other(&call, SOON).await;
    desk.browser.restart_ice().await.unwrap();
    desk.hear_each_other(&call, SOON).await;
    desk.browser.hang_up().await.unwrap();
    call.ended(SOON).await.unwrap();
    desk.browser.dial("sip:+15550777001@tandem").await.unwrap();
    let far = world.network.next_call(SOON).await.unwrap();
    far.answer().await.unwrap();
    desk.browser.event("established", SOON).await.unwrap();
    desk.hear_each_other(&far, SOON).await;
    desk.browser.digit('5', "INFO").await.unwrap();
    until("the far end gets the digit", SOON, || {
        let digits = far.voice().digits();
        if digits == "5" { Ok(()) } else { Err(digits) }
    })
    .await
    .unwrap();
    desk.browser.digit('7', "RFC2833").await.unwrap();
    until("the far end gets the other digit", SOON, || {
        let digits = far.voice().digits();
        if digits == "7" { Ok(()) } else { Err(digits) }
    })
    .await
    .unwrap();
    far.hang_up().await.unwrap();
    desk.browser.event("closed", SOON).await.unwrap();
}

#[test]
fn a_browser_takes_a_call_holds_it_loses_its_socket_and_calls_out() {
    with_desk(Library::JsSip, a_day_at_the_desk);
}

#[test]
fn somebody_elses_library_does_the_same() {
    with_desk(Library::SipJs, a_day_at_the_desk);
}

/// Somebody else's phone with G.711 and a browser with Opus, through the mixer.
#[test]
fn baresip_and_a_browser_talk_to_each_other() {
    with_desk(Library::JsSip, async |world, desk| {
        let here = SocketAddr::from(([127, 0, 0, 1], 9));
        world.admin.create_trunk("baresip", here).await.unwrap();
        let config = BaresipConfig {
            user: "+15550778".into(),
            password: None,
            server: world.sip(),
            pilot: CUSTOMER,
            answers: false,
        };
        let Some(phone) = where_installed(Baresip::start(config).await).unwrap() else { return };
        desk.client.take_presence("online").await.unwrap();
        phone.dial(&desk.number).await.unwrap();
        desk.browser.event("incoming", SOON).await.unwrap();
        desk.browser.answer().await.unwrap();
        desk.browser.event("established", SOON).await.unwrap();
        phone.established(SOON).await.unwrap();
        let hears = async |wanted: bool| {
            until(&format!("baresip hears the browser: {wanted}"), SOON, || {
                let hearing = phone.hearing().map_err(|error| error.to_string())?;
                let level = hearing.level(BROWSER);
                let fits =
                    if wanted { level >= browser::PRESENT_DBFS } else { level <= browser::ABSENT_DBFS };
                if fits { Ok(()) } else { Err(hearing.to_string()) }
            })
            .await
            .unwrap();
        };
        desk.browser.hears_exactly(&[CUSTOMER], SOON).await.unwrap();
        hears(true).await;
        let told = desk.browser.measure().await.unwrap();
        assert!(told["codecs"].as_array().unwrap().contains(&json!("audio/opus")), "{told}");
        desk.browser.hold().await.unwrap();
        hears(false).await;
        desk.browser.resume().await.unwrap();
        hears(true).await;
        phone.hang_up().await.unwrap();
        desk.browser.event("closed", SOON).await.unwrap();
    });
}

/// How often a page is lost in each way.
fn rounds() -> usize {
    if scenarios::story::wired::is_long() { 20 } else { 3 }
}

impl Desk {
    /// The page is there again and wants its call.
    async fn comes_back(&self) {
        let account = self.open().await;
        self.browser.dial(account["reattach_uri"].as_str().unwrap()).await.unwrap();
        self.browser.event("established", BACK).await.unwrap();
    }

    async fn is_in_state(&self, wanted: &str) {
        until_async(&format!("the conversation is {wanted}"), SOON, || async {
            let state = self.state().await["state"].clone();
            if state == wanted { Ok(()) } else { Err(state) }
        })
        .await
        .unwrap();
    }
}

#[test]
fn a_page_reloaded_or_killed_in_a_call_is_back_in_it_and_the_customer_hears_music_meanwhile() {
    with_desk(Library::JsSip, async |world, desk| {
        let call = desk.takes_a_call(world).await;
        let conversation = desk.state().await["id"].clone();
        for round in 0..2 * rounds() {
            if round % 2 == 0 {
                desk.browser.reload().await.unwrap();
            } else {
                desk.browser.crash().await.unwrap();
            }
            customer_hears_music(&call, SOON).await;
            desk.is_in_state("reattaching").await;
            if round % 2 == 1 {
                desk.browser.reopen().await.unwrap();
            }
            desk.comes_back().await;
            desk.hear_each_other(&call, BACK).await;
            desk.is_in_state("connected").await;
            assert_eq!(desk.state().await["id"], conversation);
        }
        assert!(call.is_up());
    });
}

#[test]
fn whoever_does_not_come_back_in_time_loses_the_call_to_the_head_of_its_queue() {
    with_desk(Library::JsSip, async |world, desk| {
        world.admin.patch("/v1/settings", json!({"reattach_grace_seconds": 2})).await.unwrap();
        let call = desk.takes_a_call(world).await;
        let conversation = desk.state().await["id"].clone();
        desk.browser.crash().await.unwrap();
        customer_hears_music(&call, SOON).await;
        let path = format!("/v1/conversations/{}", conversation.as_str().unwrap());
        until_async("the call waits in its queue again", SOON, || async {
            let state = world.admin.get(&path).await.map_err(|error| error.to_string())?["state"].clone();
            if state == "queued" { Ok(()) } else { Err(state.to_string()) }
        })
        .await
        .unwrap();
        desk.browser.reopen().await.unwrap();
        let account = desk.open().await;
        desk.browser.dial(account["reattach_uri"].as_str().unwrap()).await.unwrap();
        let closed = desk.browser.event("closed", SOON).await.unwrap();
        assert_eq!(closed["status"], 481, "{closed}");
        desk.client.take_presence("online").await.unwrap();
        desk.browser.event("incoming", SOON).await.unwrap();
        desk.browser.answer().await.unwrap();
        desk.hear_each_other(&call, SOON).await;
        assert_eq!(desk.state().await["id"], conversation);
    });
}
