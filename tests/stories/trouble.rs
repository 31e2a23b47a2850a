//! A warm transfer, and somebody fails at every step of it.

use scenarios::story::{Agent, Customer, Setting, Stage};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Ringing,
    Private,
    Swapped,
    Merged,
    Completed,
}

struct Cast {
    dana: Customer,
    ana: Agent,
    ben: Agent,
}

fn up_to(stage: &Stage, step: Step) -> Cast {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").available();
    dana.calls("billing");
    ana.answers();
    ana.consults(&ben);
    if step == Step::Ringing {
        ben.rings();
        return Cast { dana, ana, ben };
    }
    ben.answers();
    match step {
        Step::Ringing | Step::Private => stage.hears("ana<->ben, hold->dana"),
        Step::Swapped => {
            ana.swaps();
            stage.hears("dana<->ana, hold->ben");
        }
        Step::Merged => {
            ana.merges();
            stage.hears("dana<->ana<->ben");
        }
        Step::Completed => {
            ana.completes_transfer();
            stage.hears("dana<->ben");
        }
    }
    Cast { dana, ana, ben }
}

/// Ringing is called off at once; colleagues who already speak may finish.
fn customer_hangs_up(stage: &Stage, step: Step) {
    let Cast { dana, ana, ben } = up_to(stage, step);
    dana.hangs_up();
    dana.is_free();
    match step {
        Step::Ringing | Step::Completed => stage.hears(""),
        Step::Private | Step::Swapped | Step::Merged => {
            stage.hears("ana<->ben");
            ana.completes_transfer().refused("customer_gone");
            ana.ends_the_call();
        }
    }
    ana.is_free();
    ben.is_free();
}

story!(a_customer_hangs_up_while_the_target_rings, |stage| { customer_hangs_up(stage, Step::Ringing) });
story!(a_customer_hangs_up_during_a_private_consult, |stage| { customer_hangs_up(stage, Step::Private) });
story!(long a_customer_hangs_up_while_the_agent_is_back_with_them, |stage| {
    customer_hangs_up(stage, Step::Swapped)
});
story!(long a_customer_hangs_up_in_the_conference, |stage| { customer_hangs_up(stage, Step::Merged) });
story!(long a_customer_hangs_up_after_the_transfer, |stage| { customer_hangs_up(stage, Step::Completed) });

/// The agent has the customer back; after the transfer the call is over.
fn target_hangs_up(stage: &Stage, step: Step) {
    let Cast { dana, ana, ben } = up_to(stage, step);
    ben.hangs_up();
    ben.is_free();
    if step == Step::Completed {
        dana.is_free();
    } else {
        stage.hears("dana<->ana");
        ana.ends_the_call();
        dana.is_free();
    }
    ana.is_free();
}

story!(long a_target_declines_while_it_rings, |stage| { target_hangs_up(stage, Step::Ringing) });
story!(a_target_hangs_up_during_a_private_consult, |stage| { target_hangs_up(stage, Step::Private) });
story!(long a_target_hangs_up_while_on_hold, |stage| { target_hangs_up(stage, Step::Swapped) });
story!(a_target_hangs_up_in_the_conference, |stage| { target_hangs_up(stage, Step::Merged) });
story!(long a_target_hangs_up_after_the_transfer, |stage| { target_hangs_up(stage, Step::Completed) });

/// The customer is never in silence: music while the agent may come back, then the target, else the head of the queue.
fn agents_wire_breaks(stage: &Stage, step: Step) {
    stage.set(Setting::LostAgentSeconds(5));
    let Cast { ana, ben, .. } = up_to(stage, step);
    if step == Step::Completed {
        // The agent is gone already: it is the target's wire that breaks now.
        ben.wire_breaks();
        stage.hears("hold->dana");
        ben.is_given_up();
        ana.answers();
        stage.hears("dana<->ana");
        return;
    }
    ana.wire_breaks();
    match step {
        Step::Ringing => stage.hears("hold->dana"),
        Step::Private => stage.hears("hold->dana"),
        Step::Swapped => stage.hears("hold->dana, hold->ben"),
        Step::Merged | Step::Completed => stage.hears("dana<->ben"),
    }
    ana.is_given_up();
    if step == Step::Ringing {
        ben.is_free();
        stage.hears("queue->dana");
    } else {
        stage.hears("dana<->ben");
    }
}

story!(an_agents_wire_breaks_while_the_target_rings, |stage| { agents_wire_breaks(stage, Step::Ringing) });
story!(an_agents_wire_breaks_during_a_private_consult, |stage| { agents_wire_breaks(stage, Step::Private) });
story!(long an_agents_wire_breaks_while_back_with_the_customer, |stage| {
    agents_wire_breaks(stage, Step::Swapped)
});
story!(long an_agents_wire_breaks_in_the_conference, |stage| { agents_wire_breaks(stage, Step::Merged) });
story!(long the_targets_wire_breaks_after_the_transfer, |stage| { agents_wire_breaks(stage, Step::Completed) });
