//! How legs end, whoever ends them.

use terms::{EndReason, LegId};

use super::{Leg, Phase};
use crate::{
    DialogSnapshot, Origin, Report,
    dialog::Dialog,
    edge::Edge,
    message::{Method, Request, name},
    transaction::{Purpose, Reply},
    wire::{Flow, LegTimer, Timer},
};

/// How long a called-off dial is still watched for a late answer, in ms.
const CALLED_OFF_MS: u64 = 40_000;

impl Edge {
    /// Ends the leg in any phase; nothing of it is reported after that.
    pub(crate) fn hang_up(&mut self, id: LegId, reason: EndReason) {
        self.resolving.remove(&id);
        let Some(leg) = self.legs.get(&id) else { return };
        match &leg.phase {
            Phase::Offered { tx } => {
                let reply = Reply::new(refusal_status(reason)).with(name::REASON, reason_value(reason));
                let tx = *tx;
                self.servers.reply(&mut self.wire, tx, &reply, Some(&leg.dialog.local_tag));
                self.forget(id);
            }
            Phase::Calling(_) => {
                self.wire.after(CALLED_OFF_MS, Timer::Leg(id, LegTimer::Abandoned, 1));
                self.call_off(id, reason);
            }
            Phase::Up => self.say_bye(id, reason),
            Phase::Ending => {}
        }
    }

    /// BYE; before our 2xx is acknowledged it must wait (RFC 3261 §15).
    pub(super) fn say_bye(&mut self, id: LegId, reason: EndReason) {
        if let Some((tx, cseq)) = self.legs.get_mut(&id).and_then(|leg| leg.owed_ack.take()) {
            self.acknowledge(id, tx, cseq, None);
        }
        self.close_requests(id);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.session.generation += 1;
        leg.phase = Phase::Ending;
        if leg.awaited_ack.is_some() {
            leg.farewell = Some(reason);
            return;
        }
        self.send_bye(id, reason);
    }

