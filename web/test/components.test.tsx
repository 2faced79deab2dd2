import { render, type ComponentChildren } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../src/api/client';
import type { Field } from '../src/api/types';
import { stretchOf, type Series } from '../src/components/chart';
import { FoundExpected } from '../src/components/diff';
import { ChangeDialog } from '../src/components/dialog';
import { Setting } from '../src/components/setting';
import { ErrorView } from '../src/components/states';
import { VirtualTable } from '../src/components/table';
import { Tree, type Node } from '../src/components/tree';

let box: HTMLElement;
async function show(children: ComponentChildren): Promise<HTMLElement> {
    box = document.createElement('div');
    document.body.append(box);
    await act(() => render(children, box));
    return box;
}
afterEach(() => {
    render(null, box);
    box.remove();
});
const press = (key: string): Promise<void> => act(() => void document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })));
const settle = (): Promise<void> => act(async () => void (await Promise.resolve()));

describe('an error', () => {
    it('leads to the explanation of its event', async () => {
        await show(<ErrorView failure={new ApiError(503, 40115, 'the service is held')} />);
        expect(box.textContent).toContain('the service is held');
        expect(box.querySelector('a')?.getAttribute('href')).toBe('/events/explain/40115');
        expect(box.querySelector('[role=alert]')).not.toBeNull();
    });
    it('shows what a stranger wrote as text', async () => {
        await show(<ErrorView failure={new ApiError(400, 1, '<img src=x onerror=alert(1)>')} />);
        expect(box.querySelector('img')).toBeNull();
        expect(box.textContent).toContain('<img src=x');
    });
});

describe('found and expected', () => {
    it('are marked and told apart in words', async () => {
        await show(<FoundExpected found="/o=contoso" expected="/o=Contoso" where="registry" />);
        expect([...box.querySelectorAll('mark')].map((each) => each.textContent)).toEqual(['c', 'C']);
        expect(box.textContent).toContain('letter case'.slice(7));
        expect(box.textContent).toContain('byte for byte');
    });
});

describe('a tree', () => {
    const nodes: Record<string, Node[]> = {
        '': [{ id: 'o', text: 'Contoso', leaf: false }, { id: 'z', text: 'Zeta', leaf: true }],
        o: [{ id: 'a', text: 'Alpha', leaf: true }, { id: 'b', text: 'Beta', leaf: true }],
    };
    const focused = (): string | null | undefined => document.activeElement?.getAttribute('data-id');
    it('is walked with the arrow keys and chosen with Enter', async () => {
        const choose = vi.fn();
        const open = vi.fn();
        await show(<Tree label="Tree" selected={null} choose={choose} source={{ children: (id) => nodes[id ?? ''], open }} />);
        await act(() => box.querySelector<HTMLElement>('[data-id=o]')!.focus());
        await press('ArrowRight');
        expect(open).toHaveBeenCalledWith('o');
        expect(box.querySelector('[data-id=o]')?.getAttribute('aria-expanded')).toBe('true');
        await press('ArrowRight');
        await settle();
        expect(focused()).toBe('a');
        await press('ArrowDown');
        await settle();
        expect(focused()).toBe('b');
        await press('ArrowLeft');
        await settle();
        expect(focused()).toBe('o');
        await press('End');
        await settle();
        expect(focused()).toBe('z');
        await press('Enter');
        expect(choose).toHaveBeenCalledWith('z');
    });
    it('has one stop of Tab', async () => {
        await show(<Tree label="Tree" selected="a" choose={() => {}} startOpen={['o']} source={{ children: (id) => nodes[id ?? ''], open: () => {} }} />);
        expect([...box.querySelectorAll('[role=treeitem]')].filter((each) => (each as HTMLElement).tabIndex === 0)).toHaveLength(1);
        expect(box.querySelector('[data-id=a]')?.getAttribute('aria-level')).toBe('2');
    });
});

describe('a change', () => {
    it('is looked at first and done once', async () => {
        const commit = vi.fn(async () => {});
        await show(<ChangeDialog<string> title="T" verb="Do it" close={() => {}} plan={async () => 'what would be'} show={(planned) => <p>{planned}</p>} commit={commit} />);
        await settle();
        expect(box.textContent).toContain('what would be');
        expect(commit).not.toHaveBeenCalled();
        const form = box.querySelector('form')!;
        await act(() => {
            form.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
            form.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
        });
        expect(commit).toHaveBeenCalledOnce();
    });
    it('that the checks do not let through cannot be done', async () => {
        const commit = vi.fn(async () => {});
        await show(<ChangeDialog<boolean> title="T" verb="Do it" close={() => {}} plan={async () => false} blocked={(passes) => !passes} show={() => null} commit={commit} />);
        await settle();
        expect(box.querySelector<HTMLButtonElement>('button[type=submit]')?.disabled).toBe(true);
        await act(() => void box.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true })));
        expect(commit).not.toHaveBeenCalled();
    });
});

