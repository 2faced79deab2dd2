import { render } from 'preact';
import { LocationProvider } from 'preact-iso';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { App } from '../src/app';
import { overview } from '../src/state/overview';
import { findSession, session } from '../src/state/session';
import { toasts } from '../src/state/toasts';

interface Asked { method: string; path: string; body: Record<string, unknown> | null }
type Answer = [status: number, body: unknown, headers?: Record<string, string>];

let asked: Asked[];
let answers: Record<string, Answer | ((asked: Asked) => Answer)>;
let box: HTMLElement;
const me = { account: 'ann', role: 'administrator', csrf: 'tok', expires: '2030-01-01T00:00:00Z' };

beforeEach(() => {
    asked = [];
    answers = {};
    session.value = undefined;
    overview.value = null;
    vi.stubGlobal('fetch', vi.fn(async (url: string, init: RequestInit) => {
        const one = { method: init.method ?? 'GET', path: String(url).replace('/api/v1', ''), body: typeof init.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : null };
        asked.push(one);
        const found = answers[`${one.method} ${one.path.split('?')[0]}`] ?? [404, { error: { event: 40402, detail: 'no such path' } }];
        const [status, body, headers] = typeof found === 'function' ? found(one) : found;
        return new Response(status === 204 ? null : typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
    }));
});
afterEach(() => {
    render(null, box);
    box.remove();
    toasts.value = [];
    vi.unstubAllGlobals();
});

const settle = (): Promise<void> => act(async () => { for (let i = 0; i < 12; i += 1) await new Promise((done) => setImmediate(done)); });
async function open(path: string): Promise<void> {
    history.replaceState(null, '', path);
    box = document.createElement('div');
    document.body.append(box);
    await act(async () => {
        render(<LocationProvider><App /></LocationProvider>, box);
        await findSession();
    });
    await settle();
}
/** Effects run when the page is drawn: wait for what must come, at most 10 s. */
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 10 });
const press = (text: string): Promise<void> => act(() => [...box.querySelectorAll('button')].filter((each) => each.textContent === text).pop()!.click());
const submit = (): Promise<void> => act(() => void box.querySelector('dialog form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true })));

describe('signing in', () => {
    const attempt = async (answer: Answer): Promise<string> => {
        answers['GET /session'] = [401, { error: { event: 40402, detail: 'nobody has signed in' } }];
        answers['POST /session'] = answer;
        await open('/');
        await act(() => void box.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true })));
        await settle();
        return box.querySelector('[role=alert]')?.textContent ?? '';
    };

    it('says before anybody tries what helps while the service is held', async () => {
        answers['GET /session'] = [401, { error: { event: 40402, detail: 'nobody has signed in' } }];
        await open('/');
        expect(box.querySelector('small')!.textContent).toMatch(/service is held.*cannot sign in.*imc admin link/);
        expect(box.querySelector('[role=alert]')).toBeNull();
    });

    it('tells an account of the directory in plain words that the service is held, and the way in', async () => {
        const told = await attempt([503, { error: { event: 40115, detail: 'held' } }]);
        expect(told).toMatch(/^The service is held.*accounts of the directory cannot sign in.*emergency.*imc admin link$/);
        expect(told).not.toContain('Account or password is wrong');
    });

    it('tells another failure as what it is', async () => {
        expect(await attempt([503, { error: { event: 40001, detail: 'ldap://dc1 does not answer' } }])).toContain('ldap://dc1 does not answer');
        expect(box.textContent).not.toContain('So accounts of the directory');
    });
});

describe('who has not signed in', () => {
    it('signs in where he wanted to go, and is there', async () => {
        answers = { 'GET /session': [401, { error: { event: 1, detail: 'no' } }], 'POST /session': (one) => (one.body?.password === 'right' ? [200, me] : [401, { error: { event: 2, detail: 'wrong' } }]), 'GET /audit': [200, ''] };
        await open('/audit');
        const type = (selector: string, value: string): Promise<void> => act(() => {
            const input = box.querySelector<HTMLInputElement>(selector)!;
            input.value = value;
            input.dispatchEvent(new Event('input', { bubbles: true }));
        });
        const go = async (): Promise<void> => {
            await act(() => void box.querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true })));
            await settle();
        };
        await type('input[autocomplete=username]', 'ann');
        await type('input[type=password]', 'guess');
        await go();
        await eventually(() => expect(box.querySelector('[role=alert]')?.textContent).toContain('wrong'));
        expect(box.querySelector<HTMLInputElement>('input[type=password]')?.value).toBe('');
        await type('input[type=password]', 'right');
        await go();
        expect(location.pathname).toBe('/audit');
        await eventually(() => expect(box.querySelector('h1')?.textContent).toBe('Audit'));
    });
    it('is asked to sign in again when the session has ended', async () => {
        answers = { 'GET /session': [200, me], 'GET /audit': [401, { error: { event: 1, detail: 'over' } }] };
        await open('/audit');
        await eventually(() => expect(box.querySelector('input[type=password]')).not.toBeNull());
    });
});

