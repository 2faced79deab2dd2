import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { overview } from '../src/state/overview';
import { session } from '../src/state/session';
import { begin, button, end, eventually, lines, me, open, press, submit, type, w, type Answer } from './kit';

beforeEach(begin);
afterEach(end);

const no: Answer = [503, { error: { event: 41020, detail: 'the audit log cannot be written' } }];
const link = { state: 'open', why: 'in a window', since: null, opens_at: null, opens_when: '', schedule: ['always'], waiting: 1, oldest: null, failure: '' };
const explains = (event: number): Element | null => w.box.querySelector(`a[href="/events/explain/${event}"]`);
const categories = [{ category: 'Addressing', level: 0, name: 'None' }];
const config = [200, { generation: 1, author: '', time: null, running: true, differs: 0, waits_for_restart: [], fields: [] }] as Answer;
const pending = { generation: 7, revert_at: '2030-01-01T00:00:00Z', seconds: 60, who: 'ann', undo: '', diff: [] };

describe('a button whose request fails says so, and leads to the event', () => {
    const table: { does: string; at: string; answers: Record<string, Answer>; go: () => Promise<void> }[] = [
        { does: 'revoke a token', at: '/accounts', answers: { 'GET /administrators': lines(), 'GET /tokens': lines({ name: 'backup', role: 'view', expires: null }), 'DELETE /tokens/backup': no }, go: async () => { await press('Revoke'); await submit(); } },
        { does: 'back up now', at: '/registry/backups', answers: { 'GET /registry/backups': lines(), 'POST /registry/backups': no }, go: () => press('Back up now') },
        { does: 'export the registry', at: '/registry', answers: { 'GET /registry/keys': [200, { keys: [] }], 'GET /registry': [200, { key: 'K', subkeys: [], values: [] }], 'GET /registry/export': no }, go: () => press('Export .reg') },
        { does: 'close the link', at: '/queues', answers: { 'GET /queue-views': lines(), 'GET /queue': lines(), 'GET /link': [200, link], 'POST /link/close': no }, go: () => press('Close') },
        { does: 'set a level', at: '/connector/diagnostics', answers: { 'GET /config': config, 'GET /diagnostics': lines(...categories), 'GET /protocol-log': [200, { level: 0, peers: [] }], 'PUT /diagnostics': no }, go: async () => { await eventually(() => expect(w.box.textContent).toContain('Addressing')); await type('Level of Addressing', 'maximum'); } },
        { does: 'set the protocol log', at: '/connector/diagnostics', answers: { 'GET /config': config, 'GET /diagnostics': lines(...categories), 'GET /protocol-log': [200, { level: 0, peers: [] }], 'PUT /protocol-log': no }, go: async () => { await eventually(() => expect(button('Set')).toBeDefined()); await submit('form.card-body'); } },
        { does: 'keep a change', at: '/manual', answers: { 'GET /overview': no, 'POST /config/keep': no }, go: async () => { await act(() => void (overview.value = { state: 'running', held: null, pending } as never)); await press('Keep it'); } },
        { does: 'sign out', at: '/manual', answers: { 'DELETE /session': no }, go: () => press('Sign out') },
        { does: 'show the levels while the service is held', at: '/connector/diagnostics', answers: { 'GET /config': config, 'GET /diagnostics': no, 'GET /protocol-log': [200, { level: 0, peers: [] }] }, go: async () => {} },
        { does: 'show the link', at: '/queues', answers: { 'GET /queue-views': lines(), 'GET /queue': lines(), 'GET /link': no }, go: async () => {} },
        { does: 'count the four queues', at: '/queues', answers: { 'GET /queue-views': no, 'GET /queue': lines(), 'GET /link': [200, link] }, go: async () => {} },
    ];
    it.each(table)('$does', async ({ at, answers, go }) => {
        w.answers = { 'GET /session': [200, me], ...answers };
        await open(at);
        await go();
        await eventually(() => expect(explains(41020)).not.toBeNull());
        expect(w.box.textContent).toContain('the audit log cannot be written');
    });
    it('also of an undo that would lose what others changed', async () => {
        w.answers = {
            'GET /session': [200, me], 'GET /registry/backups': lines(), 'POST /registry/backups': [200, { done: 'Done', undo: 'imc x', undo_by: [{ registry: 'a.reg' }] }],
            'POST /undo': [409, { error: { event: 40842, detail: 'MaxHops would be lost' } }],
        };
        await open('/registry/backups');
        await press('Back up now');
        await press('Undo');
        await eventually(() => expect(explains(40842)).not.toBeNull());
    });
});

describe('who signs out', () => {
    const typed = { key: 'registry/MaxHops', name: 'MaxHops', section: 'registry', tab: 'general', label: 'Max hops', type: 'number', value: '30', set: true, shadowed: [] };
    const answers = (account: string): typeof w.answers => ({
        'GET /session': [200, { ...me, account }], 'POST /session': (one) => [200, { ...me, account: String(one.body?.account) }], 'DELETE /session': [204, null],
        'GET /config': [200, { generation: 1, author: '', time: null, running: true, differs: 0, waits_for_restart: [], fields: [typed] }],
        'POST /registry/backups': [200, { done: 'A copy was made.', undo: 'imc x', undo_by: [{ registry: 'a.reg' }] }], 'GET /registry/backups': lines(),
    });
    const signIn = async (account: string): Promise<void> => {
        await eventually(() => expect(w.box.querySelector('input[type=password]')).not.toBeNull());
        await type('Account', account);
        await type('Password', 'x');
        await submit('main form');
    };
    const changed = (): string | null => w.box.querySelector('.apply-bar')?.textContent ?? null;
    it('leaves nothing that he typed, heard or may undo to the next', async () => {
        w.answers = answers('ann');
        await open('/connector');
        await eventually(() => expect(w.box.textContent).toContain('Max hops'));
        await type('Max hops', '40');
        expect(changed()).toContain('1 change');
        const { say } = await import('../src/state/toasts');
        await act(() => say({ text: 'A copy was made.', undoBy: [{ registry: 'a.reg' }] }));
        await act(() => void (overview.value = { state: 'running', held: null, pending: null, host: 'mail1' } as never));
        await press('Sign out');
        expect(overview.value).toBeNull();
        await signIn('bob');
        await eventually(() => expect(w.box.textContent).toContain('Max hops'));
        expect(changed()).toBeNull();
        expect(w.box.textContent).not.toContain('A copy was made.');
    });
    it('is told when the service did not hear it, and is not shown the door as if it were shut', async () => {
        w.answers = { ...answers('ann'), 'DELETE /session': no };
        await open('/connector');
        await press('Sign out');
        expect(session.value).not.toBeNull();
        expect(w.box.querySelector('input[type=password]')).toBeNull();
    });
    it('because his time was over finds what he typed when he comes back; another does not', async () => {
        w.answers = answers('ann');
        await open('/connector');
        await eventually(() => expect(w.box.textContent).toContain('Max hops'));
        await type('Max hops', '40');
        await act(() => void (session.value = null));
        await signIn('ann');
        await eventually(() => expect(changed()).toContain('1 change'));
        await act(() => void (session.value = null));
        await signIn('bob');
        await eventually(() => expect(w.box.textContent).toContain('Max hops'));
        expect(changed()).toBeNull();
    });
});
