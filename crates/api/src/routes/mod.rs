//! The routes, a file for each noun, and the table that mounts them.

mod alerts;
mod audit_events;
mod business_hours;
mod callback_prompts;
mod clients;
mod conversations;
mod docs;
mod flows;
mod health;
mod lint;
mod oauth;
pub(crate) mod people;
mod permission_sets;
mod phone;
mod presence_configs;
mod prompts;
mod queues;
pub(crate) mod reports;
mod settings;
mod simple;
mod simulations;
mod softphone;
mod telephony;
mod test_calls;
mod timeline;
mod trunks;
mod usage;
mod users;
mod voice_calls;
mod voicemails;
mod waiting;

use access::Permission::{self, *};

use crate::{
    live, noun, sip,
    table::{
        Endpoint,
        Needs::{All, AllButForHelp, Any, Public, SignedIn, Socket},
        rows,
    },
};

/// All routes, in the order of the documents.
pub(crate) const ENDPOINTS: &[&[Endpoint]] =
    &[DOOR, OWN, CALLS, COACHING, PEOPLE, ROUTES_OF_CALLS, REPORTS, BOARDS, CHECKS, WHOLE];

const ROUTING: &[Permission] = &[ManageRouting];
const USERS: &[Permission] = &[ManageUsers];
const GRANTS: &[Permission] = &[GrantPermissionSets];
const SEE_SETS: &[Permission] = &[GrantPermissionSets, ManageUsers];
const FLOWS: &[Permission] = &[ManageFlows];
const TRUNKS: &[Permission] = &[ManageTrunks];
const SETTINGS: &[Permission] = &[ManageSettings];
const CONSULTS: &[Permission] = &[Consult];
const TRANSFERS: &[Permission] = &[Transfer];
const ADDS: &[Permission] = &[AddParticipants];
const PARKS: &[Permission] = &[Park];
const RECORDS: &[Permission] = &[RecordControl];
const COACHES: &[Permission] = &[Monitor, Whisper, Barge];
const TAKES_OVER: &[Permission] = &[TakeOver];
const PLACES: &[Permission] = &[PlaceCalls];
const OTHERS: &[Permission] = &[SetPresenceOfOthers];
const WAITING_MANAGED: &[Permission] = &[ManageWaiting];
const WAITING: &[Permission] = &[ManageWaiting, ViewLive];
const TAKES: &[Permission] = &[TakeCalls];
const CALLS_BACK: &[Permission] = &[TakeCalls, PlaceCalls, PlaceExternalCalls];
const HANDLES: &[Permission] = &[TakeCalls, ManageWaiting];
const USAGE: &[Permission] = &[ManageSettings, ViewLive];
const AUDIT: &[Permission] = &[ViewAudit];
const REPORTS_SEEN: &[Permission] = &[ViewReports];
const LIVE: &[Permission] = &[ViewLive];
const SIMULATES: &[Permission] = &[ManageRouting, ViewReports];
const EXPORTS: &[Permission] = &[ViewReports, ExportReports];
const RULES_SEEN: &[Permission] = &[ManageSettings, ViewLive];

const DOOR: &[Endpoint] = rows! {
    Post "/oauth/token" (Public) Organization "Sign in: password, refresh_token or client_credentials." => oauth::token;
    Post "/oauth/revoke" (Public) Organization "Sign out." => oauth::revoke;
    Get "/.well-known/jwks.json" (Public) Organization "The public keys of our tokens." => oauth::jwks;
    Get "/healthz" (Public) Organization "Whether the process answers." => health::healthz;
    Get "/readyz" (Public) Organization "Whether it may take calls." => health::readyz;
    Get "/metrics" (Public) Organization "Metrics in Prometheus' format." => health::metrics;
    Get "/openapi.json" (Public) Organization "This document." => docs::document;
    Get "/docs" (Public) Organization "A page to read and try the API." => docs::page;
    Get "/docs/{file}" (Public) Organization "The files of that page." => docs::file;
};

