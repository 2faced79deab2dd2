import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { changeRecord } from '../src/logic/ldif';
import { begin, button, end, eventually, me, open, posts, press, settle, submit, type, w } from './kit';

beforeEach(begin);
afterEach(end);

const dn = 'cn=alice,cn=Recipients,o=Contoso';
const ldif = `dn: ${dn}\nobjectClass: imcMailbox\ncn: alice\ndisplayName:: w4lhc3k=\nproxyAddresses: SMTP:alice@contoso.example\nproxyAddresses: smtp:a@contoso.\n example\n`;

describe('an object that is edited as text', () => {
    const change = (from: string, to: string) => changeRecord(ldif, ldif.replace(from, to));
    it('becomes a change record of what differs, and of nothing else', () => {
        expect(change('cn: alice\n', 'cn: alice\ndescription: new\n')).toEqual({ text: `dn: ${dn}\nchangetype: modify\nreplace: description\ndescription: new\n-\n` });
        expect(change('displayName:: w4lhc3k=\n', '')).toEqual({ text: `dn: ${dn}\nchangetype: modify\ndelete: displayName\n-\n` });
        expect(change('SMTP:alice', 'SMTP:ann')).toEqual({ text: `dn: ${dn}\nchangetype: modify\nreplace: proxyAddresses\nproxyAddresses: SMTP:ann@contoso.example\nproxyAddresses: smtp:a@contoso.example\n-\n` });
    });
    it('is none where nothing differs but the order and the folding', () => {
        expect(changeRecord(ldif, `dn: ${dn}\r\nproxyAddresses: smtp:a@contoso.example\r\nproxyAddresses: SMTP:alice@contoso.example\r\ndisplayName:: w4lhc3k=\r\ncn: alice\r\nobjectClass: imcMailbox\r\n`)).toEqual({ problem: 'same' });
    });
    it('must be one object, under its name', () => {
        expect(change(`dn: ${dn}`, 'dn: cn=bob,o=Contoso')).toEqual({ problem: 'name' });
        expect(change('cn: alice', 'alice')).toEqual({ problem: 'record' });
        expect(changeRecord(ldif, `${ldif}\ndn: cn=b,o=Contoso\ncn: b\n`)).toEqual({ problem: 'record' });
        expect(change('objectClass: imcMailbox', 'changetype: delete')).toEqual({ problem: 'record' });
        expect(changeRecord(ldif, '')).toEqual({ problem: 'record' });
    });
});

describe('the organization', () => {
    const area = (): HTMLTextAreaElement => w.box.querySelector<HTMLTextAreaElement>('dialog textarea')!;
    const typed = (text: string): Promise<void> => act(() => {
        area().value = text;
        area().dispatchEvent(new Event('input', { bubbles: true }));
    });
    const start = async (role = 'administrator'): Promise<void> => {
        w.answers = {
            'GET /session': [200, { ...me, role }], 'GET /directory/tree': [200, { dn: '', children: [] }],
            'GET /directory/entry': [200, { dn, rdn: 'cn=alice', display_name: 'Alice', kind: 'mailbox', classes: ['imcMailbox'], attributes: [], ldif }],
            'POST /directory/import': [200, { done: 'done', undo: null, consequences: [{ dn: 'cn=l', what: 'names it' }], consequences_total: 61 }], 'GET /directory/export': [200, ldif],
        };
        await open(`/organization?dn=${encodeURIComponent(dn)}`);
        await eventually(() => expect(button('LDIF (raw)')).toBeDefined());
        await press('LDIF (raw)');
    };
    it('edits an object as text: first what that would do, then the change', async () => {
        await start();
        await press('Edit as LDIF');
        expect(button('Review …')?.disabled).toBe(true); // nothing differs yet
        await typed(ldif.replace('cn: alice\n', 'cn: alice\ndescription: new\n'));
        await submit();
        const body = { ldif: `dn: ${dn}\nchangetype: modify\nreplace: description\ndescription: new\n-\n` };
        await eventually(() => expect(posts()).toMatchObject([{ path: '/directory/import?dry_run=true', body }]));
        await eventually(() => expect(w.box.querySelector('dialog')?.textContent).toContain('and 60 more'));
        await submit();
        await eventually(() => expect(posts()[1]).toMatchObject({ path: '/directory/import', body }));
    });
    it('takes in any object below the one that is chosen', async () => {
        await start();
        await press('New');
        await type('Kind', 'other');
        await settle();
        expect(area().value).toContain(`dn: cn=New,${dn}`);
        await submit();
        await eventually(() => expect(posts()[0]?.body?.ldif).toContain('objectClass: imcContainer'));
    });
    it('gives the chosen object and all below it as a file', async () => {
        const made = vi.fn((_: Blob) => '#');
        vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: made, revokeObjectURL: () => {} }));
        await start();
        await press('Export LDIF');
        await eventually(() => expect(made).toHaveBeenCalledOnce());
        expect(await made.mock.calls[0]![0].text()).toBe(ldif);
        expect(w.asked.at(-1)?.path).toBe(`/directory/export?${new URLSearchParams({ dn }).toString()}`);
    });
    it('offers none of it to who may not', async () => {
        await start('operator');
        for (const name of ['Edit as LDIF', 'Import LDIF', 'Export LDIF', 'New']) expect(button(name)).toBeUndefined();
    });
});
