import { useLocation } from 'preact-iso';
import { useCallback, useState } from 'preact/hooks';
import { get, list, post } from '../api/client';
import type { Change, DiffRow, Generation, Plan } from '../api/types';
import { CheckSummary } from '../components/assertions';
import { Card, Clock } from '../components/bits';
import { ChangeDialog } from '../components/dialog';
import { DiffTable } from '../components/diff';
import { useKeepTimer } from '../components/keep_timer';
import { PageHead } from '../components/page';
import { Empty, Loaded } from '../components/states';
import { MoreTable } from '../components/table';
import { couldLockOut } from '../logic/lock_out';
import { readOverview } from '../state/overview';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import { sayDone } from '../state/toasts';
import * as t from '../texts';

/** Every configuration that was in force: who, when, what differs, and the way back. */
export function History() {
    const { query } = useLocation();
    const number = query.number;
    const fetch = useCallback((after: string | null, limit: number, signal: AbortSignal) => list<Generation>('/config/history', { after, limit }, signal), []);
    return (
        <>
            <PageHead title={number ? t.history.one(number) : t.history.title} note={t.history.note} crumb={<><a href="/connector">{t.connector.title}</a>{number && <> / <a href="/connector/history">{t.history.title}</a></>}</>} />
            {number ? <One key={number} number={number} /> : (
                <Card>
                    <MoreTable caption={t.history.title} fetch={fetch} keyOf={(row) => row.number} empty={<Empty title={t.overview.noChanges} />} columns={[
                        { title: t.history.generation, cell: (row) => <a href={`/connector/history?number=${row.number}`}>{row.number}</a> },
                        { title: t.history.what, cell: (row) => row.changes.length === 0 ? <span class="muted">{t.overview.firstGeneration}</span> : <>{row.changes.slice(0, 3).map((each, i) => <div key={i} class="mono wrap-anywhere">{each.text}</div>)}{row.changes.length > 3 && <span class="sub">{t.overview.andMore(row.changes.length - 3)}</span>}</> },
                        { title: t.history.who, class: 'p2', cell: (row) => row.author },
                        { title: t.history.time, class: 'nowrap', cell: (row) => <Clock time={row.time} /> },
                    ]} />
                </Card>
            )}
        </>
    );
}

type Rollback = Change & Partial<Plan> & { diff: DiffRow[] };

function One({ number }: { number: string }) {
    const found = useResource<Generation>((signal) => get(`/config/history/${encodeURIComponent(number)}`, {}, signal), [number]);
    const [asking, setAsking] = useState(false);
    const timer = useKeepTimer();
    const locks = (plan: Rollback): boolean => couldLockOut(plan.diff.map((row) => row.name), plan.could_lock_out);
    return (
        <Loaded of={found}>
            {(data) => (
                <>
                    <Card title={t.history.changed} note={<>{data.author} · <Clock time={data.time} /></>} actions={may('administrator') && (data.diff_to_now ?? []).length > 0 && <button type="button" class="button small" onClick={() => setAsking(true)}>{t.history.rollback}</button>}>
                        {data.changes.length === 0 ? <Empty title={t.overview.firstGeneration} /> : <DiffTable rows={data.changes} />}
                    </Card>
                    <Card title={t.history.toNow}>{(data.diff_to_now ?? []).length === 0 ? <Empty icon="verdict" title={t.history.isNow} /> : <DiffTable rows={data.diff_to_now ?? []} />}</Card>
                    {data.settings && <Card title={t.history.settings}><div class="card-body"><pre class="code">{data.settings}</pre></div></Card>}
                    {asking && (
                        <ChangeDialog<Rollback> title={t.history.rollbackTitle(data.number)} verb={t.history.rollback} wide close={() => setAsking(false)}
                            plan={() => post('/config/rollback', { generation: data.number }, { dry_run: true })}
                            show={(planned) => <><DiffTable rows={planned.diff} />{planned.check && <CheckSummary check={planned.check} />}{planned.diff.length > 0 && timer.view(locks(planned))}</>}
                            blocked={(planned) => !timer.valid(locks(planned))}
                            commit={async (planned) => {
                                sayDone(await post<Change>('/config/rollback', { generation: data.number, keep_seconds: timer.seconds(locks(planned)) }), found.reload);
                                setAsking(false);
                                found.reload();
                                await readOverview().catch(() => {});
                            }} />
                    )}
                </>
            )}
        </Loaded>
    );
}
