import { useState } from 'preact/hooks';
import { list } from '../api/client';
import { Card } from '../components/bits';
import { TextField } from '../components/fields';
import { PageHead } from '../components/page';
import { Empty, Loaded } from '../components/states';
import { Table } from '../components/table';
import * as format from '../logic/format';
import { overview } from '../state/overview';
import { useResource } from '../state/resource';
import * as t from '../texts';

interface Counter { name: string; value: number; help: string }

/** Names and help once; the values move with the live line. */
export function Counters() {
    const found = useResource((signal) => list<Counter>('/stat', {}, signal).then((page) => page.rows), []);
    const [only, setOnly] = useState('');
    const words = only.trim().toLowerCase();
    const now = overview.value?.counters ?? {};
    return (
        <>
            <PageHead title={t.counters.title} note={t.counters.note} actions={<TextField label={t.counters.find} hideLabel placeholder={t.counters.find} type="search" value={only} change={setOnly} />} />
            <Card>
                <Loaded of={found} padded>
                    {(rows) => (
                        <Table caption={t.counters.title} rows={rows.filter((row) => `${row.name} ${row.help}`.toLowerCase().includes(words))} keyOf={(row) => row.name} empty={<Empty icon="counters" title={t.counters.none} />} columns={[
                            { title: t.counters.name, cell: (row) => <span class="mono">{row.name}</span> },
                            { title: t.counters.value, class: 'number', cell: (row) => format.count(now[row.name] ?? row.value) },
                            { title: t.counters.help, cell: (row) => <span class="muted">{row.help}</span> },
                        ]} />
                    )}
                </Loaded>
            </Card>
        </>
    );
}
