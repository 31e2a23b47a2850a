import { MantineProvider, Notification, createTheme } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import { Refused } from './api/client';
import { useSession } from './api/session';
import { router } from './router';
import { Announcements } from './shell/announce';
import { SignIn } from './signin/page';
import { Texts, useText } from './texts';

const looks = createTheme({
  primaryColor: 'blue',
  // White on it is 5 to 1 in both schemes: the contrast of a filled button is worked out once, for the light one.
  primaryShade: 8,
  autoContrast: true,
  // The lightest colour on which white has 4.5 to 1 (WCAG's formula); black has more on whatever is lighter.
  luminanceThreshold: 0.183,
  defaultRadius: 'md',
  respectReducedMotion: true,
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
});

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (count, error) => !(error instanceof Refused && error.problem.status < 500) && count < 3,
      refetchOnWindowFocus: false,
    },
  },
});
useSession.subscribe((now, before) => {
  if (now.username !== before.username) queries.removeQueries({ predicate: (query) => query.queryKey[0] !== 'start' });
});

export function App() {
  return (
    <Texts>
      <Dressed>
        <QueryClientProvider client={queries}>
          <Announcements />
          <Notifications position="bottom-right" limit={3} />
          <Pages />
        </QueryClientProvider>
      </Dressed>
    </Texts>
  );
}

/** The looks, and the one label in them that is read aloud. */
function Dressed({ children }: { children: ReactNode }) {
  const text = useText();
  const close = text('close');
  const theme = useMemo(() => {
    const defaultProps = { closeButtonProps: { 'aria-label': close } };
    return { ...looks, components: { Notification: Notification.extend({ defaultProps }) } };
  }, [close]);
  return <MantineProvider theme={theme} defaultColorScheme="auto">{children}</MantineProvider>;
}

function Pages() {
  const username = useSession((session) => session.username);
  return username === null ? <SignIn /> : <RouterProvider router={router} key={username} />;
}
