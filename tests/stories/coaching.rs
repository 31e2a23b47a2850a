//! Supervisors monitor, whisper, barge and take over.

use expect_test::expect;
use scenarios::story::Mode;

story!(a_monitor_hears_both_and_is_heard_by_nobody, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    sup.monitors(&ana);
    stage.hears("dana<->ana, dana->sup, ana->sup");
    sup.stops();
    sup.is_free();
    stage.hears("dana<->ana");
    dana.hangs_up();
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   completed
        internal  coaching    sup   ana   completed  parent: the customer call
    "#]]);
});

story!(a_whisper_reaches_the_agent_alone_and_a_barge_everybody, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    sup.whispers(&ana);
    stage.hears("dana<->ana, dana->sup, ana<->sup");
    sup.changes_to(Mode::Barge);
    stage.hears("dana<->ana<->sup");
    sup.changes_to(Mode::Monitor);
    stage.hears("dana<->ana, dana->sup, ana->sup");
    sup.changes_to(Mode::Monitor).refused("no_change");
    sup.hangs_up();
    stage.hears("dana<->ana");
});

story!(modes_change_through_consult_and_merge, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    sup.whispers(&ana);
    ana.consults(&ben);
    ben.answers();
    stage.hears("ana<->ben, hold->dana, ana<->sup, ben->sup");
    sup.changes_to(Mode::Barge);
    stage.hears("ana<->ben<->sup, hold->dana");
    sup.changes_to(Mode::Whisper);
    ana.merges();
    stage.hears("dana<->ana<->ben, dana->sup, ben->sup, ana<->sup");
    sup.changes_to(Mode::Barge);
    stage.hears("dana<->ana<->ben<->sup");
});

story!(a_coach_of_the_conversation_stays_through_a_transfer_and_whisper_falls_back, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    sup.whispers(&ana);
    ana.consults(&ben);
    ben.answers();
    ana.completes_transfer();
    stage.hears("dana<->ben, dana->sup, ben->sup");
    sup.changes_to(Mode::Whisper);
    stage.hears("dana<->ben, dana->sup, ben<->sup");
    dana.hangs_up();
    ben.is_free();
    sup.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        internal  coaching    sup   ana   completed  parent: the customer call
        internal  consult     ana   ben   merged  parent: the customer call
        inbound   transfer    dana  ben   completed  parent: the consult, previous: the customer call
    "#]]);
});

story!(a_coach_of_the_agent_follows_them_to_the_next_call, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    sup.follows(&ana, Mode::Whisper);
    stage.hears("dana<->ana, dana->sup, ana<->sup");
    dana.hangs_up();
    sup.is_free();
    rob.calls("billing");
    ana.answers();
    stage.hears("rob<->ana, rob->sup, ana<->sup");
});

story!(a_supervisor_takes_over, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    sup.monitors(&ana);
    sup.takes_over();
    stage.hears("dana<->sup");
    ana.is_free();
    dana.hangs_up();
    sup.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ana   transferred
        internal  coaching    sup   ana   completed  parent: the customer call
        inbound   transfer    dana  sup   completed  parent: the coaching, previous: the customer call
    "#]]);
});

story!(without_the_grant_nobody_coaches_and_a_lost_grant_ends_it, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    assert!(!ben.monitors(&ana).either_way());
    sup.barges(&ana);
    stage.hears("dana<->ana<->sup");
    sup.loses_the_grant();
    sup.is_free();
    stage.hears("dana<->ana");
});

story!(two_supervisors_hear_each_other_only_in_barge, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let sup = stage.supervisor("sup");
    let tom = stage.supervisor("tom");
    dana.calls("billing");
    ana.answers();
    sup.whispers(&ana);
    tom.monitors(&ana);
    stage.hears("dana<->ana, dana->sup, ana<->sup, dana->tom, ana->tom");
    sup.changes_to(Mode::Barge);
    stage.hears("dana<->ana<->sup, dana->tom, ana->tom, sup->tom");
    tom.changes_to(Mode::Barge);
    stage.hears("dana<->ana<->sup<->tom");
});

story!(a_desk_phones_digits_change_the_mode, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    sup.monitors(&ana);
    stage.hears("dana<->ana, dana->sup, ana->sup");
    sup.presses("5");
    stage.hears("dana<->ana, dana->sup, ana<->sup");
    sup.presses("6");
    stage.hears("dana<->ana<->sup");
    sup.presses("4");
    stage.hears("dana<->ana, dana->sup, ana->sup");
    ana.presses("6");
    stage.hears("dana<->ana, dana->sup, ana->sup");
});
