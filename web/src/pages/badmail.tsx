import { useRoute } from 'preact-iso';
import { useCallback } from 'preact/hooks';
import { get, list } from '../api/client';
import type { Bad } from '../api/types';
import { address, Card, Clock, Facts, Lead } from '../components/bits';
import { PageHead } from '../components/page';
import { Empty, Loaded } from '../components/states';
import { MoreTable } from '../components/table';
import * as format from '../logic/format';
import { useResource } from '../state/resource';
import * as t from '../texts';
import { SetAsideItem } from './set_aside';

export function Badmail() {
    const fetch = useCallback((after: string | null, limit: number, signal: AbortSignal) => list<Bad>('/badmail', { after, limit }, signal), []);
    return (
        <>
            <PageHead title={t.badmail.title} note={t.badmail.note} />
            <Card>
                <MoreTable caption={t.badmail.title} fetch={fetch} keyOf={(row) => row.id} empty={<Empty icon="verdict" title={t.badmail.none} text={t.badmail.noneText} />} columns={[
                    { title: t.setAside.when, class: 'nowrap', cell: (row) => <Clock time={row.set_aside_at} /> },
                    { title: t.queues.sender, cell: (row) => <Lead asks="badmail" needs="operator" href={`/badmail/${encodeURIComponent(row.id)}`}>{address(row.sender)}</Lead> },
                    { title: t.queues.recipients, cell: (row) => <>{row.recipients[0]?.address}{row.recipients.length > 1 && <span class="muted"> {t.common.plus(row.recipients.length - 1)}</span>}</> },
                    { title: t.badmail.why, class: 'p2', cell: (row) => row.why },
                    { title: t.queues.size, class: 'number p2', cell: (row) => format.octets(row.octets) },
                ]} />
            </Card>
        </>
    );
}

export function BadmailItem() {
    const id = useRoute().params.id ?? '';
    const found = useResource<Bad>((signal) => get(`/badmail/${encodeURIComponent(id)}`, {}, signal), [id]);
    return (
        <>
            {found.data === undefined && <PageHead title={id} crumb={<a href="/badmail">{t.badmail.title}</a>} />}
            <Loaded of={found}>
                {(row) => (
                    <SetAsideItem kind="badmail" id={id} headers={row.headers} text={row.text} cut={row.cut} facts={
                        <Facts rows={[
                            [t.setAside.when, <Clock time={row.set_aside_at} />],
                            [t.badmail.why, row.why],
                            [t.queues.sender, address(row.sender)],
                            [t.queues.recipients, row.recipients.map((each) => <div key={each.address}>{each.address} <span class="muted">{each.waits ? t.badmail.waits : ''} {each.last_reply}</span></div>)],
                            [t.queues.size, format.octets(row.octets)],
                        ]} />
                    } />
                )}
            </Loaded>
        </>
    );
}
