import { useMemo } from 'preact/hooks';
import { get } from '../api/client';
import type { Overview, Rates } from '../api/types';
import { Ago, Badge, Card, Lead, toneOfReason, type Tone } from '../components/bits';
import { TimeChart, type Series } from '../components/chart';
import { PageHead } from '../components/page';
import { Empty, ErrorView, Loaded, Loading } from '../components/states';
import { Table } from '../components/table';
import * as format from '../logic/format';
import { overview, overviewFailure, readOverview } from '../state/overview';
import { useResource } from '../state/resource';
import { sees } from '../state/session';
import * as t from '../texts';

export function OverviewPage() {
    const now = overview.value;
    const rates = useResource<Rates>((signal) => get('/rates', {}, signal), [Math.floor(Date.now() / 60_000), now?.state === 'held']);
    if (now === null) {
        return (
            <>
                <PageHead title={t.overview.title} />
                {overviewFailure.value ? <ErrorView failure={overviewFailure.value} retry={() => void readOverview().catch(() => {})} /> : <Loading />}
            </>
        );
    }
    return (
        <>
            <PageHead title={t.overview.title} note={t.overview.runs(t.state[now.state], format.since(now.since), now.version, now.generation ?? null)} />
            <Stats now={now} />
            <Card title={t.overview.rates} note={t.overview.ratesNote}>
                <div class="card-body">
                    {now.state === 'held' ? <Empty icon="pause" title={t.overview.queueHeld} /> : <Loaded of={rates}>{(data) => <RateChart rates={data} />}</Loaded>}
                </div>
            </Card>
            <div class="columns">
                <Card class="two-thirds" title={t.overview.byReason} actions={sees('queue') && <a class="button small" href="/queues">{t.overview.toQueues}</a>}>
                    <Table
                        caption={t.overview.byReason}
                        rows={now.queue?.by_reason ?? []}
                        keyOf={(row) => row.reason}
                        empty={<Empty icon={now.queue ? 'verdict' : 'pause'} title={now.queue ? t.overview.queueEmpty : t.overview.queueHeld} />}
                        columns={[
                            { title: t.queues.reason, cell: (row) => <><Lead asks="queue" href={`/queues?reason=${row.reason}`}><Badge tone={toneOfReason(row.reason)}>{t.reasons[row.reason] ?? row.reason}</Badge></Lead><span class="sub">{row.explained}</span></> },
                            { title: t.queues.recipients, class: 'number', cell: (row) => format.count(row.recipients) },
                            { title: t.queues.oldest, class: 'number', cell: (row) => <Ago time={row.oldest} /> },
                        ]}
                    />
                </Card>
                <Card class="third" title={t.overview.refused} actions={sees('rejects') && <a class="button small" href="/rejects">{t.overview.toRejects}</a>}>
                    <Table
                        caption={t.overview.refused}
                        rows={now.refused_by_rule.slice(0, 8)}
                        keyOf={(row) => row.rule}
                        empty={<Empty icon="verdict" title={t.overview.nothingRefused} />}
                        columns={[
                            { title: t.rejects.rule, cell: (row) => <Lead asks="rejects" href={`/rejects?rule=${encodeURIComponent(row.rule)}`}>{row.rule}</Lead> },
                            { title: t.rejects.count, class: 'number', cell: (row) => format.count(row.count) },
                        ]}
                    />
                </Card>
                <Card class="half" title={t.overview.changes} actions={sees('config') && <a class="button small" href="/connector/history">{t.overview.toHistory}</a>}>
                    <Table
                        caption={t.overview.changes}
                        rows={now.changes.slice(0, 6)}
                        keyOf={(row) => row.number}
                        empty={<Empty title={t.overview.noChanges} />}
                        columns={[
                            { title: t.history.generation, cell: (row) => <Lead asks="config" href={`/connector/history?number=${row.number}`}>{row.number}</Lead> },
                            { title: t.history.what, cell: (row) => <span class="wrap-anywhere">{row.changes.length === 0 ? t.overview.firstGeneration : row.changes[0]}{row.changes.length + row.more > 1 && <span class="sub">{t.overview.andMore(row.changes.length + row.more - 1)}</span>}</span> },
                            { title: t.history.who, class: 'p2', cell: (row) => row.by },
                            { title: t.history.time, class: 'number', cell: (row) => <Ago time={row.time} /> },
                        ]}
                    />
                </Card>
                <Card class="half" title={t.overview.certificates} actions={<a class="button small" href="/certificates">{t.overview.toCertificates}</a>}>
                    <Table
                        caption={t.overview.certificates}
                        rows={now.certificates}
                        keyOf={(row) => row.name}
                        empty={<Empty title={t.certificates.none} />}
                        columns={[
                            { title: t.certificates.name, cell: (row) => <>{row.name}<span class="sub">{row.flaw || row.subject}</span></> },
                            { title: t.certificates.expires, class: 'number', cell: (row) => <Badge tone={toneOfDays(row.days)}>{row.days === null ? '–' : t.certificates.days(row.days)}</Badge> },
                        ]}
                    />
                </Card>
            </div>
        </>
    );
}

