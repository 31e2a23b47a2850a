import createClient from 'openapi-fetch';
import { translated } from '../texts';
import type { paths } from './schema';
import { accessToken, expire } from './session';
import type { Problem } from './types';

export const client = createClient<paths>({ baseUrl: '' });

client.use({
  async onRequest({ request }) {
    const token = await accessToken();
    if (token) request.headers.set('Authorization', `Bearer ${token}`);
    if (request.method === 'POST') request.headers.set('Idempotency-Key', crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) expire();
  },
});

/** The server said no, and why. */
export class Refused extends Error {
  constructor(readonly problem: Problem & { callback_prompt_id?: string; missing_permission?: string }) {
    const errors = problem.errors ?? [];
    super(errors.length > 0 ? errors.map((error) => `${error.field}: ${error.message}`).join('; ') : translated(problem.detail || problem.title));
  }
  /** The message for each field that the server complained about. */
  get fields(): Record<string, string> {
    return Object.fromEntries((this.problem.errors ?? []).map((error) => [error.field, error.message]));
  }
}

/** The answer's body, or the refusal thrown. */
export async function take<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (error !== undefined || !response.ok) {
    const problem = error as Problem | undefined;
    throw new Refused(
      problem && typeof problem === 'object' && 'code' in problem
        ? problem
        : { type: '', title: response.statusText, status: response.status, detail: '', code: 'unknown' },
    );
  }
  return data as T;
}

interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

/** Every page of a list. */
export async function all<T>(page: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const next = await page(cursor);
    items.push(...next.items);
    cursor = next.next_cursor ?? undefined;
  } while (cursor);
  return items;
}
