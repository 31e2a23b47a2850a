//! Hold, resume and mute.

use expect_test::expect;

story!(a_held_customer_hears_music_and_reaches_nobody, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    ana.holds();
    stage.hears("hold->dana");
    ana.holds().refused("already_held");
    ana.resumes();
    stage.hears("dana<->ana");
    ana.resumes().refused("not_held");
    ana.ends_the_call();
    dana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   completed
    "#]]);
});

story!(a_muted_agent_hears_and_is_not_heard, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.answers();
    ana.mutes();
    stage.hears("dana->ana");
    ana.unmutes();
    stage.hears("dana<->ana");
});

story!(in_a_conference_one_party_alone_can_be_held, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.adds(&ben);
    ben.answers();
    stage.hears("dana<->ana<->ben");
    ana.holds_only(&ben);
    stage.hears("dana<->ana, hold->ben");
    ana.resumes_only(&ben);
    stage.hears("dana<->ana<->ben");
});

story!(
    what_a_customer_presses_reaches_the_number_they_were_transferred_to_and_nobody_they_do_not_speak_with,
    |stage| {
        let dana = stage.customer("dana");
        let eve = stage.customer("eve");
        let ana = stage.agent("ana").serves("billing").available();
        dana.calls("billing");
        ana.answers();
        ana.consults(&eve);
        eve.answers();
        stage.hears("ana<->eve, hold->dana");
        dana.presses("1");
        ana.completes_transfer();
        stage.hears("dana<->eve");
        dana.presses("23");
        eve.was_sent("23");
        eve.presses("4");
        dana.was_sent("4");
    }
);

story!(digits_sent_or_pressed_by_staff_go_to_the_customer_and_come_from_nobody_else, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    ana.sends_digits("15#");
    dana.was_sent("15#");
    ana.presses("42");
    dana.was_sent("42");
    dana.presses("9");
    ana.sends_digits("0");
    dana.was_sent("0");
    stage.hears("dana<->ana");
});
