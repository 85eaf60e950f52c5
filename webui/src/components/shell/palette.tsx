/** Ctrl+K: from anywhere to a prompt or a page by typing a part of its name. */
import { Kbd } from '@mantine/core';
import { openSpotlight, Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconSearch, IconServer, IconTerminal2 } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useMachines } from '@/api/machines';
import type { Machine } from '@/api/types';
import { useFocusBack } from '@/components/shell/focus-back';
import { pagesFor } from '@/components/shell/pages';
import { shortSystem } from '@/lib/format';
import { useUser } from '@/lib/session';

export function PaletteButton() {
  return (
    <button type="button" className="palette-button" onClick={openSpotlight} aria-keyshortcuts="Control+K">
      <IconSearch size={16} aria-hidden="true" />
      <span>Go to a machine or page…</span>
      <Kbd size="xs" aria-hidden="true">Ctrl K</Kbd>
    </button>
  );
}

export function Palette() {
  const machines = useMachines(false).data ?? [];
  const pages = usePages();
  const goBack = useFocusBack();
  const actions: SpotlightActionGroupData[] = [{ group: 'Machines', actions: useMachineActions(machines) }, { group: 'Pages', actions: pages }];
  return (
    <Spotlight
      actions={actions} onSpotlightClose={goBack} limit={9} shortcut="mod + K" nothingFound="Nothing by that name" scrollable maxHeight={420}
      // Inside a terminal Ctrl+K belongs to readline; an open transition would swallow the first keystrokes.
      tagsToIgnore={['TEXTAREA']} transitionProps={{ duration: 0 }} overlayProps={{ blur: 0, backgroundOpacity: 0.5 }} centered={false} yOffset="12dvh"
      attributes={{ content: { 'aria-label': 'Go to a machine or page' } }}
      searchProps={{ autoFocus: true, leftSection: <IconSearch size={18} />, placeholder: 'Machine or page', 'aria-label': 'Machine or page' }}
    />
  );
}

function useMachineActions(machines: Machine[]): SpotlightActionData[] {
  const navigate = useNavigate();
  return machines.map((machine) => {
    const online = machine.status === 'online';
    return {
      id: machine.agent_id,
      label: machine.name,
      description: online ? `Open a terminal${machine.os ? ` on ${shortSystem(machine.os)}` : ''}` : `Show its page (${machine.status})`,
      keywords: [machine.hostname, machine.ip_address, ...machine.tags],
      leftSection: online ? <IconTerminal2 size={18} /> : <IconServer size={18} />,
      onClick: () => void (online
        ? navigate({ to: '/terminals', search: { open: machine.agent_id } })
        : navigate({ to: '/machines/$agentId', params: { agentId: machine.agent_id } })),
    };
  });
}

function usePages(): SpotlightActionData[] {
  const navigate = useNavigate();
  return pagesFor(useUser()).map(({ to, label, icon: Icon }) => (
    { id: `page-${to}`, label, leftSection: <Icon size={18} />, onClick: () => void navigate({ to }) }
  ));
}
