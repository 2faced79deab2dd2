import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canLockOut, couldLockOut } from '../src/logic/lock_out';
import { begin, button, end, eventually, me, open, posts, press, settle, submit, type, w, type Answer } from './kit';

beforeEach(begin);
afterEach(end);

const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters';
const value = (name: string, data: string) => ({ name, type: 'SZ', data, set: true, known: true });
const planned = (name: string, more: object = {}): Answer => [200, { diff: [{ section: 'registry', name, before: ['a'], after: ['b'], text: '' }], check: { passed: true, deciding: null, assertions: [] }, passes: true, needs_restart: [], hash: 'h1', ...more }];
const done: Answer = [200, { done: 'done', undo: null }];
const box = (): HTMLInputElement | null => w.box.querySelector('dialog .check input');
const paths = (): string[] => posts().map((each) => `${each.method} ${each.path}`);

describe('what can lock out who changes it', () => {
    it('is the door, the sign-in, the identity and the rights', () => {
        const these = ['AdminHosts', 'AdminListen', 'AdminIdleMinutes', 'AdminSessionHours', 'AuthMechanisms', 'DisableAuth', 'TlsCertificates', 'MetricsNetworks', 'HomeDSA', 'DirectoryBase', 'DirectoryBindDN', 'RecipientBase', 'RecipientTLS', 'RecipientBindDN', 'RecipientSource', 'SiteDN', 'CommonName', 'imcAdministrator', 'imcAdministratorMailbox', 'imcHomeServer'];
        expect(these.filter((each) => !canLockOut(each))).toEqual([]);
        const those = ['MaxHops', 'RelayAllowList', 'TrackingLogDays', 'imcRetryHours', 'RecipientCacheSeconds', 'AuditLogDays', 'imcNotifyAdministrator', 'AnswerVrfy'];
        expect(those.filter(canLockOut)).toEqual([]);
    });
    it('is what the service says, where it says it', () => {
        expect(couldLockOut(['MaxHops'], ['MaxHops'])).toBe(true);
        expect(couldLockOut(['AdminListen'], [])).toBe(false);
        expect(couldLockOut(['AdminListen'])).toBe(true);
    });
});

describe('the registry editor', () => {
    const edit = async (name: string, plan: Answer): Promise<void> => {
        w.answers = {
            'GET /session': [200, me], 'GET /registry/keys': [200, { keys: [key] }], 'GET /registry': [200, { key, subkeys: [], values: [value(name, 'a')] }],
            'PUT /registry': done, 'POST /config/plan': plan, 'POST /config/apply': [200, { done: 'changed', undo: 'imc config rollback 4' }],
        };
        await open('/registry');
        await press(name);
        await type('Data', 'b');
        await submit();
        await eventually(() => expect(button('Save')?.disabled).toBe(false));
        await settle();
    };
    it('takes a change that could lock out back by itself, unless it is kept', async () => {
        await edit('AdminListen', planned('AdminListen'));
        expect(box()?.checked).toBe(true);
        await submit();
        await eventually(() => expect(posts().at(-1)).toMatchObject({ path: '/config/apply', body: { changes: { 'registry/AdminListen': 'b' }, hash: 'h1', keep_seconds: 60 } }));
        expect(paths()).not.toContain('PUT /registry');
    });
    it('writes it for good when the box is unticked, and another value at once', async () => {
        await edit('AdminListen', planned('AdminListen'));
        await type('Revert by itself unless I keep itFor changes that could lock you out.', false);
        await submit();
        await eventually(() => expect(paths().at(-1)).toBe('PUT /registry'));
        end();
        begin();
        await edit('MaxHops', planned('MaxHops'));
        expect(box()?.checked).toBe(false);
        await submit();
        await eventually(() => expect(paths().at(-1)).toBe('PUT /registry'));
    });
    it('shows with which checks a start would fail, and lets it be done: it may be a part of mending', async () => {
        const check = { passed: false, deciding: 'identity.organization', event: 4086, assertions: [{ id: 'identity.organization', event: 4086, status: 'failed', found: '/o=contoso', where: '', expected: '/o=Contoso', why: 'They differ.', fix: null }] };
        await edit('SiteDN', planned('SiteDN', { passes: false, check }));
        expect(w.box.querySelector('dialog')?.textContent).toContain('They differ.');
        expect(w.box.querySelector('dialog')?.textContent).toContain('A start would fail with this');
        await submit();
        await eventually(() => expect(paths().at(-1)).toBe('PUT /registry'));
    });
    it('writes what the property pages do not know', async () => {
        await edit('Note', [400, { error: { event: 40402, detail: 'there is no setting Note' } }]);
        expect(box()).toBeNull();
        await submit();
        await eventually(() => expect(paths().at(-1)).toBe('PUT /registry'));
    });
});

