// What every page knows of the service, kept fresh by /live.

import { effect, signal } from '@preact/signals';
import { get } from '../api/client';
import { follow } from '../api/live';
import type { EventRecord, Overview } from '../api/types';
import { sees, session, whenOver } from './session';

export const overview = signal<Overview | null>(null);
export const overviewFailure = signal<unknown>(null);
export const liveMode = signal<'live' | 'polling' | 'off'>('off');
export const newEvents = signal<EventRecord[]>([]);
export const queueMoved = signal(0);

export async function readOverview(): Promise<void> {
    const asked = session.value;
    try {
        const answer = await get<Overview>('/overview');
        if (session.value !== asked) return; // of who has left
        overview.value = answer;
        overviewFailure.value = null;
    } catch (cause) {
        overviewFailure.value = cause;
        throw cause;
    }
}

whenOver(() => {
    overview.value = null;
    overviewFailure.value = null;
    newEvents.value = [];
}, 'expired');

/** /live tells some keys only; the others stay as they were. */
export function merged(before: Overview, news: Partial<Overview>): Overview {
    const known: Partial<Overview> = {};
    for (const key of ['state', 'held', 'counters', 'disk', 'since', 'generation', 'pending'] as const) {
        if (news[key] !== undefined) (known as Record<string, unknown>)[key] = news[key];
    }
    const reasons = news.queue?.by_reason?.map((row) => {
        const same = before.queue?.by_reason.find((each) => each.reason === row.reason);
        return { ...same, ...row, oldest: row.oldest ?? same?.oldest ?? null };
    });
    const queue = news.queue === undefined ? before.queue : news.queue === null ? null : { ...(before.queue ?? { by_reason: [], messages: 0, recipients: 0 }), ...news.queue, ...(reasons ? { by_reason: reasons } : {}) };
    return { ...before, ...known, queue };
}

export function startLive(): void {
    let stop: (() => void) | null = null;
    let slow: ReturnType<typeof setInterval> | null = null;
    effect(() => {
        const signedIn = !!session.value;
        if (signedIn && stop === null) {
            void readOverview().catch(() => {});
            slow = setInterval(() => {
                if (document.visibilityState !== 'hidden') void readOverview().catch(() => {});
            }, 10_000);
            stop = follow({
                overview: (data) => {
                    if (!overview.value) return;
                    const was = overview.value.state;
                    overview.value = merged(overview.value, data as Partial<Overview>);
                    if (was !== overview.value.state) void readOverview().catch(() => {});
                },
                event: (data) => (newEvents.value = [data as EventRecord, ...newEvents.value].slice(0, 200)),
                queue: () => (queueMoved.value += 1),
                mode: (mode) => (liveMode.value = mode),
                poll: async () => {
                    await readOverview();
                    queueMoved.value += 1;
                },
            }, sees('live') ? undefined : null);
        } else if (!signedIn && stop !== null) {
            stop();
            stop = null;
            if (slow !== null) clearInterval(slow);
        }
    });
}
