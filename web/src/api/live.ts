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
    let away = false;

    const poll = (): void => {
        if (timer !== null || over || away) return;
        handlers.mode('polling');
        const once = (): void => void handlers.poll().catch(() => handlers.mode('off'));
        once();
        timer = setInterval(once, every);
    };
    const open = (): void => {
        if (over || away || source !== null) return;
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
                    source?.close();
                    source = null;
                    open();
                }, 30_000);
            }
        };
    };
    const close = (): void => {
        source?.close();
        source = null;
        if (timer !== null) clearInterval(timer);
        if (again !== null) clearTimeout(again);
        timer = null;
        again = null;
    };
    // A browser has six connections to one host: tabs that nobody sees, and pages kept for "back", must not hold one each.
    const leave = (): void => {
        away = true;
        close();
    };
    const comeBack = (): void => {
        if (!away || over) return;
        away = false;
        void handlers.poll().catch(() => {});
        open();
    };
    const seen = (): void => (document.visibilityState === 'hidden' ? leave() : comeBack());
    document.addEventListener('visibilitychange', seen);
    addEventListener('pagehide', leave);
    addEventListener('pageshow', comeBack);
    if (document.visibilityState === 'hidden') leave();
    else open();
    return () => {
        over = true;
        close();
        document.removeEventListener('visibilitychange', seen);
        removeEventListener('pagehide', leave);
        removeEventListener('pageshow', comeBack);
    };
}
