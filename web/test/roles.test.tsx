// What each role is offered, walked through: every page that a link leads to, every button that can be pressed. None may ask for what the
// document of the API (share/api/openapi.yaml) denies to the role.
import { readFileSync } from 'node:fs';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Role } from '../src/api/types';
import { session } from '../src/state/session';
import { begin, end, me, open, settle, w } from './kit';
// @ts-expect-error the mock has no types
import { route } from '../mock/api.mjs';

const order = ['nobody', 'view', 'help_desk', 'operator', 'administrator'];
interface Rule { method: string; pattern: RegExp; words: number; role: string; domain: boolean }
function rulesOf(text: string): Rule[] {
    const out: Rule[] = [];
    let path = '';
    for (const line of text.split('\n')) {
        path = /^ {2}(\/[^:\s]*):/.exec(line)?.[1] ?? path;
        for (const found of line.matchAll(/\b(GET|PUT|POST|PATCH|DELETE): (\{.*)/g)) {
            const said = /\brole: (\w+)/.exec(found[2]!)?.[1] ?? 'string';
            const role = order.includes(said) ? said : /change: true/.test(found[2]!) ? 'administrator' : 'view';
            out.push({ method: found[1]!, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`), words: (path.match(/\{/g) ?? []).length, role, domain: /domain: true/.test(found[2]!) });
        }
    }
    return out.sort((a, b) => a.words - b.words);
}
const rules = rulesOf(readFileSync('../share/api/openapi.yaml', 'utf8'));
const plain = (path: string): string => decodeURI(path.split('?')[0]!);

function denied(method: string, path: string, role: Role, domain: boolean): string | null {
    const rule = rules.find((each) => each.method === method && each.pattern.test(plain(path)));
    if (rule === undefined) return `${method} ${path} is in no document`;
    if (order.indexOf(role) < order.indexOf(rule.role)) return `${method} ${path} needs ${rule.role}`;
    return domain && !rule.domain ? `${method} ${path} is not for one domain` : null;
}

/** As the service makes it (resources_of in src/admin/router.cc), out of the same document. */
const resources = ['audit', 'badmail', 'check', 'config', 'directory/tree', 'events', 'explain/rcpt', 'live', 'queue', 'overview', 'stat', 'quarantine', 'registry', 'rejects', 'track'];
const seesOf = (role: Role, domain: boolean): string[] => resources.filter((each) => denied('GET', `/${each}`, role, domain) === null).map((each) => each.split('/')[0]!);

const begins = ['/', '/manual', '/connector/diagnostics', '/queues', '/accounts', '/events/explain/4086', '/explain/rcpt?address=alice%40contoso.example', '/tracking?since=24h'];
const kindOf = (href: string): string => href.split('?')[0]!.replace(/\/(message|tracking|rejects|quarantine|badmail|events\/explain)\/[^/]+/, '/$1/*') + (/\?(\w+)=/.exec(href)?.[1] ?? '');

beforeEach(() => {
    begin();
    const kept = new Map<string, unknown>();
    vi.stubGlobal('confirm', () => true);
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => '#', revokeObjectURL: () => {} }));
    vi.stubGlobal('fetch', vi.fn(async (url: string, init: RequestInit) => {
        const path = String(url).replace('/api/v1', '');
        const method = init.method ?? 'GET';
        if (String(url).startsWith('/help')) return new Response('', { status: 404 });
        w.asked.push({ method, path, body: null });
        if (path === '/session') return new Response(JSON.stringify(kept.get('session') ?? session.peek() ?? {}));
        const out = { status: 200, headers: {} as Record<string, string>, text: '' };
        const answer = { writeHead: (status: number, headers = {}) => (Object.assign(out, { status, headers }), answer), write: (piece: string) => (out.text += piece), end: (text = '') => void (out.text += String(text)) };
        route({ method, headers: { 'x-csrf-token': 'c5rf' }, on: () => {} }, new URL(String(url), 'http://localhost'), typeof init.body === 'string' ? JSON.parse(init.body) : null, answer);
        return new Response(out.status === 204 ? null : out.text, { status: out.status, headers: out.headers });
    }));
});
afterEach(end);

/** The buttons, selects and forms of a page that one can use, pressed one after the other. @return what is wrong */
async function pressAll(): Promise<void> {
    const what = 'main button:not(:disabled), main select:not(:disabled)';
    const labels = [...new Set([...w.box.querySelectorAll<HTMLElement>(what)].map((each) => each.getAttribute('aria-label') ?? each.textContent ?? ''))].filter((each) => !/^Choose |^Edit |^Delete (?!$)/.test(each)).slice(0, 24);
    for (const label of labels) {
        const control = [...w.box.querySelectorAll<HTMLElement>(what)].find((each) => (each.getAttribute('aria-label') ?? each.textContent ?? '') === label);
        if (control === undefined) continue;
        await act(() => (control.tagName === 'SELECT' ? void control.dispatchEvent(new Event('change', { bubbles: true })) : control.click()));
        await settle();
        for (let i = 0; i < 2 && w.box.querySelector('dialog button[type=submit]:not(:disabled)'); i += 1) {
            await act(() => void w.box.querySelector('dialog form')!.dispatchEvent(new Event('submit', { cancelable: true, bubbles: true })));
            await settle();
        }
        const close = w.box.querySelector<HTMLElement>('dialog .dialog-head button');
        if (close) await act(() => close.click());
    }
}

describe('nobody is offered what the service would refuse', () => {
    it('the document is read as it is written', () => {
        expect(denied('PUT', '/diagnostics', 'operator', false)).toContain('administrator');
        expect(denied('GET', '/quarantine/x', 'view', false)).toContain('operator');
        expect(denied('GET', '/quarantine', 'view', false)).toBeNull();
        expect(denied('GET', '/queue/1/text', 'help_desk', false)).toContain('operator');
        expect(denied('POST', '/explain/message', 'help_desk', true)).toBeNull();
        expect(denied('GET', '/queue', 'help_desk', true)).toContain('one domain');
        expect(rules.length).toBeGreaterThan(75);
    });
    it.each<[Role, string]>([['view', ''], ['help_desk', ''], ['help_desk', 'contoso.example'], ['operator', ''], ['administrator', '']])('%s %s', async (role, domain) => {
        const who = { ...me, account: `${role}${domain}`, role, csrf: 'c5rf', sees: seesOf(role, domain !== ''), ...(domain ? { domain } : {}) };
        const wrong = new Set<string>();
        const seen = new Set<string>();
        const wanted = [...begins.filter((each) => domain === '' || !/queues|connector/.test(each))].filter((each) => role !== 'view' || !/explain\/rcpt|tracking/.test(each));
        while (wanted.length > 0) {
            const path = wanted.shift()!;
            if (seen.has(kindOf(path))) continue;
            seen.add(kindOf(path));
            session.value = who;
            await open(path);
            await settle();
            w.asked.forEach((one) => { const why = denied(one.method, one.path, role, domain !== ''); if (why) wrong.add(`${path}: ${why}`); });
            w.box.querySelectorAll<HTMLAnchorElement>('a[href^="/"]:not([target])').forEach((link) => wanted.push(link.getAttribute('href')!));
            w.asked = [];
            await pressAll();
            w.asked.forEach((one) => { const why = denied(one.method, one.path, role, domain !== ''); if (why) wrong.add(`${path}, pressed: ${why}`); });
            w.asked = [];
            if (w.box.querySelector('input[type=password]')) throw new Error(`${path} led to the sign-in page`);
            const { render } = await import('preact');
            render(null, w.box);
            w.box.remove();
        }
        expect([...wrong]).toEqual([]);
        expect(seen.size).toBeGreaterThan(domain ? 8 : 20);
    }, 120_000);
    it('who only sees has no control that does nothing', async () => {
        session.value = { ...me, role: 'view', csrf: 'c5rf', sees: seesOf('view', false) };
        await open('/connector/diagnostics');
        await vi.waitFor(() => expect(w.box.querySelector('main table select')).not.toBeNull());
        expect(w.box.querySelector('main table select:not(:disabled)')).toBeNull();
    });
});
