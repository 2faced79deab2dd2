import { signal } from '@preact/signals';
import { ApiError, send, useHooks } from '../api/client';
import type { Role, Session } from '../api/types';

/** undefined: not known yet; null: nobody has signed in. */
export const session = signal<Session | null | undefined>(undefined);
export const loadingProgress = signal('');

const order: Role[] = ['view', 'help_desk', 'operator', 'administrator'];

export function may(role: Role): boolean {
    const has = session.value;
    return !!has && order.indexOf(has.role) >= order.indexOf(role);
}

/** Whether the service answers this resource (the first word of its path) to who has signed in. */
export function sees(resource: string): boolean {
    const has = session.value;
    return !!has && (has.sees === undefined || has.sees.includes(resource));
}

export async function findSession(): Promise<void> {
    useHooks({
        csrf: () => session.value?.csrf ?? '',
        signedOut: () => (session.value = null),
        loading: (progress) => {
            if (loadingProgress.value !== progress) loadingProgress.value = progress;
        },
    });
    try {
        session.value = (await (await send('GET', '/session', { quiet: true })).json()) as Session;
    } catch (cause) {
        if (!(cause instanceof ApiError)) throw cause;
        session.value = null;
    }
}

export async function signIn(account: string, password: string): Promise<void> {
    const answer = await send('POST', '/session', { body: { account, password }, quiet: true });
    session.value = (await answer.json()) as Session;
}

export async function signOut(): Promise<void> {
    await send('DELETE', '/session', { quiet: true }).catch(() => {});
    session.value = null;
}
