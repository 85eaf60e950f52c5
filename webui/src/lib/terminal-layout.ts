/**
 * Which terminals stand where: tabs, each with one pane or two beside or above each other. Pure: every verb answers a
 * new layout. A pane is named by its key, which outlives the sessions shown in it.
 */

export type Direction = 'row' | 'column';

export interface Tab {
  readonly id: string;
  readonly panes: readonly string[];
  readonly direction: Direction;
  readonly focused: string;
}

export interface Layout {
  readonly tabs: readonly Tab[];
  readonly active: string | null;
}

export const EMPTY: Layout = { tabs: [], active: null };
export const MAX_PANES = 2;

export function activeTab(layout: Layout): Tab | undefined {
  return layout.tabs.find((tab) => tab.id === layout.active);
}

/** A new tab with one pane at the end, and the one in front. A tab carries the name of its first pane. */
export function addTab(layout: Layout, pane: string): Layout {
  const tab: Tab = { id: pane, panes: [pane], direction: 'row', focused: pane };
  return { tabs: [...layout.tabs, tab], active: tab.id };
}

/** Puts `pane` into the active tab, if there is room. */
export function splitTab(layout: Layout, pane: string, direction: Direction): Layout {
  return changeActive(layout, (tab) =>
    tab.panes.length < MAX_PANES ? { ...tab, panes: [...tab.panes, pane], direction, focused: pane } : tab,
  );
}

/** Takes the pane away, and its tab with the last one; the neighbour comes to the front. */
export function removePane(layout: Layout, pane: string): Layout {
  const index = layout.tabs.findIndex((tab) => tab.panes.includes(pane));
  const tab = layout.tabs[index];
  if (!tab) return layout;
  const [left] = tab.panes.filter((other) => other !== pane);
  if (left !== undefined) return replace(layout, { ...tab, panes: [left], focused: left });
  const tabs = layout.tabs.filter((other) => other !== tab);
  const neighbour = tabs[Math.min(index, tabs.length - 1)]?.id ?? null;
  return { tabs, active: layout.active === tab.id ? neighbour : layout.active };
}

export function activateTab(layout: Layout, id: string): Layout {
  return layout.tabs.some((tab) => tab.id === id) ? { ...layout, active: id } : layout;
}

/** Brings the pane's tab to the front and the keyboard to the pane. */
export function focusPane(layout: Layout, pane: string): Layout {
  const tab = layout.tabs.find((candidate) => candidate.panes.includes(pane));
  return tab ? { ...replace(layout, { ...tab, focused: pane }), active: tab.id } : layout;
}

/** The keyboard to the other pane of the active tab. */
export function focusOther(layout: Layout): Layout {
  return changeActive(layout, (tab) => ({ ...tab, focused: tab.panes.find((pane) => pane !== tab.focused) ?? tab.focused }));
}

function changeActive(layout: Layout, change: (tab: Tab) => Tab): Layout {
  const tab = activeTab(layout);
  return tab ? replace(layout, change(tab)) : layout;
}

function replace(layout: Layout, changed: Tab): Layout {
  return { ...layout, tabs: layout.tabs.map((tab) => (tab.id === changed.id ? changed : tab)) };
}
