// Server-sent events; when they do not come, the same by asking again and again.

export interface LiveHandlers {
    overview: (data: unknown) => void;
    event: (data: unknown) => void;
    queue: (data: unknown) => void;
    mode: (mode: 'live' | 'polling' | 'off') => void;
    poll: () => Promise<void>;
}

type MakeSource = (url: string) => EventSource;

const parsed = (text: string): unknown => {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
};

/** Begins at once; what it returns ends it. */
export function follow(
    handlers: LiveHandlers,
    make: MakeSource | null = typeof EventSource === 'undefined' ? null : (url) => new EventSource(url),
    every = 10_000,
): () => void {
    let source: EventSource | null = null;
    let timer: ReturnType<typeof setInterval> | null = null;
    let again: ReturnType<typeof setTimeout> | null = null;
    let over = false;

    const poll = (): void => {
        if (timer !== null || over) return;
        handlers.mode('polling');
        const once = (): void => void handlers.poll().catch(() => handlers.mode('off'));
        once();
        timer = setInterval(once, every);
    };
    const open = (): void => {
        if (over) return;
        if (make === null) return poll();
        source = make('/api/v1/live');
        source.onopen = () => {
            if (timer !== null) clearInterval(timer);
            timer = null;
            handlers.mode('live');
        };
        for (const name of ['overview', 'event', 'queue'] as const) {
            source.addEventListener(name, (event) => {
                const data = parsed((event as MessageEvent<string>).data);
                if (data !== null) handlers[name](data);
            });
        }
        source.onerror = () => {
            poll();
            if (source?.readyState === 2 && again === null) {
                // closed for good: no such path, or signed out
                again = setTimeout(() => {
                    again = null;
                    open();
                }, 30_000);
            }
        };
    };
    open();
    return () => {
        over = true;
        source?.close();
        if (timer !== null) clearInterval(timer);
        if (again !== null) clearTimeout(again);
    };
}
