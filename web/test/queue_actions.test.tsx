import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { toasts } from '../src/state/toasts';
import { ActionDialog, actions, type Action } from '../src/pages/queue_actions';

let box: HTMLElement;
let posted: { path: string; body: Record<string, unknown> }[];
beforeEach(() => {
    posted = [];
    vi.stubGlobal('fetch', vi.fn(async (url: string, init: RequestInit) => {
        posted.push({ path: String(url), body: JSON.parse(String(init.body)) as Record<string, unknown> });
        return new Response(JSON.stringify({ messages: 1, recipients: 2, in_delivery: 0, held: 0, sample: [] }));
    }));
});
afterEach(() => {
    render(null, box);
    box.remove();
    vi.unstubAllGlobals();
});
async function ask(verb: Action['verb']): Promise<void> {
    box = document.createElement('div');
    document.body.append(box);
    await act(() => render(<ActionDialog action={actions.find((each) => each.verb === verb)!} selector={{ sender: 'ann@x.example' }} close={() => {}} done={() => {}} />, box));
}
const type = (label: string, value: string): Promise<void> => act(() => {
    const named = [...box.querySelectorAll('label')].find((each) => each.textContent === label)!;
    const control = document.getElementById(named.htmlFor) as HTMLInputElement | HTMLSelectElement;
    control.value = value;
    control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
});
const button = (): HTMLButtonElement => box.querySelector<HTMLButtonElement>('button[type=submit]')!;
const submit = (): Promise<void> => act(async () => {
    box.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
    await new Promise((done) => setTimeout(done));
});

describe('what an action needs', () => {
    it('is asked for before anything is sent: a period, when mail expires "in" one', async () => {
        await ask('expire');
        await type('Expires', 'in');
        expect(button().disabled).toBe(true);
        await submit();
        await type('Period', '45');
        expect(box.textContent).toContain('As in 90s');
        await submit();
        expect(posted).toEqual([]);
        await type('Period', ' 12h ');
        expect(button().disabled).toBe(false);
        await submit();
        expect(posted).toEqual([{ path: '/api/v1/queue/expire', body: { sender: 'ann@x.example', in: '12h', dry_run: true } }]);
    });
    it('a text, when a sender is told that we give up', async () => {
        await ask('bounce');
        expect(button().disabled).toBe(true);
        await submit();
        await type('Text for the sender', '  ');
        await submit();
        expect(posted).toEqual([]);
        await type('Text for the sender', 'Use the new address.');
        await submit();
        expect(posted[0]?.body).toMatchObject({ text: 'Use the new address.' });
    });
    it('a period that is one, or none, when mail is held', async () => {
        await ask('hold');
        await type('For', 'soon');
        await submit();
        expect(posted).toEqual([]);
        await type('For', '');
        await submit();
        expect(posted[0]?.body).toEqual({ sender: 'ann@x.example', dry_run: true });
    });
});

describe('an action that goes on', () => {
    it('can be stopped, and says how far it came', async () => {
        let stopped = false;
        const asked: string[] = [];
        vi.stubGlobal('fetch', vi.fn(async (url: string, init: RequestInit) => {
            const path = `${init.method} ${String(url).replace('/api/v1', '')}`;
            asked.push(path);
            if (path.startsWith('DELETE')) stopped = true;
            const counts = { messages: 3, recipients: 4, in_delivery: 0, held: 0 };
            if (path === 'POST /queue/release' && String(init.body).includes('dry_run')) return new Response(JSON.stringify(counts));
            await new Promise((done) => setTimeout(done, 20));
            return new Response(JSON.stringify(stopped ? { ...counts, number: 5, finished: true, cancelled: true } : { number: 5, finished: false, done: 4, of: 9 }), { status: stopped ? 200 : 202 });
        }));
        await ask('release');
        await submit();
        await vi.waitFor(() => expect(button().textContent).toContain('4 recipients'));
        await submit();
        await vi.waitFor(() => expect(box.textContent).toContain('4 of 9'), 5000);
        await act(() => [...box.querySelectorAll('button')].find((each) => each.textContent === 'Stop here')!.click());
        await vi.waitFor(() => expect(toasts.value.map((each) => each.text)).toEqual(['Stopped. Release: 4 recipients of 3 messages.']), 5000);
        expect(asked).toContain('DELETE /queue-actions/5');
    });
});
