import { useLocation } from 'preact-iso';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { get, list } from '../api/client';
import { nextOf } from '../api/paged';
import type { Link, Message, QueueView, Reason } from '../api/types';
import { address, Ago, Badge, Card, toneOfReason } from '../components/bits';
import { Icon } from '../components/icons';
import { PageHead, Tabs } from '../components/page';
import { Empty, ErrorView, Loaded } from '../components/states';
import { Table, VirtualTable, type Column } from '../components/table';
import * as format from '../logic/format';
import { filterOf, selectorOf, viewWord } from '../logic/selector';
import { overview, queueMoved } from '../state/overview';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import * as t from '../texts';
import { actions, ActionDialog, type Action } from './queue_actions';
import { QueueFilter } from './queue_filter';
import { Groups, type GroupBy } from './queue_groups';
import { LinkCard } from './queue_link';

const followEvery = 2000; // ms: a busy queue moves many times a second

export function Queues() {
    const { query } = useLocation();
    const by = query.by ?? 'messages';
    const filter = filterOf(query);
    const [turn, setTurn] = useState(0);
    const again = (): void => setTurn((n) => n + 1);
    const [live, setLive] = useState(false);
    const moved = queueMoved.value;
    const lastRead = useRef(0);
    useEffect(() => {
        if (!live) return;
        const timer = setTimeout(() => {
            lastRead.current = Date.now();
            again();
        }, Math.max(0, lastRead.current + followEvery - Date.now()));
        return () => clearTimeout(timer);
    }, [live && moved]);
    const views = useResource((signal) => list<QueueView>('/queue-views', {}, signal).then((page) => page.rows), [turn, Math.floor(moved / 5)]);
    const link = useResource<Link>((signal) => get('/link', {}, signal), [turn]);
    const tab = (id: string, text: string) => ({ id, text, href: `/queues${id === 'messages' ? '' : `?by=${id}`}` });
    return (
        <>
            <PageHead
                title={t.queues.title}
                note={t.queues.note}
                actions={
                    <>
                        <button type="button" class="button" aria-pressed={live} onClick={() => setLive(!live)}>{t.queues.live}</button>
                        <button type="button" class="button" onClick={again}><Icon name="refresh" />{t.common.refresh}</button>
                    </>
                }
            />
            {views.failure !== null && <ErrorView failure={views.failure} retry={views.reload} />}
            <Views views={views.data ?? []} open={filter.view} />
            {link.failure !== null && views.failure === null && <ErrorView failure={link.failure} retry={link.reload} />}
            {link.data && link.data.schedule.length > 0 && <LinkCard link={link.data} again={again} />}
            <Tabs label={t.queues.groupBy} current={by} tabs={[tab('messages', t.queues.messages), tab('reason', t.queues.byReason), tab('route', t.queues.byRoute), tab('site', t.queues.bySite), tab('domain', t.queues.byDomain), tab('sender', t.queues.bySender)]} />
            {by === 'reason' && <Reasons turn={turn} />}
            {['route', 'site', 'domain', 'sender'].includes(by) && <Groups by={by as GroupBy} turn={turn} />}
            {by === 'messages' && <Messages key={JSON.stringify(filter)} turn={turn} again={again} />}
        </>
    );
}

/** The four queues of the historic window; each opens as a list with the actions. */
const Views = ({ views, open }: { views: QueueView[]; open?: string }) => (
    <div class="stats">
        {views.map((view) => (
            <a class="card stat" key={view.view} href={`/queues?view=${viewWord(view.view)}`} aria-current={open === viewWord(view.view) ? 'true' : undefined}>
                <span class="name">{t.queues.views[view.view] ?? view.view}</span>
                <span class="value">{format.count(view.messages)} <small>{t.overview.messages(view.messages)}</small></span>
                <span class="sub">{view.messages === 0 ? t.queues.nothing : <>{t.queues.viewSub(view.recipients, format.octets(view.octets))}, <Ago time={view.oldest} /></>}</span>
            </a>
        ))}
    </div>
);

function Reasons({ turn }: { turn: number }) {
    const reasons = useResource((signal) => list<Reason>('/queue-reasons', {}, signal).then((page) => page.rows), [turn]);
    return (
        <Card>
            <Loaded of={reasons}>
                {(rows) => (
                    <Table
                        caption={t.queues.byReason} rows={rows} keyOf={(row) => row.reason} empty={<Empty icon="verdict" title={t.overview.queueEmpty} />}
                        columns={[
                            { title: t.queues.reason, cell: (row) => <><a href={`/queues?reason=${row.reason}`}><Badge tone={toneOfReason(row.reason)}>{t.reasons[row.reason] ?? row.reason}</Badge></a><span class="sub">{row.explained}</span></> },
                            { title: t.queues.recipients, class: 'number', cell: (row) => format.count(row.recipients) },
                            { title: t.queues.oldest, class: 'number', cell: (row) => <Ago time={row.oldest} /> },
                            { title: t.queues.sample, class: 'p2', cell: (row) => row.sample ? <a class="mono" href={`/queues/message/${row.sample}`}>{row.sample}</a> : null },
                        ]}
                    />
                )}
            </Loaded>
        </Card>
    );
}

