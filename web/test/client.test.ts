import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError, get, list, post, toQuery, useHooks } from '../src/api/client';
import { follow } from '../src/api/live';
import { merged, startLive } from '../src/state/overview';
import { session } from '../src/state/session';
import type { Overview } from '../src/api/types';

const answers = (body: string, status = 200, headers: Record<string, string> = {}) => vi.fn(async (_url: string, _init: RequestInit) => new Response(status === 204 ? null : body, { status, headers }));

afterEach(() => {
    vi.unstubAllGlobals();
    useHooks({ csrf: () => '', signedOut: () => {} });
});

describe('the door to the service', () => {
    it('sends the CSRF token with what changes and not with what asks', async () => {
        useHooks({ csrf: () => 'tok' });
        const fetch = answers('{}');
        vi.stubGlobal('fetch', fetch);
        await get('/overview');
        await post('/check/fix', {});
        const headers = fetch.mock.calls.map(([, init]) => (init.headers as Record<string, string>)['X-CSRF-Token']);
        expect(headers).toEqual([undefined, 'tok']);
    });
    it('leaves empty parts of a query out and repeats lists', () => expect(toQuery({ a: '', b: null, c: 'x y', d: ['1', '2'], e: false, f: 0 })).toBe('?c=x+y&d=1&d=2&f=0'));
    it('reads lines and the cursor of the next page', async () => {
        vi.stubGlobal('fetch', answers('{"id":1}\n{"id":2}\n', 200, { 'imc-next': 'c2' }));
        expect(await list('/events')).toEqual({ rows: [{ id: 1 }, { id: 2 }], next: 'c2', note: null });
    });
    it('makes an error with event and detail', async () => {
        vi.stubGlobal('fetch', answers('{"error":{"event":40115,"detail":"held"}}', 503));
        await expect(get('/queue')).rejects.toMatchObject({ status: 503, event: 40115, detail: 'held' });
    });
    it('makes an error of an answer that is no JSON, and of no answer', async () => {
        vi.stubGlobal('fetch', answers('<h1>Bad Gateway</h1>', 502));
        await expect(get('/queue')).rejects.toMatchObject({ status: 502, event: null });
        vi.stubGlobal('fetch', vi.fn(async () => Promise.reject(new TypeError('refused'))));
        await expect(get('/queue')).rejects.toMatchObject({ status: 0 });
    });
    it('tells when one is no longer signed in', async () => {
        const signedOut = vi.fn();
        useHooks({ signedOut });
        vi.stubGlobal('fetch', answers('{"error":{"event":40450,"detail":"no"}}', 401));
        await expect(get('/queue')).rejects.toBeInstanceOf(ApiError);
        expect(signedOut).toHaveBeenCalledOnce();
    });
});

describe('what no person asked for', () => {
    const marks = (fetch: ReturnType<typeof answers>) => fetch.mock.calls.map(([, init]) => (init.headers as Record<string, string>)['imc-background']);
    it('is marked, so that it keeps no session open; a press or a key makes the next a person\'s again', async () => {
        vi.useFakeTimers();
        try {
            const fetch = answers('{}');
            vi.stubGlobal('fetch', fetch);
            dispatchEvent(new Event('pointerdown'));
            await get('/overview');
            vi.advanceTimersByTime(31_000);
            await get('/overview');
            await post('/config/keep', {});
            dispatchEvent(new Event('keydown'));
            await get('/overview');
            expect(marks(fetch)).toEqual([undefined, '1', undefined, undefined]);
        } finally {
            vi.useRealTimers();
        }
    });
    it('is not asked for at all while nobody sees the page', async () => {
        vi.useFakeTimers();
        const seen = vi.spyOn(document, 'visibilityState', 'get');
        try {
            const fetch = answers('{}');
            vi.stubGlobal('fetch', fetch);
            vi.stubGlobal('EventSource', FakeSource);
            seen.mockReturnValue('visible');
            session.value = { account: 'ann', role: 'view', csrf: '', expires: '' };
            startLive();
            await vi.advanceTimersByTimeAsync(10_000);
            const before = fetch.mock.calls.length;
            expect(before).toBeGreaterThan(1);
            seen.mockReturnValue('hidden');
            await vi.advanceTimersByTimeAsync(60_000);
            expect(fetch.mock.calls.length).toBe(before);
        } finally {
            session.value = null;
            seen.mockRestore();
            vi.useRealTimers();
        }
    });
});

class FakeSource {
    static last: FakeSource;
    readyState = 0;
    onopen: (() => void) | null = null;
    onerror: (() => void) | null = null;
    closed = false;
    private heard = new Map<string, (event: MessageEvent<string>) => void>();
    constructor() {
        FakeSource.last = this;
    }
    addEventListener(name: string, to: (event: MessageEvent<string>) => void): void {
        this.heard.set(name, to);
    }
    say(name: string, data: string): void {
        this.heard.get(name)?.({ data } as MessageEvent<string>);
    }
    close(): void {
        this.closed = true;
    }
}

describe('live views', () => {
    const handlers = () => ({ overview: vi.fn(), event: vi.fn(), queue: vi.fn(), mode: vi.fn(), poll: vi.fn(async () => {}) });
    it('pass on what is said and pass over what is no JSON', () => {
        const to = handlers();
        const stop = follow(to, () => new FakeSource() as unknown as EventSource);
        FakeSource.last.say('event', '{"id":4086}');
        FakeSource.last.say('event', '{torn');
        expect(to.event).toHaveBeenCalledOnce();
        expect(to.event).toHaveBeenCalledWith({ id: 4086 });
        stop();
        expect(FakeSource.last.closed).toBe(true);
    });
    it('ask again and again while the line is broken, and stop when it is back', () => {
        const to = handlers();
        const stop = follow(to, () => new FakeSource() as unknown as EventSource);
        FakeSource.last.onerror?.();
        expect(to.mode).toHaveBeenLastCalledWith('polling');
        expect(to.poll).toHaveBeenCalledOnce();
        FakeSource.last.onopen?.();
        expect(to.mode).toHaveBeenLastCalledWith('live');
        stop();
    });
    it('let go of their connection while nobody sees the page', () => {
        const to = handlers();
        const stop = follow(to, () => new FakeSource() as unknown as EventSource);
        const before = FakeSource.last;
        dispatchEvent(new Event('pagehide'));
        expect(before.closed).toBe(true);
        before.onerror?.();
        expect(to.poll).not.toHaveBeenCalled();
        dispatchEvent(new Event('pageshow'));
        expect(FakeSource.last).not.toBe(before);
        expect(FakeSource.last.closed).toBe(false);
        expect(to.poll).toHaveBeenCalledOnce();
        stop();
        expect(FakeSource.last.closed).toBe(true);
    });
    it('ask where there is no EventSource at all', () => {
        const to = handlers();
        follow(to, null)();
        expect(to.poll).toHaveBeenCalledOnce();
    });
    it('keep what the news do not speak of', () => {
        const before = { state: 'running', counters: { a: 1 }, queue: { messages: 1, recipients: 1, by_reason: [{ reason: 'held' }] }, host: 'mail1' } as unknown as Overview;
        const after = merged(before, { state: 'held', queue: { messages: 5, recipients: 6 } } as unknown as Partial<Overview>);
        expect(after).toMatchObject({ state: 'held', host: 'mail1', counters: { a: 1 }, queue: { messages: 5, by_reason: [{ reason: 'held' }] } });
        expect(merged(before, { queue: null }).queue).toBeNull();
    });
});