const PEOPLE: &[Endpoint] = rows! {
    Get "/v1/teams" (SignedIn) Organization "The teams." => noun::list::<simple::Teams>;
    Post "/v1/teams" (All(USERS)) Organization "Add a team." => noun::create::<simple::Teams>;
    Get "/v1/teams/{id}" (SignedIn) Organization "One team." => noun::get::<simple::Teams>;
    Patch "/v1/teams/{id}" (All(USERS)) Organization "Change a team." => noun::change::<simple::Teams>;
    Delete "/v1/teams/{id}" (All(USERS)) Organization "Remove a team." => noun::delete::<simple::Teams>;
    Get "/v1/skills" (SignedIn) Organization "The skills." => noun::list::<simple::Skills>;
    Post "/v1/skills" (All(USERS)) Organization "Add a skill." => noun::create::<simple::Skills>;
    Get "/v1/skills/{id}" (SignedIn) Organization "One skill." => noun::get::<simple::Skills>;
    Patch "/v1/skills/{id}" (All(USERS)) Organization "Change a skill." => noun::change::<simple::Skills>;
    Delete "/v1/skills/{id}" (All(USERS)) Organization "Remove a skill." => noun::delete::<simple::Skills>;
    Get "/v1/users" (All(USERS)) Organization "The users." => noun::list::<users::Users>;
    Post "/v1/users" (All(USERS)) Organization "Add a user." => noun::create::<users::Users>;
    Get "/v1/users/{id}" (All(USERS)) Organization "One user." => noun::get::<users::Users>;
    Patch "/v1/users/{id}" (All(USERS)) Organization "Change a user." => noun::change::<users::Users>;
    Delete "/v1/users/{id}" (All(USERS)) Organization "Remove a user." => noun::delete::<users::Users>;
    Get "/v1/clients" (All(GRANTS)) Organization "The API clients." => noun::list::<clients::Clients>;
    Post "/v1/clients" (All(GRANTS)) Organization "Add an API client." => noun::create::<clients::Clients>;
    Get "/v1/clients/{id}" (All(GRANTS)) Organization "One API client." => noun::get::<clients::Clients>;
    Patch "/v1/clients/{id}" (All(GRANTS)) Organization "Change an API client." => noun::change::<clients::Clients>;
    Delete "/v1/clients/{id}" (All(GRANTS)) Organization "Remove an API client." => noun::delete::<clients::Clients>;
    Get "/v1/permission-sets" (Any(SEE_SETS)) Organization "The permission sets." => noun::list::<permission_sets::PermissionSets>;
    Post "/v1/permission-sets" (All(GRANTS)) Organization "Add a permission set." => noun::create::<permission_sets::PermissionSets>;
    Get "/v1/permission-sets/{id}" (Any(SEE_SETS)) Organization "One permission set." => noun::get::<permission_sets::PermissionSets>;
    Patch "/v1/permission-sets/{id}" (All(GRANTS)) Organization "Change a permission set." => noun::change::<permission_sets::PermissionSets>;
    Delete "/v1/permission-sets/{id}" (All(GRANTS)) Organization "Remove a permission set." => noun::delete::<permission_sets::PermissionSets>;
};

