import { ApiError, list } from '../api/client';
import type { Message } from '../api/types';
import { Ago, Badge, Card, toneOfReason } from '../components/bits';
import { Empty, Loaded } from '../components/states';
import { Table } from '../components/table';
import * as format from '../logic/format';
import { groupMessages, type Group } from '../logic/groups';
import { useResource } from '../state/resource';
import * as t from '../texts';

const sampleSize = 1000;

/** The service counts; one that cannot yet gives its oldest messages, and the page says that it counted those only. */
async function groupsOf(by: 'route' | 'site' | 'domain' | 'sender', signal: AbortSignal): Promise<{ groups: Group[]; sample: boolean }> {
    try {
        return { groups: (await list<Group>('/queue-groups', { by, limit: 200 }, signal)).rows, sample: false };
    } catch (cause) {
        if (!(cause instanceof ApiError) || cause.status !== 404) throw cause;
        const page = await list<Message>('/queue', { limit: sampleSize }, signal);
        return { groups: groupMessages(page.rows, by), sample: page.rows.length >= sampleSize };
    }
}

export function Groups({ by, turn }: { by: 'route' | 'site' | 'domain' | 'sender'; turn: number }) {
    const found = useResource((signal) => groupsOf(by, signal), [by, turn]);
    const filterBy = by === 'site' ? 'route' : by;
    return (
        <Card>
            <Loaded of={found}>
                {({ groups, sample }) => (
                    <>
                        {sample && <div class="card-body"><p class="muted">{t.queues.ofTheOldest(format.count(sampleSize))}</p></div>}
                        <Table
                            caption={t.queues.groupBy} rows={groups} keyOf={(row) => row.key} empty={<Empty icon="verdict" title={t.overview.queueEmpty} />}
                            columns={[
                                { title: t.queues.groupNames[by] ?? by, cell: (row) => <><a href={`/queues?${filterBy}=${encodeURIComponent(row.key === '' ? '<>' : row.key)}`}>{row.key === '' ? '<>' : row.key}</a>{row.last_reply && <span class="sub">{row.last_reply}</span>}</> },
                                { title: t.queues.reason, class: 'p2', cell: (row) => row.reason ? <Badge tone={toneOfReason(row.reason)}>{t.reasons[row.reason] ?? row.reason}</Badge> : null },
                                { title: t.queues.messages, class: 'number', cell: (row) => format.count(row.messages) },
                                { title: t.queues.recipients, class: 'number', cell: (row) => format.count(row.recipients) },
                                { title: t.queues.nextAttempt, class: 'number p2', cell: (row) => <Ago time={row.next_attempt} /> },
                                { title: t.queues.oldest, class: 'number', cell: (row) => <Ago time={row.oldest} /> },
                            ]}
                        />
                    </>
                )}
            </Loaded>
        </Card>
    );
}
