// The whole of the pages, before a service that answers what a test says.
import { render } from 'preact';
import { LocationProvider } from 'preact-iso';
import { act } from 'preact/test-utils';
import { vi } from 'vitest';
import { App } from '../src/app';
import { overview } from '../src/state/overview';
import { findSession, session } from '../src/state/session';
import { toasts } from '../src/state/toasts';

export interface Asked { method: string; path: string; body: Record<string, unknown> | null }
export type Answer = [status: number, body: unknown, headers?: Record<string, string>];

export const me = { account: 'ann', role: 'administrator', csrf: 'tok', expires: '2030-01-01T00:00:00Z' };
export const w = { asked: [] as Asked[], answers: {} as Record<string, Answer | ((asked: Asked) => Answer)>, box: document.createElement('div') };

/** Before each test. */
export function begin(): void {
    w.asked = [];
    w.answers = {};
    session.value = undefined;
    overview.value = null;
    vi.stubGlobal('fetch', vi.fn(async (url: string, init: RequestInit) => {
        const one = { method: init.method ?? 'GET', path: String(url).replace('/api/v1', ''), body: typeof init.body === 'string' && init.body.startsWith('{') ? (JSON.parse(init.body) as Record<string, unknown>) : null };
        w.asked.push(one);
        const found = w.answers[`${one.method} ${one.path.split('?')[0]}`] ?? [404, { error: { event: 40402, detail: 'no such path' } }];
        const [status, body, headers] = typeof found === 'function' ? found(one) : found;
        return new Response(status === 204 ? null : typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
    }));
}
/** After each. */
export function end(): void {
    render(null, w.box);
    w.box.remove();
    toasts.value = [];
    vi.unstubAllGlobals();
}

export const settle = (): Promise<void> => act(async () => { for (let i = 0; i < 12; i += 1) await new Promise((done) => setImmediate(done)); });
export async function open(path: string): Promise<void> {
    history.replaceState(null, '', path);
    w.box = document.createElement('div');
    document.body.append(w.box);
    await act(async () => {
        render(<LocationProvider><App /></LocationProvider>, w.box);
        await findSession();
    });
    await settle();
}
/** Effects run when the page is drawn: wait for what must come, at most 10 s. */
export const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 });
export const button = (text: string): HTMLButtonElement | undefined => [...w.box.querySelectorAll('button')].filter((each) => each.textContent === text || each.getAttribute('aria-label') === text).pop();
export async function press(text: string): Promise<void> {
    await eventually(() => { if (!button(text)) throw new Error(`no button "${text}"`); });
    await act(() => button(text)!.click());
    await settle();
}
export async function submit(form = 'dialog form'): Promise<void> {
    await act(() => void w.box.querySelector(form)!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true })));
    await settle();
}
/** What a person types or chooses in the control of that label. */
export const type = (label: string, value: string | boolean): Promise<void> => act(() => {
    const named = [...w.box.querySelectorAll('label')].filter((each) => each.textContent === label).pop()!;
    const control = named.querySelector('input') ?? (document.getElementById(named.htmlFor) as HTMLInputElement | HTMLSelectElement);
    if (typeof value === 'boolean') return control.click();
    control.value = value;
    control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
});
export const posts = (): Asked[] => w.asked.filter((each) => each.method !== 'GET');
export const lines = (...rows: unknown[]): Answer => [200, rows.map((row) => JSON.stringify(row)).join('\n'), { 'content-type': 'application/x-ndjson' }];
