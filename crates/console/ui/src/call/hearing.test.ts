import { describe, expect, it } from 'vitest';
import type { Conversation } from '../api/types';
import { customerHears, sentences } from './hearing';

type Call = Pick<Conversation, 'legs' | 'hearing'>;

/** "ana<->dana, music->dana": legs by name, the customer is dana. */
function call(states: Record<string, string>, ...rows: [string, string[]][]): Call {
  return {
    legs: Object.entries(states).map(([id, state]) => ({ id, state, role: id === 'dana' ? 'customer' : 'agent', muted: false, segments: [] })) as unknown as Conversation['legs'],
    hearing: rows.map(([listener, hears]) => ({ listener, hears })),
  };
}
const up = 'connected';

describe('who hears whom in sentences', () => {
  it('says of two who hear each other that they do', () => {
    expect(sentences(call({ dana: up, ana: up }, ['dana', ['ana']], ['ana', ['dana']]))).toEqual([{ kind: 'together', legs: ['dana', 'ana'] }]);
  });

  it('keeps a private consult apart from the customer, who hears music', () => {
    const said = sentences(call({ dana: 'held', ana: up, ben: up }, ['dana', ['hold_music']], ['ana', ['ben']], ['ben', ['ana']]));
    expect(said).toEqual([{ kind: 'together', legs: ['ana', 'ben'] }, { kind: 'sound', legs: ['dana'], sound: 'hold_music' }]);
  });

  it('says of three in a conference one sentence, not three', () => {
    const said = sentences(call({ dana: up, ana: up, ben: up }, ['dana', ['ana', 'ben']], ['ana', ['dana', 'ben']], ['ben', ['dana', 'ana']]));
    expect(said).toEqual([{ kind: 'together', legs: ['dana', 'ana', 'ben'] }]);
  });

  it('shows that a whisper reaches the agent alone', () => {
    const whispered = call({ dana: up, ana: up, kim: up }, ['dana', ['ana']], ['ana', ['dana', 'kim']], ['kim', ['dana', 'ana']]);
    expect(sentences(whispered)).toEqual([
      { kind: 'together', legs: ['dana', 'ana'] },
      { kind: 'together', legs: ['ana', 'kim'] },
      { kind: 'listens', leg: 'kim', to: ['dana'] },
    ]);
    expect(customerHears(whispered, 'kim')).toBe(false);
  });

  it('shows that a monitor is heard by nobody', () => {
    const monitored = call({ dana: up, ana: up, kim: up }, ['dana', ['ana']], ['ana', ['dana']], ['kim', ['dana', 'ana']]);
    expect(sentences(monitored)).toContainEqual({ kind: 'listens', leg: 'kim', to: ['dana', 'ana'] });
  });

  it('says who rings, who is away and who hears nothing', () => {
    const said = sentences(call({ dana: up, ana: 'reattaching', ben: 'ringing' }));
    expect(said).toEqual([{ kind: 'silence', leg: 'dana' }, { kind: 'gone', leg: 'ana' }, { kind: 'rings', leg: 'ben' }]);
  });

  it('forgets those who have left', () => {
    expect(sentences(call({ dana: 'ended', ana: up }, ['ana', ['tone']]))).toEqual([{ kind: 'sound', legs: ['ana'], sound: 'tone' }]);
  });
});
