import { ApiError } from '../api/client';
import * as t from '../texts';

export function detailOf(failure: unknown): { event: number | null; title: string; detail: string } {
    if (failure instanceof ApiError) {
        const title = failure.status === 0 ? t.errors.unreachable : failure.status === 403 ? t.errors.forbidden : failure.status === 404 ? t.errors.missing : t.errors.failed;
        return { event: failure.event, title, detail: failure.status === 0 ? t.errors.unreachableDetail : failure.detail };
    }
    return { event: null, title: t.errors.failed, detail: failure instanceof Error ? failure.message : String(failure) };
}

/** The number that a text of the service begins with: "41020: the disk is full". */
export const eventIn = (text: string): number | null => Number(/^(\d+): /.exec(text)?.[1]) || null;
