import { signal } from '@preact/signals';
import { post } from '../api/client';
import type { Change } from '../api/types';

export interface Toast { key: number; text: string; bad?: boolean; undo?: string | null; undoBy?: Change['undo_by']; after?: () => void }

export const toasts = signal<Toast[]>([]);
let next = 1;

export function say(toast: Omit<Toast, 'key'>, stay = 12_000): void {
    const key = next++;
    toasts.value = [...toasts.value.slice(-3), { ...toast, key }];
    setTimeout(() => dismiss(key), toast.undo ? 60_000 : stay);
}

export const dismiss = (key: number): void => void (toasts.value = toasts.value.filter((each) => each.key !== key));

export function sayDone(change: Change, after?: () => void): void {
    say({ text: [change.done, ...(change.warnings ?? [])].join(' '), undo: change.undo, undoBy: change.undo_by, after });
}

export async function undo(toast: Toast): Promise<void> {
    dismiss(toast.key);
    try {
        sayDone(await post<Change>('/undo', { steps: toast.undoBy }), toast.after);
        toast.after?.();
    } catch (cause) {
        say({ text: cause instanceof Error ? cause.message : String(cause), bad: true });
    }
}
