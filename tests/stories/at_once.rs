//! Two people press at once: the second is told why not.

story!(two_agents_hold_the_customer_at_once, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.adds(&ben);
    ben.answers();
    stage.hears("dana<->ana<->ben");
    stage.together(|| ana.holds(), || ben.holds()).one_is_refused("already_held");
    stage.hears("ana<->ben, hold->dana");
});

story!(an_agent_completes_as_the_target_hangs_up, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    let (completed, _) = stage.together(|| ana.completes_transfer(), || ben.hangs_up()).either_way();
    ben.is_free();
    if completed {
        dana.is_free();
        ana.is_free();
    } else {
        stage.hears("dana<->ana");
    }
});

story!(an_agent_cancels_the_consult_as_the_target_answers, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.rings();
    stage.together(|| ana.cancels_consult(), || ben.answers()).either_way();
    ben.is_free();
    stage.hears("dana<->ana");
});

story!(a_customer_hangs_up_as_the_agent_answers, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.rings();
    stage.together(|| dana.hangs_up(), || ana.answers()).either_way();
    dana.is_free();
    ana.is_free();
    stage.hears("");
});

story!(a_supervisor_takes_over_as_the_agent_hangs_up, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let sup = stage.supervisor("sup");
    dana.calls("billing");
    ana.answers();
    sup.monitors(&ana);
    stage.hears("dana<->ana, dana->sup, ana->sup");
    let (taken, _) = stage.together(|| sup.takes_over(), || ana.hangs_up()).either_way();
    ana.is_free();
    if taken {
        stage.hears("dana<->sup");
    } else {
        dana.is_free();
        sup.is_free();
    }
});

story!(two_supervisors_take_over_at_once, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let sup = stage.supervisor("sup");
    let tom = stage.supervisor("tom");
    dana.calls("billing");
    ana.answers();
    sup.monitors(&ana);
    tom.monitors(&ana);
    stage.hears("dana<->ana, dana->sup, ana->sup, dana->tom, ana->tom");
    let (first, second) = stage.together(|| sup.takes_over(), || tom.takes_over()).either_way();
    ana.is_free();
    // The other may go on coaching the new agent, and take over in turn.
    match (first, second) {
        (true, true) => {}
        (true, false) => stage.hears("dana<->sup, dana->tom, sup->tom"),
        (false, true) => stage.hears("dana<->tom, dana->sup, tom->sup"),
        (false, false) => panic!("nobody took over"),
    }
});
