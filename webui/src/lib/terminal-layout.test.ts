import { describe, expect, it } from 'vitest';
import { activateTab, activeTab, addTab, EMPTY, focusOther, focusPane, removePane, splitTab } from './terminal-layout';

const three = ['a', 'b', 'c'].reduce(addTab, EMPTY);

describe('layout', () => {
  it('opens a new tab in front', () => {
    expect(three.tabs.map((tab) => tab.id)).toEqual(['a', 'b', 'c']);
    expect(three.active).toBe('c');
  });

  it('closes to the neighbour, and to nothing', () => {
    expect(removePane(three, 'c').active).toBe('b');
    expect(removePane(activateTab(three, 'a'), 'a').active).toBe('b');
    expect(removePane(three, 'a').active).toBe('c');
    expect(removePane(addTab(EMPTY, 'a'), 'a')).toEqual(EMPTY);
    expect(removePane(three, 'unknown')).toBe(three);
  });

  it('splits a tab once and keeps the other pane when one closes', () => {
    const split = splitTab(three, 'd', 'column');
    expect(activeTab(split)).toEqual({ id: 'c', panes: ['c', 'd'], direction: 'column', focused: 'd' });
    expect(activeTab(splitTab(split, 'e', 'row'))?.panes).toEqual(['c', 'd']);
    expect(activeTab(removePane(split, 'c'))).toMatchObject({ id: 'c', panes: ['d'], focused: 'd' });
    expect(activeTab(focusOther(split))?.focused).toBe('c');
    expect(focusPane(activateTab(split, 'a'), 'd')).toMatchObject({ active: 'c' });
  });

  it('ignores tabs that are not there', () => {
    expect(activateTab(three, 'x')).toBe(three);
    expect(focusPane(three, 'x')).toBe(three);
    expect(splitTab(EMPTY, 'x', 'row')).toBe(EMPTY);
  });
});
