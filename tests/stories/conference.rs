//! Up to six, and leaving without ending.

use expect_test::expect;

story!(six_people_speak_together_and_a_seventh_is_refused, |stage| {
    let dana = stage.customer("dana");
    let eve = stage.customer("eve");
    let ana = stage.agent("ana").serves("billing").available();
    let others = ["ben", "cid", "dot"].map(|name| stage.agent(name).available());
    let gus = stage.agent("gus").available();
    dana.calls("billing");
    ana.answers();
    for other in &others {
        ana.adds(other);
        other.answers();
    }
    ana.adds(&eve);
    eve.answers();
    stage.hears("dana<->ana<->ben<->cid<->dot<->eve");
    ana.adds(&gus).refused("full");
    ana.removes(&eve);
    eve.is_free();
    stage.hears("dana<->ana<->ben<->cid<->dot");
    ana.leaves();
    ana.is_free();
    stage.hears("dana<->ben<->cid<->dot");
    dana.hangs_up();
    others.iter().for_each(|other| other.is_free());
    stage.records(expect![[r#"
        inbound   customer    dana  ben   completed
        internal  participant ana   ben   completed  parent: the customer call
        internal  participant ana   cid   completed  parent: the customer call
        internal  participant ana   dot   completed  parent: the customer call
        outbound  participant ana   eve   completed  parent: the customer call
    "#]]);
});

story!(an_agent_parks_a_customer_and_a_colleague_takes_them, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.parks();
    ana.is_free();
    stage.hears("hold->dana");
    ben.retrieves(&dana);
    stage.hears("dana<->ben");
});
