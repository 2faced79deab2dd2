import { useLocation } from 'preact-iso';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { list } from '../api/client';
import type { TrackRecord } from '../api/types';
import { address, Badge, Card, Clock } from '../components/bits';
import { TextField } from '../components/fields';
import { PageHead } from '../components/page';
import { Empty } from '../components/states';
import { MoreTable, type Column } from '../components/table';
import { filled } from '../logic/parse';
import { messagesOf, type Tracked } from '../logic/tracking';
import * as format from '../logic/format';
import * as t from '../texts';

const names = ['sender', 'recipient', 'message', 'id', 'since', 'until'] as const;

export function Tracking() {
    const { query, route } = useLocation();
    const given = filled(Object.fromEntries(names.map((name) => [name, query[name] ?? ''])));
    const [form, setForm] = useState<Record<string, string>>({ since: Object.keys(given).length === 0 ? '24h' : '', ...given });
    const key = JSON.stringify(given);
    useEffect(() => {
        if (key !== '{}') setForm(given); // back and forward
    }, [key]);
    const [note, setNote] = useState<string | null>(null);
    const fetch = useCallback(async (after: string | null, limit: number, signal: AbortSignal) => {
        const page = await list<TrackRecord>('/track', { ...(JSON.parse(key) as object), after, limit }, signal);
        setNote(page.note ?? null);
        return { rows: messagesOf(page.rows), next: page.next };
    }, [key]);
    const field = (name: (typeof names)[number], more: Record<string, unknown> = {}) => (
        <TextField label={t.tracking.fields[name]} value={form[name] ?? ''} change={(value) => setForm({ ...form, [name]: value })} {...more} />
    );
    const columns: Column<Tracked>[] = [
        { title: t.tracking.time, class: 'nowrap', cell: (row) => <Clock time={row.time} /> },
        { title: t.tracking.fields.sender, cell: (row) => <><a href={`/tracking/${encodeURIComponent(row.id)}`}>{address(row.sender)}</a><span class="sub mono p2">{row.id}</span></> },
        { title: t.tracking.fields.recipient, cell: (row) => <>{row.recipients[0] ?? '–'}{row.recipients.length > 1 && <span class="muted"> {t.common.plus(row.recipients.length - 1)}</span>}</> },
        { title: t.tracking.outcome, cell: (row) => <Badge tone={row.tone}>{t.tracking.outcomes[row.outcome]}</Badge> },
        { title: t.tracking.last, class: 'p3', cell: (row) => <span class="muted">{row.last.text || row.last.what}</span> },
        { title: t.queues.size, class: 'number p2', cell: (row) => format.octets(row.octets) },
    ];
    const asked = Object.keys(given).length > 0;
    return (
        <>
            <PageHead title={t.tracking.title} note={t.tracking.note} />
            <Card>
                <form class="card-body filters" onSubmit={(event) => {
                    event.preventDefault();
                    const wanted = filled(form);
                    if (Object.keys(wanted).length > 0) route(`/tracking?${new URLSearchParams(wanted).toString()}`);
                }}>
                    {field('sender', { placeholder: 'ann@example.net' })}
                    {field('recipient', { placeholder: 'alice@contoso.example' })}
                    {field('message', { class: 'wide', placeholder: '<…@example.net>' })}
                    {field('id')}
                    {field('since', { class: 'slim', placeholder: '24h' })}
                    {field('until', { class: 'slim' })}
                    <button type="submit" class="button primary">{t.common.search}</button>
                </form>
                {asked && note !== null && <p class="card-body muted" role="status">{note}</p>}
                {asked
                    ? <MoreTable caption={t.tracking.title} fetch={fetch} columns={columns} keyOf={(row) => row.id} empty={<Empty icon="tracking" title={t.tracking.none} text={t.tracking.noneText}><a class="button" href={`/rejects${given.recipient ? `?recipient=${encodeURIComponent(given.recipient)}` : ''}`}>{t.tracking.toRejects}</a></Empty>} />
                    : <Empty icon="tracking" title={t.tracking.begin} text={t.tracking.beginText} />}
            </Card>
        </>
    );
}
