import type { TrackRecord } from '../api/types';

export type Outcome = 'delivered' | 'partly' | 'failed' | 'waiting' | 'removed';
export interface Tracked {
    id: string; time: string; sender: string; recipients: string[]; octets: number; outcome: Outcome; tone: 'ok' | 'warn' | 'bad' | ''; last: TrackRecord;
}

const good = new Set([1011, 1013, 1016]);
const bad = new Set([40732, 1017]);
const deferred = 40731; // says delivered=false, too: not yet

export function toneOfRecord(record: TrackRecord): 'ok' | 'warn' | 'bad' | 'info' {
    if (good.has(record.event)) return 'ok';
    if (record.event === 40732) return 'bad';
    if ([40731, 40733, 40734, 40735, 1017, 1018].includes(record.event)) return 'warn';
    return 'info';
}

/** One row a message out of its records, which stand together, oldest first. */
export function messagesOf(records: TrackRecord[]): Tracked[] {
    const groups = new Map<string, TrackRecord[]>();
    for (const record of records) {
        const group = groups.get(record.id);
        if (group) group.push(record);
        else groups.set(record.id, [record]);
    }
    return [...groups].map(([id, group]) => {
        const first = group[0]!;
        const last = group[group.length - 1]!;
        const recipients = [...new Set(group.map((each) => each.recipient ?? '').filter((each) => each !== ''))];
        const reached = new Set(group.filter((each) => good.has(each.event)).map((each) => each.recipient ?? ''));
        const failed = new Set(group.filter((each) => bad.has(each.event) || (each.delivered === false && each.event !== deferred)).map((each) => each.recipient ?? ''));
        let outcome: Outcome = 'waiting';
        if (reached.size > 0 && reached.size >= recipients.length) outcome = 'delivered';
        else if (reached.size > 0) outcome = 'partly';
        else if (failed.size > 0) outcome = 'failed';
        else if (last.event === 40733) outcome = 'removed';
        const tone = ({ delivered: 'ok', partly: 'warn', failed: 'bad', waiting: '', removed: 'warn' } as const)[outcome];
        return { id, time: first.time, sender: first.sender, recipients, octets: first.octets, outcome, tone, last };
    });
}
