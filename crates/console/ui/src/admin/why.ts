// Why somebody may, or may not, do something to somebody: the rule of the server, said set by set. Pure.
import type { Permission } from '../api/types';

export interface PermissionSet {
  id: string;
  name: string;
  grants: Permission[];
  scope: { teams: 'all' | string[]; queues: 'all' | string[] };
}

/** What it would be done to: the agent's team, the call's queue; a call without a queue passes. */
export interface Place {
  team: string | null;
  queue: string | null;
}

export type Reason = 'allowed' | 'not_granted' | 'team_outside' | 'queue_outside';

export interface Verdict {
  allowed: boolean;
  /** One line for each of the person's sets; none where they have no set at all. */
  lines: { set: string; reason: Reason }[];
}

export function why(sets: PermissionSet[], permission: Permission, place: Place): Verdict {
  const lines = sets.map((set) => ({ set: set.name, reason: reasonOf(set, permission, place) }));
  return { allowed: lines.some((line) => line.reason === 'allowed'), lines };
}

function reasonOf(set: PermissionSet, permission: Permission, place: Place): Reason {
  if (!set.grants.includes(permission)) return 'not_granted';
  const { teams, queues } = set.scope;
  if (teams !== 'all' && (place.team === null || !teams.includes(place.team))) return 'team_outside';
  if (queues !== 'all' && place.queue !== null && !queues.includes(place.queue)) return 'queue_outside';
  return 'allowed';
}