    pub(super) fn send_bye(&mut self, id: LegId, reason: EndReason) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let bye = leg.dialog.request(Method::Bye).with(name::REASON, reason_value(reason));
        let flow = leg.dialog.next_hop();
        self.clients.send(&mut self.wire, bye, flow, Purpose::Bye(id));
    }

    /// The far end says goodbye.
    pub(super) fn their_bye(&mut self, flow: Flow, request: &Request, id: LegId) {
        self.reply_once(flow, request, Some(id), &Reply::new(200));
        let Some(leg) = self.legs.get(&id) else { return };
        let tag = leg.dialog.local_tag.clone();
        let reason = match &leg.phase {
            Phase::Offered { tx } => {
                let tx = *tx;
                self.servers.reply(&mut self.wire, tx, &Reply::new(487), Some(&tag));
                Some(EndReason::Cancelled)
            }
            Phase::Calling(state) => {
                let told = !state.called_off;
                self.call_off(id, EndReason::RemoteHangup);
                // The INVITE still has to end; the leg is kept for that, but nobody hears of it again.
                if told {
                    self.report(Report::Failed { leg: id, reason: EndReason::Unreachable, status: 487 });
                }
                return;
            }
            Phase::Up => Some(EndReason::RemoteHangup),
            Phase::Ending => None,
        };
        if let Some(awaited) = self.legs.get_mut(&id).and_then(|leg| leg.awaited_ack.take()) {
            self.servers.acked(&mut self.wire, awaited.tx);
        }
        self.forget(id);
        if let Some(reason) = reason {
            self.report(Report::Ended { leg: id, reason });
        }
    }

    /// The wire is of no use any more: say goodbye to whoever may hear it.
    pub(super) fn break_off(&mut self, id: LegId, reason: EndReason) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.awaited_ack = None;
            let was_up = leg.phase == Phase::Up;
            if was_up {
                self.say_bye(id, reason);
                self.report(Report::Ended { leg: id, reason });
            }
        }
    }

    /// Requests of theirs that nobody will answer any more are answered 487 (RFC 3261 §15.1.2).
    pub(super) fn close_requests(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let theirs = leg.theirs.take().map(|theirs| theirs.tx);
        let refer = leg.refer.take().filter(|refer| !refer.accepted).map(|refer| refer.tx);
        for tx in theirs.into_iter().chain(refer) {
            self.servers.reply(&mut self.wire, tx, &Reply::new(487), None);
        }
    }

    /// Drops everything kept for a leg; its transactions end by themselves.
    pub(crate) fn forget(&mut self, id: LegId) -> Option<Leg> {
        self.close_requests(id);
        let leg = self.legs.remove(&id)?;
        self.dialogs.remove(&leg.dialog.local_tag);
        if let Some(Origin::Trunk(trunk)) = leg.origin
            && let Some(line) = self.trunks.get_mut(trunk)
        {
            line.calls = line.calls.saturating_sub(1);
        }
        Some(leg)
    }

    /// BYE within a dialog of a former life.
    pub(crate) fn abandon(&mut self, snapshot: &DialogSnapshot) {
        let Some(mut dialog) = Dialog::revive(snapshot) else {
            tracing::warn!("a dialog snapshot cannot be read; nobody is told goodbye");
            return;
        };
        let bye = dialog.request(Method::Bye).with(name::REASON, reason_value(EndReason::NodeLost));
        let flow = dialog.next_hop();
        self.clients.send(&mut self.wire, bye, flow, Purpose::Farewell);
    }

    pub(crate) fn leg_timer(&mut self, id: LegId, timer: LegTimer, generation: u32) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match timer {
            LegTimer::Unacknowledged => {
                if leg.awaited_ack.is_some_and(|awaited| awaited.cseq == generation) {
                    leg.awaited_ack = None;
                    match leg.farewell.take() {
                        Some(reason) => self.send_bye(id, reason),
                        None => self.break_off(id, EndReason::Unreachable),
                    }
                }
            }
            LegTimer::Provisional => self.say_provisional_again(id),
            LegTimer::Abandoned => self.abandoned(id, generation),
            LegTimer::Refresh if leg.session.generation == generation => self.refresh(id),
            LegTimer::Expired if leg.session.generation == generation => {
                self.break_off(id, EndReason::Unreachable);
            }
            LegTimer::Refresh | LegTimer::Expired => {}
            LegTimer::Reoffer => self.reoffer_again(id),
            LegTimer::FlowLost => {
                if leg.flow_lost.take_if(|lost| *lost == leg.dialog.flow()).is_some() {
                    self.flow_lost(id);
                }
            }
        }
    }

    /// Nobody has said anything final for far too long.
    fn abandoned(&mut self, id: LegId, generation: u32) {
        let Some(leg) = self.legs.get(&id) else { return };
        match &leg.phase {
            Phase::Offered { .. } => {
                self.hang_up(id, EndReason::NoAnswer);
                self.report(Report::Ended { leg: id, reason: EndReason::NoAnswer });
            }
            Phase::Calling(state) if generation == 0 && !state.called_off => {
                self.hang_up(id, EndReason::NoAnswer);
                self.report(Report::Failed { leg: id, reason: EndReason::NoAnswer, status: 408 });
            }
            Phase::Calling(state) if generation == 1 && state.called_off => {
                self.forget(id);
            }
            Phase::Calling(_) | Phase::Up | Phase::Ending => {}
        }
    }

    /// A provider may close an idle connection in the middle of a call: ask by a new one whether it is there.
    pub(crate) fn probe(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.phase == Phase::Up) else { return };
        let options = leg.dialog.request(Method::Options);
        let flow = leg.dialog.next_hop();
        self.clients.send(&mut self.wire, options, flow, Purpose::Probe(id));
    }

    pub(crate) fn probe_arrived(&mut self, id: LegId, status: u16) {
        if matches!(status, 408 | 481) {
            self.break_off(id, EndReason::Unreachable);
        }
    }

    fn flow_lost(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        match leg.phase {
            Phase::Offered { .. } | Phase::Up => {
                self.forget(id);
                self.report(Report::Ended { leg: id, reason: EndReason::Unreachable });
            }
            Phase::Calling(_) | Phase::Ending => {}
        }
    }
}

/// The final answer that says why.
const fn refusal_status(reason: EndReason) -> u16 {
    match reason {
        EndReason::Busy => 486,
        EndReason::Declined => 603,
        EndReason::Rejected | EndReason::PermissionRevoked => 403,
        EndReason::NodeLost => 503,
        EndReason::HungUp
        | EndReason::RemoteHangup
        | EndReason::Transferred
        | EndReason::Merged
        | EndReason::NoAnswer
        | EndReason::Unreachable
        | EndReason::Cancelled
        | EndReason::AgentLost
        | EndReason::MediaTimeout => 480,
    }
}

/// A Reason header in the words of telephony (RFC 3326, Q.850).
pub(super) fn reason_value(reason: EndReason) -> String {
    let cause = match reason {
        EndReason::Busy => 17,
        EndReason::Declined | EndReason::Rejected | EndReason::PermissionRevoked => 21,
        EndReason::NoAnswer => 19,
        EndReason::Unreachable | EndReason::AgentLost | EndReason::NodeLost => 41,
        EndReason::MediaTimeout => 102,
        EndReason::HungUp
        | EndReason::RemoteHangup
        | EndReason::Transferred
        | EndReason::Merged
        | EndReason::Cancelled => 16,
    };
    format!("Q.850;cause={cause};text=\"{reason}\"")
}