const ROUTES_OF_CALLS: &[Endpoint] = rows! {
    Get "/v1/queues" (SignedIn) Organization "The queues." => noun::list::<queues::Queues>;
    Post "/v1/queues" (All(ROUTING)) Organization "Add a queue." => noun::create::<queues::Queues>;
    Get "/v1/queues/{id}" (SignedIn) Organization "One queue." => noun::get::<queues::Queues>;
    Patch "/v1/queues/{id}" (All(ROUTING)) Organization "Change a queue." => noun::change::<queues::Queues>;
    Delete "/v1/queues/{id}" (All(ROUTING)) Organization "Remove a queue." => noun::delete::<queues::Queues>;
    Get "/v1/presence-statuses" (SignedIn) Organization "The presence statuses." => noun::list::<simple::PresenceStatuses>;
    Post "/v1/presence-statuses" (All(ROUTING)) Organization "Add a presence status." => noun::create::<simple::PresenceStatuses>;
    Get "/v1/presence-statuses/{id}" (SignedIn) Organization "One presence status." => noun::get::<simple::PresenceStatuses>;
    Patch "/v1/presence-statuses/{id}" (All(ROUTING)) Organization "Change a presence status." => noun::change::<simple::PresenceStatuses>;
    Delete "/v1/presence-statuses/{id}" (All(ROUTING)) Organization "Remove a presence status." => noun::delete::<simple::PresenceStatuses>;
    Get "/v1/presence-configs" (SignedIn) Organization "The presence configurations." => noun::list::<presence_configs::PresenceConfigs>;
    Post "/v1/presence-configs" (All(ROUTING)) Organization "Add a presence configuration." => noun::create::<presence_configs::PresenceConfigs>;
    Get "/v1/presence-configs/{id}" (SignedIn) Organization "One presence configuration." => noun::get::<presence_configs::PresenceConfigs>;
    Patch "/v1/presence-configs/{id}" (All(ROUTING)) Organization "Change a presence configuration." => noun::change::<presence_configs::PresenceConfigs>;
    Delete "/v1/presence-configs/{id}" (All(ROUTING)) Organization "Remove a presence configuration." => noun::delete::<presence_configs::PresenceConfigs>;
    Get "/v1/wrap-up-codes" (SignedIn) Organization "The wrap-up codes." => noun::list::<simple::WrapUpCodes>;
    Post "/v1/wrap-up-codes" (All(ROUTING)) Organization "Add a wrap-up code." => noun::create::<simple::WrapUpCodes>;
    Get "/v1/wrap-up-codes/{id}" (SignedIn) Organization "One wrap-up code." => noun::get::<simple::WrapUpCodes>;
    Patch "/v1/wrap-up-codes/{id}" (All(ROUTING)) Organization "Change a wrap-up code." => noun::change::<simple::WrapUpCodes>;
    Delete "/v1/wrap-up-codes/{id}" (All(ROUTING)) Organization "Remove a wrap-up code." => noun::delete::<simple::WrapUpCodes>;
    Get "/v1/quick-connects" (SignedIn) Organization "The quick connects." => noun::list::<telephony::QuickConnects>;
    Post "/v1/quick-connects" (All(ROUTING)) Organization "Add a quick connect." => noun::create::<telephony::QuickConnects>;
    Get "/v1/quick-connects/{id}" (SignedIn) Organization "One quick connect." => noun::get::<telephony::QuickConnects>;
    Patch "/v1/quick-connects/{id}" (All(ROUTING)) Organization "Change a quick connect." => noun::change::<telephony::QuickConnects>;
    Delete "/v1/quick-connects/{id}" (All(ROUTING)) Organization "Remove a quick connect." => noun::delete::<telephony::QuickConnects>;
    Get "/v1/call-flows" (All(FLOWS)) Organization "The call flows." => noun::list::<flows::CallFlows>;
    Post "/v1/call-flows" (All(FLOWS)) Organization "Add a call flow." => noun::create::<flows::CallFlows>;
    Get "/v1/call-flows/{id}" (All(FLOWS)) Organization "One call flow." => noun::get::<flows::CallFlows>;
    Patch "/v1/call-flows/{id}" (All(FLOWS)) Organization "Change a call flow." => noun::change::<flows::CallFlows>;
    Delete "/v1/call-flows/{id}" (All(FLOWS)) Organization "Remove a call flow." => noun::delete::<flows::CallFlows>;
    Post "/v1/call-flows/dry-run" (All(FLOWS)) Organization "What a caller would meet in these steps, at a time, pressing these keys." => flows::dry_run_of;
    Post "/v1/call-flows/{id}/dry-run" (All(FLOWS)) Organization "What a caller would meet in this flow, at a time, pressing these keys." => flows::dry_run;
    Get "/v1/prompts" (All(FLOWS)) Organization "The prompts that flows and queues can play: the packaged ones, and the organization's own by name." => prompts::list;
    Post "/v1/prompts" (All(FLOWS)) Organization "Upload a prompt as a WAV file." => prompts::upload;
    Get "/v1/prompts/{id}" (All(FLOWS)) Organization "One uploaded prompt." => noun::get::<prompts::Prompts>;
    Patch "/v1/prompts/{id}" (All(FLOWS)) Organization "Rename an uploaded prompt that nothing names by its name." => noun::change::<prompts::Prompts>;
    Delete "/v1/prompts/{id}" (All(FLOWS)) Organization "Remove an uploaded prompt that no flow and no queue plays." => noun::delete::<prompts::Prompts>;
    Get "/v1/prompts/{id}/audio" (All(FLOWS)) Organization "The sound of an uploaded prompt, as a WAV file." => prompts::audio;
    Put "/v1/prompts/{id}/audio" (All(FLOWS)) Organization "Put another sound in its place; calls that hear the former one hear it to its end." => prompts::replace;
    Get "/v1/prompts/packaged/{name}/audio" (All(FLOWS)) Organization "The sound of a packaged prompt, as a WAV file." => prompts::packaged_audio;
    Get "/v1/business-hours" (All(FLOWS)) Organization "The business hours." => noun::list::<business_hours::AllBusinessHours>;
    Post "/v1/business-hours" (All(FLOWS)) Organization "Add business hours." => noun::create::<business_hours::AllBusinessHours>;
    Get "/v1/business-hours/{id}" (All(FLOWS)) Organization "Business hours." => noun::get::<business_hours::AllBusinessHours>;
    Patch "/v1/business-hours/{id}" (All(FLOWS)) Organization "Change business hours." => noun::change::<business_hours::AllBusinessHours>;
    Delete "/v1/business-hours/{id}" (All(FLOWS)) Organization "Remove business hours that no flow uses." => noun::delete::<business_hours::AllBusinessHours>;
    Get "/v1/numbers" (All(TRUNKS)) Organization "The numbers." => noun::list::<telephony::Numbers>;
    Post "/v1/numbers" (All(TRUNKS)) Organization "Add a number." => noun::create::<telephony::Numbers>;
    Get "/v1/numbers/{id}" (All(TRUNKS)) Organization "One number." => noun::get::<telephony::Numbers>;
    Patch "/v1/numbers/{id}" (All(TRUNKS)) Organization "Change a number." => noun::change::<telephony::Numbers>;
    Delete "/v1/numbers/{id}" (All(TRUNKS)) Organization "Remove a number." => noun::delete::<telephony::Numbers>;
    Get "/v1/trunks" (All(TRUNKS)) Organization "The trunks." => noun::list::<trunks::Trunks>;
    Post "/v1/trunks" (All(TRUNKS)) Organization "Add a trunk." => noun::create::<trunks::Trunks>;
    Get "/v1/trunks/{id}" (All(TRUNKS)) Organization "One trunk." => noun::get::<trunks::Trunks>;
    Patch "/v1/trunks/{id}" (All(TRUNKS)) Organization "Change a trunk." => noun::change::<trunks::Trunks>;
    Delete "/v1/trunks/{id}" (All(TRUNKS)) Organization "Remove a trunk." => noun::delete::<trunks::Trunks>;
    Get "/v1/trunks/{id}/test-call" (All(TRUNKS)) Organization "The last test call over a trunk, with each of its SIP messages." => test_calls::get;
    Post "/v1/trunks/{id}/test-call" (All(TRUNKS)) Organization "Make a test call over a trunk, or ask it by OPTIONS." => test_calls::start;
    Delete "/v1/trunks/{id}/test-call" (All(TRUNKS)) Organization "Hang the test call up." => test_calls::stop;
};

