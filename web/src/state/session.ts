import { effect, signal } from '@preact/signals';
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

/** It stays signed in when the service does not say otherwise: a door that looks shut and is open is worse than one that is open. */
export async function signOut(): Promise<void> {
    await send('DELETE', '/session', { quiet: true }).catch((cause: unknown) => {
        if (!(cause instanceof ApiError) || cause.status !== 401) throw cause;
    });
    session.value = null;
    forget('left');
}

type How = 'left' | 'expired';
const forgotten: { act: () => void; how: How }[] = [];
let whose: string | null = null;

/**
 * What the next person at this tab must not find. 'left': when one has signed out, or another signs in (who comes back after his session
 * expired finds what he typed); 'expired': as soon as nobody is signed in.
 */
export const whenOver = (act: () => void, how: How): void => void forgotten.push({ act, how });

function forget(how: How): void {
    for (const each of forgotten) if (how === 'left' || each.how === how) each.act();
    if (how === 'left') whose = null;
}

effect(() => {
    const now = session.value;
    if (now === null) forget('expired');
    if (!now) return;
    if (whose !== null && whose !== now.account) forget('left');
    whose = now.account;
});
