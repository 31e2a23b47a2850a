//! Transfers, warm and blind.

use expect_test::expect;
use scenarios::story::{Setting, Stage};

pub(crate) fn warm_transfer(stage: &Stage) {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    ana.consults(&ben);
    stage.hears("hold->dana, ringback->ana");
    ana.completes_transfer().refused("consult_ringing");
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    ana.completes_transfer();
    stage.hears("dana<->ben");
    ana.is_free();
    ben.ends_the_call();
    dana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        internal  consult     ana   ben   merged  parent: the customer call
        inbound   transfer    dana  ben   completed  parent: the consult, previous: the customer call
    "#]]);
}

story!(a_warm_transfer_never_leaves_the_customer_alone, |stage| { warm_transfer(stage) });

story!(a_transferred_customer_can_be_transferred_again, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.answers();
    ana.merges();
    ana.completes_transfer();
    stage.hears("dana<->ben");
    ana.is_free();
    ben.consults(&ana);
    ana.answers();
    stage.hears("ana<->ben, hold->dana");
    ben.completes_transfer();
    stage.hears("dana<->ana");
    dana.hangs_up();
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        internal  consult     ana   ben   merged  parent: the customer call
        inbound   transfer    dana  ben   transferred  parent: the 1st consult, previous: the customer call
        internal  consult     ben   ana   merged  parent: the 1st transfer
        inbound   transfer    dana  ana   completed  parent: the 2nd consult, previous: the 1st transfer
    "#]]);
});

story!(a_blind_transfer_reaches_its_target, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.transfers_to(&ben);
    ana.is_free();
    stage.hears("ringback->dana");
    ben.answers();
    stage.hears("dana<->ben");
    dana.hangs_up();
    ben.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        inbound   transfer    dana  ben   completed  parent: the customer call, previous: the customer call
    "#]]);
});

story!(a_blind_transfer_that_fails_recalls_the_agent, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.transfers_to(&ben);
    ana.is_free();
    ben.declines();
    ana.answers();
    stage.hears("dana<->ana");
    ben.is_free();
    dana.hangs_up();
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        inbound   transfer    dana  ben   declined  parent: the customer call, previous: the customer call
        inbound   transfer    dana  ana   completed  parent: the 1st transfer, previous: the 1st transfer
    "#]]);
});

story!(a_call_that_comes_back_does_not_wait_for_the_wrap_up_of_it, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    stage.set(Setting::WrapUpSeconds(600));
    dana.calls("billing");
    ana.answers();
    ana.transfers_to(&ben);
    ben.declines();
    ana.rings();
    ana.answers();
    stage.hears("dana<->ana");
    stage.set(Setting::WrapUpSeconds(0));
    dana.hangs_up();
    ana.is_free();
});

story!(whoever_misses_the_call_that_comes_back_is_rung_once_more, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.transfers_to(&ben);
    ben.declines();
    ana.does_not_answer();
    stage.hears("queue->dana");
    ana.rings();
    ana.answers();
    stage.hears("dana<->ana");
});

story!(a_blind_transfer_to_a_queue_waits_there, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").serves("support").available();
    dana.calls("billing");
    ana.answers();
    ana.transfers_to("support");
    ana.is_free();
    ben.answers();
    stage.hears("dana<->ben");
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        inbound   transfer    dana  ben   in_progress  parent: the customer call, previous: the customer call
    "#]]);
});

story!(a_transfer_to_a_number_leaves_two_outside_parties_to_each_other, |stage| {
    let dana = stage.customer("dana");
    let eve = stage.customer("eve");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&eve);
    eve.answers();
    stage.hears("ana<->eve, hold->dana");
    ana.completes_transfer();
    ana.is_free();
    stage.hears("dana<->eve");
    eve.hangs_up();
    dana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        outbound  consult     ana   eve   merged  parent: the customer call
        inbound   transfer    dana  eve   completed  parent: the consult, previous: the customer call
    "#]]);
});

story!(an_agent_who_hangs_up_while_the_target_rings_hands_over_blind, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.rings();
    ana.hangs_up();
    ana.is_free();
    stage.hears("ringback->dana");
    ben.answers();
    stage.hears("dana<->ben");
});

story!(or_is_called_back_where_the_organization_wants_it, |stage| {
    stage.set(Setting::HangUpWhileRingingCompletes(false));
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.rings();
    ana.hangs_up();
    ben.is_free();
    ana.answers();
    stage.hears("dana<->ana");
});