describe('a setting', () => {
    const field: Field = { key: 'registry/MaxHops', name: 'MaxHops', section: 'registry', tab: 'queues', label: 'Max hops', type: 'number', unit: 'lines', default: '50', value: '30', set: true, min: 1, max: 100, where: { layer: 'registry', where: 'registry.reg' }, effect: 'next connection', help: 'Loops end here.', shadowed: [{ layer: 'default', where: '', value: ['50'] }] };
    it('tells type, range, default, origin and effect, and has a label', async () => {
        await show(<Setting field={field} edited={undefined} edit={() => {}} readOnly={false} />);
        for (const word of ['Number', '1 – 100', '50', 'registry', 'next connection', 'Loops end here.']) expect(box.textContent).toContain(word);
        expect(box.querySelector('label')?.getAttribute('for')).toBe(box.querySelector('input')?.id);
    });
    it('leads to its place in the manual', async () => {
        await show(<Setting field={{ ...field, attribute: 'MaxHops' }} edited={undefined} edit={() => {}} readOnly />);
        const link = box.querySelector('.meta a');
        expect(link?.getAttribute('href')).toBe('/help/property-queues.html#MaxHops');
        expect(link?.getAttribute('target')).toBe('_blank'); // the router would take it for a page of ours
    });
    it('says why a value cannot be', async () => {
        await show(<Setting field={field} edited="500" edit={() => {}} readOnly={false} />);
        expect(box.querySelector('.problem')?.textContent).toBe('Must be from 1 to 100.');
        expect(box.querySelector('input')?.getAttribute('aria-invalid')).toBe('true');
    });
    it('cannot be typed into by who may not', async () => {
        await show(<Setting field={field} edited={undefined} edit={() => {}} readOnly />);
        expect(box.querySelector('input')?.disabled).toBe(true);
    });
});

describe('a chart', () => {
    const of = (...values: number[]): Series[] => [{ text: 'in', colour: 1, values }, { text: 'out', colour: 2, values: values.map(() => 0) }];
    it('begins with the shortest stretch that shows all there is', () => {
        expect(stretchOf(60, of(3))).toBe(1);
        expect(stretchOf(60, of(...Array<number>(1380).fill(0), ...Array<number>(60).fill(7)))).toBe(1);
        expect(stretchOf(60, of(...Array<number>(1340).fill(0), ...Array<number>(100).fill(7)))).toBe(6);
        expect(stretchOf(60, of(...Array<number>(1440).fill(7)))).toBe(24);
        expect(stretchOf(60, of(...Array<number>(1440).fill(0)))).toBe(24);
    });
});

describe('a table of any length', () => {
    const said = { turn: 'first', asked: [] as (string | null)[], total: 1000 };
    const fetch = async (after: string | null, limit: number) => {
        said.asked.push(after);
        const from = after === null ? 0 : Number(after);
        const rows = Array.from({ length: Math.max(0, Math.min(limit, said.total - from)) }, (_, i) => ({ id: String(from + i) }));
        return { rows, next: from + limit < said.total ? String(from + limit) : null };
    };
    const table = (refresh: string) => <VirtualTable caption="T" fetch={fetch} keyOf={(row) => row.id} refresh={refresh} empty={<p>nothing</p>} columns={[{ title: 'Row', cell: (row) => `${said.turn} ${row.id}` }]} />;
    const scrollTo = async (row: number): Promise<void> => {
        const scrolled = box.querySelector<HTMLElement>('.virtual')!;
        for (let at = 0; at <= row; at += 100) {
            await act(() => {
                scrolled.scrollTop = at * 36;
                scrolled.dispatchEvent(new Event('scroll'));
            });
            await settle();
        }
    };
    it('that is read anew stays where one has scrolled to, shows what is there now, and reads only that', async () => {
        Object.assign(said, { turn: 'first', asked: [], total: 1000 });
        await show(table('1'));
        await settle();
        await scrollTo(300);
        expect(box.textContent).toContain('first 300');
        said.turn = 'then';
        said.asked = [];
        const seen = box.querySelector<HTMLElement>('.virtual')!;
        await act(() => render(table('2'), box));
        expect(box.querySelector('.virtual')).toBe(seen); // the old rows stay until the new ones are there
        await vi.waitFor(async () => {
            await settle();
            expect(box.textContent).toContain('then 300');
        });
        expect(box.querySelector<HTMLElement>('.virtual')!.scrollTop).toBe(300 * 36);
        expect(said.asked).toEqual(['200']);
    });
    it('begins at its top again after it was empty', async () => {
        Object.assign(said, { turn: 'first', asked: [], total: 1000 });
        await show(table('1'));
        await settle();
        await scrollTo(300);
        said.total = 0;
        await act(() => render(table('2'), box));
        await vi.waitFor(async () => {
            await settle();
            expect(box.textContent).toBe('nothing');
        });
        said.total = 1000;
        await act(() => render(table('3'), box));
        await vi.waitFor(async () => {
            await settle();
            expect(box.textContent).toContain('first 0');
        });
    });
});
