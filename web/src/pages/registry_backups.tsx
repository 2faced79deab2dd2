import { useState } from 'preact/hooks';
import { get, list, post } from '../api/client';
import type { Backup, Change, DiffLine } from '../api/types';
import { Card, Clock } from '../components/bits';
import { ChangeDialog } from '../components/dialog';
import { DiffLines } from '../components/diff';
import { Icon } from '../components/icons';
import { PageHead } from '../components/page';
import { Empty, Loaded } from '../components/states';
import { Table } from '../components/table';
import * as format from '../logic/format';
import { doorsIn } from '../logic/lock_out';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import { attempt, sayDone } from '../state/toasts';
import * as t from '../texts';

interface WithDiff { id: string; time: string; text: string; diff: DiffLine[] }

export function RegistryBackups() {
    const copies = useResource((signal) => list<Backup>('/registry/backups', { limit: 200 }, signal).then((page) => page.rows), []);
    const [shown, setShown] = useState<Backup | null>(null);
    const administrator = may('administrator');
    const backUp = async (): Promise<void> => {
        const change = await attempt(() => post<Change>('/registry/backups'));
        if (change) sayDone(change);
        copies.reload();
    };
    return (
        <>
            <PageHead title={t.registry.backups} note={t.registry.backupsNote} crumb={<a href="/registry">{t.registry.title}</a>} actions={administrator && <button type="button" class="button" onClick={() => void backUp()}>{t.registry.backUpNow}</button>} />
            <Card>
                <Loaded of={copies} padded>
                    {(rows) => (
                        <Table caption={t.registry.backups} rows={rows} keyOf={(row) => row.id} empty={<Empty icon="registry" title={t.registry.noBackups} />} columns={[
                            { title: t.history.time, class: 'nowrap', cell: (row) => <Clock time={row.time} /> },
                            { title: t.registry.copy, cell: (row) => <span class="mono wrap-anywhere">{row.id}</span> },
                            { title: t.queues.size, class: 'number p2', cell: (row) => format.octets(row.octets) },
                            { title: <span class="hidden-visually">{t.common.actions}</span>, class: 'number', cell: (row) => <button type="button" class="button small" onClick={() => setShown(row)}>{t.registry.compare}</button> },
                        ]} />
                    )}
                </Loaded>
            </Card>
            {shown && (
                <ChangeDialog<WithDiff> title={shown.id} verb={t.registry.restore} wide close={() => setShown(null)}
                    plan={() => get(`/registry/backups/${encodeURIComponent(shown.id)}`)}
                    blocked={(planned) => !administrator || !planned.diff.some((line) => line.op !== ' ')}
                    show={(planned) => <><p class="muted">{t.registry.diffNote}</p><DiffLines lines={planned.diff} />{doorsIn(planned.diff).length > 0 && <div class="notice warn"><Icon name="warn" /><div class="body"><p>{t.registry.restoreLocks(doorsIn(planned.diff).join(', '))}</p></div></div>}</>}
                    commit={async () => {
                        sayDone(await post<Change>(`/registry/backups/${encodeURIComponent(shown.id)}/restore`), copies.reload);
                        setShown(null);
                        copies.reload();
                    }} />
            )}
        </>
    );
}
