// The analyst's pages: what each counts, by what, and what can narrow it.
import type { TextId } from '../texts';
import type { Filter } from './api';

/** `stack` draws all that is drawn on one another; the others draw one measure. */
export type ChartKind = 'bars' | 'stack' | 'sankey' | 'heat' | 'network';

export interface Sheet {
  path: string;
  name: TextId;
  lead: TextId;
  type: string;
  fixed?: Filter[];
  measures: string[];
  /** Shown on request. */
  more?: string[];
  groupings: string[][];
  sort?: string;
  filters: string[];
  /** Whether its rows can be told apart by time. */
  intervals: boolean;
  /** Whether it can be narrowed by the calls below its rows' own. */
  crossed?: boolean;
  /** How a grouping is drawn; one that is not named has its table alone. */
  charts?: Record<string, ChartKind>;
  /** What the chart draws, the first where nothing is chosen. */
  drawn?: string[];
}

export const TRAINING_GAPS: Sheet = {
  path: '/reports/training-gaps',
  name: 'reports.training_gaps',
  lead: 'reports.training_gaps.text',
  type: 'training_gaps',
  measures: ['calls', 'consulted', 'consult_rate', 'wilson_low', 'wilson_high', 'consults', 'consult_seconds', 'escalated', 'flagged', 'flagged_surely'],
  more: ['trend', 'consult_minutes_per_consulted', 'consult_rate_shrunk', 'q_value'],
  groupings: [['subject'], ['case_category'], ['agent'], ['team'], ['queue'], ['subject', 'agent']],
  sort: '-consult_rate',
  filters: ['queue', 'team', 'agent', 'subject', 'case_category'],
  crossed: true,
  intervals: true,
  charts: { subject: 'bars', case_category: 'bars', agent: 'bars', team: 'bars', queue: 'bars' },
  drawn: ['consult_rate', 'calls', 'consulted', 'consult_seconds', 'escalated'],
};

export const QUEUES: Sheet = {
  path: '/reports/queues',
  name: 'reports.queues',
  lead: 'reports.queues.text',
  type: 'queues',
  measures: ['offered', 'answered', 'abandoned', 'abandon_rate', 'asa_seconds', 'wait_seconds_p90', 'longest_wait_seconds', 'service_level_offered'],
  more: ['short_abandoned', 'callback_requested', 'mean_abandon_seconds', 'service_level_excluding_short', 'service_level_answered', 'service_level_abandons_met', 'service_level_abandons_missed'],
  groupings: [['queue'], ['subject'], ['hour_of_day'], ['day_of_week']],
  filters: ['queue', 'subject', 'case_category'],
  crossed: true,
  intervals: true,
  charts: { queue: 'bars', subject: 'bars', hour_of_day: 'bars', day_of_week: 'bars' },
  drawn: ['offered', 'answered', 'abandoned', 'asa_seconds', 'service_level_offered'],
};

export const AGENTS: Sheet = {
  path: '/reports/agents',
  name: 'reports.agents',
  lead: 'reports.agents.text',
  type: 'agents',
  measures: ['handled', 'handle_seconds', 'aht_seconds', 'talk_seconds', 'hold_seconds', 'conference_seconds', 'wrap_up_seconds', 'occupancy', 'utilisation'],
  more: ['missed_legs', 'consults_made', 'consults_made_seconds', 'consults_received', 'transferred_in', 'transferred_out', 'coaching_seconds', 'signed_in_seconds', 'available_seconds', 'busy_seconds', 'idle_seconds', 'ringing_seconds'],
  groupings: [['agent'], ['team'], ['tier']],
  filters: ['agent', 'team', 'queue', 'subject'],
  intervals: true,
  charts: { agent: 'stack', team: 'stack', tier: 'stack' },
  drawn: ['talk_seconds', 'hold_seconds', 'conference_seconds', 'wrap_up_seconds'],
};

