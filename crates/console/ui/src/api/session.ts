// Who is signed in, in this tab. The tokens stand in localStorage by user, so that a person's tabs share them (each
// refresh token is good for one use); which user a tab belongs to stands in the tab.
import { create } from 'zustand';

interface Tokens {
  access: string;
  refresh: string | null;
  /** When the access token ends, in this machine's milliseconds. */
  until: number;
}

interface Session {
  username: string | null;
  /** Why the last session ended, if it did not end by a press. */
  ended: 'expired' | 'idle' | null;
}

const WHO = 'tandem.who';
const key = (username: string) => `tandem.session.${username}`;
const REFRESH_EARLY_MS = 60_000;

function read(username: string): Tokens | null {
  try {
    return JSON.parse(localStorage.getItem(key(username)) ?? 'null') as Tokens | null;
  } catch {
    return null;
  }
}

function remembered(): string | null {
  const who = sessionStorage.getItem(WHO);
  return who !== null && read(who) !== null ? who : null;
}

export const useSession = create<Session>(() => ({ username: remembered(), ended: null }));

export class SignInRefused extends Error {}

async function grant(form: Record<string, string>): Promise<Tokens> {
  const answer = await fetch('/oauth/token', { method: 'POST', body: new URLSearchParams(form) });
  const body = (await answer.json()) as {
    access_token?: string;
    refresh_token?: string;
    expires_in?: number;
    error?: string;
    error_description?: string;
    detail?: string;
  };
  if (!answer.ok || !body.access_token) {
    throw new SignInRefused(body.error_description ?? body.detail ?? `${answer.status}`);
  }
  return { access: body.access_token, refresh: body.refresh_token ?? null, until: Date.now() + (body.expires_in ?? 60) * 1000 };
}

export async function signIn(username: string, password: string): Promise<void> {
  const tokens = await grant({ grant_type: 'password', username, password });
  localStorage.setItem(key(username), JSON.stringify(tokens));
  sessionStorage.setItem(WHO, username);
  useSession.setState({ username, ended: null });
}

/** In every tab of this user. */
export async function signOut(why: 'idle' | null = null): Promise<void> {
  const { username } = useSession.getState();
  if (username === null) return;
  const tokens = read(username);
  forget(username, why);
  if (tokens?.refresh) {
    await fetch('/oauth/revoke', { method: 'POST', body: new URLSearchParams({ token: tokens.refresh }) }).catch(() => undefined);
  }
}

function forget(username: string, ended: Session['ended']) {
  localStorage.removeItem(key(username));
  sessionStorage.removeItem(WHO);
  useSession.setState({ username: null, ended });
}

export function expire(): void {
  const { username } = useSession.getState();
  if (username !== null) forget(username, 'expired');
}

// Another tab of this user signed out.
window.addEventListener('storage', (event) => {
  const { username } = useSession.getState();
  if (username !== null && event.key === key(username) && event.newValue === null) forget(username, null);
});

/** One tab at a time; without locks (an insecure origin) tabs may race, and the loser signs in again. */
function alone<T>(name: string, run: () => Promise<T>): Promise<T> {
  return 'locks' in navigator ? (navigator.locks.request(name, run) as Promise<T>) : run();
}

/** A token that is good for now; null when nobody is signed in. */
export async function accessToken(): Promise<string | null> {
  const { username } = useSession.getState();
  if (username === null) return null;
  const fresh = (tokens: Tokens | null) => (tokens && tokens.until - REFRESH_EARLY_MS > Date.now() ? tokens.access : null);
  const now = fresh(read(username));
  if (now) return now;
  return alone(`refresh:${username}`, async () => {
    const tokens = read(username);
    const other = fresh(tokens);
    if (other) return other;
    if (!tokens?.refresh) {
      expire();
      return null;
    }
    try {
      const next = await grant({ grant_type: 'refresh_token', refresh_token: tokens.refresh });
      localStorage.setItem(key(username), JSON.stringify(next));
      return next.access;
    } catch (error) {
      if (error instanceof SignInRefused) {
        expire();
        return null;
      }
      // The network is away: what we have may be good for a minute yet.
      return tokens.until > Date.now() ? tokens.access : null;
    }
  });
}
