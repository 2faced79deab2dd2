import { useLocation, useRoute } from 'preact-iso';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, list } from '../api/client';
import type { Reject } from '../api/types';
import { address, Card, Clock, Facts } from '../components/bits';
import { TextField } from '../components/fields';
import { PageHead } from '../components/page';
import { Empty, Loaded } from '../components/states';
import { MoreTable, type Column } from '../components/table';
import { filled } from '../logic/parse';
import { useResource } from '../state/resource';
import * as t from '../texts';

const names = ['recipient', 'sender', 'peer', 'code', 'rule', 'since'] as const;

export function Rejects() {
    const { query, route } = useLocation();
    const given = filled(Object.fromEntries(names.map((name) => [name, query[name] ?? ''])));
    const [form, setForm] = useState<Record<string, string>>(given);
    const key = JSON.stringify(given);
    useEffect(() => {
        if (key !== '{}') setForm(given); // back and forward
    }, [key]);
    const fetch = useCallback((after: string | null, limit: number, signal: AbortSignal) => list<Reject>('/rejects', { ...(JSON.parse(key) as object), after, limit }, signal), [key]);
    const columns: Column<Reject>[] = [
        { title: t.rejects.time, class: 'nowrap', cell: (row) => <Clock time={row.time} /> },
        { title: t.rejects.recipients, cell: (row) => <>{row.recipients[0] ?? '–'}{row.recipients.length > 1 && <span class="muted"> {t.common.plus(row.recipients.length - 1)}</span>}<span class="sub">{row.sender === null ? t.rejects.noSender : address(row.sender)}</span></> },
        { title: t.rejects.peer, class: 'p2', cell: (row) => <><span class="mono">{row.peer}</span><span class="sub">{row.peer_name || row.helo}</span></> },
        { title: t.rejects.rule, cell: (row) => <>{row.rule}<span class="sub">{row.evidence}</span></> },
        { title: t.rejects.reply, class: 'p3', cell: (row) => <span class="muted">{row.reply}</span> },
        { title: t.rejects.code, cell: (row) => row.code === '' ? <span class="muted">×{row.count}</span> : <a class="mono" href={`/rejects/${row.code}`}>{row.code}</a> },
    ];
    return (
        <>
            <PageHead title={t.rejects.title} note={t.rejects.note} />
            <Card>
                <form class="card-body filters" onSubmit={(event) => {
                    event.preventDefault();
                    route(`/rejects?${new URLSearchParams(filled(form)).toString()}`);
                }}>
                    {names.map((name) => (
                        <TextField key={name} class={['code', 'since'].includes(name) ? 'slim' : ''} label={t.rejects.fields[name]} value={form[name] ?? ''} change={(value) => setForm({ ...form, [name]: value })} />
                    ))}
                    <button type="submit" class="button primary">{t.common.search}</button>
                </form>
                <MoreTable caption={t.rejects.title} fetch={fetch} columns={columns} keyOf={(row, i) => `${row.time}${row.code}${i}`} empty={<Empty icon="verdict" title={t.rejects.none} text={t.rejects.noneText} />} />
            </Card>
        </>
    );
}

export function RejectItem() {
    const { params } = useRoute();
    const code = params.code ?? '';
    const found = useResource<Reject>((signal) => get(`/rejects/${encodeURIComponent(code)}`, {}, signal), [code]);
    return (
        <>
            <PageHead title={t.rejects.one(code)} crumb={<a href="/rejects">{t.rejects.title}</a>} />
            <Loaded of={found}>
                {(row) => (
                    <Card>
                        <div class="card-body stack">
                            <Facts rows={[
                                [t.rejects.time, <Clock time={row.time} />],
                                [t.rejects.recipients, row.recipients.map((each) => <div key={each}>{each}</div>)],
                                [t.rejects.fields.sender, row.sender === null ? t.rejects.noSender : address(row.sender)],
                                [t.rejects.peer, <span class="mono">{row.peer} {row.peer_name}</span>],
                                ['HELO', row.helo],
                                [t.rejects.listener, row.listener],
                                [t.rejects.account, row.account],
                                [t.rejects.stage, row.stage],
                                [t.rejects.rule, row.rule],
                                [t.rejects.evidence, row.evidence],
                                [t.rejects.reply, <span class="mono">{row.reply}</span>],
                                [t.rejects.meaning, row.status?.title],
                            ]} />
                            <div class="row">
                                {row.recipients[0] && <a class="button small" href={`/explain/rcpt?${new URLSearchParams({ address: row.recipients[0], from: row.sender ?? '', peer: row.peer }).toString()}`}>{t.rejects.explainNow}</a>}
                                {row.recipients[0] && <a class="button small" href={`/explain/relay?${new URLSearchParams({ to: row.recipients[0], from: row.sender ?? '', peer: row.peer }).toString()}`}>{t.rejects.relayNow}</a>}
                            </div>
                        </div>
                    </Card>
                )}
            </Loaded>
        </>
    );
}
