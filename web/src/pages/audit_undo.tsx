import { get, post, put, remove } from '../api/client';
import type { AuditRow, Change, Check, DiffRow, RegistryKey } from '../api/types';
import { undoBy } from '../api/undo';
import { CheckSummary } from '../components/assertions';
import { Command } from '../components/bits';
import { ChangeDialog } from '../components/dialog';
import { DiffTable } from '../components/diff';
import type { WayBack } from '../logic/audit';
import { readOverview } from '../state/overview';
import { sayDone } from '../state/toasts';
import * as t from '../texts';

interface Planned { done: string; warnings?: string[]; diff?: DiffRow[]; check?: Check }

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
    return { ...done, warnings: [...warnings, ...(done.warnings ?? [])] };
}

function carryOut(back: WayBack): Promise<Change> {
    if (back.by === 'steps') return undoBy(back.steps);
    if (back.by === 'rollback') return post<Change>('/config/rollback', { generation: back.generation });
    if (back.by === 'token') return remove<Change>(`/tokens/${encodeURIComponent(back.name)}`);
    const { key, name, before } = back;
    return before === null ? remove<Change>('/registry', { key, name }) : put<Change>('/registry', { key, name, ...before });
}

export const UndoDialog = ({ row, back, close, done }: { row: AuditRow; back: WayBack; close: () => void; done: () => void }) => (
    <ChangeDialog<Planned> title={t.audit.undoTitle(row.number)} verb={t.common.undo} wide close={close}
        plan={() => plan(back)}
        show={(planned) => (
            <>
                <p>{planned.done}</p>
                {(planned.warnings ?? []).map((each) => <p key={each} class="notice warn">{each}</p>)}
                {planned.diff && <DiffTable rows={planned.diff} />}
                {planned.check && <CheckSummary check={planned.check} />}
                <p class="muted">{t.verdict.equals}</p>
                <Command text={row.undo ?? ''} />
            </>
        )}
        commit={async () => {
            sayDone(await carryOut(back), done);
            done();
            await readOverview().catch(() => {});
        }} />
);
