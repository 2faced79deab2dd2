import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Resource<T> {
    data: T | undefined;
    failure: unknown;
    loading: boolean;
    reload: () => void;
}

/** Ask when `keys` change; what was there stays visible while the new answer is under way. */
export function useResource<T>(load: (signal: AbortSignal) => Promise<T>, keys: unknown[]): Resource<T> {
    const [data, setData] = useState<T | undefined>(undefined);
    const [failure, setFailure] = useState<unknown>(null);
    const [loading, setLoading] = useState(true);
    const [turn, setTurn] = useState(0);
    const newest = useRef(load);
    newest.current = load;

    useEffect(() => {
        const control = new AbortController();
        setLoading(true);
        newest.current(control.signal).then(
            (answer) => {
                if (control.signal.aborted) return;
                setData(answer);
                setFailure(null);
                setLoading(false);
            },
            (cause: unknown) => {
                if (control.signal.aborted) return;
                setFailure(cause);
                setLoading(false);
            },
        );
        return () => control.abort();
    }, [...keys, turn]);

    const reload = useCallback(() => setTurn((now) => now + 1), []);
    return { data, failure, loading, reload };
}