const BOARDS: &[Endpoint] = rows! {
    Get "/v1/queues/live" (All(LIVE)) Queue "Every queue now: who waits, its agents by state, and the day's figures as the reports define them." => usage::live_queues;
    Get "/v1/queues/{id}/live" (All(LIVE)) Queue "One queue now, with what each figure means and the report behind it." => usage::live_queue;
    Get "/v1/alerts" (SignedIn) OwnOrScope "Alerts, newest first; of queues and calls with `view_live`, of subjects with `view_reports`." => alerts::alerts;
    Post "/v1/alerts/{id}/acknowledge" (SignedIn) OwnOrScope "Say that somebody looks after it." => alerts::acknowledge;
    Get "/v1/alert-rules" (Any(RULES_SEEN)) Organization "What raises alerts." => noun::list::<alerts::AlertRules>;
    Post "/v1/alert-rules" (All(SETTINGS)) Organization "Add a rule." => noun::create::<alerts::AlertRules>;
    Get "/v1/alert-rules/{id}" (Any(RULES_SEEN)) Organization "One rule." => noun::get::<alerts::AlertRules>;
    Patch "/v1/alert-rules/{id}" (All(SETTINGS)) Organization "Change a rule." => noun::change::<alerts::AlertRules>;
    Delete "/v1/alert-rules/{id}" (All(SETTINGS)) Organization "Remove a rule; what it raised clears." => noun::delete::<alerts::AlertRules>;
};

