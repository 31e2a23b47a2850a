//! Those who wait: led elsewhere, told how long it may take, called back.

use expect_test::expect;
use serde_json::json;

story!(who_has_waited_too_long_goes_to_another_queue, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let rob = stage.customer("rob");
    let ben = stage.agent("ben").serves("support").available();
    let overflow = json!({"kind": "queue", "queue_id": "support"});
    stage.queue("billing", json!({"routing": {"max_wait_seconds": 2, "overflow": overflow}}));
    rob.calls("billing");
    ana.answers();
    dana.calls("billing");
    stage.hears("rob<->ana, queue->dana");
    ben.rings();
    ben.answers();
    stage.hears("rob<->ana, dana<->ben");
    dana.hangs_up();
    ben.is_free();
    stage.records(expect![[r#"
        inbound   customer    rob   ana   in_progress
        inbound   customer    dana  ben   completed
    "#]]);
});

story!(a_full_queue_leads_to_a_number, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let hotline = stage.customer("hotline");
    let overflow = json!({"kind": "external", "phone_number": "hotline"});
    stage.queue("billing", json!({"max_size": 1, "routing": {"overflow": overflow}}));
    rob.calls("billing");
    dana.calls("billing");
    hotline.rings();
    stage.hears("queue->rob, ringback->dana");
    hotline.answers();
    stage.hears("queue->rob, dana<->hotline");
    hotline.hangs_up();
    dana.is_free();
    rob.hangs_up();
    stage.records(expect![[r#"
        inbound   customer    rob   billing abandoned
        inbound   customer    dana  billing transferred
        inbound   transfer    dana  hotline completed  parent: the 2nd customer call, previous: the 2nd customer call
    "#]]);
});

story!(queues_that_are_full_and_lead_to_each_other_end_the_call, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let eve = stage.customer("eve");
    let to =
        |queue: &str| json!({"max_size": 1, "routing": {"overflow": {"kind": "queue", "queue_id": queue}}});
    stage.queue("billing", to("support"));
    stage.queue("support", to("billing"));
    rob.calls("billing");
    eve.calls("support");
    stage.hears("queue->rob, queue->eve");
    dana.calls("billing").either_way();
    dana.is_free();
    stage.hears("queue->rob, queue->eve");
    rob.hangs_up();
    eve.hangs_up();
});

story!(where_nobody_is_signed_in_a_caller_is_told_so, |stage| {
    let dana = stage.customer("dana");
    let overflow = json!({"kind": "hang_up", "prompt": "not_available"});
    stage.queue("billing", json!({"routing": {"no_agent_seconds": 0, "overflow": overflow}}));
    dana.calls("billing");
    stage.hears("prompt->dana");
    stage.prompts_end();
    dana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  billing no_answer
    "#]]);
});

story!(who_presses_the_key_is_called_back_and_keeps_the_place, |stage| {
    let dana = stage.customer("dana");
    stage.queue("billing", json!({"routing": {"options": {"2": {"kind": "callback"}}}}));
    dana.calls("billing");
    stage.hears("queue->dana");
    dana.presses("1");
    stage.hears("queue->dana");
    dana.presses("2");
    stage.hears("prompt->dana");
    dana.hangs_up();
    dana.is_free();
    let ana = stage.agent("ana").serves("billing").available();
    ana.rings();
    ana.answers();
    dana.rings();
    stage.hears("ringback->ana");
    dana.answers();
    stage.hears("dana<->ana");
    dana.hangs_up();
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  billing callback_requested
        outbound  callback    billing ana   completed  previous: the customer call
    "#]]);
});

story!(a_callback_may_ring_the_customer_first, |stage| {
    let dana = stage.customer("dana");
    let callback = json!({"order": "customer_first"});
    let options = json!({"2": {"kind": "callback"}});
    stage.queue("billing", json!({"routing": {"options": options, "callback": callback}}));
    dana.calls("billing");
    stage.hears("queue->dana");
    dana.presses("2");
    stage.hears("prompt->dana");
    dana.hangs_up();
    let ana = stage.agent("ana").serves("billing").available();
    dana.rings();
    ana.is_free();
    dana.answers();
    ana.answers();
    stage.hears("dana<->ana");
    ana.ends_the_call();
    dana.is_free();
});

story!(a_callback_that_nobody_answers_is_tried_again_and_then_given_up, |stage| {
    let dana = stage.customer("dana");
    let callback = json!({"retry_seconds": 1, "max_attempts": 2});
    let options = json!({"2": {"kind": "callback"}});
    stage.queue("billing", json!({"routing": {"options": options, "callback": callback}}));
    dana.calls("billing");
    stage.hears("queue->dana");
    dana.presses("2");
    stage.hears("prompt->dana");
    dana.hangs_up();
    let ana = stage.agent("ana").serves("billing").available();
    for _ in 0..2 {
        ana.rings();
        ana.answers();
        dana.rings();
        dana.is_busy();
        ana.is_free();
    }
    stage.records(expect![[r#"
        inbound   customer    dana  billing callback_requested
        outbound  callback    billing dana  busy  previous: the customer call
        outbound  callback    billing dana  busy  previous: the 1st callback
    "#]]);
});

story!(who_hung_up_and_calls_again_in_time_keeps_the_place, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    stage.queue("billing", json!({"routing": {"resume_seconds": 60}}));
    dana.calls("billing");
    stage.hears("queue->dana");
    rob.calls("billing");
    stage.hears("queue->dana, queue->rob");
    dana.hangs_up();
    stage.hears("queue->rob");
    dana.calls("billing");
    stage.hears("queue->dana, queue->rob");
    let ana = stage.agent("ana").serves("billing").available();
    ana.answers();
    stage.hears("dana<->ana, queue->rob");
});

story!(who_waits_is_told_the_place_in_line, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    let rob = stage.customer("rob");
    let announcements = json!({"first_seconds": 0, "position": true, "prompts": ["callback"]});
    stage.queue("billing", json!({"announcements": announcements}));
    rob.calls("billing");
    ana.answers();
    dana.calls("billing");
    stage.prompts_end();
    stage.hears("rob<->ana, prompt->dana");
    rob.hangs_up();
    ana.answers();
    stage.hears("dana<->ana");
});

story!(the_customer_of_a_lost_agent_is_the_next_in_line, |stage| {
    let dana = stage.customer("dana");
    let rob = stage.customer("rob");
    let ana = stage.agent("ana").serves("billing").available();
    stage.set(scenarios::story::Setting::LostAgentSeconds(1));
    stage.queue("billing", json!({"max_size": 1}));
    dana.calls("billing");
    ana.answers();
    stage.hears("dana<->ana");
    rob.calls("billing");
    stage.hears("dana<->ana, queue->rob");
    ana.wire_breaks();
    ana.is_given_up();
    stage.hears("queue->dana, queue->rob");
    let ben = stage.agent("ben").serves("billing").available();
    ben.answers();
    stage.hears("dana<->ben, queue->rob");
});
