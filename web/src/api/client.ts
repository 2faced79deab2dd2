// The one door to the service: CSRF header, errors with their event, JSON and JSON Lines, 401 back to the sign-in page.

import { parseList } from './jsonl';

const prefix = '/api/v1';

export type Query = Record<string, string | number | boolean | string[] | undefined | null>;

export class ApiError extends Error {
    constructor(
        readonly status: number,
        readonly event: number | null,
        readonly detail: string,
        readonly body: unknown = null,
    ) {
        super(detail);
    }
}

export interface Page<T> {
    rows: T[];
    next: string | null;
    note?: string | null; // what the list leaves out, and how to find it
}

interface Hooks {
    csrf: () => string;
    signedOut: () => void;
    loading: (progress: string) => void;
}

let hooks: Hooks = { csrf: () => '', signedOut: () => {}, loading: () => {} };

export function useHooks(given: Partial<Hooks>): void {
    hooks = { ...hooks, ...given };
}

export function toQuery(query: Query = {}): string {
    const out = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value === undefined || value === null || value === '' || value === false) continue;
        if (Array.isArray(value)) value.forEach((each) => out.append(name, each));
        else out.append(name, String(value));
    }
    const text = out.toString();
    return text === '' ? '' : `?${text}`;
}

async function errorOf(answer: Response): Promise<ApiError> {
    const text = await answer.text().catch(() => '');
    try {
        const body = JSON.parse(text) as { error?: { event?: number; detail?: string } | string };
        const error = typeof body.error === 'string' ? { detail: body.error } : (body.error ?? {});
        return new ApiError(answer.status, error.event ?? null, error.detail ?? answer.statusText, body);
    } catch {
        return new ApiError(answer.status, null, text.slice(0, 300) || answer.statusText);
    }
}

/**
 * What no person asked for (polls, what is read again because the service moved) does not keep a session open: the service ends it
 * when nothing else was asked for AdminIdleMinutes. A request is a person's while he has just pressed, typed or scrolled.
 */
const personFor = 30_000; // ms
let acted = Date.now(); // who opens the page is a person
const didSomething = (): void => void (acted = Date.now());
if (typeof addEventListener === 'function') for (const name of ['pointerdown', 'keydown', 'wheel', 'touchstart', 'popstate']) addEventListener(name, didSomething, { capture: true, passive: true });
const isBackground = (method: string): boolean => method === 'GET' && Date.now() - acted > personFor;

export interface Asking {
    query?: Query;
    body?: unknown;
    signal?: AbortSignal;
    quiet?: boolean; // a 401 is an answer here, no reason to leave the page
}

export async function send(method: string, path: string, asking: Asking = {}): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json, application/x-ndjson' };
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store', signal: asking.signal };
    if (asking.body !== undefined) {
        headers['Content-Type'] = 'application/json';
        init.body = JSON.stringify(asking.body);
    }
    if (method !== 'GET' && method !== 'HEAD') headers['X-CSRF-Token'] = hooks.csrf();
    if (isBackground(method)) headers['imc-background'] = '1';
    let answer: Response;
    try {
        answer = await fetch(prefix + path + toQuery(asking.query), init);
    } catch (cause) {
        if (asking.signal?.aborted) throw cause;
        throw new ApiError(0, null, '');
    }
    hooks.loading(answer.headers.get('imc-loading') ?? '');
    if (answer.ok) return answer;
    if (answer.status === 401 && !asking.quiet) hooks.signedOut();
    throw await errorOf(answer);
}

async function json<T>(answer: Response): Promise<T> {
    const text = await answer.text();
    return (text.trim() === '' ? null : JSON.parse(text)) as T;
}

export const get = async <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
    json<T>(await send('GET', path, { query, signal }));

export const getText = async (path: string, query?: Query): Promise<string> => (await send('GET', path, { query })).text();

export async function list<T>(path: string, query?: Query, signal?: AbortSignal): Promise<Page<T>> {
    const answer = await send('GET', path, { query, signal });
    return { rows: parseList<T>(await answer.text()), next: answer.headers.get('imc-next'), note: answer.headers.get('imc-note') };
}

export const post = async <T>(path: string, body: unknown = {}, query?: Query): Promise<T> =>
    json<T>(await send('POST', path, { body, query }));
export const put = async <T>(path: string, body: unknown, query?: Query): Promise<T> =>
    json<T>(await send('PUT', path, { body, query }));
export const patch = async <T>(path: string, body: unknown, query?: Query): Promise<T> =>
    json<T>(await send('PATCH', path, { body, query }));
export const remove = async <T>(path: string, query?: Query): Promise<T> => json<T>(await send('DELETE', path, { query }));