const REPORTS: &[Endpoint] = rows! {
    Get "/v1/reports/types" (All(REPORTS_SEEN)) Organization "What can be asked: types, their fields and measures, and what each means." => reports::types;
    Post "/v1/reports/run" (All(REPORTS_SEEN)) Conversation "A report: filters, groups, measures." => reports::run;
    Get "/v1/reports/audiences" (All(REPORTS_SEEN)) Organization "The permission sets that a saved report can be shared with, by name." => reports::audiences;
    Get "/v1/reports/saved" (All(REPORTS_SEEN)) OwnOrScope "One's saved reports, and those shared with one's permission sets." => reports::saved;
    Post "/v1/reports/saved" (All(REPORTS_SEEN)) Own "Save a report." => noun::create::<reports::SavedReports>;
    Get "/v1/reports/saved/{id}" (All(REPORTS_SEEN)) OwnOrScope "One saved report." => reports::saved_one;
    Patch "/v1/reports/saved/{id}" (All(REPORTS_SEEN)) Own "Change a saved report." => noun::change::<reports::SavedReports>;
    Delete "/v1/reports/saved/{id}" (All(REPORTS_SEEN)) Own "Remove a saved report." => noun::delete::<reports::SavedReports>;
    Post "/v1/reports/exports" (All(EXPORTS)) Conversation "A report as a file that takes a while: asked for now, fetched when it is there." => reports::start_export;
    Get "/v1/reports/exports" (All(EXPORTS)) Own "One's exports, newest first." => reports::list_exports;
    Get "/v1/reports/exports/{id}" (All(EXPORTS)) Own "How far an export is." => reports::get_export;
    Get "/v1/reports/exports/{id}/file" (All(EXPORTS)) Own "Its file, once it is done." => reports::export_file;
    Delete "/v1/reports/exports/{id}" (All(EXPORTS)) Own "Cancel an export, or forget it." => reports::cancel_export;
    Get "/v1/reports/schedules" (All(EXPORTS)) Own "One's scheduled reports." => reports::schedules;
    Post "/v1/reports/schedules" (All(EXPORTS)) Own "Send a saved report at certain times: as a file, to a web hook, by mail." => noun::create::<reports::ReportSchedules>;
    Get "/v1/reports/schedules/{id}" (All(EXPORTS)) Own "One scheduled report." => reports::schedule;
    Patch "/v1/reports/schedules/{id}" (All(EXPORTS)) Own "Change a schedule; enabling a paused one starts it again." => noun::change::<reports::ReportSchedules>;
    Delete "/v1/reports/schedules/{id}" (All(EXPORTS)) Own "Remove a schedule and the history of its runs." => noun::delete::<reports::ReportSchedules>;
    Get "/v1/reports/schedules/{id}/runs" (All(EXPORTS)) Own "How its runs went, newest first." => reports::runs;
    Post "/v1/reports/schedules/{id}/run" (All(EXPORTS)) Own "Run it now, beside its times." => reports::run_now;
    Get "/v1/conversations/{id}/timeline" (SignedIn) OwnOrScope "What each participant did from moment to moment; others' with `view_live` or `view_reports`." => timeline::timeline;
    Post "/v1/reports/drill" (All(REPORTS_SEEN)) Conversation "The calls behind one of a report's numbers." => reports::drill;
};

