import { Group, Stack, Text, TextInput, Textarea, Title } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { type Conversation, refusal } from '../api/types';
import { act } from '../call/act';
import { useText } from '../texts';

const FIELDS = ['subject', 'case_category', 'related_record'] as const;
const LABELS = { subject: 'details.subject', case_category: 'details.category', related_record: 'details.record' } as const;

/** Something typed that outlives a reload. */
export function useDraft(key: string, first = ''): [string, (value: string) => void, () => void] {
  const [value, set] = useState(() => sessionStorage.getItem(key) ?? first);
  return [
    value,
    (next) => {
      sessionStorage.setItem(key, next);
      set(next);
    },
    () => sessionStorage.removeItem(key),
  ];
}

/** What the call is about; saved as one leaves a field. */
export function Details({ call }: { call: Conversation }) {
  const text = useText();
  const reason = refusal(call, 'details');
  const [notes, setNotes] = useDraft(`notes ${call.id}`);
  const [saved, setSaved] = useState(false);
  return (
    <Stack className="panel" component="section" aria-labelledby="details" gap="sm">
      <Group justify="space-between"><Title order={2} size="h5" id="details">{text('details.title')}</Title>{saved && <Text size="sm" c="dimmed" role="status">{text('details.saved')}</Text>}</Group>
      {reason && <Text size="sm" c="dimmed">{reason}</Text>}
      <Group grow align="flex-start">
        {FIELDS.map((field) => <Field key={field} call={call} field={field} disabled={reason !== undefined} onSaved={() => setSaved(true)} />)}
      </Group>
      <Textarea label={text('details.draft')} description={text('details.draft_hint')} autosize minRows={2} value={notes} onChange={(event) => setNotes(event.currentTarget.value)} />
    </Stack>
  );
}

function Field({ call, field, disabled, onSaved }: { call: Conversation; field: (typeof FIELDS)[number]; disabled: boolean; onSaved: () => void }) {
  const text = useText();
  const known = call[field] ?? '';
  const [value, setValue] = useState(known);
  const touched = useRef(false);
  useEffect(() => {
    // Somebody else's change shows, unless one is typing.
    if (!touched.current) setValue(known);
  }, [known]);
  return (
    <TextInput label={text(LABELS[field])} value={value} disabled={disabled} miw={140}
      onChange={(event) => { touched.current = true; setValue(event.currentTarget.value); }}
      onBlur={() => {
        const changed = touched.current && value !== known;
        touched.current = false;
        if (changed) void act(call.id, 'details', { [field]: value }).then((worked) => worked && onSaved());
      }}
    />
  );
}
