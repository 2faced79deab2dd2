import { useState } from 'preact/hooks';
import { get, put, send } from '../api/client';
import { parseList } from '../api/jsonl';
import type { Change } from '../api/types';
import { Ago, Card } from '../components/bits';
import { SelectField, TextField } from '../components/fields';
import { ErrorView } from '../components/states';
import { Table } from '../components/table';
import { addresses } from '../logic/parse';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import { attempt, sayDone } from '../state/toasts';
import * as t from '../texts';

interface Category { category: string; level: string | number; default?: string | number }
interface LogOrder { level: string | number; peers: string[]; until?: string | null; by?: string }
interface ProtocolLog extends LogOrder { temporary?: LogOrder | null }
const inForce = (log: ProtocolLog): LogOrder => log.temporary ?? log;
const levels = ['none', 'minimum', 'medium', 'maximum'];
const numbers: Record<string, string> = { 0: 'none', 1: 'minimum', 3: 'medium', 5: 'maximum' };
const levelOf = (level: string | number): string => numbers[String(level)] ?? String(level).toLowerCase();

async function categories(signal: AbortSignal): Promise<Category[]> {
    const text = await (await send('GET', '/diagnostics', { signal })).text();
    const rows = parseList<Category | { categories: Category[] }>(text);
    const first = rows[0];
    return first && 'categories' in first ? first.categories : (rows as Category[]);
}

/** Levels by category, changed while the service runs; and the protocol log, for some peers and some minutes. */
export function DiagnosticsCard() {
    const found = useResource(categories, []);
    const log = useResource<ProtocolLog>((signal) => get('/protocol-log', {}, signal), []);
    const [form, setForm] = useState({ level: '', peers: '', minutes: '30' });
    const administrator = may('administrator'); // what is written down at Maximum is mail
    const tell = async (change: () => Promise<Change | null>, text: string, after: () => void): Promise<void> => {
        const done = await attempt(change);
        if (done !== undefined) sayDone({ ...done, done: text, undo: done?.undo ?? null }, after);
        after();
    };
    return (
        <>
            {found.failure !== null && <ErrorView failure={found.failure} retry={found.reload} />}
            {log.failure !== null && <ErrorView failure={log.failure} retry={log.reload} />}
            {found.data && (
                <Card title={t.diagnostics.levels} note={t.diagnostics.note}>
                    <Table plain caption={t.diagnostics.levels} rows={found.data} keyOf={(row) => row.category} columns={[
                        { title: t.events.category, cell: (row) => row.category },
                        { title: t.diagnostics.level, cell: (row) => <SelectField label={t.diagnostics.levelOf(row.category)} hideLabel value={levelOf(row.level)} disabled={!administrator} options={levels.map((each): [string, string] => [each, t.diagnostics.names[each]!])} change={(level) => void tell(() => put('/diagnostics', { category: row.category, level }), t.diagnostics.changed(row.category, t.diagnostics.names[level]!), found.reload)} /> },
                    ]} />
                </Card>
            )}
            {log.data && (
                <Card title={t.diagnostics.protocol} note={<>{t.diagnostics.now(t.diagnostics.names[levelOf(inForce(log.data).level)] ?? '', inForce(log.data).peers.join(', '))}{inForce(log.data).until && <>{t.diagnostics.ends} <Ago time={inForce(log.data).until} /></>}</>}>
                    {administrator && (
                        <form class="card-body filters" onSubmit={(event) => {
                            event.preventDefault();
                            const level = form.level || levelOf(inForce(log.data!).level);
                            void tell(() => put('/protocol-log', { level, peers: addresses(form.peers), minutes: Number(form.minutes) || 0 }), t.diagnostics.protocolChanged, log.reload);
                        }}>
                            <SelectField label={t.diagnostics.level} value={form.level || levelOf(inForce(log.data).level)} options={levels.map((each): [string, string] => [each, t.diagnostics.names[each]!])} change={(level) => setForm({ ...form, level })} />
                            <TextField class="wide" label={t.diagnostics.peers} value={form.peers} placeholder="192.0.2.0/24" change={(peers) => setForm({ ...form, peers })} />
                            <TextField class="slim" label={t.diagnostics.minutes} value={form.minutes} inputMode="numeric" change={(minutes) => setForm({ ...form, minutes })} />
                            <button type="submit" class="button">{t.diagnostics.set}</button>
                        </form>
                    )}
                </Card>
            )}
        </>
    );
}
