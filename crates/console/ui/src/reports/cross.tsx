import { Group, NumberInput, Select } from '@mantine/core';
import { type TextId, useText } from '../texts';
import type { Cross, Like } from './api';

const PURPOSES = ['consult', 'transfer', 'participant', 'coaching', 'callback'] as const;

/** Calls with, or without, a call below them: a consult, a transfer, a coaching. */
export function CrossFilter({ cross, set }: { cross: Cross | undefined; set: (next: Cross | undefined) => void }) {
  const text = useText();
  const side = cross?.with ? 'with' : cross?.without ? 'without' : '';
  const like: Like = cross?.with ?? cross?.without ?? {};
  const say = (how: string, next: Like) => set(how === 'with' ? { with: next } : how === 'without' ? { without: next } : undefined);
  const change = (part: keyof Like, value: unknown) => {
    const { [part]: _, ...rest } = like;
    say(side, value === undefined || value === '' ? rest : { ...rest, [part]: value });
  };
  return (
    <Group align="flex-end" gap="sm" data-testid="cross">
      <Select
        label={text('cross.label')} w={190} allowDeselect={false} value={side}
        data={[{ value: '', label: text('cross.any') }, { value: 'with', label: text('cross.with') }, { value: 'without', label: text('cross.without') }]}
        onChange={(how) => say(how ?? '', side === '' ? { purpose: 'consult', answered: true } : like)}
      />
      {side !== '' && (
        <>
          <Select
            label={text('cross.of')} w={210} clearable value={like.purpose ?? null} placeholder={text('reports.any')} clearButtonProps={{ 'aria-label': text('admin.clear') }}
            data={PURPOSES.map((purpose) => ({ value: purpose, label: text(`reports.word.${purpose}` as TextId) }))}
            onChange={(purpose) => change('purpose', purpose ?? undefined)}
          />
          <Select
            aria-label={text('cross.answered')} w={190} allowDeselect={false} value={like.answered === undefined ? '' : String(like.answered)}
            data={[{ value: 'true', label: text('cross.answered') }, { value: 'false', label: text('cross.answered_no') }, { value: '', label: text('cross.answered_any') }]}
            onChange={(answered) => change('answered', answered === '' || answered === null ? undefined : answered === 'true')}
          />
          <Tier label={text('cross.tier')} value={like.initiator_tier} set={(tier) => change('initiator_tier', tier)} />
          <Tier label={text('cross.tier_asked')} value={like.target_tier} set={(tier) => change('target_tier', tier)} />
        </>
      )}
    </Group>
  );
}

function Tier({ label, value, set }: { label: string; value: unknown; set: (tier: number | undefined) => void }) {
  const text = useText();
  return <NumberInput label={label} w={110} min={1} max={9} placeholder={text('cross.tier_any')} value={typeof value === 'number' ? value : ''} onChange={(next) => set(next === '' ? undefined : Number(next))} />;
}
