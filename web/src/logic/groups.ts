import type { Message, Recipient } from '../api/types';

export interface Group {
    key: string; messages: number; recipients: number; oldest: string | null; next_attempt: string | null; reason: string; last_reply: string;
}

const keyOf = (message: Message, recipient: Recipient, by: string): string => {
    if (by === 'sender') return message.sender;
    if (by === 'domain') return recipient.address.slice(recipient.address.lastIndexOf('@') + 1).toLowerCase();
    if (by === 'site') return recipient.next_host || recipient.last_host || recipient.hosts?.[0] || recipient.route || '';
    return recipient.route ?? '';
};

const earlier = (a: string | null, b: string | null | undefined): string | null => (!b ? a : a === null || b < a ? b : a);

/** Waiting recipients by one of their properties, most first. */
export function groupMessages(messages: Message[], by: string): Group[] {
    const groups = new Map<string, Group & { ids: Set<string>; reasons: Map<string, number> }>();
    for (const message of messages) {
        for (const recipient of message.recipients) {
            const key = keyOf(message, recipient, by);
            let group = groups.get(key);
            if (group === undefined) {
                group = { key, messages: 0, recipients: 0, oldest: null, next_attempt: null, reason: '', last_reply: '', ids: new Set(), reasons: new Map() };
                groups.set(key, group);
            }
            group.recipients += 1;
            group.ids.add(message.id);
            group.reasons.set(recipient.reason, (group.reasons.get(recipient.reason) ?? 0) + 1);
            group.oldest = earlier(group.oldest, message.arrived_at);
            group.next_attempt = earlier(group.next_attempt, recipient.next_attempt ?? recipient.until);
            group.last_reply ||= recipient.last_reply ?? '';
        }
    }
    return [...groups.values()]
        .map(({ ids, reasons, ...group }) => ({ ...group, messages: ids.size, reason: [...reasons].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '' }))
        .sort((a, b) => b.recipients - a.recipients);
}
