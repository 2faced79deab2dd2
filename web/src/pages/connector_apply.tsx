import { post } from '../api/client';
import type { Change, Plan } from '../api/types';
import { CheckSummary } from '../components/assertions';
import { ChangeDialog } from '../components/dialog';
import { DiffTable } from '../components/diff';
import { Icon } from '../components/icons';
import { useKeepTimer } from '../components/keep_timer';
import { couldLockOut } from '../logic/lock_out';
import type { Value } from '../logic/settings';
import { readOverview } from '../state/overview';
import { sayDone } from '../state/toasts';
import * as t from '../texts';

export function ApplyDialog({ changes, close, done }: { changes: Record<string, Value>; close: () => void; done: () => void }) {
    const timer = useKeepTimer();
    const locks = (plan: Plan): boolean => couldLockOut(plan.diff.map((row) => row.name), plan.could_lock_out);
    return (
        <ChangeDialog<Plan>
            title={t.connector.applyTitle}
            verb={t.connector.apply}
            close={close}
            wide
            plan={() => post('/config/plan', { changes })}
            blocked={(plan) => !plan.passes || plan.diff.length === 0 || !timer.valid(locks(plan))}
            show={(plan) => (
                <>
                    {plan.diff.length === 0 ? <p>{t.connector.noDifference}</p> : <DiffTable rows={plan.diff} />}
                    <div class="stack tight"><h3>{t.connector.checks}</h3><CheckSummary check={plan.check} /></div>
                    {plan.needs_restart.length > 0 && <div class="notice warn"><Icon name="info" /><div class="body"><p>{t.connector.needsRestart(plan.needs_restart.join(', '))}</p></div></div>}
                    {plan.passes && plan.diff.length > 0 && timer.view(locks(plan))}
                </>
            )}
            commit={async (plan) => {
                const change = await post<Change>('/config/apply', { changes, hash: plan.hash, keep_seconds: timer.seconds(locks(plan)) });
                sayDone(change, done);
                await readOverview().catch(() => {});
                done();
            }}
        />
    );
}