const CHECKS: &[Endpoint] = rows! {
    Get "/v1/routing/check" (All(ROUTING)) Organization "What is wrong with how calls are routed, the worst first, each with what to do." => lint::check;
    Get "/v1/simulations" (All(SIMULATES)) Organization "Staffing what-ifs, newest first." => simulations::list;
    Post "/v1/simulations" (All(SIMULATES)) Organization "Play past days again with other people, skills or loads, beside how it was; reports of the whole organization are needed." => simulations::start;
    Get "/v1/simulations/{id}" (All(SIMULATES)) Organization "One what-if: how far it is, and its figures with 95 % confidence intervals." => simulations::get;
    Delete "/v1/simulations/{id}" (All(SIMULATES)) Organization "Cancel a what-if, or forget it." => simulations::remove;
    Post "/v1/routing/candidates" (All(ROUTING)) Organization "Who could take a call for this queue right now, at each step, and what keeps the others from it." => lint::candidates;
};

const WHOLE: &[Endpoint] = rows! {
    Get "/v1/settings" (All(SETTINGS)) Organization "The organization's settings." => settings::get;
    Patch "/v1/settings" (All(SETTINGS)) Organization "Change the settings." => settings::change;
    Get "/v1/usage" (Any(USAGE)) Organization "Calls now and at their peak, against the limit." => usage::get;
    Get "/v1/audit-events" (All(AUDIT)) Organization "Who changed what, newest first." => audit_events::list;
};

const OWN: &[Endpoint] = rows! {
    Get "/v1/me" (SignedIn) Own "Oneself: permissions, presence, the conversation one is in." => people::me;
    Put "/v1/me/presence" (SignedIn) Own "Choose a presence status." => people::set_own_presence;
    Get "/v1/directory" (SignedIn) Organization "Whom one can call, and whether now." => people::directory;
    Put "/v1/users/{id}/presence" (All(OTHERS)) Team "Choose a presence status for somebody else." => people::set_presence;
    Put "/v1/me/phone" (SignedIn) Own "Choose which of one's phones rings: the browser or the desk phone." => phone::choose;
    Post "/v1/me/softphone" (SignedIn) Own "What a browser needs to be one's phone: addresses and a short-lived credential." => softphone::open;
    Get "/sip" (Socket) Own "SIP over WebSocket (RFC 7118), subprotocol `sip`; with that credential, or an access token as `bearer.<token>` beside it." => sip::open;
    Get "/v1/live" (Socket) OwnOrScope "What happens, as it happens (WebSocket); others' with `view_live`." => live::open;
};

