import { get, post, put, remove } from '../api/client';
import type { AuditRow, Change, DiffRow, RegistryKey } from '../api/types';
import { undoBy } from '../api/undo';
import { Command } from '../components/bits';
import { ChangeDialog } from '../components/dialog';
import { DiffTable } from '../components/diff';
import { useKeepTimer } from '../components/keep_timer';
import type { WayBack } from '../logic/audit';
import { couldLockOut } from '../logic/lock_out';
import { readOverview } from '../state/overview';
import { sayDone } from '../state/toasts';
import * as t from '../texts';
import { carryOut, isBlocked, planOf, PlanView, registryChanges, type Changes, type WithPlan } from './planned_change';

type Planned = WithPlan<Change> & { diff?: DiffRow[]; could_lock_out?: string[] | null };

const changesOf = (back: WayBack): Changes | null => (back.by === 'registry' ? registryChanges(back.key, back.name, back.before) : null);

/** Somebody may have changed it since: then what he did goes, too. */
async function movedOn(back: WayBack & { by: 'registry' }): Promise<string[]> {
    const key = await get<RegistryKey>('/registry', { key: back.key });
    const now = key.values.find((each) => each.name.toLowerCase() === back.name.toLowerCase());
    const data = now?.set ? now.data : null;
    return data === (back.after?.data ?? null) ? [] : [t.audit.movedOn(data ?? t.common.notSet)];
}

async function plan(back: WayBack): Promise<Planned> {
    const dry = { dry_run: true };
    if (back.by === 'steps') return undoBy(back.steps, true);
    if (back.by === 'rollback') return post<Planned>('/config/rollback', { generation: back.generation }, dry);
    if (back.by === 'token') return remove<Planned>(`/tokens/${encodeURIComponent(back.name)}`, dry);
    const warnings = await movedOn(back);
    const { key, name, before } = back;
    const done = before === null ? await remove<Planned>('/registry', { key, name, ...dry }) : await put<Planned>('/registry', { key, name, ...before }, dry);
    return { ...done, warnings: [...warnings, ...(done.warnings ?? [])], plan: await planOf(changesOf(back)) };
}

function plainly(back: WayBack, keepSeconds: number | null): Promise<Change> {
    if (back.by === 'steps') return undoBy(back.steps);
    if (back.by === 'rollback') return post<Change>('/config/rollback', { generation: back.generation, keep_seconds: keepSeconds });
    if (back.by === 'token') return remove<Change>(`/tokens/${encodeURIComponent(back.name)}`);
    const { key, name, before } = back;
    return before === null ? remove<Change>('/registry', { key, name }) : put<Change>('/registry', { key, name, ...before });
}

/** The former value may lock out as well as the new one. */
export function UndoDialog({ row, back, close, done }: { row: AuditRow; back: WayBack; close: () => void; done: () => void }) {
    const timer = useKeepTimer();
    const changes = changesOf(back);
    const locks = (planned: Planned): boolean => couldLockOut((planned.diff ?? []).map((each) => each.name), planned.could_lock_out);
    const rollsBack = back.by === 'rollback';
    return (
        <ChangeDialog<Planned> title={t.audit.undoTitle(row.number)} verb={t.common.undo} wide close={close}
            plan={() => plan(back)}
            blocked={(planned) => (rollsBack ? !timer.valid(locks(planned)) : isBlocked(changes, planned, timer))}
            show={(planned) => (
                <>
                    <p>{planned.done}</p>
                    {(planned.warnings ?? []).map((each) => <p key={each} class="notice warn">{each}</p>)}
                    {planned.diff && <DiffTable rows={planned.diff} />}
                    <PlanView changes={changes} of={planned} timer={timer} />
                    {rollsBack && (planned.diff ?? []).length > 0 && timer.view(locks(planned))}
                    <p class="muted">{t.verdict.equals}</p>
                    <Command text={row.undo ?? ''} />
                </>
            )}
            commit={async (planned) => {
                sayDone(await carryOut(changes, planned, timer, () => plainly(back, rollsBack ? timer.seconds(locks(planned)) : null)), done);
                done();
                await readOverview().catch(() => {});
            }} />
    );
}
