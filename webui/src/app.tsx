/** Everything that lives above the pages: theme, data cache, notifications, and the terminals that outlive navigation. */
import { MantineProvider } from '@mantine/core';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { queryClient } from '@/api/cache';
import { TerminalSessions } from '@/components/terminal/sessions';
import { styleNonce } from '@/lib/csp';
import { router } from '@/router';
import { theme } from '@/theme';

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => styleNonce}>
      <QueryClientProvider client={queryClient}>
        <ModalsProvider>
          <Notifications position="bottom-right" autoClose={6000} />
          <TerminalSessions>
            <RouterProvider router={router} />
          </TerminalSessions>
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
