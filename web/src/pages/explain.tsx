import { useLocation, useRoute } from 'preact-iso';
import { useEffect, useState } from 'preact/hooks';
import { get, post } from '../api/client';
import type { AddressAnswer, RelayAnswer, TryAnswer } from '../api/types';
import { Badge, Card, Facts, toneOfVerdict } from '../components/bits';
import { AreaField, CheckField, TextField } from '../components/fields';
import { PageHead, Tabs } from '../components/page';
import { ErrorView, Loading } from '../components/states';
import { Steps } from '../components/steps';
import { Table } from '../components/table';
import { addresses, filled } from '../logic/parse';
import { useResource } from '../state/resource';
import * as t from '../texts';

type What = 'rcpt' | 'route' | 'relay' | 'message';
type Name = 'address' | 'from' | 'to' | 'peer' | 'auth' | 'cert';
const fieldsOf: Record<What, Name[]> = {
    rcpt: ['address', 'from', 'peer', 'auth'],
    route: ['address'],
    relay: ['peer', 'from', 'to', 'auth', 'cert'],
    message: ['peer', 'from', 'auth'],
};
const needed: Record<What, Name[]> = { rcpt: ['address'], route: ['address'], relay: ['peer', 'to'], message: ['from'] };
const placeholders: Record<Name, string> = { address: 'alice@contoso.example', from: 'ann@example.net', to: 'bob@example.org', peer: '192.0.2.10', auth: 'alice', cert: 'sha256:…' };

export function Explain() {
    const { params } = useRoute();
    const what = (['rcpt', 'route', 'relay', 'message'].includes(params.what ?? '') ? params.what : 'rcpt') as What;
    return (
        <>
            <PageHead title={t.explain.title} note={t.explain.notes[what]} />
            <Tabs label={t.explain.title} current={what} tabs={(['rcpt', 'route', 'relay', 'message'] as const).map((each) => ({ id: each, text: t.explain.tabs[each], href: `/explain/${each}` }))} />
            {what === 'message' ? <TryMessage /> : <Question key={what} what={what} />}
        </>
    );
}

function Question({ what }: { what: Exclude<What, 'message'> }) {
    const { query, route } = useLocation();
    const given = filled(Object.fromEntries(fieldsOf[what].map((name) => [name, query[name] ?? ''])));
    const [form, setForm] = useState<Record<string, string>>(given);
    const [dns, setDns] = useState(query.dns !== 'false');
    const ready = needed[what].every((name) => given[name]);
    const key = JSON.stringify({ ...given, dns: query.dns });
    useEffect(() => setForm(given), [key]); // back and forward
    const answer = useResource<AddressAnswer | RelayAnswer | null>(
        (signal) => (ready ? get(`/explain/${what}`, { ...given, dns: query.dns === 'false' ? 'false' : undefined }, signal) : Promise.resolve(null)),
        [what, key],
    );
    return (
        <>
            <Card>
                <form class="card-body filters" onSubmit={(event) => {
                    event.preventDefault();
                    if (needed[what].every((name) => (form[name] ?? '').trim() !== '')) route(`/explain/${what}?${new URLSearchParams({ ...filled(form), ...(dns ? {} : { dns: 'false' }) }).toString()}`);
                }}>
                    {fieldsOf[what].map((name, i) => (
                        <TextField key={name} class={i === 0 && what !== 'relay' ? 'wide' : ''} label={t.explain.fields[name]} value={form[name] ?? ''} placeholder={placeholders[name]} required={needed[what].includes(name)} change={(value) => setForm({ ...form, [name]: value })} />
                    ))}
                    <button type="submit" class="button primary">{t.explain.go}</button>
                    {what !== 'relay' && <CheckField label={t.explain.askDns} checked={dns} change={setDns} />}
                </form>
            </Card>
            {ready && answer.loading && <Loading text={t.explain.walking} />}
            {answer.failure !== null && !answer.loading && <ErrorView failure={answer.failure} retry={answer.reload} />}
            {answer.data && !answer.loading && answer.failure === null && (what === 'relay' ? <Relay of={answer.data as RelayAnswer} /> : <Address of={answer.data as AddressAnswer} />)}
        </>
    );
}