function Messages({ turn, again }: { turn: number; again: () => void }) {
    const { query } = useLocation();
    const filter = filterOf(query);
    const key = JSON.stringify(filter);
    const [ticked, setTicked] = useState<Set<string>>(new Set());
    const [action, setAction] = useState<Action | null>(null);
    const fetch = useCallback(
        async (after: string | null, limit: number, signal: AbortSignal) => {
            const page = await list<Message>('/queue', { ...(JSON.parse(key) as object), after, limit }, signal);
            return { rows: page.rows, next: nextOf(page, limit, (row) => row.id) };
        },
        [key],
    );
    const tick = (id: string, wanted: boolean): void => {
        const now = new Set(ticked);
        if (wanted) now.add(id);
        else now.delete(id);
        setTicked(now);
    };
    const columns: Column<Message>[] = [
        ...(may('operator') ? [{ title: <span class="hidden-visually">{t.queues.tick}</span>, width: 44, cell: (row: Message) => <input type="checkbox" aria-label={t.queues.tickOne(row.id)} checked={ticked.has(row.id)} onChange={(event) => tick(row.id, event.currentTarget.checked)} /> }] : []),
        { title: t.queues.id, width: 140, class: 'p2', cell: (row) => <a class="mono" href={`/queues/message/${row.id}`}>{row.id}</a> },
        { title: t.queues.sender, class: 'p2', cell: (row) => <span title={row.sender}>{address(row.sender)}</span> },
        { title: t.queues.recipients, cell: (row) => <a class="plain-link" href={`/queues/message/${row.id}`} title={row.recipients.map((each) => each.address).join('\n')}>{row.recipients[0]?.address ?? ''}{row.recipients.length > 1 && <span class="muted"> {t.common.plus(row.recipients.length - 1)}</span>}</a> },
        { title: t.queues.reason, width: 160, cell: (row) => <Why message={row} /> },
        { title: t.queues.lastReply, class: 'p3', cell: (row) => <span class="muted" title={row.recipients[0]?.last_reply}>{row.recipients[0]?.last_reply || '–'}</span> },
        { title: t.queues.size, width: 88, class: 'number p2', cell: (row) => format.octets(row.octets) },
        { title: t.queues.arrived, width: 118, class: 'number p2', cell: (row) => <Ago time={row.arrived_at} /> },
    ];
    const selection = selectorOf(filter, [...ticked]);
    return (
        <Card>
            <div class="card-body"><QueueFilter filter={filter} /></div>
            {may('operator') && (
                <div class="card-head" role="toolbar" aria-label={t.queues.actions}>
                    <span class="muted">{ticked.size > 0 ? t.queues.ticked(ticked.size) : Object.keys(filter).length > 0 ? t.queues.allThatMatch : t.queues.everything}</span>
                    <div class="row">
                        {ticked.size > 0 && <button type="button" class="button small quiet" onClick={() => setTicked(new Set())}>{t.queues.untick}</button>}
                        {actions.map((each) => <button type="button" key={each.verb} class={`button small ${each.danger ? 'danger' : ''}`} onClick={() => setAction(each)}>{each.text}</button>)}
                    </div>
                </div>
            )}
            <VirtualTable
                caption={t.queues.messages} fetch={fetch} columns={columns} keyOf={(row) => row.id} refresh={String(turn)}
                total={Object.keys(filter).length === 0 ? overview.value?.queue?.messages : null}
                empty={<Empty icon="verdict" title={Object.keys(filter).length > 0 ? t.queues.noMatch : t.overview.queueEmpty} text={Object.keys(filter).length > 0 ? t.queues.noMatchText : undefined} />}
            />
            {action && <ActionDialog action={action} selector={selection} close={() => setAction(null)} done={() => { setAction(null); setTicked(new Set()); again(); }} />}
        </Card>
    );
}

function Why({ message }: { message: Message }) {
    const kinds = [...new Set(message.recipients.map((each) => each.reason))];
    const first = message.recipients[0];
    return (
        <span title={first?.explained ?? first?.why ?? ''}>
            <Badge tone={toneOfReason(kinds[0] ?? '')}>{t.reasons[kinds[0] ?? ''] ?? kinds[0]}</Badge>
            {kinds.length > 1 && <span class="muted"> {t.common.plus(kinds.length - 1)}</span>}
        </span>
    );
}
