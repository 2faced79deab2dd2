import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { begin, end, eventually, me, open, press, submit, w } from './kit';

beforeEach(begin);
afterEach(end);

describe('the four historic queues', () => {
    const view = (name: string, messages: number) => ({ view: name, messages, recipients: messages, octets: 10, oldest: null });
    it('are opened, with the actions on just that queue', async () => {
        w.answers = {
            'GET /session': [200, me], 'GET /link': [404, {}], 'GET /queue': [200, JSON.stringify({ id: '7', sender: 'a@x', arrived_at: '2026-11-27T10:00:00Z', octets: 1, priority: 'normal', recipients: [] })],
            'GET /queue-views': [200, [view('inbound awaiting delivery', 0), view('outbound awaiting delivery', 3)].map((row) => JSON.stringify(row)).join('\n')], 'POST /queue/retry': [200, { messages: 3, recipients: 3, in_delivery: 0, held: 0 }],
        };
        await open('/queues');
        await eventually(() => expect(w.box.querySelector('a[href="/queues?view=outbound-awaiting-delivery"]')?.textContent).toContain('Outbound awaiting delivery'));
        await act(() => w.box.querySelector<HTMLAnchorElement>('a[href="/queues?view=outbound-awaiting-delivery"]')!.click());
        await eventually(() => expect(w.asked.some((one) => one.path.startsWith('/queue?view=outbound-awaiting-delivery&'))).toBe(true));
        await eventually(() => expect(w.box.querySelector('a.stat[aria-current]')?.textContent).toContain('Outbound awaiting delivery'));
        await press('Retry');
        await submit();
        await eventually(() => expect(w.asked.at(-1)).toMatchObject({ path: '/queue/retry', body: { view: 'outbound-awaiting-delivery', dry_run: true } }));
    });
});
