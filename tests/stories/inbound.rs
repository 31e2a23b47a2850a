//! A customer calls.

use expect_test::expect;
use scenarios::story::Setting;

story!(a_customer_calls_and_an_agent_answers, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    dana.hangs_up();
    ana.is_free();
    stage.hears("");
    stage.records(expect![[r#"
        inbound   customer    dana  ana   completed
    "#]]);
});

story!(who_waits_hears_music_until_somebody_is_free, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    rob.calls("billing");
    stage.hears("dana<->ana, queue->rob");
    ana.ends_the_call();
    dana.is_free();
    ana.answers();
    stage.hears("rob<->ana");
});

story!(a_declined_call_goes_to_the_next_agent, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.rings();
    let ben = stage.agent("ben").serves("billing").available();
    ana.declines();
    ben.answers();
    stage.hears("dana<->ben");
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ben   in_progress
    "#]]);
});

story!(a_customer_who_gives_up_is_no_longer_rung_for, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.rings();
    dana.hangs_up();
    ana.is_free();
    stage.hears("");
    stage.records(expect![[r#"
        inbound   customer    dana  billing abandoned
    "#]]);
});

story!(an_anonymous_caller_is_served_like_everybody, |stage| {
    let nobody = stage.anonymous("nobody");
    let ana = stage.agent("ana").serves("billing").available();
    nobody.calls("billing");
    ana.answers();
    stage.hears("nobody<->ana");
    ana.ends_the_call();
    nobody.is_free();
    stage.records(expect![[r#"
        inbound   customer    nobody ana   completed
    "#]]);
});

story!(at_the_limit_a_caller_is_asked_to_come_again_and_internal_calls_count, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    let cid = stage.agent("cid").available();
    stage.at_most(2);
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    rob.calls("billing").refused("503");
    cid.calls(&rob).refused("limit_reached");
    ana.cancels_consult();
    rob.calls("billing");
    stage.hears("dana<->ana, queue->rob");
});

story!(a_call_for_help_is_never_refused, |stage| {
    let help = stage.emergency("help", "112");
    let ana = stage.agent("ana").available();
    let ben = stage.agent("ben").available();
    let cid = stage.agent("cid").available();
    let dot = stage.agent("dot").available();
    stage.at_most(1);
    ana.calls(&ben);
    ben.answers();
    cid.calls(&ben).refused("limit_reached");
    cid.dials("112");
    help.answers();
    stage.hears("ana<->ben, cid<->help");
    cid.hangs_up();
    help.is_free();
    dot.calls(&help);
    help.answers();
    stage.hears("ana<->ben, dot<->help");
});

story!(neither_a_wrap_up_nor_a_ringing_offer_keeps_anybody_from_calling_for_help, |stage| {
    let dana = stage.customer("dana");
    let eve = stage.customer("eve");
    let help = stage.emergency("help", "112");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    stage.set(Setting::WrapUpSeconds(600));
    dana.calls("billing");
    ana.answers();
    dana.hangs_up();
    ana.calls(&ben).refused("caller_busy");
    ana.calls(&help);
    help.answers();
    stage.hears("ana<->help");
    help.hangs_up();
    ana.is_free();
    eve.calls("billing");
    ana.rings();
    stage.set(Setting::WrapUpSeconds(0));
    ana.dials("112");
    help.answers();
    stage.hears("ana<->help, queue->eve");
    help.hangs_up();
    ana.answers();
    stage.hears("ana<->eve");
    ana.consults(&ben);
    ben.rings();
    ben.dials("112");
    help.answers();
    stage.hears("ana<->eve, ben<->help");
});

story!(a_private_call_gives_way_to_a_call_for_help, |stage| {
    let help = stage.emergency("help", "112");
    let ana = stage.agent("ana").available();
    let ben = stage.agent("ben").available();
    ana.calls(&ben);
    ben.answers();
    stage.hears("ana<->ben");
    ana.dials("112");
    help.answers();
    stage.hears("ana<->help");
    ben.is_free();
    help.hangs_up();
    ana.is_free();
});

story!(a_number_that_leads_nowhere_is_not_found, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.dials("+15559990000").refused("404");
    ana.is_free();
});
