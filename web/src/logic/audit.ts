// What a line of the audit log says of its way back, as something that the pages can do.

import type { AuditRow, UndoStep } from '../api/types';

export interface RegistryData { type: string; data: string }
export type WayBack =
    | { by: 'steps'; steps: UndoStep[] }
    | { by: 'rollback'; generation: number }
    | { by: 'registry'; key: string; name: string; before: RegistryData | null; after: RegistryData | null }
    | { by: 'token'; name: string };

const option = /( --[a-z]+ \S+)?$/; // --root DIR of a service that is not the host's only one
const isData = (value: unknown): value is RegistryData => typeof value === 'object' && value !== null && typeof (value as RegistryData).type === 'string' && typeof (value as RegistryData).data === 'string';

function stepsOf(command: string): UndoStep[] | null {
    const steps: UndoStep[] = [];
    for (const part of command.split(' && ')) {
        const text = part.replace(option, '');
        const registry = /^imc reg restore (registry-[\w.:-]+)$/.exec(text);
        const directory = /^imc dir import '?(?:[^ ']*\/)?(directory-[\w.:-]+)'?$/.exec(text);
        const queue = /^imc queue (release|hold|reroute|expire|undelete|delete)(?: --root \S+)?( --normal)? --action (\d+)$/.exec(part);
        if (registry) steps.push({ registry: registry[1] });
        else if (directory) steps.push({ directory: directory[1] });
        else if (queue) steps.push({ queue: queue[1], action: queue[3], ...(queue[2] ? { normal: true } : {}) });
        else return null;
    }
    return steps.some((each) => 'queue' in each) && steps.length > 1 ? null : steps;
}

/** Null: there is none, or a person has to do it by the command. */
export function wayBack(row: AuditRow): WayBack | null {
    if (row.undo_by && row.undo_by.length > 0) return { by: 'steps', steps: row.undo_by };
    const undo = row.undo ?? '';
    if (undo === '') return null;
    const steps = stepsOf(undo);
    if (steps !== null) return { by: 'steps', steps };
    const rollback = /^imc config rollback (\d+)$/.exec(undo.replace(option, ''));
    if (rollback) return { by: 'rollback', generation: Number(rollback[1]) };
    const token = /^imc admin token delete ([\w.@-]+)$/.exec(undo.replace(option, ''));
    if (token) return { by: 'token', name: token[1]! };
    const at = row.object.lastIndexOf('\\');
    const told = (row.before === null || isData(row.before)) && (row.after === null || isData(row.after));
    if (/^registry\.(put|delete)$/.test(row.action) && /^imc reg (add|delete) /.test(undo) && at > 0 && told) {
        return { by: 'registry', key: row.object.slice(0, at), name: row.object.slice(at + 1), before: row.before as RegistryData | null, after: row.after as RegistryData | null };
    }
    return null;
}
