//! What a viewer may do with a conversation at this moment: asked of the core itself, so that no button lies.

use std::collections::BTreeMap;

use access::{Area, Permission};
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use terms::{Timestamp, Token, UserId};
use voicecall::{Attachment, CoachingMode, Command, Details, Input, LegState, Rejected, Target};

use crate::{caller::Caller, known::Known, refused::missing};

/// `true`, or `{allowed: false, reason}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed(Result<(), String>);

impl Serialize for Allowed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(()) => serializer.serialize_bool(true),
            Err(reason) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("allowed", &false)?;
                map.serialize_entry("reason", reason)?;
                map.end()
            }
        }
    }
}

struct Asking<'a> {
    known: &'a Known,
    caller: &'a Caller,
    now: Timestamp,
}

/// Every action by its name.
pub(crate) fn of(
    known: &Known,
    caller: &Caller,
    area: &Area,
    now: Timestamp,
) -> BTreeMap<&'static str, Allowed> {
    let asking = Asking { known, caller, now };
    let user = caller.user();
    let mut actions = BTreeMap::new();
    let mut add = |name, answer: Result<(), String>| {
        actions.insert(name, Allowed(answer));
    };
    for (name, command) in plain_commands() {
        let permission = permission_of(&command);
        add(name, asking.with(permission, &Area::anywhere(), command));
    }
    // Somebody who is certainly not in the call yet; who it really is, is asked when the target is known.
    let somebody = || Target::User { token: Token::taken(UserId::from_number(0)), auto_answer: false };
    let own = Area::anywhere();
    let consult = Command::StartConsult { target: somebody(), note: None };
    add("consult", asking.with(Some(Permission::Consult), &own, consult));
    add("transfer", asking.with(Some(Permission::Transfer), &own, Command::Transfer { target: somebody() }));
    let added = Command::AddParticipant { target: somebody() };
    add("add_participant", asking.with(Some(Permission::AddParticipants), &own, added));
    add("remove_participant", asking.removal());
    add("accept", asking.accept());
    add("wrap_up", asking.wrap_up());
    let wrapping = known.wrapping_up.contains(&user);
    add("wrap_up_extend", if wrapping { Ok(()) } else { Err("you are not in wrap-up".to_owned()) });
    let retrieve = Command::Retrieve { token: Token::taken(user), auto_answer: true };
    add("retrieve", asking.with(Some(Permission::Park), area, retrieve));
    let coached = known.conversation.coaching().find(|coaching| coaching.supervisor == user).map(|c| c.mode);
    for (name, mode, permission) in [
        ("monitor", CoachingMode::Monitor, Permission::Monitor),
        ("whisper", CoachingMode::Whisper, Permission::Whisper),
        ("barge", CoachingMode::Barge, Permission::Barge),
    ] {
        let command = match coached {
            Some(_) => Command::ChangeCoachingMode { mode },
            None => Command::StartCoaching {
                token: Token::taken(user),
                mode,
                agent_leg: None,
                attach_to: Attachment::Conversation,
            },
        };
        add(name, asking.with(Some(permission), area, command));
    }
    add("stop_coaching", asking.with(None, area, Command::StopCoaching));
    add("take_over", asking.with(Some(Permission::TakeOver), area, Command::TakeOver));
    actions
}

fn plain_commands() -> [(&'static str, Command); 17] {
    let details = Details { subject: Some(String::new()), ..Details::default() };
    [
        ("decline", Command::Decline { reason: None }),
        ("hold", Command::Hold { leg: None }),
        ("resume", Command::Resume { leg: None }),
        ("mute", Command::Mute { leg: None }),
        ("unmute", Command::Unmute { leg: None }),
        ("digits", Command::SendDigits { digits: "0".to_owned() }),
        ("consult_swap", Command::SwapConsult),
        ("consult_merge", Command::MergeConsult),
        ("consult_complete", Command::CompleteTransfer),
        ("consult_cancel", Command::CancelConsult),
        ("leave", Command::Leave),
        ("park", Command::Park { slot: "0".to_owned() }),
        ("recording_pause", Command::PauseRecording),
        ("recording_resume", Command::ResumeRecording),
        ("raise_hand", Command::RaiseHand),
        ("hang_up", Command::HangUp),
        ("details", Command::SetDetails { details }),
    ]
}

/// As call control asks for it.
fn permission_of(command: &Command) -> Option<Permission> {
    match command {
        Command::SwapConsult | Command::MergeConsult | Command::CancelConsult => Some(Permission::Consult),
        Command::CompleteTransfer => Some(Permission::Transfer),
        Command::Park { .. } => Some(Permission::Park),
        Command::PauseRecording | Command::ResumeRecording => Some(Permission::RecordControl),
        _ => None,
    }
}

impl Asking<'_> {
    fn with(&self, permission: Option<Permission>, area: &Area, command: Command) -> Result<(), String> {
        if let Some(permission) = permission.filter(|permission| !self.caller.permits(*permission, area)) {
            return Err(missing(permission));
        }
        self.decide(command).map_err(|rejected| rejected.to_string())
    }

    fn decide(&self, command: Command) -> Result<(), Rejected> {
        let input = Input::by_user(self.caller.user(), command);
        match self.known.conversation.decide(&input, self.now) {
            // It would be taken, there is only nothing new to say in this asking.
            Ok(_) | Err(Rejected::NoChange) => Ok(()),
            Err(rejected) => Err(rejected),
        }
    }

    /// Possible where there is at least one party the caller may remove.
    fn removal(&self) -> Result<(), String> {
        let legs = (0u32..).zip(self.known.conversation.legs());
        let others = legs.filter(|(_, leg)| leg.is_live() && leg.party.user() != Some(self.caller.user()));
        let asked = others.map(|(leg, _)| {
            let command = Command::RemoveParticipant { leg };
            self.with(Some(Permission::AddParticipants), &Area::anywhere(), command)
        });
        let mut refused = Err("there is nobody to remove".to_owned());
        for answer in asked {
            if answer.is_ok() {
                return answer;
            }
            refused = answer;
        }
        refused
    }

    fn accept(&self) -> Result<(), String> {
        let own = self.known.conversation.leg_of(self.caller.user());
        let leg = own.and_then(|ordinal| self.known.conversation.legs().get(ordinal as usize));
        match leg.map(|leg| (&leg.state, leg.incoming)) {
            Some((LegState::Ringing { .. }, false)) => Ok(()),
            _ => Err("your phone is not ringing for this call".to_owned()),
        }
    }

    /// The agent's result may come during the call and after its end.
    fn wrap_up(&self) -> Result<(), String> {
        let command = Command::WrapUp { code: None, resolution: None, notes: Some(String::new()) };
        if self.known.wrapping_up.contains(&self.caller.user()) {
            return Ok(());
        }
        self.with(None, &Area::anywhere(), command)
    }
}
