//! Desk phones steer calls with what they have.

use expect_test::expect;

story!(the_hold_key_of_a_desk_phone_holds_the_customer, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    ana.presses_hold();
    stage.hears("hold->dana");
    ana.presses_resume();
    stage.hears("dana<->ana");
});

story!(a_desk_phones_refer_is_a_blind_transfer, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    ana.refers(&ben);
    ana.is_free();
    ben.answers();
    stage.hears("dana<->ben");
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        inbound   transfer    dana  ben   in_progress  parent: the customer call, previous: the customer call
    "#]]);
});

story!(a_desk_phone_consults_on_a_second_line_and_joins_the_two, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    ana.dials_up(&ben);
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    ana.joins_the_two_calls();
    stage.hears("dana<->ben");
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        internal  consult     ana   ben   merged  parent: the customer call
        inbound   transfer    dana  ben   in_progress  parent: the consult, previous: the customer call
    "#]]);
});

story!(a_desk_phone_parks_with_a_code_and_fetches_with_it_or_with_the_slot, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    ana.dials("*55").refused("480");
    ana.is_free();
    stage.hears("hold->dana");
    ben.dials("701").refused("480");
    stage.hears("dana<->ben");
    ben.dials("*55").refused("480");
    ben.is_free();
    stage.hears("hold->dana");
    ana.dials("*55").refused("480");
    stage.hears("dana<->ana");
    dana.hangs_up();
    ben.dials("701").refused("404");
    ben.dials("*55").refused("404");
});

story!(an_agents_goodbye_completes_the_transfer, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    ana.hangs_up();
    stage.hears("dana<->ben");
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        internal  consult     ana   ben   merged  parent: the customer call
        inbound   transfer    dana  ben   in_progress  parent: the consult, previous: the customer call
    "#]]);
});

story!(in_a_conference_a_goodbye_leaves_the_others, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.adds(&ben);
    ben.answers();
    stage.hears("dana<->ana<->ben");
    ana.hangs_up();
    stage.hears("dana<->ben");
    ben.hangs_up();
    dana.is_free();
});
