import { Group, List, Stack, Text, Title } from '@mantine/core';
import { IconEar } from '@tabler/icons-react';
import { useId } from 'react';
import type { Conversation } from '../api/types';
import { type TextId, useList, useText } from '../texts';
import { type Sentence, ears, sentences } from './hearing';
import { useParty } from './people';

/** The sentences in the reader's language. */
export function useHearingWords() {
  const text = useText();
  const list = useList();
  return (sentence: Sentence, party: (leg: string) => string, isMe: (leg: string) => boolean): string => {
    const names = (legs: string[]) => {
      const mine = legs.filter(isMe);
      return list([...mine, ...legs.filter((leg) => !isMe(leg))].map((leg, at) => (at === 0 ? party(leg) : lower(party(leg), isMe(leg)))));
    };
    const who = (leg: string) => (isMe(leg) ? 'you' : 'other');
    switch (sentence.kind) {
      case 'together':
        return text('hears.together', { names: names(sentence.legs) });
      case 'listens':
        return text('hears.listens', { who: who(sentence.leg), name: party(sentence.leg), names: list(sentence.to.map((leg) => lower(party(leg), isMe(leg)))), count: sentence.to.length });
      case 'sound':
        return text('hears.sound', { who: sentence.legs.length > 1 || isMe(sentence.legs[0] ?? '') ? 'you' : 'other', names: names(sentence.legs), sound: text(`sound.${sentence.sound}` as TextId) });
      case 'rings':
        return text('hears.rings', { who: who(sentence.leg), name: party(sentence.leg) });
      case 'gone':
        return text('hears.gone', { who: who(sentence.leg), name: party(sentence.leg) });
      case 'silence':
        return text('hears.silence', { who: who(sentence.leg), name: party(sentence.leg) });
    }
  };
}
const lower = (name: string, me: boolean) => (me ? name.toLowerCase() : name);

/** Who hears whom at this moment, in words and as a picture. */
export function Hears({ conversation, me }: { conversation: Conversation; me: string | undefined }) {
  const text = useText();
  const words = useHearingWords();
  const party = useParty(conversation);
  const id = useId();
  const isMe = (leg: string) => conversation.legs.some((one) => one.id === leg && one.user_id === me);
  const said = sentences(conversation);
  return (
    <Stack component="section" gap="xs" aria-labelledby={id}>
      <Group gap={6}><IconEar size={18} aria-hidden /><Title order={3} size="h6" id={id}>{text('hears.title')}</Title></Group>
      <Picture conversation={conversation} party={party} isMe={isMe} />
      {said.length === 0 && <Text size="sm">{text('hears.nobody')}</Text>}
      <List size="sm" spacing={4} data-testid="hears">
        {said.map((sentence) => {
          const line = words(sentence, party, isMe);
          return <List.Item key={line}>{line}</List.Item>;
        })}
      </List>
    </Stack>
  );
}

const W = 340;

function Picture({ conversation, party, isMe }: { conversation: Conversation; party: (leg: string) => string; isMe: (leg: string) => boolean }) {
  const { legs, hears, sounds } = ears(conversation);
  if (legs.length === 0) return null;
  const H = legs.length < 3 ? 84 : 180;
  const place = (at: number) => {
    const angle = legs.length === 2 ? at * Math.PI + Math.PI : (2 * Math.PI * at) / legs.length - Math.PI / 2;
    return { x: W / 2 + Math.cos(angle) * (legs.length === 1 ? 0 : 88), y: H / 2 + (legs.length < 3 ? -6 : Math.sin(angle) * 50) };
  };
  const spots = new Map(legs.map((leg, at) => [leg, place(at)]));
  const arrows = legs.flatMap((to) => legs.filter((from) => from !== to && hears(to, from)).map((from) => ({ from, to })));
  return (
    <svg className="ears" viewBox={`0 0 ${W} ${H}`} width="100%" style={{ maxWidth: W, maxHeight: H }} aria-hidden focusable="false">
      <defs>
        <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="currentColor" /></marker>
      </defs>
      {arrows.map(({ from, to }) => {
        const both = hears(from, to);
        if (both && from > to) return null;
        const [a, b] = [spots.get(from), spots.get(to)];
        if (!a || !b) return null;
        const long = Math.hypot(b.x - a.x, b.y - a.y) || 1;
        const [ux, uy] = [(b.x - a.x) / long, (b.y - a.y) / long];
        const r = 26;
        return <path key={`${from} ${to}`} className="wire" d={`M${a.x + ux * r} ${a.y + uy * r}L${b.x - ux * r} ${b.y - uy * r}`} markerEnd="url(#head)" markerStart={both ? 'url(#head)' : undefined} strokeDasharray={both ? undefined : '4 3'} />;
      })}
      {legs.map((leg) => {
        const spot = spots.get(leg);
        const found = conversation.legs.find((one) => one.id === leg);
        if (!spot || !found) return null;
        const music = sounds(leg).length > 0;
        const name = party(leg);
        return (
          <g key={leg} transform={`translate(${spot.x} ${spot.y})`}>
            <circle r="20" fill={isMe(leg) ? 'var(--mantine-primary-color-filled)' : 'var(--mantine-color-default)'} stroke="currentColor" strokeWidth="1.2" strokeDasharray={found.state === 'ringing' || found.state === 'reattaching' ? '3 3' : undefined} />
            <text textAnchor="middle" dy="4" style={isMe(leg) ? { fill: 'var(--mantine-primary-color-contrast)' } : undefined}>{found.role === 'customer' ? '☎' : initials(name)}</text>
            {music && <text x="20" y="-12">♫</text>}
            {found.muted && <text x="-30" y="-12">🔇</text>}
            {/* Above, where arrows leave downwards. */}
            <text textAnchor="middle" y={legs.length > 2 && spot.y < H / 2 - 40 ? -27 : 35}>{name.length > 22 ? `${name.slice(0, 21)}…` : name}</text>
          </g>
        );
      })}
    </svg>
  );
}

function initials(name: string): string {
  return name.replace(/\(.*\)/, '').trim().split(/\s+/).map((word) => word[0]?.toUpperCase() ?? '').slice(0, 2).join('');
}
