//! A wire breaks, and comes back or not.

use scenarios::story::Setting;

story!(an_agent_comes_back_and_finds_the_call_as_it_was, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    ben.answers();
    stage.hears("ana<->ben, hold->dana");
    ana.wire_breaks();
    stage.hears("hold->dana");
    ana.wire_comes_back();
    stage.hears("ana<->ben, hold->dana");
    ana.completes_transfer();
    stage.hears("dana<->ben");
});

story!(a_customer_whose_agent_is_lost_goes_to_the_next, |stage| {
    stage.set(Setting::LostAgentSeconds(5));
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    let ben = stage.agent("ben").serves("billing").available();
    ana.wire_breaks();
    stage.hears("hold->dana");
    ana.is_given_up();
    ben.answers();
    stage.hears("dana<->ben");
});
