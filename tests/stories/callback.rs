//! Callback prompts: whoever asks for a busy colleague leaves a card, and the call is made when both are free.

use expect_test::expect;

story!(a_busy_colleague_who_promises_is_rung_as_soon_as_they_are_free, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").serves("support").available();
    dana.calls("billing");
    ana.answers();
    rob.calls("support");
    ben.answers();
    ana.consults(&ben).refused("target_busy");
    ana.accepts_the_prompt().refused("not_found");
    ben.accepts_the_prompt();
    ben.accepts_the_prompt().refused("prompt_moved_on");
    stage.hears("dana<->ana, rob<->ben");
    rob.hangs_up();
    ben.rings();
    stage.hears("hold->dana, ringback->ana");
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    ana.cancels_consult();
    stage.hears("dana<->ana");
    ben.is_free();
    dana.hangs_up();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   completed
        internal  consult     ana   ben   completed  parent: the 1st customer call
        inbound   customer    rob   ben   completed
    "#]]);
});

story!(a_prompt_that_is_dismissed_rings_nobody, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").serves("support").available();
    dana.calls("billing");
    ana.answers();
    rob.calls("support");
    ben.answers();
    ana.consults(&ben).refused("target_busy");
    ana.consults(&ben).refused("target_busy");
    ben.snoozes_the_prompt();
    ben.dismisses_the_prompt();
    ana.takes_the_prompt_back().refused("prompt_moved_on");
    rob.hangs_up();
    ben.is_free();
    stage.hears("dana<->ana");
});

story!(a_promise_ends_with_the_call_it_was_about, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").serves("support").available();
    dana.calls("billing");
    ana.answers();
    rob.calls("support");
    ben.answers();
    ana.consults(&ben).refused("target_busy");
    ben.accepts_the_prompt();
    dana.hangs_up();
    ana.is_free();
    rob.hangs_up();
    ben.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   completed
        inbound   customer    rob   ben   completed
    "#]]);
});

story!(a_promised_call_that_is_not_answered_gives_the_customer_back, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").serves("support").available();
    dana.calls("billing");
    ana.answers();
    rob.calls("support");
    ben.answers();
    ana.consults(&ben).refused("target_busy");
    ben.accepts_the_prompt();
    rob.hangs_up();
    ben.rings();
    ben.does_not_answer();
    stage.hears("dana<->ana");
    ben.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   in_progress
        internal  consult     ana   ben   no_answer  parent: the 1st customer call
        inbound   customer    rob   ben   completed
    "#]]);
});
