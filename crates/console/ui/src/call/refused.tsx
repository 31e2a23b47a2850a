import { Alert } from '@mantine/core';
import { useRouterState } from '@tanstack/react-router';
import { useLive } from '../live/store';
import { useText } from '../texts';
import { useSaid } from './act';

/** What the server refused last, on whatever page one is; the floor says it beside the call that is chosen there. */
export function RefusedNote({ isWindow = false }: { isWindow?: boolean }) {
  const text = useText();
  const refused = useSaid((said) => said.refused);
  const known = useLive((live) => refused !== null && refused.conversation in live.conversations);
  const floor = useRouterState({ select: (state) => state.location.pathname.endsWith('/board') });
  if (!refused || (floor && known && !isWindow)) return null;
  return (
    <Alert color="red" role="alert" mb="md" withCloseButton closeButtonLabel={text('close')} onClose={() => useSaid.setState({ refused: null })} data-testid="refused">
      {refused.text}
    </Alert>
  );
}
