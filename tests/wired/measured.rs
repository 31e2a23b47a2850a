//! Measured sound: no gap at the customer's ear, and no breath of a whisper where it does not belong.

use std::{sync::Arc, time::Duration};

use scenarios::{
    stage::{
        ear::{ABSENT_DBFS, WINDOW},
        server::Setup,
        tone::Pilot,
        voice::Voice,
        wait::until_async,
    },
    story::{
        Mode, Stage,
        wired::{Wired, is_long, on_world},
    },
};

/// The longest silence that people do not notice as a gap.
const GAP: Duration = Duration::from_millis(60);
const SOON: Duration = Duration::from_secs(20);

fn voice_of(world: &Wired, name: &str) -> Voice {
    world.block_on(world.call_of(name)).unwrap().voice().clone()
}

#[test]
fn the_customer_is_never_in_silence_across_hold_consult_merge_and_transfer() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        let ben = stage.agent("ben").available();
        dana.calls("billing");
        ana.answers();
        stage.hears("dana<->ana");
        let ear = voice_of(&world, "dana");
        let mut mark = ear.mark();
        let mut no_gap = |step: &str| {
            let silence = ear.since(mark).unwrap().longest_silence();
            assert!(silence <= GAP, "{step}: {silence:?} of silence; {:?}", ear.arrivals());
            mark = ear.mark();
        };
        ana.holds();
        stage.hears("hold->dana");
        ana.resumes();
        stage.hears("dana<->ana");
        no_gap("hold");
        ana.consults(&ben);
        ben.answers();
        stage.hears("ana<->ben, hold->dana");
        no_gap("consult");
        ana.swaps();
        stage.hears("dana<->ana, hold->ben");
        ana.swaps();
        stage.hears("ana<->ben, hold->dana");
        no_gap("swap");
        ana.merges();
        stage.hears("dana<->ana<->ben");
        no_gap("merge");
        ana.completes_transfer();
        stage.hears("dana<->ben");
        no_gap("transfer");
    });
}

#[test]
fn a_whisper_is_never_heard_by_anybody_but_the_agent_however_often_the_mode_changes() {
    let changes = if is_long() { 500 } else { 20 };
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        let ben = stage.agent("ben").available();
        let sup = stage.supervisor("sup");
        dana.calls("billing");
        ana.answers();
        ana.adds(&ben);
        ben.answers();
        stage.hears("dana<->ana<->ben");
        sup.monitors(&ana);
        stage.hears("dana<->ana<->ben, dana->sup, ana->sup, ben->sup");
        let coach = world.person("sup").pilot;
        let others = ["dana", "ben"].map(|name| (name, voice_of(&world, name)));
        let agent = voice_of(&world, "ana");
        let mut marks = others.each_ref().map(|(_, ear)| ear.mark());
        for change in 0..changes {
            sup.changes_to(if change % 2 == 0 { Mode::Whisper } else { Mode::Monitor });
            // The change is through when the agent's ear says so.
            world.block_on(changed(&agent, coach, change % 2 == 0));
            if change % 20 == 19 {
                for ((name, ear), mark) in others.iter().zip(&mut marks) {
                    let sound = ear.since(*mark).unwrap();
                    for window in sound.windows(WINDOW) {
                        let level = window.pilot(coach);
                        assert!(level <= ABSENT_DBFS, "{name} hears the coach at {level:.1} dBFS");
                    }
                    *mark = ear.mark();
                }
            }
        }
    });
}

/// Until the last tenth of a second holds the coach's tone, or does not.
async fn changed(agent: &Voice, coach: Pilot, heard: bool) {
    const TENTH: Duration = Duration::from_millis(100);
    until_async("the mode changes at the agent's ear", SOON, || async {
        let level = agent.last(TENTH).map_or(f64::NEG_INFINITY, |sound| sound.pilot(coach));
        if (level > -35.0) == heard { Ok(()) } else { Err(level) }
    })
    .await
    .unwrap();
}
