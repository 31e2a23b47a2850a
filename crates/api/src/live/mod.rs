//! Live: what happens, as it happens, to everybody who may see it.
//!
//! One task follows call control's news and keeps a mirror of every conversation, so that readers never ask the shard.
//! Entries go to all readers over one bounded channel, and the last ones are kept for readers that come back.

mod message;
mod socket;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use callcontrol::{Handle, LiveAgent, LiveMessage, LivePrompt, News, NewsBody};
use terms::{ConversationId, QueueId, Timestamp, UserId, limits::LIVE_BUFFER_MAX};
use tokio::sync::broadcast::{self, error::RecvError};
use voicecall::{Event, State};

use crate::{caller::Caller, known::Known};

pub(crate) use socket::{offered_protocols, open, token_in};

/// Something that happened, as readers get it.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    /// The journal's event kind, `agent`, `prompt`, `voicemail` or `queue`.
    pub(crate) kind: String,
    pub(crate) body: EntryBody,
}

#[derive(Debug)]
pub(crate) enum EntryBody {
    /// The conversation as it stood after the fact; `leg` and `call` are whom the fact concerns.
    Conversation {
        known: Arc<Known>,
        leg: Option<u32>,
        call: Option<u32>,
    },
    Agent(Box<LiveAgent>),
    Prompt(Box<LivePrompt>),
    /// A voicemail moved; whose it was before.
    Voicemail {
        message: Box<LiveMessage>,
        before: Option<UserId>,
    },
    Queue {
        queue: QueueId,
        waiting: u32,
        longest_since: Option<Timestamp>,
    },
}

/// The feed that sockets read.
#[derive(Debug)]
pub(crate) struct Live {
    /// Added to call control's numbers, which begin anew with the process: a number of a former run is never one of this.
    base: u64,
    entries: broadcast::Sender<Arc<Entry>>,
    /// Softphones that shall answer now.
    answers: broadcast::Sender<(UserId, ConversationId)>,
    /// The last entries. Held for a push or a copy, never across an await.
    ring: Mutex<VecDeque<Arc<Entry>>>,
    /// How many sockets each user has open. Held for a count.
    sockets: Mutex<BTreeMap<UserId, u32>>,
}

impl Live {
    pub(crate) fn new(started_at: Timestamp) -> Self {
        Self {
            base: u64::try_from(started_at.ms()).unwrap_or(0),
            entries: broadcast::Sender::new(LIVE_BUFFER_MAX),
            answers: broadcast::Sender::new(LIVE_BUFFER_MAX),
            ring: Mutex::default(),
            sockets: Mutex::default(),
        }
    }

    /// The number as clients know it.
    fn number(&self, seq: u64) -> u64 {
        self.base.saturating_add(seq)
    }

    /// Tells the user's softphone to answer; false when no socket of theirs is open.
    pub(crate) fn tell_to_answer(&self, user: UserId, conversation: ConversationId) -> bool {
        let open = lock(&self.sockets).contains_key(&user);
        open && self.answers.send((user, conversation)).is_ok()
    }

    /// Everything after this number; none when that lies outside of what is kept.
    fn since(&self, after: u64, newest: u64) -> Option<Vec<Arc<Entry>>> {
        let ring = lock(&self.ring);
        if after < self.base || after > newest {
            return None;
        }
        let oldest = ring.front().map_or(newest + 1, |entry| entry.seq);
        (after + 1 >= oldest).then(|| ring.iter().filter(|entry| entry.seq > after).cloned().collect())
    }

    fn push(&self, entry: Entry) {
        let entry = Arc::new(entry);
        let mut ring = lock(&self.ring);
        ring.push_back(Arc::clone(&entry));
        if ring.len() > LIVE_BUFFER_MAX {
            ring.pop_front();
        }
        // Sent under the lock, so that nobody who copies the ring misses an entry between it and the channel.
        let _ = self.entries.send(entry);
    }

    pub(crate) fn entries(&self) -> broadcast::Receiver<Arc<Entry>> {
        self.entries.subscribe()
    }

    fn joined(&self, user: UserId) {
        *lock(&self.sockets).entry(user).or_default() += 1;
    }

