import { useLocation } from 'preact-iso';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, list } from '../api/client';
import type { EventRecord, Explained } from '../api/types';
import { Badge, Card, Clock, EventLink, Facts, ManualLink, toneOfEvent } from '../components/bits';
import { Dialog } from '../components/dialog';
import { SelectField, TextField } from '../components/fields';
import { PageHead } from '../components/page';
import { Empty, Loaded } from '../components/states';
import { MoreTable, Table, type Column } from '../components/table';
import { filled } from '../logic/parse';
import { newEvents } from '../state/overview';
import { useResource } from '../state/resource';
import * as t from '../texts';
import { Kinds } from './explain_event';

const types = ['Error', 'Warning', 'Information', 'Failure Audit', 'Success Audit'];
const categories = ['Initialization/Termination', 'Addressing', 'Message Transfer', 'SMTP Interface Events', 'Internal Processing', 'Content Conversion', 'SMTP Protocol Log', 'Message Archival'];

const matches = (record: EventRecord, filter: Record<string, string>): boolean =>
    (!filter.id || String(record.id) === filter.id) &&
    (!filter.type || record.type === filter.type) &&
    (!filter.category || record.category === filter.category) &&
    (!filter.text || `${record.description} ${Object.values(record.fields).join(' ')}`.toLowerCase().includes(filter.text.toLowerCase()));

export function Events() {
    const { query, route } = useLocation();
    const begin = { id: query.id ?? '', type: query.type ?? '', category: query.category ?? '', since: query.since ?? '', text: query.text ?? '' };
    const [form, setForm] = useState(begin);
    const [live, setLive] = useState(true);
    const [shown, setShown] = useState<EventRecord | null>(null);
    const filter = filled(begin);
    const key = JSON.stringify(filter);
    useEffect(() => setForm(begin), [key]); // back and forward
    const fetch = useCallback((after: string | null, limit: number, signal: AbortSignal) => list<EventRecord>('/events', { ...(JSON.parse(key) as object), after, limit }, signal), [key]);
    const [started] = useState(() => new Date().toISOString());
    const fresh = live ? newEvents.value.filter((each) => each.time > started && matches(each, filter)) : [];
    const set = (name: keyof typeof begin) => (value: string): void => setForm({ ...form, [name]: value });
    const columns: Column<EventRecord>[] = [
        { title: t.events.time, class: 'nowrap', cell: (row) => <Clock time={row.time} /> },
        { title: t.events.type, class: 'p2', cell: (row) => <Badge tone={toneOfEvent(row.type)}>{row.type}</Badge> },
        { title: t.events.number, class: 'nowrap', cell: (row) => <a href={`/events/explain/${row.id}`}>{row.id}</a> },
        { title: t.events.description, cell: (row) => <button type="button" class="linklike" onClick={() => setShown(row)}>{row.description}</button> },
        { title: t.events.category, class: 'p3', cell: (row) => <span class="muted">{row.category}</span> },
    ];
    return (
        <>
            <PageHead title={t.events.title} note={t.events.note} actions={<button type="button" class="button" aria-pressed={live} onClick={() => setLive(!live)}>{t.events.live}</button>} />
            <Card>
                <form class="card-body filters" onSubmit={(event) => {
                    event.preventDefault();
                    route(`/events?${new URLSearchParams(filled(form)).toString()}`);
                }}>
                    <TextField class="slim" label={t.events.number} value={form.id} change={set('id')} inputMode="numeric" placeholder="4086" />
                    <SelectField label={t.events.type} value={form.type} change={set('type')} options={[['', t.common.any], ...types.map((each): [string, string] => [each, each])]} />
                    <SelectField label={t.events.category} value={form.category} change={set('category')} options={[['', t.common.any], ...categories.map((each): [string, string] => [each, each])]} />
                    <TextField class="slim" label={t.events.since} value={form.since} change={set('since')} placeholder="24h" />
                    <TextField class="wide" label={t.events.text} value={form.text} change={set('text')} />
                    <button type="submit" class="button primary">{t.common.search}</button>
                </form>
                {fresh.length > 0 && <Table caption={t.events.fresh} rows={fresh} columns={columns} keyOf={(row, i) => `${row.time}${row.id}${i}`} />}
                <MoreTable caption={t.events.title} fetch={fetch} columns={columns} keyOf={(row, i) => `${row.time}${row.id}${i}`} empty={<Empty title={t.events.none} text={t.events.noneText} />} />
            </Card>
            {shown && <EventDialog record={shown} close={() => setShown(null)} />}
        </>
    );
}

/** One record, and right beside it what it means and what to do. */
export function EventDialog({ record, close }: { record: EventRecord; close: () => void }) {
    const about = useResource<Explained>((signal) => get(`/events/explain/${record.id}`, {}, signal), [record.id]);
    return (
        <Dialog title={t.common.event(record.id)} close={close} wide>
            <p class="wrap-anywhere">{record.description}</p>
            <Facts rows={[
                [t.events.time, <Clock time={record.time} />],
                [t.events.type, <Badge tone={toneOfEvent(record.type)}>{record.type}</Badge>],
                [t.events.category, record.category],
                ...Object.entries(record.fields).map(([name, value]): [string, preact.ComponentChildren] => [name, <span class="mono">{value}</span>]),
            ]} />
            <Loaded of={about}>{(data) => <Kinds of={data} />}</Loaded>
            <span class="row"><EventLink id={record.id} /><ManualLink to={`events.html#${record.id}`} /></span>
        </Dialog>
    );
}
