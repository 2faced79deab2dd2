// What the filter of the queues says, as the selector of the service (docs/formats/admin-api.md).

export const words = ['sender', 'recipient', 'domain', 'route', 'reply', 'reason', 'view', 'priority', 'older', 'younger', 'larger', 'smaller', 'deleted'] as const;
export type Word = (typeof words)[number];
/** One of the four queues as a word of the selector. */
export const viewWord = (view: string): string => view.replace(/ /g, '-');
export type Filter = Partial<Record<Word, string>>;

export function filterOf(query: Record<string, string>): Filter {
    const out: Filter = {};
    for (const word of words) {
        const value = (query[word] ?? '').trim();
        if (value !== '') out[word] = value;
    }
    return out;
}

/** Ids that are ticked count before the filter; nothing at all means everything, and has to be said. */
export function selectorOf(filter: Filter, ids: string[]): Record<string, unknown> {
    if (ids.length > 0) return { ids };
    const narrows = Object.keys(filter).some((word) => word !== 'deleted'); // which of the deleted are meant, too, says not who is meant
    return narrows ? { ...filter } : { all: true, ...filter };
}
