//! Consults: the agent speaks alone with somebody while the customer hears music.

use expect_test::expect;

story!(a_consult_is_cancelled_and_the_customer_comes_back, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    ana.consults(&ben);
    stage.hears("hold->dana, ringback->ana");
    ana.cancels_consult();
    ben.is_free();
    stage.hears("dana<->ana");
    ana.consults(&ben);
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    ana.cancels_consult();
    ben.is_free();
    stage.hears("dana<->ana");
    ana.cancels_consult().refused("no_consult");
    dana.hangs_up();
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   completed
        internal  consult     ana   ben   abandoned  parent: the customer call
        internal  consult     ana   ben   completed  parent: the customer call
    "#]]);
});

story!(a_consult_that_nobody_answers_gives_the_customer_back, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.does_not_answer();
    stage.hears("dana<->ana");
    ben.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   in_progress
        internal  consult     ana   ben   no_answer  parent: the customer call
    "#]]);
});

story!(a_consult_that_is_declined_gives_the_customer_back, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.declines();
    stage.hears("dana<->ana");
    ben.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   in_progress
        internal  consult     ana   ben   declined  parent: the customer call
    "#]]);
});

story!(a_consult_whose_phone_is_engaged_gives_the_customer_back, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.is_busy();
    stage.hears("dana<->ana");
    stage.records(expect![[r#"
        inbound   customer    dana  ana   in_progress
        internal  consult     ana   ben   busy  parent: the customer call
    "#]]);
});

story!(somebody_in_a_call_or_away_is_never_rung_and_the_customer_not_held, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").serves("support").available();
    let cid = stage.agent("cid").absent();
    dana.calls("billing");
    ana.answers();
    rob.calls("support");
    ben.answers();
    stage.hears("dana<->ana, rob<->ben");
    ana.consults(&ben).refused("target_busy");
    ana.consults(&cid).refused("target_offline");
    stage.hears("dana<->ana, rob<->ben");
});

story!(an_agent_swaps_between_customer_and_specialist, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ana.swaps().refused("consult_ringing");
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    ana.swaps();
    stage.hears("dana<->ana, hold->ben");
    ana.swaps();
    stage.hears("ana<->ben, hold->dana");
});

story!(a_merged_consult_is_a_conference_that_outlives_its_maker, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.answers();
    ana.merges();
    stage.hears("dana<->ana<->ben");
    ana.leaves();
    ana.is_free();
    stage.hears("dana<->ben");
    dana.hangs_up();
    ben.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        internal  consult     ana   ben   merged  parent: the customer call
        inbound   transfer    dana  ben   completed  parent: the consult, previous: the customer call
    "#]]);
});

story!(a_consult_of_a_queue_rings_whoever_serves_it, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").serves("experts").available();
    dana.calls("billing");
    ana.answers();
    ana.consults("experts");
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    ana.completes_transfer();
    stage.hears("dana<->ben");
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        internal  consult     ana   ben   merged  parent: the customer call
        inbound   transfer    dana  ben   in_progress  parent: the consult, previous: the customer call
    "#]]);
});
