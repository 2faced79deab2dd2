import { useRoute } from 'preact-iso';
import { useCallback } from 'preact/hooks';
import { get, list } from '../api/client';
import type { Quarantined } from '../api/types';
import { address, Card, Clock, Facts, Lead } from '../components/bits';
import { PageHead } from '../components/page';
import { Empty, Loaded } from '../components/states';
import { MoreTable } from '../components/table';
import * as format from '../logic/format';
import { useResource } from '../state/resource';
import * as t from '../texts';
import { SetAsideItem } from './set_aside';

const timeOf = (row: Quarantined): string => new Date(row.kept_at_ms).toISOString();

export function Quarantine() {
    const fetch = useCallback((after: string | null, limit: number, signal: AbortSignal) => list<Quarantined>('/quarantine', { after, limit }, signal), []);
    return (
        <>
            <PageHead title={t.quarantine.title} note={t.quarantine.note} />
            <Card>
                <MoreTable caption={t.quarantine.title} fetch={fetch} keyOf={(row) => row.id} empty={<Empty icon="verdict" title={t.quarantine.none} text={t.quarantine.noneText} />} columns={[
                    { title: t.setAside.when, class: 'nowrap', cell: (row) => <Clock time={timeOf(row)} /> },
                    { title: t.queues.sender, cell: (row) => <Lead asks="quarantine" needs="operator" href={`/quarantine/${encodeURIComponent(row.id)}`}>{address(row.sender)}</Lead> },
                    { title: t.queues.recipients, cell: (row) => <>{row.recipients[0]}{row.recipients.length > 1 && <span class="muted"> {t.common.plus(row.recipients.length - 1)}</span>}</> },
                    { title: t.quarantine.rule, class: 'p2', cell: (row) => <><span class="mono">{row.rule}</span><span class="sub">{row.where}: {row.matched}</span></> },
                    { title: t.rejects.peer, class: 'p3', cell: (row) => <span class="mono">{row.peer}</span> },
                    { title: t.queues.size, class: 'number p2', cell: (row) => format.octets(row.octets) },
                ]} />
            </Card>
        </>
    );
}

export function QuarantineItem() {
    const id = useRoute().params.id ?? '';
    const found = useResource<Quarantined>((signal) => get(`/quarantine/${encodeURIComponent(id)}`, {}, signal), [id]);
    return (
        <>
            {found.data === undefined && <PageHead title={id} crumb={<a href="/quarantine">{t.quarantine.title}</a>} />}
            <Loaded of={found}>
                {(row) => (
                    <SetAsideItem kind="quarantine" id={id} headers={row.headers} text={row.text} cut={row.cut} facts={
                        <Facts rows={[
                            [t.setAside.when, <Clock time={timeOf(row)} />],
                            [t.queues.sender, address(row.sender)],
                            [t.queues.recipients, row.recipients.map((each) => <div key={each}>{each}</div>)],
                            [t.quarantine.rule, <span class="mono">{row.rule}</span>],
                            [t.quarantine.matched, `${row.where}: ${row.matched}`],
                            [t.rejects.peer, <span class="mono">{row.peer} {row.helo}</span>],
                            [t.queues.size, format.octets(row.octets)],
                        ]} />
                    } />
                )}
            </Loaded>
        </>
    );
}
