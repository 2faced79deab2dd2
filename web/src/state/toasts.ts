import { signal } from '@preact/signals';
import type { Change } from '../api/types';
import { undoBy } from '../api/undo';
import { detailOf } from '../logic/failure';
import { whenOver } from './session';

export interface Toast {
    key: number; text: string; bad?: boolean;
    event?: number | null; // its number leads to cause and cure
    undo?: string | null; undoBy?: Change['undo_by']; after?: () => void;
}

export const toasts = signal<Toast[]>([]);
let next = 1;

export function say(toast: Omit<Toast, 'key'>, stay = 12_000): void {
    const key = next++;
    toasts.value = [...toasts.value.slice(-3), { ...toast, key }];
    setTimeout(() => dismiss(key), toast.undo || toast.event ? 60_000 : stay);
}

export const dismiss = (key: number): void => void (toasts.value = toasts.value.filter((each) => each.key !== key));

export function sayDone(change: Change, after?: () => void): void {
    say({ text: [change.done, ...(change.warnings ?? [])].join(' '), undo: change.undo, undoBy: change.undo_by, after });
}

export function sayFailure(cause: unknown): void {
    const { event, title, detail } = detailOf(cause);
    say({ text: detail ? `${title}: ${detail}` : title, event, bad: true });
}

/** What a button does: when it fails, that is said. @return what came of it; undefined: it failed */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
        return await work();
    } catch (cause) {
        sayFailure(cause);
        return undefined;
    }
}

export async function undo(toast: Toast): Promise<void> {
    dismiss(toast.key);
    const change = await attempt(() => undoBy(toast.undoBy ?? []));
    if (change === undefined) return;
    sayDone(change, toast.after);
    toast.after?.();
}

whenOver(() => (toasts.value = []), 'expired');