const CALLS: &[Endpoint] = rows! {
    Post "/v1/calls" (AllButForHelp(PLACES)) Organization "Place a call; a phone number takes `place_external_calls` too." => conversations::place;
    Get "/v1/conversations" (SignedIn) OwnOrScope "Conversations, newest first; others' with `view_live` or `view_reports`." => conversations::list;
    Get "/v1/conversations/{id}" (SignedIn) OwnOrScope "One conversation; others' with `view_live` or `view_reports`." => conversations::get;
    Post "/v1/conversations/{id}/accept" (SignedIn) Own "Answer on one's softphone." => conversations::accept;
    Post "/v1/conversations/{id}/decline" (SignedIn) Own "Decline the offered call." => conversations::decline;
    Post "/v1/conversations/{id}/hold" (SignedIn) Own "Put a party, or every customer, on hold." => conversations::hold;
    Post "/v1/conversations/{id}/resume" (SignedIn) Own "Take them off hold." => conversations::resume;
    Post "/v1/conversations/{id}/mute" (SignedIn) Own "Mute oneself, or a party." => conversations::mute;
    Post "/v1/conversations/{id}/unmute" (SignedIn) Own "Unmute." => conversations::unmute;
    Post "/v1/conversations/{id}/digits" (SignedIn) Own "Send key presses to the far end." => conversations::digits;
    Post "/v1/conversations/{id}/consult" (AllButForHelp(CONSULTS)) Own "Ask a colleague while the customer is on hold; a phone number takes `place_external_calls` too." => conversations::consult;
    Post "/v1/conversations/{id}/consult/swap" (All(CONSULTS)) Own "Change between customer and colleague." => conversations::consult_swap;
    Post "/v1/conversations/{id}/consult/merge" (All(CONSULTS)) Own "Bring everybody together." => conversations::consult_merge;
    Post "/v1/conversations/{id}/consult/complete" (All(TRANSFERS)) Own "Warm transfer: the customer goes on with the colleague." => conversations::consult_complete;
    Post "/v1/conversations/{id}/consult/cancel" (All(CONSULTS)) Own "Back to the customer." => conversations::consult_cancel;
    Post "/v1/conversations/{id}/transfer" (AllButForHelp(TRANSFERS)) Own "Blind transfer; a phone number takes `place_external_calls` too." => conversations::transfer;
    Post "/v1/conversations/{id}/participants" (AllButForHelp(ADDS)) Own "Add somebody; a phone number takes `place_external_calls` too." => conversations::add_participant;
    Post "/v1/conversations/{id}/participants/{leg_id}/remove" (All(ADDS)) Own "Remove a party." => conversations::remove_participant;
    Post "/v1/conversations/{id}/leave" (SignedIn) Own "Leave; the others go on." => conversations::leave;
    Post "/v1/conversations/{id}/park" (All(PARKS)) Own "Park the customer." => conversations::park;
    Post "/v1/conversations/{id}/retrieve" (All(PARKS)) Conversation "Take a parked customer." => conversations::retrieve;
    Post "/v1/conversations/{id}/recording/pause" (All(RECORDS)) Own "Pause the recording." => conversations::recording_pause;
    Post "/v1/conversations/{id}/recording/resume" (All(RECORDS)) Own "Resume the recording." => conversations::recording_resume;
    Post "/v1/conversations/{id}/wrap-up" (SignedIn) Own "The result of the call; `done` ends the wrap-up." => conversations::wrap_up;
    Post "/v1/conversations/{id}/wrap-up/extend" (SignedIn) Own "More time for the wrap-up." => conversations::wrap_up_extend;
    Post "/v1/conversations/{id}/raise-hand" (SignedIn) Own "Ask for a supervisor." => conversations::raise_hand;
    Post "/v1/conversations/{id}/hang-up" (SignedIn) Own "End it for everybody." => conversations::hang_up;
    Post "/v1/conversations/{id}/details" (SignedIn) Own "Say what it is about." => conversations::details;
    Get "/v1/voice-calls" (SignedIn) OwnOrScope "The linked records, newest first; others' with `view_reports`." => voice_calls::list;
    Get "/v1/voice-calls/{id}" (SignedIn) OwnOrScope "One record; others' with `view_reports`." => voice_calls::get;
    Patch "/v1/voice-calls/{id}" (SignedIn) Own "What is known of it only later, also after its end." => voice_calls::change;
    Get "/v1/conversations/{id}/routing" (Any(WAITING)) Conversation "Who was considered for each offer, who not and why, and who could take it now." => conversations::explain;
    Get "/v1/callback-prompts" (SignedIn) Own "Cards left for one while busy, and by one for busy colleagues." => callback_prompts::list;
    Post "/v1/callback-prompts/{id}/accept" (SignedIn) Own "Promise: the call is made as soon as both are free." => callback_prompts::accept;
    Post "/v1/callback-prompts/{id}/snooze" (SignedIn) Own "Not now: ask again later." => callback_prompts::snooze;
    Post "/v1/callback-prompts/{id}/decline" (SignedIn) Own "No; the requester is told why." => callback_prompts::decline;
    Post "/v1/callback-prompts/{id}/cancel" (SignedIn) Own "Take one's own request back." => callback_prompts::cancel;
    Get "/v1/queues/{id}/waiting" (Any(WAITING)) Queue "Who waits in a queue, next first." => usage::waiting;
    Post "/v1/queues/{id}/waiting/{conversation_id}/reprioritize" (All(WAITING_MANAGED)) Queue "Another priority for a call that waits." => waiting::reprioritize;
    Post "/v1/queues/{id}/waiting/{conversation_id}/assign" (All(WAITING_MANAGED)) Queue "Give a waiting call to one agent, as soon as they are free." => waiting::assign;
    Post "/v1/queues/{id}/waiting/{conversation_id}/withdraw" (All(WAITING_MANAGED)) Queue "Take a call out of the queue: the caller is told that nobody is there." => waiting::withdraw;
    Get "/v1/voicemails" (SignedIn) OwnOrScope "What callers left: one's own, and those of queues with `manage_waiting` or `view_live`." => voicemails::list;
    Get "/v1/voicemails/{id}" (SignedIn) OwnOrScope "One of them." => voicemails::get;
    Get "/v1/voicemails/{id}/audio" (SignedIn) OwnOrScope "Its sound as WAV; one's own with `take_calls`, others' with `play_recordings`." => voicemails::audio;
    Post "/v1/voicemails/{id}/accept" (All(TAKES)) Own "Take the offered one." => voicemails::accept;
    Post "/v1/voicemails/{id}/decline" (All(TAKES)) Own "Let somebody else have it." => voicemails::decline;
    Post "/v1/voicemails/{id}/call-back" (All(CALLS_BACK)) Own "Call whoever left it." => voicemails::call_back;
    Post "/v1/voicemails/{id}/requeue" (Any(HANDLES)) OwnOrScope "Put it back, for somebody else; others' with `manage_waiting`." => voicemails::requeue;
    Post "/v1/voicemails/{id}/done" (Any(HANDLES)) OwnOrScope "It is done; others' with `manage_waiting`." => voicemails::finish;
    Get "/v1/callbacks" (Any(WAITING)) Queue "Customers who asked to be called back, longest waiting first." => waiting::callbacks;
    Get "/v1/callbacks/{id}" (Any(WAITING)) Queue "One of them." => waiting::callback;
    Post "/v1/callbacks/{id}/cancel" (All(WAITING_MANAGED)) Queue "They are not called." => waiting::cancel_callback;
    Post "/v1/callbacks/{id}/reprioritize" (All(WAITING_MANAGED)) Queue "Another priority for a callback." => waiting::reprioritize_callback;
};

const COACHING: &[Endpoint] = rows! {
    Post "/v1/conversations/{id}/coaching" (Any(COACHES)) Conversation "Start coaching; the mode says which permission." => conversations::start_coaching;
    Patch "/v1/conversations/{id}/coaching" (Any(COACHES)) Conversation "Change the mode; the new mode says which permission." => conversations::change_coaching;
    Delete "/v1/conversations/{id}/coaching" (SignedIn) Own "Stop coaching." => conversations::stop_coaching;
    Post "/v1/conversations/{id}/coaching/take-over" (All(TAKES_OVER)) Conversation "Become the agent of a coached call." => conversations::take_over;
};