describe('the verdict', () => {
    const failed = { id: 'identity.organization', event: 4086, status: 'failed', found: '/o=contoso', where: 'registry', expected: '/o=Contoso', why: 'They differ.', fix: { command: 'imc reg add -v SiteDN', what: '', automatic: true } };
    it('is mended after a dry run, and offers the undo', async () => {
        let fixed = false;
        answers = {
            'GET /session': [200, me],
            'GET /check': () => [200, fixed ? { passed: true, deciding: null, assertions: [] } : { passed: false, deciding: failed.id, event: 4086, assertions: [failed] }],
            'POST /check/fix': (one) => {
                fixed ||= !one.path.includes('dry_run');
                return [200, { done: 'SiteDN is changed', undo: 'imc reg restore x.reg', undo_by: [{ registry: 'x.reg' }], changed: ['SiteDN'], check: { passed: true, assertions: [] } }];
            },
        };
        await open('/verdict');
        await eventually(() => expect(box.textContent).toContain('imc reg add -v SiteDN'));
        await press('Fix');
        await eventually(() => expect(asked.filter((each) => each.method === 'POST').map((each) => each.path)).toEqual(['/check/fix?dry_run=true']));
        await eventually(() => expect(box.querySelector<HTMLButtonElement>('dialog button[type=submit]')?.disabled).toBe(false));
        await submit();
        await eventually(() => expect(asked.filter((each) => each.method === 'POST')).toHaveLength(2));
        expect(asked.filter((each) => each.method === 'POST').at(-1)).toMatchObject({ path: '/check/fix', body: { assertion: 'identity.organization' } });
        await eventually(() => expect(box.querySelector('.toasts')?.textContent).toContain('imc reg restore x.reg'));
        await eventually(() => expect(box.textContent).toContain('Everything passes'));
    });
    it('has no Fix button for who only sees', async () => {
        answers = { 'GET /session': [200, { ...me, role: 'view' }], 'GET /check': [200, { passed: false, deciding: failed.id, event: 4086, assertions: [failed] }] };
        await open('/verdict');
        await eventually(() => expect(box.textContent).toContain('They differ.'));
        expect([...box.querySelectorAll('button')].some((each) => each.textContent === 'Fix')).toBe(false);
        expect(box.textContent).toContain('Needs the role Administrator.');
    });
});

describe('hostile words', () => {
    it('of subjects, addresses and events are text on every page that has them', async () => {
        const evil = '<img src=x onerror=alert(1)>';
        answers = { 'GET /session': [200, me], 'GET /rejects': [200, `${JSON.stringify({ time: evil, code: 'AAAA', count: 1, peer: evil, peer_name: evil, helo: evil, sender: evil, recipients: [evil], stage: evil, rule: evil, evidence: evil, reply: evil })}\n`] };
        await open('/rejects');
        await eventually(() => expect(box.textContent).toContain(evil));
        expect(box.querySelector('main img')).toBeNull();
    });
    it('of a code cannot leave the path they stand in', async () => {
        answers = { 'GET /session': [200, me] };
        await open(`/rejects/${encodeURIComponent('../queue?all=1')}`);
        await eventually(() => expect(asked.some((each) => each.path === `/rejects/${encodeURIComponent('../queue?all=1')}`)).toBe(true));
    });
});

describe('the queues in groups', () => {
    const counted = { messages: 3, recipients: 1234567, octets: 1536, oldest: '2026-11-27T10:00:00Z' };
    const group = { key: 'b.example', next_attempt: null, reason: 'due_later', last_reply: '450 later', ...counted };
    it('are what the service counted over all that waits, with the rest in one line', async () => {
        answers = { 'GET /session': [200, me], 'GET /queue-views': [200, ''], 'GET /link': [404, {}], 'GET /queue-groups': [200, [group, { ...group, key: null, rest: true, groups: 41, recipients: 99 }].map((row) => JSON.stringify(row)).join('\n'), { 'content-type': 'application/x-ndjson' }] };
        await open('/queues?by=domain');
        await eventually(() => expect(box.querySelector('a[href="/queues?domain=b.example"]')).not.toBeNull());
        expect(box.textContent).toContain('And 41 more groups with 99 recipients');
        expect(asked.some((one) => one.path.startsWith('/queue-groups?by=domain'))).toBe(true);
        expect(asked.some((one) => one.path.startsWith('/queue?'))).toBe(false);
    });
    it('lead nowhere where the way is not known yet', async () => {
        answers = { 'GET /session': [200, me], 'GET /queue-views': [200, ''], 'GET /link': [404, {}], 'GET /queue-groups': [200, JSON.stringify({ ...group, key: '' }), { 'content-type': 'application/x-ndjson' }] };
        await open('/queues?by=route');
        await eventually(() => expect(box.textContent).toContain('not known yet'));
        expect(box.querySelector('td a')).toBeNull();
    });
});

