import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditRow } from '../src/api/types';
import { wayBack } from '../src/logic/audit';
import { begin, button, end, eventually, lines, me, open, posts, press, submit, type, w, type Answer } from './kit';

beforeEach(begin);
afterEach(end);

const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters';
const row = (more: Partial<AuditRow>): AuditRow => ({ number: 7, time: '2026-11-27T10:00:00Z', who: 'ann', from: '192.0.2.1:50000', role: 'administrator', action: 'x', object: 'o', before: null, after: null, undo: null, ...more });
const put = row({ action: 'registry.put', object: `${key}\\MaxHops`, before: { type: 'DWORD', data: '50' }, after: { type: 'DWORD', data: '30' }, undo: 'imc reg add -v MaxHops -t DWORD -d 50 -f' });

describe('the way back that a line names', () => {
    const undo = (text: string | null) => wayBack(row({ undo: text }));
    it('is that of the answer, made of the command', () => {
        expect(undo('imc reg restore registry-20261127T051500.123Z-0001.reg')).toEqual({ by: 'steps', steps: [{ registry: 'registry-20261127T051500.123Z-0001.reg' }] });
        expect(undo("imc dir import '/var/lib/imc/backup/directory-1.ldif' --root /srv/x && imc reg restore registry-2.reg --root /srv/x")).toEqual({ by: 'steps', steps: [{ directory: 'directory-1.ldif' }, { registry: 'registry-2.reg' }] });
        expect(undo('imc queue undelete --action 17')).toEqual({ by: 'steps', steps: [{ queue: 'undelete', action: '17' }] });
        expect(undo('imc queue reroute --root /srv/x --normal --action 17')).toEqual({ by: 'steps', steps: [{ queue: 'reroute', action: '17', normal: true }] });
        expect(undo('imc config rollback 41')).toEqual({ by: 'rollback', generation: 41 });
        expect(undo('imc admin token delete backup')).toEqual({ by: 'token', name: 'backup' });
        expect(wayBack(put)).toMatchObject({ by: 'registry', key, name: 'MaxHops', before: { data: '50' } });
        expect(wayBack(row({ undo: 'imc x', undo_by: [{ registry: 'registry-3.reg' }] }))).toEqual({ by: 'steps', steps: [{ registry: 'registry-3.reg' }] });
    });
    it('is left to a person where the pages do not know it for certain', () => {
        for (const text of [null, '', 'imc dir addr remove x', 'imc reg restore ../../etc/passwd', 'imc reg restore registry-1.reg; rm -r /', 'imc queue delete 7', 'imc queue release --action 1 && imc queue hold --action 2']) expect(undo(text)).toBeNull();
        expect(wayBack({ ...put, before: 3 })).toBeNull();
        expect(wayBack({ ...put, action: 'registry.import' })).toBeNull();
    });
});

describe('the audit page', () => {
    const started = (rows: AuditRow[], more: Record<string, Answer> = {}, role = 'administrator'): void => {
        w.answers = { 'GET /session': [200, { ...me, role }], 'GET /audit': lines(...rows), ...more };
    };
    const registry = (data: string): Answer => [200, { key, subkeys: [], values: [{ name: 'MaxHops', type: 'DWORD', data, set: true }] }];
    it('undoes a change after showing what that would do', async () => {
        started([put], { 'PUT /registry': [200, { done: 'MaxHops = 50', undo: null }], 'GET /registry': registry('30') });
        await open('/audit');
        await press('Undo');
        await eventually(() => expect(w.box.querySelector('dialog')?.textContent).toContain('MaxHops = 50'));
        expect(w.box.querySelector('dialog')?.textContent).not.toContain('has changed it since');
        expect(posts().every((each) => each.path === '/config/plan' || each.path.includes('dry_run=true'))).toBe(true);
        await submit();
        await eventually(() => expect(posts().at(-1)).toMatchObject({ method: 'PUT', path: '/registry', body: { key, name: 'MaxHops', type: 'DWORD', data: '50' } }));
    });
    it('to a configuration that could lock out goes back by itself, unless it is kept', async () => {
        const diff = [{ section: 'registry', name: 'AdminListen', before: ['a'], after: ['b'], text: '' }];
        started([row({ action: 'config.apply', undo: 'imc config rollback 41' })], { 'POST /config/rollback': [200, { done: 'done', undo: null, diff }] });
        await open('/audit');
        await press('Undo');
        await eventually(() => expect(w.box.querySelector<HTMLInputElement>('dialog .check input')?.checked).toBe(true));
        await submit();
        await eventually(() => expect(posts().at(-1)).toMatchObject({ path: '/config/rollback', body: { generation: 41, keep_seconds: 60 } }));
    });
    it('says when somebody has changed it since', async () => {
        started([put], { 'PUT /registry': [200, { done: 'MaxHops = 50', undo: null }], 'GET /registry': registry('77') });
        await open('/audit');
        await press('Undo');
        await eventually(() => expect(w.box.querySelector('dialog')?.textContent).toContain('Somebody has changed it since; it is now: 77'));
    });
    it('takes an action on the queue back by another one', async () => {
        started([row({ action: 'queue.delete', undo: 'imc queue undelete --action 17' })], { 'POST /queue/undelete': [200, { messages: 1, recipients: 2, in_delivery: 0, held: 0 }] }, 'operator');
        await open('/audit');
        await press('Undo');
        await eventually(() => expect(posts().at(-1)?.body).toEqual({ action: '17', dry_run: true }));
        await eventually(() => expect(w.box.querySelector<HTMLButtonElement>('dialog button[type=submit]')?.disabled).toBe(false));
        await submit();
        await eventually(() => expect(posts().at(-1)?.body).toEqual({ action: '17' }));
    });
    it('offers an undo to nobody who may not', async () => {
        started([put, row({ number: 6, undo: 'imc queue undelete --action 17' })], {}, 'view');
        await open('/audit');
        await eventually(() => expect(w.box.textContent).toContain('registry.put'));
        expect(button('Undo')).toBeUndefined();
    });
    it('tells what came to nothing, of which change, and why', async () => {
        started([row({ number: 8, action: 'came-to-nothing', of: 7, failed: 'status 503: the disk is full' })]);
        await open('/audit');
        await eventually(() => expect(w.box.textContent).toContain('Came to nothing'));
        expect(w.box.textContent).toContain('of change 7');
        expect(w.box.textContent).toContain('the disk is full');
    });
    it('is asked by who, what and since when', async () => {
        started([put]);
        await open('/audit');
        await eventually(() => expect(w.box.textContent).toContain('registry.put'));
        await type('Object', 'RelayAllowList');
        await type('Since', '7d');
        await submit('form.filters');
        await eventually(() => expect(w.asked.some((each) => each.path.startsWith('/audit?object=RelayAllowList&since=7d'))).toBe(true));
        expect(location.search).toBe('?object=RelayAllowList&since=7d');
    });
});