describe('restoring a copy', () => {
    it('says what of it could lock out, since nothing takes that back by itself', async () => {
        const diff = [{ op: '-', line: '"AdminListen"="127.0.0.1:8025"' }, { op: '+', line: '"AdminListen"="192.0.2.1:8025"' }, { op: '+', line: '"MaxHops"=dword:00000032' }, { op: ' ', line: '"SiteDN"="/o=x"' }];
        w.answers = { 'GET /session': [200, me], 'GET /registry/backups': [200, JSON.stringify({ id: 'registry-1.reg', time: '2026-11-27T10:00:00Z', octets: 1 })], 'GET /registry/backups/registry-1.reg': [200, { id: 'registry-1.reg', time: '', text: '', diff }] };
        await open('/registry/backups');
        await press('Compare');
        await eventually(() => expect(w.box.querySelector('dialog .notice.warn')?.textContent).toContain('This changes AdminListen, which'));
    });
});

describe('rolling back', () => {
    it('to a configuration whose door is another goes back by itself, too', async () => {
        const row = { section: 'registry', name: 'AdminListen', before: ['a'], after: ['b'], text: '' };
        w.answers = { 'GET /session': [200, me], 'GET /config/history/3': [200, { number: 3, time: '2026-11-27T10:00:00Z', author: 'ann', changes: [row], diff_to_now: [row] }], 'POST /config/rollback': [200, { done: 'done', undo: null, diff: [row] }] };
        await open('/connector/history?number=3');
        await press('Roll back to this');
        await eventually(() => expect(box()?.checked).toBe(true));
        await submit();
        await eventually(() => expect(posts().at(-1)?.body).toEqual({ generation: 3, keep_seconds: 60 }));
    });
});

describe('the connector object', () => {
    const dn = 'cn=IMC,cn=Connections,o=Contoso';
    const entry = { dn, rdn: 'cn=IMC', display_name: 'IMC', kind: 'connector', classes: ['imcConnector'], ldif: '', attributes: [{ name: 'imcAdministrator', values: ['administrator ann'], text: '', type: 'exact', single: false, secret: false, set: true }] };
    const edit = async (ours: string): Promise<void> => {
        w.answers = {
            'GET /session': [200, me], 'GET /directory/tree': [200, { dn: '', children: [] }], 'GET /directory/entry': [200, entry], 'GET /config': [200, { connector: ours, fields: [] }],
            'PATCH /directory/entry': done, 'POST /config/plan': planned('imcAdministrator'), 'POST /config/apply': done,
        };
        await open(`/organization?dn=${encodeURIComponent(dn)}`);
        await eventually(() => expect(w.asked.some((each) => each.path === '/config')).toBe(true));
        await press('Edit imcAdministrator');
        await act_type('operator ann');
        await submit();
        await eventually(() => expect(button('Save')?.disabled).toBe(false));
        await settle();
    };
    const act_type = async (text: string): Promise<void> => {
        const area = w.box.querySelector<HTMLTextAreaElement>('dialog textarea')!;
        area.value = text;
        area.dispatchEvent(new Event('input', { bubbles: true }));
        await settle();
    };
    it('of this host: who takes himself off the list of administrators is given the way back', async () => {
        await edit(dn);
        expect(box()?.checked).toBe(true);
        await submit();
        await eventually(() => expect(posts().at(-1)).toMatchObject({ path: '/config/apply', body: { changes: { 'connector/imcAdministrator': ['operator ann'] }, keep_seconds: 60 } }));
    });
    it('of another is changed as any object', async () => {
        await edit('cn=Other,cn=Connections,o=Contoso');
        expect(box()).toBeNull();
        await submit();
        await eventually(() => expect(paths().at(-1)).toBe('PATCH /directory/entry'));
    });
});