describe('a help desk of one domain', () => {
    const desk = { ...me, role: 'help_desk', domain: 'contoso.example', sees: ['explain', 'overview', 'rejects', 'stat', 'track'] };
    const shown = (): string[] => [...box.querySelectorAll('nav.sidebar a')].map((each) => each.getAttribute('href') ?? '');
    it('is offered what it may see, and nothing else', async () => {
        answers = { 'GET /session': [200, desk] };
        await open('/manual');
        await eventually(() => expect(shown()).toContain('/tracking'));
        expect(shown()).toEqual(['/', '/tracking', '/rejects', '/explain', '/certificates', '/counters', '/accounts', '/manual']);
    });
    it('and an operator everything', async () => {
        answers = { 'GET /session': [200, { ...me, role: 'operator', sees: ['audit', 'badmail', 'check', 'config', 'directory', 'events', 'explain', 'live', 'queue', 'overview', 'stat', 'quarantine', 'registry', 'rejects', 'track'] }] };
        await open('/manual');
        await eventually(() => expect(shown()).toContain('/queues'));
        expect(shown().length).toBe(17);
    });
});

describe('tracking', () => {
    it('says what a search leaves out, and how to find it', async () => {
        const record = { id: 'A1', event: 1012, what: '', time: '2026-11-27T10:00:00Z', sender: 'a@x.example', recipient: 'b@y.example', octets: 1 };
        answers = { 'GET /session': [200, me], 'GET /track': [200, JSON.stringify(record), { 'content-type': 'application/x-ndjson', 'imc-note': 'these are of the newest 20000' }] };
        await open('/tracking?since=24h');
        await eventually(() => expect(box.textContent).toContain('b@y.example'));
        expect(box.querySelector('p[role=status]')?.textContent).toBe('these are of the newest 20000');
    });
});

describe('an error of the service', () => {
    it('leads to its event on a page that could not be filled', async () => {
        answers = { 'GET /session': [200, me], 'GET /audit': [503, { error: { event: 40115, detail: 'held' } }] };
        await open('/audit');
        await eventually(() => expect(box.querySelector('main a[href="/events/explain/40115"]')).not.toBeNull());
    });
});

describe('the property pages', () => {
    it('are asked for again when another configuration is in force, whoever made it so', async () => {
        answers = { 'GET /session': [200, me], 'GET /config': () => [200, { generation: 1, author: 'ann', fields: [], waits_for_restart: [], differs: asked.filter((each) => each.path === '/config').length < 2 ? 1 : 0 }] };
        await open('/connector/routing');
        await eventually(() => expect(box.textContent).toContain('1 setting is stored and not in force.'));
        await act(() => void (overview.value = { state: 'running', generation: 2, held: null, queue: null, pending: null } as unknown as typeof overview.value));
        await eventually(() => expect(box.textContent).not.toContain('stored and not in force'));
    });
});

describe('a page of something that is not there', () => {
    it.each(['/quarantine/x', '/badmail/x', '/nowhere'])('%s has its heading all the same', async (path) => {
        answers = { 'GET /session': [200, me] };
        await open(path);
        await eventually(() => expect(box.querySelector('main h1')).not.toBeNull());
    });
});

describe('an event', () => {
    it('leads to its place in the manual', async () => {
        answers = { 'GET /session': [200, me], 'GET /events/explain/4086': [200, { number: 4086, kinds: [{ symbol: 'IMC_CONFIG_LOAD_FAILED', type: 'Error', category: 'Initialization/Termination', meaning: 'They differ.', causes: [], remedies: [], kb: '' }], status: null }] };
        await open('/events/explain/4086');
        await eventually(() => expect(box.querySelector('main a[href="/help/events.html#4086"]')?.getAttribute('target')).toBe('_blank'));
    });
});
