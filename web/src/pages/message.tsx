import { useLocation, useRoute } from 'preact-iso';
import { useState } from 'preact/hooks';
import { get, send } from '../api/client';
import type { Header, Message as QueuedMessage, Recipient, Story } from '../api/types';
import { address, Ago, Badge, Card, Clock, Facts, toneOfReason } from '../components/bits';
import { DecidedView } from '../components/decided';
import { PageHead, Tabs } from '../components/page';
import { Empty, Loaded } from '../components/states';
import { Table } from '../components/table';
import * as format from '../logic/format';
import { useResource } from '../state/resource';
import { may, sees } from '../state/session';
import * as t from '../texts';
import { actions, ActionDialog, type Action } from './queue_actions';
import { StoryView } from './story';

export function Message() {
    const { params } = useRoute();
    const { route } = useLocation();
    const id = params.id ?? '';
    const tab = params.tab ?? 'why';
    const message = useResource<QueuedMessage>((signal) => get(`/queue/${encodeURIComponent(id)}`, {}, signal), [id]);
    const [action, setAction] = useState<Action | null>(null);
    const reads = may('operator'); // what stands in the mail itself
    const base = `/queues/message/${encodeURIComponent(id)}`;
    const at = (name: string, text: string) => ({ id: name, text, href: name === 'why' ? base : `${base}/${name}` });
    return (
        <>
            <PageHead
                title={t.message.title(id)}
                crumb={<a href="/queues">{t.queues.title}</a>}
                actions={may('operator') && message.data ? actions.filter((each) => ['retry', 'hold', 'release', 'bounce', 'delete'].includes(each.verb)).map((each) => (
                    <button type="button" key={each.verb} class={`button ${each.danger ? 'danger' : ''}`} onClick={() => setAction(each)}>{each.text}</button>
                )) : undefined}
            />
            <Loaded of={message}>
                {(data) => (
                    <>
                        <Card><div class="card-body"><Facts rows={[
                            [t.queues.sender, address(data.sender)],
                            [t.queues.arrived, <><Clock time={data.arrived_at} /> (<Ago time={data.arrived_at} />)</>],
                            [t.queues.size, format.octets(data.octets)],
                            [t.queues.priority, t.priorities[data.priority] ?? data.priority],
                            [t.queues.recipients, format.count(data.recipients.length)],
                        ]} /></div></Card>
                        <Tabs label={t.message.parts} current={tab} tabs={[at('why', t.message.why), ...(reads ? [at('headers', t.message.headers)] : []), at('envelope', t.message.envelope), ...(sees('track') ? [at('history', t.message.history)] : []), ...(reads ? [at('raw', t.message.raw)] : [])]} />
                        {tab === 'why' && data.recipients.map((each) => <Why key={each.address} of={each} />)}
                        {tab === 'headers' && <Headers id={id} />}
                        {tab === 'envelope' && <Envelope id={id} />}
                        {tab === 'history' && <HistoryTab id={id} />}
                        {tab === 'raw' && <Raw id={id} />}
                    </>
                )}
            </Loaded>
            {action && <ActionDialog action={action} selector={{ ids: [id] }} close={() => setAction(null)} done={() => {
                setAction(null);
                if (action.verb === 'delete' || action.verb === 'bounce') route('/queues');
                else message.reload();
            }} />}
        </>
    );
}