function Address({ of }: { of: AddressAnswer }) {
    return (
        <>
            <Card>
                <div class="card-body stack">
                    <div class="row"><Badge tone={toneOfVerdict(of.verdict)}>{t.explain.verdicts[of.verdict] ?? of.verdict}</Badge><code>{of.reply}</code></div>
                    <Facts rows={[
                        [t.explain.why, of.why],
                        [t.explain.nextHop, of.next_hop && <span class="mono">{of.next_hop}</span>],
                        [t.explain.as, of.as],
                        [t.explain.lookedAt, of.looked_at && of.looked_at.length > 0 ? of.looked_at.map((each) => <div key={each}>{each}</div>) : null],
                    ]} />
                </div>
            </Card>
            <Card title={t.explain.steps}><Steps of={of.steps} /></Card>
            {of.hosts && (
                <Card title={t.explain.hosts} note={of.hosts.none}>
                    <Table plain caption={t.explain.hosts} rows={of.hosts.hosts} keyOf={(row) => row.name} columns={[
                        { title: t.explain.host, cell: (row) => <>{row.name}<span class="sub mono">{row.addresses.join(', ')}</span></> },
                        { title: t.explain.preference, class: 'number', cell: (row) => row.preference },
                        { title: 'DNSSEC', class: 'p2', cell: (row) => <Badge tone={row.secure === true || row.secure === 'secure' ? 'ok' : ''}>{row.secure === true ? t.explain.secure : row.secure === false ? t.explain.insecure : String(row.secure ?? '')}</Badge> },
                        { title: t.explain.fate, cell: (row) => <>{row.fate}<span class="sub">{row.why}</span></> },
                    ]} />
                </Card>
            )}
            {of.profile && (
                <Card title={t.explain.profile(of.profile.domain)}>
                    <Table plain caption={t.explain.profile(of.profile.domain)} rows={Object.entries(of.profile.values)} keyOf={([name]) => name} columns={[
                        { title: t.common.setting, cell: ([name]) => <span class="mono">{name}</span> },
                        { title: t.common.value, cell: ([, row]) => <span class="mono">{row.value}</span> },
                        { title: t.common.from, cell: ([, row]) => row.from },
                    ]} />
                </Card>
            )}
        </>
    );
}

const Relay = ({ of }: { of: RelayAnswer }) => (
    <>
        <Card><div class="card-body stack">
            <div class="row"><Badge tone={of.allowed ? 'ok' : 'bad'}>{of.allowed ? t.explain.relayAllowed : t.explain.relayDenied}</Badge><code>{of.reply}</code></div>
            <Facts rows={[[t.explain.rule, of.rule], [t.explain.domain, of.domain], [t.explain.local, of.local ? t.explain.localYes : null], [t.explain.malformed, of.malformed]]} />
        </div></Card>
        <Card title={t.explain.steps}><Steps of={of.steps} /></Card>
    </>
);

function TryMessage() {
    const [form, setForm] = useState<Record<string, string>>({ peer: '192.0.2.10', from: '', auth: '' });
    const [to, setTo] = useState('');
    const [answer, setAnswer] = useState<TryAnswer | null>(null);
    const [failure, setFailure] = useState<unknown>(null);
    const [busy, setBusy] = useState(false);
    const go = async (event: Event): Promise<void> => {
        event.preventDefault();
        setBusy(true);
        setFailure(null);
        try {
            setAnswer(await post<TryAnswer>('/explain/message', { peer: form.peer, from: form.from, to: addresses(to), ...(form.auth ? { auth: form.auth } : {}) }));
        } catch (cause) {
            setFailure(cause);
        }
        setBusy(false);
    };
    return (
        <>
            <Card>
                <form class="card-body stack" onSubmit={go}>
                    <div class="form-grid">
                        {fieldsOf.message.map((name) => <TextField key={name} label={t.explain.fields[name]} placeholder={placeholders[name]} value={form[name] ?? ''} change={(value) => setForm({ ...form, [name]: value })} />)}
                    </div>
                    <AreaField label={t.explain.toMany} rows={2} value={to} change={setTo} hint={t.explain.toHint} />
                    <div><button type="submit" class="button primary" disabled={busy || addresses(to).length === 0}>{busy ? t.common.working : t.explain.walk}</button></div>
                </form>
            </Card>
            {failure !== null && <ErrorView failure={failure} />}
            {answer && (
                <Card title={t.explain.walked} actions={<Badge tone={toneOfVerdict(answer.verdict)}>{t.explain.verdicts[answer.verdict] ?? answer.verdict}</Badge>}>
                    <ol class="steps">
                        {answer.steps.map((step, i) => (
                            <li key={i}>
                                <div>
                                    <div class="row"><b>{t.explain.tryStep[step.step] ?? step.step}</b><span class="mono">{step.subject}</span><Badge tone={toneOfVerdict(step.verdict)}>{t.explain.verdicts[step.verdict] ?? step.verdict}</Badge></div>
                                    <div class="finding">{[step.reply, step.why].filter(Boolean).join(' — ')}</div>
                                </div>
                            </li>
                        ))}
                    </ol>
                </Card>
            )}
        </>
    );
}
