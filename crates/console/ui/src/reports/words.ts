import { useIntl } from 'react-intl';
import { useText } from '../texts';

const WORDY = ['call_type', 'purpose', 'disposition', 'outcome', 'mode', 'via', 'role', 'leg_role', 'offer', 'transfer_kind', 'target_kind', 'cause', 'status'];

/** Words of the system in the reader's language; names stay as they are. */
export function useWord() {
  const text = useText();
  const { messages } = useIntl();
  return (field: string, value: string): string => {
    if (value === '(none)') return text('reports.none');
    const own = WORDY.includes(field) ? messages[`reports.word.${value}`] : undefined;
    return typeof own === 'string' ? own : value;
  };
}