const Why = ({ of }: { of: Recipient }) => (
    <Card title={of.address} actions={<Badge tone={toneOfReason(of.reason)}>{t.reasons[of.reason] ?? of.reason}</Badge>}>
        <div class="card-body stack">
            <p>{of.explained || of.why}</p>
            <Facts rows={[
                [t.message.since, of.since && <Ago time={of.since} />],
                [t.message.until, of.held_until === 'never' ? t.message.released : of.until && <Ago time={of.until} />],
                [t.message.expires, of.expires && <Ago time={of.expires} />],
                [t.queues.route, of.route && <span class="mono">{of.route}</span>],
                [t.message.tried, of.tried?.length ? <ul>{of.tried.map((one) => <li class="mono">{one.host}: {one.said}</li>)}</ul> : null],
                [t.message.nextHost, of.next_host],
                [t.message.attempts, of.attempts > 0 ? format.count(of.attempts) : null],
                [t.queues.lastReply, of.last_reply && <span class="mono">{of.last_reply}</span>],
                [t.message.lastHost, of.last_host],
                [t.message.heldBy, of.by],
                [t.message.note, of.text],
            ]} />
            {of.decided && <DecidedView of={of.decided} />}
            {sees('explain') && <div class="row"><a class="button small" href={`/explain/rcpt?address=${encodeURIComponent(of.address)}`}>{t.message.explain}</a><a class="button small" href={`/explain/route?address=${encodeURIComponent(of.address)}`}>{t.message.route}</a></div>}
        </div>
    </Card>
);

export const HeaderTable = ({ headers }: { headers: Header[] }) => (
    <Table plain caption={t.message.headers} rows={headers} keyOf={(row, i) => `${i}${row.name}`} empty={<Empty title={t.message.noHeaders} />} columns={[
        { title: t.message.name, class: 'nowrap', cell: (row) => row.name },
        { title: t.message.value, cell: (row) => <span class="mono wrap-anywhere">{row.value}</span> },
    ]} />
);

function Headers({ id }: { id: string }) {
    const found = useResource<{ headers: Header[]; raw_octets: number }>((signal) => get(`/queue/${encodeURIComponent(id)}/headers`, {}, signal), [id]);
    return <Card><Loaded of={found} padded>{(data) => <HeaderTable headers={data.headers} />}</Loaded></Card>;
}

function Envelope({ id }: { id: string }) {
    const found = useResource<unknown>((signal) => get(`/queue/${encodeURIComponent(id)}/envelope`, {}, signal), [id]);
    return <Card><div class="card-body"><Loaded of={found}>{(data) => <pre class="code">{JSON.stringify(data, null, 2)}</pre>}</Loaded></div></Card>;
}

function HistoryTab({ id }: { id: string }) {
    const found = useResource<Story>((signal) => get(`/track/${encodeURIComponent(id)}`, {}, signal), [id]);
    return <Card><div class="card-body"><Loaded of={found}>{(data) => <StoryView of={data} />}</Loaded></div></Card>;
}

/** Pieces end at octets, not at letters: they are put together before they are read. */
function joined(pieces: Uint8Array[]): string {
    const all = new Uint8Array(pieces.reduce((sum, each) => sum + each.length, 0));
    let at = 0;
    for (const each of pieces) {
        all.set(each, at);
        at += each.length;
    }
    return new TextDecoder().decode(all);
}

function Raw({ id }: { id: string }) {
    const [turn, setTurn] = useState(0);
    const [pieces, setPieces] = useState<Uint8Array[]>([]);
    const at = pieces.reduce((sum, each) => sum + each.length, 0);
    const piece = useResource<number>(async (signal) => {
        const more = new Uint8Array(await (await send('GET', `/queue/${encodeURIComponent(id)}/text`, { query: { at }, signal })).arrayBuffer());
        if (more.length > 0) setPieces((before) => [...before, more]);
        return more.length;
    }, [id, turn]);
    return (
        <Card title={t.message.raw} note={t.message.rawNote}>
            <div class="card-body stack tight">
                <Loaded of={piece}>{(last) => (
                    <>
                        <pre class="code">{joined(pieces)}</pre>
                        {last > 0 && at < 1_000_000 && <div><button type="button" class="button small" disabled={piece.loading} onClick={() => setTurn(turn + 1)}>{t.common.more}</button></div>}
                    </>
                )}</Loaded>
            </div>
        </Card>
    );
}
