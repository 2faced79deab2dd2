import { useCallback, useState } from 'preact/hooks';
import { list } from '../api/client';
import type { AuditRow } from '../api/types';
import { Badge, Card, Clock, Command, Facts } from '../components/bits';
import { Dialog } from '../components/dialog';
import { PageHead } from '../components/page';
import { Empty } from '../components/states';
import { MoreTable } from '../components/table';
import * as t from '../texts';

const asText = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 2));

export function Audit() {
    const fetch = useCallback((after: string | null, limit: number, signal: AbortSignal) => list<AuditRow>('/audit', { after, limit }, signal), []);
    const [shown, setShown] = useState<AuditRow | null>(null);
    return (
        <>
            <PageHead title={t.audit.title} note={t.audit.note} />
            <Card>
                <MoreTable caption={t.audit.title} fetch={fetch} keyOf={(row) => row.number} empty={<Empty icon="audit" title={t.audit.none} />} columns={[
                    { title: t.audit.time, class: 'nowrap', cell: (row) => <Clock time={row.time} /> },
                    { title: t.audit.who, cell: (row) => <>{row.who}<span class="sub">{row.from}</span></> },
                    { title: t.audit.action, cell: (row) => <button type="button" class="linklike" onClick={() => setShown(row)}>{row.action}</button> },
                    { title: t.audit.object, cell: (row) => <span class="mono wrap-anywhere">{row.object}</span> },
                    { title: t.accounts.role, class: 'p3', cell: (row) => <Badge>{t.roles[row.role as keyof typeof t.roles] ?? row.role}</Badge> },
                ]} />
            </Card>
            {shown && (
                <Dialog title={t.audit.one(shown.number)} close={() => setShown(null)} wide>
                    <Facts rows={[[t.audit.time, <Clock time={shown.time} />], [t.audit.who, shown.who], [t.audit.from, shown.from], [t.audit.action, shown.action], [t.audit.object, <span class="mono">{shown.object}</span>]]} />
                    <div class="pair">
                        <div><h3>{t.common.before}</h3><pre>{asText(shown.before) || t.common.notSet}</pre></div>
                        <div><h3>{t.common.after}</h3><pre>{asText(shown.after) || t.common.notSet}</pre></div>
                    </div>
                    {shown.undo && <div class="stack tight"><span class="muted">{t.audit.undo}</span><Command text={shown.undo} /></div>}
                </Dialog>
            )}
        </>
    );
}
