import { useState } from 'preact/hooks';
import { post } from '../api/client';
import type { Change, Plan } from '../api/types';
import { CheckSummary } from '../components/assertions';
import { ChangeDialog } from '../components/dialog';
import { DiffTable } from '../components/diff';
import { CheckField, TextField } from '../components/fields';
import { Icon } from '../components/icons';
import type { Value } from '../logic/settings';
import { readOverview } from '../state/overview';
import { sayDone } from '../state/toasts';
import * as t from '../texts';

/** Listeners, connection rules and the Administrator's own door can lock out who changes them. */
export const couldLockOut = (plan: Plan): boolean =>
    plan.diff.some((row) => /^(Listeners|AdminListen|ConnectionTable|InboundLimits|Tls|DisableAuth|AuthMechanisms|HomeDSA|Directory|SiteDN|CommonName|RecipientSource)/.test(row.name));

export function ApplyDialog({ changes, close, done }: { changes: Record<string, Value>; close: () => void; done: () => void }) {
    const [keep, setKeep] = useState<boolean | null>(null);
    const [seconds, setSeconds] = useState('60');
    const valid = /^\d+$/.test(seconds) && Number(seconds) >= 10 && Number(seconds) <= 3600;
    return (
        <ChangeDialog<Plan>
            title={t.connector.applyTitle}
            verb={t.connector.apply}
            close={close}
            wide
            plan={() => post('/config/plan', { changes })}
            blocked={(plan) => !plan.passes || plan.diff.length === 0 || ((keep ?? couldLockOut(plan)) && !valid)}
            show={(plan) => (
                <>
                    {plan.diff.length === 0 ? <p>{t.connector.noDifference}</p> : <DiffTable rows={plan.diff} />}
                    <div class="stack tight"><h3>{t.connector.checks}</h3><CheckSummary check={plan.check} /></div>
                    {plan.needs_restart.length > 0 && <div class="notice warn"><Icon name="info" /><div class="body"><p>{t.connector.needsRestart(plan.needs_restart.join(', '))}</p></div></div>}
                    {plan.passes && plan.diff.length > 0 && (
                        <div class="row">
                            <CheckField label={t.connector.keepTimer} checked={keep ?? couldLockOut(plan)} change={setKeep} hint={t.connector.keepHint} />
                            {(keep ?? couldLockOut(plan)) && <TextField label={t.connector.seconds} value={seconds} change={setSeconds} inputMode="numeric" problem={valid ? null : t.problems.range(10, 3600)} />}
                        </div>
                    )}
                </>
            )}
            commit={async (plan) => {
                const change = await post<Change>('/config/apply', { changes, hash: plan.hash, keep_seconds: (keep ?? couldLockOut(plan)) ? Number(seconds) : null });
                sayDone(change, done);
                await readOverview().catch(() => {});
                done();
            }}
        />
    );
}
