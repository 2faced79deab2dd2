import { useLocation } from 'preact-iso';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { list } from '../api/client';
import type { AuditRow } from '../api/types';
import { Badge, Card, Clock, Command, Facts } from '../components/bits';
import { Dialog } from '../components/dialog';
import { TextField } from '../components/fields';
import { PageHead } from '../components/page';
import { Empty } from '../components/states';
import { MoreTable } from '../components/table';
import { wayBack, type WayBack } from '../logic/audit';
import { filled } from '../logic/parse';
import { may } from '../state/session';
import * as t from '../texts';
import { UndoDialog } from './audit_undo';

const asText = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2));
const names = ['who', 'action', 'object', 'since'] as const;

/** Queues are the operator's, all else the administrator's. */
const mayGoBack = (back: WayBack | null): back is WayBack => back !== null && may(back.by === 'steps' && back.steps.every((each) => 'queue' in each) ? 'operator' : 'administrator');

export function Audit() {
    const { query, route } = useLocation();
    const given = filled(Object.fromEntries(names.map((name) => [name, query[name] ?? ''])));
    const key = JSON.stringify(given);
    const [form, setForm] = useState<Record<string, string>>(given);
    useEffect(() => setForm(given), [key]); // back and forward
    const [turn, setTurn] = useState(0);
    const fetch = useCallback((after: string | null, limit: number, signal: AbortSignal) => list<AuditRow>('/audit', { ...(JSON.parse(key) as object), after, limit }, signal), [key]);
    const [shown, setShown] = useState<AuditRow | null>(null);
    const [undoing, setUndoing] = useState<AuditRow | null>(null);
    const back = undoing && wayBack(undoing);
    const undo = (row: AuditRow) => mayGoBack(wayBack(row)) && (
        <button type="button" class="button small" onClick={() => { setShown(null); setUndoing(row); }}>{t.common.undo}</button>
    );
    return (
        <>
            <PageHead title={t.audit.title} note={t.audit.note} />
            <Card>
                <form class="card-body filters" onSubmit={(event) => {
                    event.preventDefault();
                    route(`/audit?${new URLSearchParams(filled(form)).toString()}`);
                }}>
                    {names.map((name) => (
                        <TextField key={name} class={name === 'object' ? 'wide' : name === 'since' ? 'slim' : ''} label={t.audit.fields[name]} value={form[name] ?? ''} placeholder={t.audit.examples[name]} change={(value) => setForm({ ...form, [name]: value })} />
                    ))}
                    <button type="submit" class="button primary">{t.common.search}</button>
                    {key !== '{}' && <button type="button" class="button quiet" onClick={() => route('/audit')}>{t.common.clear}</button>}
                </form>
                <MoreTable caption={t.audit.title} fetch={fetch} refresh={String(turn)} keyOf={(row) => row.number} empty={<Empty icon="audit" title={key === '{}' ? t.audit.none : t.audit.noneFits} />} columns={[
                    { title: t.audit.number, class: 'number p2', cell: (row) => row.number },
                    { title: t.audit.time, class: 'nowrap', cell: (row) => <Clock time={row.time} /> },
                    { title: t.audit.who, cell: (row) => <>{row.who}<span class="sub">{row.from}</span></> },
                    { title: t.audit.action, cell: (row) => <><button type="button" class="linklike" onClick={() => setShown(row)}>{row.failed ? t.audit.cameToNothing : row.action}</button>{row.of && <span class="sub">{t.audit.of(row.of)}</span>}</> },
                    { title: t.audit.object, cell: (row) => <><span class="mono wrap-anywhere">{row.object}</span>{row.failed && <span class="sub">{row.failed}</span>}</> },
                    { title: t.accounts.role, class: 'p3', cell: (row) => <Badge>{t.roles[row.role as keyof typeof t.roles] ?? row.role}</Badge> },
                    { title: <span class="hidden-visually">{t.common.actions}</span>, class: 'number', cell: undo },
                ]} />
            </Card>
            {shown && (
                <Dialog title={t.audit.one(shown.number)} close={() => setShown(null)} wide foot={<>{undo(shown)}<button type="button" class="button" onClick={() => setShown(null)}>{t.common.close}</button></>}>
                    <Facts rows={[
                        [t.audit.time, <Clock time={shown.time} />], [t.audit.who, shown.who], [t.audit.from, shown.from], [t.audit.action, shown.action], [t.audit.object, <span class="mono">{shown.object}</span>],
                        [t.audit.ofChange, shown.of ? String(shown.of) : null], [t.audit.failed, shown.failed],
                    ]} />
                    {!shown.failed && (
                        <div class="pair">
                            <div><h3>{t.common.before}</h3><pre>{asText(shown.before) || t.common.notSet}</pre></div>
                            <div><h3>{t.common.after}</h3><pre>{asText(shown.after) || t.common.notSet}</pre></div>
                        </div>
                    )}
                    {shown.undo && <div class="stack tight"><span class="muted">{t.audit.undo}</span><Command text={shown.undo} /></div>}
                </Dialog>
            )}
            {undoing && back && <UndoDialog row={undoing} back={back} close={() => setUndoing(null)} done={() => { setUndoing(null); setTurn((n) => n + 1); }} />}
        </>
    );
}