    fn left(&self, user: UserId) {
        let mut sockets = lock(&self.sockets);
        if let Some(open) = sockets.get_mut(&user) {
            *open -= 1;
            if *open == 0 {
                sockets.remove(&user);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows the news until call control stops.
pub(crate) async fn follow(live: Arc<Live>, calls: Handle) {
    let mut news = calls.news();
    let mut mirrors = Mirrors::default();
    mirrors.look(&calls).await;
    loop {
        match news.recv().await {
            Ok(one) => mirrors.take(&live, &one),
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(live.missed = missed, "the live feed fell behind; it looks again");
                lock(&live.ring).clear();
                mirrors.look(&calls).await;
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Every live conversation, kept by applying its facts.
#[derive(Debug, Default)]
struct Mirrors {
    conversations: BTreeMap<ConversationId, Known>,
}

impl Mirrors {
    async fn look(&mut self, calls: &Handle) {
        match calls.conversations().await {
            Ok(all) => {
                self.conversations =
                    all.into_iter().map(Known::from).map(|known| (known.id(), known)).collect();
            }
            Err(refused) => tracing::warn!(%refused, "the live feed could not look at the conversations"),
        }
    }

    fn take(&mut self, live: &Live, news: &News) {
        let seq = live.number(news.seq);
        let (kind, body) = match &news.body {
            NewsBody::Fact { conversation, version, event } => {
                let Some(body) = self.fact(*conversation, *version, event, news.at) else { return };
                (kind_of(event), body)
            }
            NewsBody::Agent(agent) => {
                self.wrap_up(agent);
                ("agent".to_owned(), EntryBody::Agent(agent.clone()))
            }
            NewsBody::Prompt(prompt) => ("prompt".to_owned(), EntryBody::Prompt(prompt.clone())),
            NewsBody::Message { message, before } => {
                ("voicemail".to_owned(), EntryBody::Voicemail { message: message.clone(), before: *before })
            }
            NewsBody::Queue { queue, waiting, longest_since } => {
                let (queue, waiting, longest_since) = (*queue, *waiting, *longest_since);
                ("queue".to_owned(), EntryBody::Queue { queue, waiting, longest_since })
            }
        };
        live.push(Entry { seq, at: news.at, kind, body });
    }

    fn fact(&mut self, id: ConversationId, version: u64, event: &Event, at: Timestamp) -> Option<EntryBody> {
        if let Event::Opened { opening } = event {
            self.conversations.entry(id).or_insert_with(|| Known::opened((**opening).clone(), at));
        }
        let known = self.conversations.get_mut(&id)?;
        // A look may have shown facts whose news come only now.
        if version > known.version {
            known.take(at, event);
        }
        let (leg, call) = concerns(event);
        let body = EntryBody::Conversation { known: Arc::new(known.clone()), leg, call };
        if known.conversation.is_ended() && known.wrapping_up.is_empty() && known.state() == State::Ended {
            let keep = matches!(event, Event::Ended { .. }) && !known.parties().is_empty();
            if !keep {
                self.conversations.remove(&id);
            }
        }
        Some(body)
    }

    /// Who wraps up is routing's word; the conversation they wrap up is theirs until then.
    fn wrap_up(&mut self, agent: &LiveAgent) {
        let now_in = match agent.view.token {
            routing::Token::Acw(id) => Some(id),
            _ => None,
        };
        for known in self.conversations.values_mut() {
            known.wrapping_up.retain(|user| *user != agent.user);
        }
        if let Some(known) = now_in.and_then(|id| self.conversations.get_mut(&id)) {
            known.wrapping_up.push(agent.user);
        }
        if now_in.is_none() {
            self.conversations.retain(|_, known| {
                !known.conversation.is_ended()
                    || !known.wrapping_up.is_empty()
                    || !known.parties().contains(&agent.user)
            });
        }
    }
}

/// The tag that the journal knows the event by.
fn kind_of(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap_or_default();
    value["kind"].as_str().unwrap_or("fact").to_owned()
}

/// The wire and the VoiceCall a fact names.
fn concerns(event: &Event) -> (Option<u32>, Option<u32>) {
    let value = serde_json::to_value(event).unwrap_or_default();
    let ordinal = |name: &str| value[name].as_u64().and_then(|number| u32::try_from(number).ok());
    (ordinal("leg"), ordinal("call"))
}

/// The topics that clients subscribe to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Topic {
    /// One's own conversations and presence.
    Me,
    Conversations,
    Agents,
    Queues,
}

/// Whether the caller may see this agent on a board.
pub(crate) fn sees_agent(caller: &Caller, user: UserId, organization: &callcontrol::Organization) -> bool {
    let team = organization.users.get(&user).and_then(|row| row.team);
    caller.permits(access::Permission::ViewLive, &access::Area::of_agent(team))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTED: Timestamp = Timestamp::from_ms(1_000_000);

    fn queue_entry(live: &Live, seq: u64) -> Entry {
        let body = EntryBody::Queue { queue: QueueId::from_number(1), waiting: 0, longest_since: None };
        Entry { seq: live.number(seq), at: STARTED, kind: "queue".into(), body }
    }

    #[test]
    fn a_reader_that_comes_back_gets_what_it_missed_or_is_told_to_look_again() {
        let live = Live::new(STARTED);
        for seq in 1..=3 {
            live.push(queue_entry(&live, seq));
        }
        let newest = live.number(3);
        let seqs = |after: u64| {
            live.since(after, newest).map(|entries| entries.iter().map(|e| e.seq).collect::<Vec<_>>())
        };
        assert_eq!(seqs(live.number(1)), Some(vec![live.number(2), live.number(3)]));
        assert_eq!(seqs(live.number(3)), Some(vec![]));
        assert_eq!(seqs(live.number(0)), Some(vec![live.number(1), live.number(2), live.number(3)]));
        assert_eq!(seqs(7), None, "a number of a former run");
        assert_eq!(seqs(live.number(9)), None, "a number that never was");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let live = Live::new(STARTED);
        let last = LIVE_BUFFER_MAX as u64 + 10;
        for seq in 1..=last {
            live.push(queue_entry(&live, seq));
        }
        assert_eq!(lock(&live.ring).len(), LIVE_BUFFER_MAX);
        assert!(live.since(live.number(5), live.number(last)).is_none());
    }

    #[test]
    fn a_softphone_is_told_to_answer_only_where_its_socket_is_open() {
        let live = Live::new(STARTED);
        let (ana, call) = (UserId::from_number(1), ConversationId::from_number(2));
        assert!(!live.tell_to_answer(ana, call));
        let mut answers = live.answers.subscribe();
        live.joined(ana);
        assert!(live.tell_to_answer(ana, call));
        assert_eq!(answers.try_recv().unwrap(), (ana, call));
        live.left(ana);
        assert!(!live.tell_to_answer(ana, call));
    }
}
