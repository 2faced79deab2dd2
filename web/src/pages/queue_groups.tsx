import { list } from '../api/client';
import { Ago, Badge, Card, toneOfReason } from '../components/bits';
import { Empty, Loaded } from '../components/states';
import { Table } from '../components/table';
import * as format from '../logic/format';
import { partsOfGroups, type Group, type Rest } from '../logic/groups';
import { useResource } from '../state/resource';
import * as t from '../texts';

const shown = 200;

export type GroupBy = 'route' | 'site' | 'domain' | 'sender';

export function Groups({ by, turn }: { by: GroupBy; turn: number }) {
    const found = useResource((signal) => list<Group | Rest>('/queue-groups', { by, limit: shown }, signal).then((page) => partsOfGroups(page.rows)), [by, turn]);
    const filterBy = by === 'site' ? 'route' : by;
    const nameOf = (row: Group) => {
        if (row.key !== '') return <a href={`/queues?${filterBy}=${encodeURIComponent(row.key)}`}>{row.key}</a>;
        // Nothing selects those whose way nobody knows yet.
        return by === 'sender' ? <a href={`/queues?sender=${encodeURIComponent('<>')}`}>{'<>'}</a> : <span class="muted">{t.queues.noWayYet}</span>;
    };
    return (
        <Card>
            <Loaded of={found}>
                {({ groups, rest }) => (
                    <>
                        <Table
                            caption={t.queues.groupBy} rows={groups} keyOf={(row) => row.key} empty={<Empty icon="verdict" title={t.overview.queueEmpty} />}
                            columns={[
                                { title: t.queues.groupNames[by] ?? by, cell: (row) => <>{nameOf(row)}{row.last_reply && <span class="sub">{row.last_reply}</span>}</> },
                                { title: t.queues.reason, class: 'p2', cell: (row) => row.reason ? <Badge tone={toneOfReason(row.reason)}>{t.reasons[row.reason] ?? row.reason}</Badge> : null },
                                { title: t.queues.messages, class: 'number', cell: (row) => format.count(row.messages) },
                                { title: t.queues.recipients, class: 'number', cell: (row) => format.count(row.recipients) },
                                { title: t.queues.size, class: 'number p2', cell: (row) => format.octets(row.octets) },
                                { title: t.queues.nextAttempt, class: 'number p2', cell: (row) => <Ago time={row.next_attempt} /> },
                                { title: t.queues.oldest, class: 'number', cell: (row) => <Ago time={row.oldest} /> },
                            ]}
                        />
                        {rest && <div class="card-body"><p class="muted">{t.queues.restOfGroups(rest.groups === null ? null : format.count(rest.groups), format.count(rest.recipients), format.octets(rest.octets))}</p></div>}
                    </>
                )}
            </Loaded>
        </Card>
    );
}
