import { useText } from '../texts';
import { Crud } from './crud';
import { type Field, type Row, isE164, isExtension } from './fields';
import { KeysInput } from './keys';
import { OverflowInput } from './overflow';
import { usePromptOptions } from './prompts';
import { useRows } from './rows';
import { StepsInput } from './steps';

const MODELS = ['longest_idle', 'least_active', 'most_available', 'best_skill', 'fewest_skills'] as const;

export function Queues() {
  const text = useText();
  const users = useRows('users');
  const prompts = usePromptOptions();
  const members = (id: string) => (users.data ?? []).filter((user) => (user['queues'] as { queue_id: string }[]).some((one) => one.queue_id === id)).length;
  const fields: Field[] = [
    { name: 'name', label: 'admin.name', kind: 'text', required: true },
    { name: 'extension', label: 'admin.extension', kind: 'text', empty: null, check: isExtension },
    { name: 'kind', label: 'admin.kind', kind: 'select', required: true, options: [{ value: 'customer', label: text('admin.queue.customer') }, { value: 'internal', label: text('admin.queue.internal') }] },
    { name: 'routing.model', section: 'admin.section.routing', label: 'admin.model', kind: 'select', required: true, options: MODELS.map((model) => ({ value: model, label: text(`admin.model.${model}`) })) },
    { name: 'routing.priority', label: 'admin.priority', kind: 'number' },
    { name: 'routing.push_timeout_seconds', label: 'admin.push_timeout', kind: 'number' },
    { name: 'routing.retry_seconds', label: 'admin.retry', kind: 'number', hint: 'admin.retry.hint' },
    { name: 'routing.reset_steps_on_decline', label: 'admin.reset_steps', kind: 'switch' },
    { name: 'routing.steps', label: 'admin.steps', kind: 'custom', input: (props) => <StepsInput {...props} /> },
    { name: 'routing.max_wait_seconds', section: 'admin.section.waiting', label: 'admin.max_wait', kind: 'number', empty: null },
    { name: 'max_size', label: 'admin.max_size', kind: 'number', empty: null },
    { name: 'routing.overflow', label: 'admin.overflow', kind: 'custom', input: (props) => <OverflowInput {...props} own={undefined} /> },
    { name: 'routing.no_agent_seconds', label: 'admin.no_agent', kind: 'number', empty: null, hint: 'admin.no_agent.hint' },
    { name: 'routing.options', label: 'admin.keys', kind: 'custom', input: (props) => <KeysInput {...props} /> },
    { name: 'routing.callback.order', label: 'admin.callback_order', kind: 'select', options: [{ value: 'agent_first', label: text('admin.callback_order.agent_first') }, { value: 'customer_first', label: text('admin.callback_order.customer_first') }] },
    { name: 'routing.callback.delay_seconds', label: 'admin.callback_delay', kind: 'number' },
    { name: 'routing.callback.retry_seconds', label: 'admin.callback_retry', kind: 'number' },
    { name: 'routing.callback.max_attempts', label: 'admin.callback_attempts', kind: 'number' },
    { name: 'routing.resume_seconds', label: 'admin.resume', kind: 'number', empty: null, hint: 'admin.resume.hint' },
    { name: 'routing.last_agent_seconds', label: 'admin.last_agent', kind: 'number', empty: null, hint: 'admin.last_agent.hint' },
    { name: 'routing.last_agent_wait_seconds', label: 'admin.last_agent_wait', kind: 'number', hint: 'admin.last_agent_wait.hint' },
    { name: 'routing.internal_priority', label: 'admin.internal_priority', kind: 'number', empty: null, hint: 'admin.internal_priority.hint' },
    { name: 'routing.internal_share_percent', label: 'admin.internal_share', kind: 'number', empty: null, hint: 'admin.internal_share.hint' },
    { name: 'announcements.first_seconds', section: 'admin.section.announcements', label: 'admin.announce_first', kind: 'number', empty: null },
    { name: 'announcements.every_seconds', label: 'admin.announce_every', kind: 'number', empty: null, hint: 'admin.announce_every.hint' },
    { name: 'announcements.position', label: 'admin.announce_position', kind: 'switch' },
    { name: 'announcements.wait', label: 'admin.announce_wait', kind: 'switch' },
    { name: 'announcements.rounding_seconds', label: 'admin.announce_rounding', kind: 'number' },
    { name: 'announcements.prompts', label: 'admin.announce_prompts', kind: 'multi', options: prompts, hint: 'admin.announce_prompts.hint' },
    { name: 'announcements.only_if_improved', label: 'admin.announce_improved', kind: 'switch' },
    { name: 'wrap_up.seconds', section: 'admin.section.after', label: 'admin.wrap_up_seconds', kind: 'number' },
    { name: 'wrap_up.max_extensions', label: 'admin.wrap_up_extensions', kind: 'number' },
    { name: 'service_level_seconds', label: 'admin.service_level', kind: 'number' },
    { name: 'caller_id', label: 'admin.caller_id', kind: 'text', empty: null, check: isE164 },
  ];
  const name = (row: Row) => String(row['name']);
  return (
    <Crud noun="queues" title="admin.queues" fields={fields} name={name} breaks="admin.breaks.queue"
      fresh={{ kind: 'customer', routing: { model: 'longest_idle', priority: 5, push_timeout_seconds: 20 }, wrap_up: { seconds: 30, max_extensions: 2 }, service_level_seconds: 20 }}
      columns={[
        { label: 'admin.name', show: name },
        { label: 'admin.extension', show: (row) => (row['extension'] as string | null) ?? '–' },
        { label: 'admin.kind', show: (row) => text(row['kind'] === 'internal' ? 'admin.queue.internal' : 'admin.queue.customer') },
        { label: 'admin.members', show: (row) => (users.data ? members(row.id) : '…') },
      ]}
    />
  );
}
