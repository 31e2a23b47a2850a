//! Uploaded prompts: what the file sounds like is what the caller hears.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use scenarios::{
    stage::{client::Client, place::Scratch, server::Setup, tone::Pilot, wav::write_pilot},
    story::{
        Stage,
        wired::{Wired, on_world},
    },
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
/// Long enough for somebody else to call meanwhile.
const SECONDS: u32 = 10;

async fn send(client: &Client, method: Method, path: &str, pilot: Pilot) -> Value {
    let scratch = Scratch::new("prompt").unwrap();
    let file = scratch.join("tone.wav");
    write_pilot(&file, pilot, SECONDS).unwrap();
    let request = client.request(method, path).header("content-type", "audio/wav");
    let answer = request.body(std::fs::read(&file).unwrap()).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

fn hears(world: &Wired, name: &str, pilot: Pilot) {
    world.block_on(async {
        let call = world.call_of(name).await.unwrap();
        call.voice().hears_exactly(&[pilot], false, SOON).await.unwrap();
    });
}

#[test]
fn who_hears_a_prompt_hears_it_to_its_end_and_who_comes_later_hears_the_new_one() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let (former, new) = (Pilot::nth(8), Pilot::nth(9));
        let made = world.block_on(send(&world.admin, Method::POST, "/v1/prompts?name=Welcome", former));
        let id = made["id"].as_str().unwrap();
        let (dana, rob) = (stage.customer("dana"), stage.customer("rob"));
        stage.flow("main", json!([{"play": "Welcome"}, {"play": id}, {"hang_up": {}}]));
        dana.calls("main");
        hears(&world, "dana", former);
        let path = format!("/v1/prompts/{id}/audio");
        world.block_on(send(&world.admin, Method::PUT, &path, new));
        rob.calls("main");
        hears(&world, "rob", new);
        hears(&world, "dana", former);
        // Her next step names the same prompt.
        hears(&world, "dana", new);
        dana.hangs_up();
        rob.hangs_up();
        world.block_on(world.restart()).unwrap();
        dana.calls("main");
        hears(&world, "dana", new);
        dana.hangs_up();
    });
}
