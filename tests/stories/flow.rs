//! A caller meets an entry flow.

use expect_test::expect;
use serde_json::{Value, json};

/// 1 is billing, 2 is support; who cannot decide gets billing.
fn menu() -> Value {
    json!([{"menu": {
        "prompt": "greeting",
        "digits": {
            "1": [{"queue": {"queue_id": "billing"}}],
            "2": [{"set": {"subject": "Support"}}, {"queue": {"queue_id": "support"}}]
        },
        "timeout_seconds": 1, "attempts": 2,
        "on_failure": [{"queue": {"queue_id": "billing"}}]
    }}])
}

story!(a_key_stops_the_prompt_and_leads_to_the_queue_of_its_choice, |stage| {
    let dana = stage.customer("dana");
    let _ana = stage.agent("ana").serves("billing").available();
    let ben = stage.agent("ben").serves("support").available();
    stage.flow("main", menu());
    dana.calls("main");
    stage.hears("prompt->dana");
    dana.presses("2");
    ben.answers();
    stage.hears("dana<->ben");
    dana.hangs_up();
    ben.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  ben   completed
    "#]]);
});

story!(a_wrong_key_is_said_to_be_wrong_and_the_right_one_counts, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    stage.flow("main", menu());
    dana.calls("main");
    stage.hears("prompt->dana");
    dana.presses("9");
    stage.hears("prompt->dana");
    dana.presses("1");
    ana.answers();
    stage.hears("dana<->ana");
});

story!(who_presses_nothing_is_asked_again_and_then_goes_where_the_flow_says, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    stage.flow("main", menu());
    dana.calls("main");
    stage.hears("prompt->dana");
    stage.prompts_end();
    stage.silence_passes();
    stage.hears("prompt->dana");
    stage.prompts_end();
    stage.silence_passes();
    ana.answers();
    stage.hears("dana<->ana");
});

story!(who_hangs_up_in_the_menu_was_asked_in_vain, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    stage.flow("main", menu());
    dana.calls("main");
    stage.hears("prompt->dana");
    dana.hangs_up();
    dana.is_free();
    ana.is_free();
    stage.records(expect![[r#"
        inbound   customer    dana  main  abandoned
    "#]]);
});

story!(the_hours_choose_the_branch_and_the_flow_goes_on_behind_it, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    stage.flow(
        "main",
        json!([
            {"hours": {"business_hours_id": "never", "open": [{"hang_up": {}}], "closed": [{"play": "closed"}]}},
            {"hours": {"business_hours_id": "always", "closed": [{"hang_up": {}}]}},
            {"queue": {"queue_id": "billing"}}
        ]),
    );
    dana.calls("main");
    stage.hears("prompt->dana");
    stage.prompts_end();
    ana.answers();
    stage.hears("dana<->ana");
});

story!(the_same_prompt_twice_is_said_twice, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").serves("billing").available();
    stage.flow(
        "main",
        json!([{"play": "please_wait"}, {"play": "please_wait"}, {"queue": {"queue_id": "billing"}}]),
    );
    dana.calls("main");
    stage.hears("prompt->dana");
    stage.prompts_end();
    stage.hears("prompt->dana");
    stage.prompts_end();
    ana.answers();
    stage.hears("dana<->ana");
});

story!(a_queue_that_nobody_serves_now_is_passed_by, |stage| {
    let dana = stage.customer("dana");
    let _off = stage.agent("off").serves("billing").absent();
    let ben = stage.agent("ben").serves("support").available();
    stage.flow(
        "main",
        json!([
            {"queue_check": {"queue_id": "billing", "no_agents": true, "then": [{"queue": {"queue_id": "support"}}]}},
            {"queue": {"queue_id": "billing"}}
        ]),
    );
    dana.calls("main");
    ben.answers();
    stage.hears("dana<->ben");
});

/// Their own number: first the person, then the team.
fn direct_number() -> Value {
    json!([{"user": {"user_id": "ana"}}, {"queue": {"queue_id": "billing"}}])
}

story!(a_direct_number_rings_its_person, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").available();
    let ben = stage.agent("ben").serves("billing").available();
    stage.flow("ana's", direct_number());
    dana.calls("ana's");
    ana.answers();
    stage.hears("dana<->ana");
    ben.is_free();
    ana.hangs_up();
    dana.is_free();
});

story!(who_declines_or_is_away_is_passed_by_on_the_way_to_the_team, |stage| {
    let dana = stage.customer("dana");
    let ana = stage.agent("ana").available();
    let ben = stage.agent("ben").serves("billing").available();
    stage.flow("ana's", direct_number());
    dana.calls("ana's");
    ana.rings();
    ana.declines();
    ben.answers();
    stage.hears("dana<->ben");
    ana.is_free();
});

story!(a_direct_number_of_somebody_who_is_away_leads_to_the_team_at_once, |stage| {
    let dana = stage.customer("dana");
    let _ana = stage.agent("ana").absent();
    let ben = stage.agent("ben").serves("billing").available();
    stage.flow("ana's", direct_number());
    dana.calls("ana's");
    ben.answers();
    stage.hears("dana<->ben");
});

story!(who_chooses_it_in_the_menu_is_called_back_and_does_not_wait, |stage| {
    let dana = stage.customer("dana");
    stage.flow(
        "main",
        json!([
            {"menu": {"prompt": "greeting", "digits": {"1": [{"callback": {"queue_id": "billing"}}]}}},
            {"queue": {"queue_id": "billing"}}
        ]),
    );
    dana.calls("main");
    stage.hears("prompt->dana");
    dana.presses("1");
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
        inbound   customer    dana  main  callback_requested
        outbound  callback    main  ana   completed  previous: the customer call
    "#]]);
});

story!(who_withholds_the_number_cannot_be_called_back_and_goes_on, |stage| {
    let dana = stage.anonymous("dana");
    let ana = stage.agent("ana").serves("billing").available();
    stage.flow("main", json!([{"callback": {"queue_id": "support"}}, {"queue": {"queue_id": "billing"}}]));
    dana.calls("main");
    ana.answers();
    stage.hears("dana<->ana");
});
