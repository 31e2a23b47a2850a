//! Calls that staff make: to a number, to a colleague.

use expect_test::expect;
use scenarios::story::Setting;

story!(an_agent_calls_a_customer, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").available();
    let ben = stage.agent("ben").available();
    ana.calls(&dana);
    dana.rings();
    stage.hears("ringback->ana");
    dana.answers();
    stage.hears("dana<->ana");
    ana.consults(&ben);
    ben.answers();
    ana.completes_transfer();
    stage.hears("dana<->ben");
    dana.hangs_up();
    ben.is_free();
    stage.records(expect![[r#"
        outbound  customer    ana   dana  transferred
        internal  consult     ana   ben   merged  parent: the customer call
        outbound  transfer    ana   ben   completed  parent: the consult, previous: the customer call
    "#]]);
});

story!(an_announcement_before_the_answer_is_heard_by_who_waits_for_it, |stage| {
    let dana = stage.customer("dana");
    let eve = stage.customer("eve");
    let ana = stage.agent("ana").available();
    ana.calls(&dana);
    dana.rings();
    stage.hears("ringback->ana");
    dana.speaks_before_the_answer();
    stage.hears("dana->ana");
    dana.answers();
    stage.hears("dana<->ana");
    ana.consults(&eve);
    eve.speaks_before_the_answer();
    stage.hears("hold->dana, eve->ana");
    eve.declines();
    stage.hears("dana<->ana");
    ana.hangs_up();
    stage.records(expect![[r#"
        outbound  customer    ana   dana  completed
        outbound  consult     ana   eve   declined  parent: the customer call
    "#]]);
});

story!(a_full_trunk_carries_no_further_call_but_one_for_help, |stage| {
    stage.set(Setting::TrunkCalls(1));
    let dana = stage.customer("dana");
    let eve = stage.customer("eve");
    let help = stage.emergency("help", "112");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&eve).refused("limit_reached");
    stage.hears("dana<->ana");
    ben.calls(&eve).refused("limit_reached");
    ben.dials("112");
    help.answers();
    stage.hears("dana<->ana, help<->ben");
    dana.hangs_up();
    help.hangs_up();
    // The trunk is as free as they are.
    ana.is_free();
    ben.is_free();
    ana.calls(&eve);
    eve.answers();
    stage.hears("eve<->ana");
});

story!(a_customer_who_is_called_may_decline, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").available();
    ana.calls(&dana);
    dana.declines();
    ana.is_free();
    stage.records(expect![[r#"
        outbound  customer    ana   dana  declined
    "#]]);
});

story!(of_a_direct_call_between_colleagues_nothing_is_kept, |stage| {
    let ana = stage.agent("ana").available();
    let ben = stage.agent("ben").available();
    ana.calls(&ben);
    ben.answers();
    stage.hears("ana<->ben");
    ana.holds();
    stage.hears("hold->ben");
    ana.resumes();
    let cid = stage.agent("cid").available();
    ana.adds(&cid).refused("ephemeral_call");
    ana.parks().refused("ephemeral_call");
    ben.hangs_up();
    ana.is_free();
    stage.records(expect![""]);
});

story!(a_direct_call_leaves_a_record_where_the_organization_wants_it, |stage| {
    stage.set(Setting::DirectCallsLogged(true));
    let ana = stage.agent("ana").available();
    let ben = stage.agent("ben").available();
    ana.dials_up(&ben);
    ben.answers();
    stage.hears("ana<->ben");
    ana.hangs_up();
    ben.is_free();
    stage.records(expect![[r#"
        internal  direct      ana   ben   completed
    "#]]);
});

story!(nobody_calls_somebody_who_is_in_a_call, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ben.calls(&ana).refused("target_busy");
    stage.hears("dana<->ana");
    ben.is_free();
});
