// A change of one setting, made in the registry or in the object, that is also a setting of the property pages: then the checks of a start
// are run over what would be, and it can be taken back by itself.

import { ApiError, post } from '../api/client';
import type { Change, Check, Plan } from '../api/types';
import { CheckSummary } from '../components/assertions';
import { Icon } from '../components/icons';
import type { KeepTimer } from '../components/keep_timer';
import { couldLockOut } from '../logic/lock_out';
import { multiToLines, toLines } from '../logic/parse';
import type { Value } from '../logic/settings';
import { readOverview } from '../state/overview';
import * as t from '../texts';

export type Changes = Record<string, Value>;
export type WithPlan<C extends Change> = C & { check?: Check | null; plan?: Plan | null };

/** Values of this key are settings of the property pages, too. @param value  null: it is taken away */
export function registryChanges(key: string, name: string, value: { type: string; data: string } | null): Changes | null {
    if (!/\\MSExchangeIMC\\Parameters$/i.test(key) || value?.type === 'BINARY') return null;
    if (value === null) return { [`registry/${name}`]: null };
    if (value.type === 'MULTI_SZ') return { [`registry/${name}`]: toLines(multiToLines(value.data)) };
    const hex = /WORD/.test(value.type) && /^0x[0-9a-f]+$/i.test(value.data.trim()); // 0x1e is 30 to the property pages
    return { [`registry/${name}`]: hex ? String(BigInt(value.data.trim())) : value.data };
}

/** Null: the service knows no such setting, or cannot plan it now. It may still be changed: that is how one mends. */
export async function planOf(changes: Changes | null): Promise<Plan | null> {
    if (changes === null) return null;
    try {
        return await post<Plan>('/config/plan', { changes });
    } catch (cause) {
        if (cause instanceof ApiError && cause.status !== 401) return null;
        throw cause;
    }
}

const namesOf = (changes: Changes): string[] => Object.keys(changes).map((key) => key.slice(key.indexOf('/') + 1));
const revertible = (plan: Plan | null | undefined): plan is Plan => !!plan && plan.passes && plan.diff.length > 0;
const locksOut = (changes: Changes, plan: Plan): boolean => couldLockOut(namesOf(changes), plan.could_lock_out);

export function PlanView({ changes, of, timer }: { changes: Changes | null; of: WithPlan<Change>; timer: KeepTimer }) {
    const check = of.check ?? of.plan?.check;
    return (
        <>
            {check && <div class="stack tight"><h3>{t.connector.checks}</h3><CheckSummary check={check} /></div>}
            {check && !check.passed && <div class="notice bad" role="alert"><Icon name="warn" /><div class="body"><p>{t.registry.wouldNotStart}</p></div></div>}
            {changes && revertible(of.plan) && timer.view(locksOut(changes, of.plan))}
        </>
    );
}

export const isBlocked = (changes: Changes | null, of: WithPlan<Change>, timer: KeepTimer): boolean => changes !== null && revertible(of.plan) && !timer.valid(locksOut(changes, of.plan));

/** With the timer, through the plan; else as it would be made anyway. */
export async function carryOut<C extends Change>(changes: Changes | null, of: WithPlan<C>, timer: KeepTimer, plainly: () => Promise<C>): Promise<C | Change> {
    const seconds = changes && revertible(of.plan) ? timer.seconds(locksOut(changes, of.plan)) : null;
    if (seconds === null) return plainly();
    const change = await post<Change>('/config/apply', { changes, hash: of.plan!.hash, keep_seconds: seconds });
    await readOverview().catch(() => {});
    return change;
}
