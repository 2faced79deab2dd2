// The way back that an answer or a line of the audit log names.

import type { Change, QueueDone, UndoStep } from './types';
import * as t from '../texts';
import { get, post } from './client';

/** An action that goes on by itself is watched until it ends. */
export async function finished(answer: QueueDone, progress: (of: QueueDone) => void = () => {}): Promise<QueueDone> {
    let now = answer;
    while (now.number !== undefined && now.finished === false) {
        progress(now);
        now = await get<QueueDone>(`/queue-actions/${now.number}`);
    }
    return now;
}

const verbOf = (step: UndoStep): keyof typeof t.queues.verbs | null => {
    const verb = String(step.queue ?? '');
    return verb in t.queues.verbs ? (verb as keyof typeof t.queues.verbs) : null;
};

/** Steps of the registry and the directory go to /undo; those of the queue are actions, each on what the one before touched. */
export async function undoBy(steps: UndoStep[], dryRun = false): Promise<Change> {
    const verb = steps.length === 1 ? verbOf(steps[0]!) : null;
    if (verb === null) return post<Change>('/undo', { steps }, dryRun ? { dry_run: true } : undefined);
    const { queue: _, ...what } = steps[0]!;
    const met = await finished(await post<QueueDone>(`/queue/${verb}`, { ...what, ...(dryRun ? { dry_run: true } : {}) }));
    return { done: t.queues.actionDone(t.queues.verbs[verb], met.recipients, met.messages), undo: met.undo ?? null, undo_by: met.undo_by };
}
