import { useMe, useNames } from '../api/queries';
import type { Conversation, Leg } from '../api/types';
import { useText } from '../texts';

/** How the pages call a party: you, a colleague's name, the customer with what is known of the number. */
export function useParty(conversation: Pick<Conversation, 'legs'>) {
  const text = useText();
  const names = useNames();
  const me = useMe().data?.user?.id;
  const party = (leg: Leg): string => {
    if (leg.user_id && leg.user_id === me) return text('party.you');
    if (leg.user_id) return names(leg.user_id) ?? text(`role.${leg.role}`);
    if (leg.role === 'customer') return leg.phone_number ? text('party.customer', { number: leg.phone_number }) : text('party.anonymous');
    return leg.phone_number ?? text(`role.${leg.role}`);
  };
  return (leg: Leg | string): string => {
    const found = typeof leg === 'string' ? conversation.legs.find((one) => one.id === leg) : leg;
    return found ? party(found) : '';
  };
}
