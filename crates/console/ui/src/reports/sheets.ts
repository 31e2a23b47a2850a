// The analyst's pages: what each counts, by what, and what can narrow it.
import type { TextId } from '../texts';
import type { Filter } from './api';

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
  intervals: true,
};

export const SHEETS: Sheet[] = [TRAINING_GAPS];