export const COACHING: Sheet = {
  path: '/reports/coaching',
  name: 'reports.coaching',
  lead: 'reports.coaching.text',
  type: 'coaching',
  measures: ['coaching_sessions', 'monitor_seconds', 'whisper_seconds', 'barge_seconds', 'coaching_seconds'],
  // The ledger: every single time.
  groupings: [['started_at', 'supervisor', 'agent'], ['supervisor'], ['agent'], ['supervisor', 'agent'], ['mode']],
  sort: '-started_at',
  filters: ['supervisor', 'agent', 'mode', 'team', 'queue', 'subject'],
  intervals: false,
  charts: { supervisor: 'stack', agent: 'stack' },
  drawn: ['monitor_seconds', 'whisper_seconds', 'barge_seconds'],
};

export const SPECIALISTS: Sheet = {
  path: '/reports/specialists',
  name: 'reports.specialists',
  lead: 'reports.specialists.text',
  type: 'specialists',
  measures: ['consults_offered', 'consults_received', 'consult_received_seconds', 'advised', 'took_over', 'joined', 'signed_in_seconds', 'specialist_utilisation'],
  groupings: [['agent'], ['subject'], ['requester'], ['agent', 'requester'], ['tier']],
  filters: ['agent', 'tier', 'queue', 'subject'],
  intervals: true,
  charts: { agent: 'stack', subject: 'stack', requester: 'stack', tier: 'stack' },
  drawn: ['advised', 'took_over', 'joined'],
};

export const ESCALATIONS: Sheet = {
  path: '/reports/escalations',
  name: 'reports.escalations',
  lead: 'reports.escalations.text',
  type: 'escalations',
  measures: ['attempts', 'escalations', 'consult_seconds', 'conversations'],
  groupings: [['from_tier', 'to_tier', 'outcome'], ['subject', 'to_tier'], ['from_agent', 'to_agent'], ['transfer_kind', 'target_kind']],
  filters: ['from_tier', 'to_tier', 'outcome', 'transfer_kind', 'target_kind', 'queue', 'subject', 'case_category'],
  intervals: false,
  charts: { 'from_tier,to_tier,outcome': 'sankey', 'subject,to_tier': 'heat', 'from_agent,to_agent': 'network' },
  drawn: ['attempts', 'escalations', 'consult_seconds'],
};

export const INTERNAL_CALLS: Sheet = {
  path: '/reports/internal-calls',
  name: 'reports.internal_calls',
  lead: 'reports.internal_calls.text',
  type: 'voice_calls',
  fixed: [{ field: 'call_type', op: 'eq', value: 'internal' }],
  measures: ['calls', 'answered_calls', 'answer_rate', 'talk_seconds', 'mean_talk_seconds'],
  groupings: [['purpose'], ['initiator'], ['initiator_team'], ['target'], ['initiator', 'target'], ['subject']],
  filters: ['purpose', 'initiator', 'target', 'subject', 'disposition'],
  intervals: true,
  charts: { purpose: 'bars', initiator: 'bars', initiator_team: 'bars', target: 'bars', subject: 'bars' },
  drawn: ['calls', 'answered_calls', 'talk_seconds'],
};

export const OFFERS: Sheet = {
  path: '/reports/offers',
  name: 'reports.offers',
  lead: 'reports.offers.text',
  type: 'offers',
  measures: ['offers', 'accepted_offers', 'declined_offers', 'missed_offers', 'withdrawn_offers', 'failed_offers', 'acceptance_rate', 'mean_ring_seconds'],
  groupings: [['agent'], ['team'], ['queue'], ['offer'], ['decline_reason'], ['hour_of_day'], ['agent', 'offer']],
  filters: ['agent', 'team', 'queue', 'offer', 'decline_reason'],
  intervals: true,
  charts: { agent: 'stack', team: 'stack', queue: 'stack', hour_of_day: 'stack' },
  drawn: ['accepted_offers', 'declined_offers', 'missed_offers', 'withdrawn_offers', 'failed_offers'],
};

export const SHEETS: Sheet[] = [TRAINING_GAPS, ESCALATIONS, QUEUES, OFFERS, AGENTS, SPECIALISTS, COACHING, INTERNAL_CALLS];