export const toneOfDays = (days: number | null): Tone => (days === null || days < 0 ? 'bad' : days < 14 ? 'warn' : 'ok');

function Stats({ now }: { now: Overview }) {
    const used = now.disk.total ? (now.disk.total - (now.disk.free ?? 0)) / now.disk.total : 0;
    const directoryTone: Tone = now.directory.answer === 'found' ? 'ok' : now.directory.answer === 'cannot_say' ? 'bad' : 'warn';
    const nextCertificate = [...now.certificates].sort((a, b) => (a.days ?? -1) - (b.days ?? -1))[0];
    const low = now.disk.is_low;
    const counter = (name: string): number => now.counters[name] ?? 0;
    return (
        <div class="stats">
            <Lead as="div" class="card stat" asks="check" href="/verdict">
                <span class="name"><i class={`dot ${now.state === 'running' ? 'ok' : now.state === 'held' ? 'bad' : 'warn'}`} />{t.overview.service}</span>
                <span class="value">{t.state[now.state]}</span>
                <span class="sub">{t.overview.since(format.since(now.since))}</span>
            </Lead>
            <Lead as="div" class="card stat" asks="queue" href="/queues">
                <span class="name">{t.overview.queue}</span>
                <span class="value">{now.queue ? format.count(now.queue.messages) : '–'} <small>{t.overview.messages(now.queue?.messages ?? 0)}</small></span>
                <span class="sub">{now.queue ? t.overview.recipientsWait(now.queue.recipients) : t.overview.queueHeld}</span>
            </Lead>
            <div class="card stat">
                <span class="name">{t.overview.connections}</span>
                <span class="value">{format.count(counter('sessions_inbound'))} <small>{t.overview.in}</small> {format.count(counter('sessions_outbound'))} <small>{t.overview.out}</small></span>
                <span class="sub">{t.overview.total(format.count(counter('inbound_messages')), format.count(counter('outbound_messages')))}</span>
            </div>
            <div class="card stat">
                <span class="name"><i class={`dot ${directoryTone}`} />{t.overview.directory}</span>
                <span class="value">{now.directory.latency_ms ?? '–'} <small>ms</small></span>
                <span class="sub line" title={now.directory.detail || now.directory.engine}>{now.directory.answer === 'found' ? now.directory.engine : now.directory.detail}</span>
            </div>
            <div class="card stat">
                <span class="name"><i class={`dot ${low ? 'bad' : 'ok'}`} />{t.overview.disk}</span>
                <span class="value">{format.octets(now.disk.free)} <small>{t.overview.free}</small></span>
                <progress class={`bar ${low ? 'bad' : ''}`} max={1} value={used} aria-label={t.overview.diskUsed(Math.round(used * 100))} />
                <span class="sub">{t.overview.diskUsed(Math.round(used * 100))}</span>
            </div>
            <a class="card stat" href="/certificates">
                <span class="name"><i class={`dot ${nextCertificate ? toneOfDays(nextCertificate.days) : 'bad'}`} />{t.overview.certificate}</span>
                <span class="value">{nextCertificate?.days ?? '–'} <small>{t.overview.daysLeft}</small></span>
                <span class="sub">{nextCertificate?.name ?? t.certificates.none}</span>
            </a>
        </div>
    );
}

function RateChart({ rates }: { rates: Rates }) {
    const series = useMemo<Series[]>(() => [
        { text: t.overview.in, colour: 1, values: rates.in },
        { text: t.overview.out, colour: 2, values: rates.out },
        { text: t.overview.refusedShort, colour: 3, values: rates.refused },
    ], [rates]);
    if (rates.in.length === 0) return <Empty title={t.overview.noRates} />;
    return (
        <TimeChart
            label={t.overview.rates}
            from={Date.parse(rates.from) / 1000}
            step={rates.step}
            series={series}
        />
    );
}
