import { useState } from 'preact/hooks';
import { get, post } from '../api/client';
import type { Assertion, Change, Check } from '../api/types';
import { AssertionView, StatusBadge, statusOf } from '../components/assertions';
import { Card, Command, EventLink } from '../components/bits';
import { ChangeDialog } from '../components/dialog';
import { Icon } from '../components/icons';
import { PageHead } from '../components/page';
import { Loaded } from '../components/states';
import { eventIn } from '../logic/failure';
import { overview, readOverview } from '../state/overview';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import { say, sayDone } from '../state/toasts';
import * as t from '../texts';

type Fixed = Change & { changed: string[]; check: Check; failure?: string };

export function Verdict() {
    const check = useResource<Check>((signal) => get('/check', {}, signal), [overview.value?.state]);
    const [fixing, setFixing] = useState<Assertion | 'all' | null>(null);
    const again = (): void => {
        check.reload();
        void readOverview().catch(() => {});
    };
    return (
        <>
            <PageHead
                title={t.verdict.title}
                note={t.verdict.note}
                actions={<button type="button" class="button" disabled={check.loading} onClick={again}><Icon name="refresh" />{check.loading ? t.verdict.checking : t.verdict.again}</button>}
            />
            <Loaded of={check}>
                {(data) => {
                    const open = data.assertions.filter((each) => each.status !== 'passed');
                    const passed = data.assertions.filter((each) => each.status === 'passed');
                    const mendable = open.filter((each) => each.fix?.automatic);
                    return (
                        <>
                            <Summary check={data} open={open.length} fixAll={mendable.length > 1 && may('administrator') ? () => setFixing('all') : undefined} />
                            {open.length > 0 && (
                                <Card title={t.verdict.openTitle(open.length)}>
                                    {open.map((each) => (
                                        <AssertionView
                                            key={each.id}
                                            of={each}
                                            deciding={each.id === data.deciding}
                                            actions={
                                                each.fix?.automatic && may('administrator') ? (
                                                    <button type="button" class="button primary" onClick={() => setFixing(each)}>{t.verdict.fix}</button>
                                                ) : (
                                                    <span class="muted">{may('administrator') ? t.verdict.byHand : t.common.needsRole(t.roles.administrator)}</span>
                                                )
                                            }
                                        />
                                    ))}
                                </Card>
                            )}
                            <Card title={t.verdict.passedTitle(passed.length)}>
                                {passed.map((each) => (
                                    <div class="passed-row" key={each.id}>
                                        <StatusBadge status={statusOf(each)} />
                                        <code>{each.id}</code>
                                        <span>{each.found}</span>
                                    </div>
                                ))}
                            </Card>
                        </>
                    );
                }}
            </Loaded>
            {fixing !== null && (
                <ChangeDialog<Fixed>
                    title={fixing === 'all' ? t.verdict.fixAll : t.verdict.fixOne(fixing.id)}
                    verb={t.verdict.fix}
                    close={() => setFixing(null)}
                    plan={() => post('/check/fix', { assertion: fixing === 'all' ? null : fixing.id }, { dry_run: true })}
                    show={(planned) => (
                        <>
                            <p>{t.verdict.willChange}</p>
                            <ul class="stack tight">{planned.changed.map((each) => <li key={each} class="mono">{each}</li>)}</ul>
                            {fixing !== 'all' && fixing.fix && (<><p class="muted">{t.verdict.equals}</p><Command text={fixing.fix.command} /></>)}
                            <p class="muted">{t.verdict.undoIsThere}</p>
                        </>
                    )}
                    commit={async () => {
                        const done = await post<Fixed>('/check/fix', { assertion: fixing === 'all' ? null : fixing.id });
                        setFixing(null);
                        sayDone(done, again);
                        if (done.failure) say({ text: done.failure, event: eventIn(done.failure), bad: true });
                        again();
                    }}
                />
            )}
        </>
    );
}

function Summary({ check, open, fixAll }: { check: Check; open: number; fixAll?: () => void }) {
    const held = overview.value?.state === 'held';
    if (check.passed) {
        return (
            <div class={`notice ${open > 0 ? 'warn' : 'ok'}`} role="status">
                <Icon name={open > 0 ? 'warn' : 'verdict'} />
                <div class="body"><h2>{open > 0 ? t.verdict.passedWithWarnings : t.verdict.allPassed}</h2><p>{held ? t.verdict.startsSoon : t.verdict.wouldStart}</p></div>
            </div>
        );
    }
    return (
        <div class="notice bad" role="alert">
            <Icon name="warn" />
            <div class="body">
                <h2>{held ? t.verdict.heldBy(check.deciding ?? '') : t.verdict.wouldNot(check.deciding ?? '')}</h2>
                <p>{t.verdict.oldMessage} <EventLink id={check.event} /></p>
            </div>
            {fixAll && <div class="actions"><button type="button" class="button small primary" onClick={fixAll}>{t.verdict.fixAll}</button></div>}
        </div>
    );
}
