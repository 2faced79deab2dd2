import { useLocation } from 'preact-iso';
import { useEffect, useState } from 'preact/hooks';
import { get, getText, list } from '../api/client';
import type { RegistryKey, RegistryValue } from '../api/types';
import { Badge, Card } from '../components/bits';
import { CheckField, TextField } from '../components/fields';
import { Icon } from '../components/icons';
import { PageHead } from '../components/page';
import { Empty, ErrorView, Loaded, Loading } from '../components/states';
import { Table } from '../components/table';
import { Tree, type Node } from '../components/tree';
import { download } from '../logic/download';
import { multiToLines } from '../logic/parse';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import { attempt } from '../state/toasts';
import * as t from '../texts';
import { DeleteValue, EditValue } from './registry_edit';

const nodesOf = (keys: string[]): Map<string | null, Node[]> => {
    const out = new Map<string | null, Node[]>();
    const seen = new Set<string>();
    for (const key of [...keys].sort()) {
        const parts = key.split('\\');
        for (let i = 1; i <= parts.length; i += 1) {
            const id = parts.slice(0, i).join('\\');
            if (seen.has(id)) continue;
            seen.add(id);
            const parent = i === 1 ? null : parts.slice(0, i - 1).join('\\');
            out.set(parent, [...(out.get(parent) ?? []), { id, text: parts[i - 1]!, icon: 'folder', leaf: true }]);
            const above = out.get(i < 3 ? null : parts.slice(0, i - 2).join('\\'))?.find((each) => each.id === parent);
            if (above) above.leaf = false;
        }
    }
    return out;
};

export function RegistryPage() {
    const { query, route } = useLocation();
    const keys = useResource<{ keys: string[] }>((signal) => get('/registry/keys', {}, signal), []);
    const values = useResource<RegistryKey>((signal) => get('/registry', { key: query.key }, signal), [query.key]);
    const current = values.data?.key ?? query.key ?? null;
    const [text, setText] = useState(query.search ?? '');
    const nodes = nodesOf([...(keys.data?.keys ?? []), ...(current ? [current] : []), ...(values.data?.subkeys ?? [])]);
    return (
        <>
            <PageHead title={t.registry.title} note={t.registry.note} actions={<><a class="button" href="/registry/backups">{t.registry.backups}</a><button type="button" class="button" onClick={() => void attempt(async () => download('registry.reg', await getText('/registry/export')))}>{t.registry.export}</button></>} />
            <form role="search" class="row" onSubmit={(event) => {
                event.preventDefault();
                route(text.trim() === '' ? '/registry' : `/registry?search=${encodeURIComponent(text.trim())}`);
            }}>
                <TextField class="grow" label={t.registry.search} hideLabel placeholder={t.registry.search} type="search" value={text} change={setText} />
                <button type="submit" class="button">{t.common.search}</button>
            </form>
            <div class="split">
                <Card class="side">
                    {keys.data === undefined ? (keys.failure ? <div class="card-body"><ErrorView failure={keys.failure} retry={keys.reload} /></div> : <Loading />) : (
                        <Tree label={t.registry.title} selected={current} choose={(key) => route(`/registry?key=${encodeURIComponent(key)}`)} startOpen={[...nodes.values()].flat().map((each) => each.id)} source={{ children: (id) => nodes.get(id), open: () => {} }} />
                    )}
                </Card>
                {query.search ? <Results text={query.search} /> : <Loaded of={values}>{(data) => <Values key={data.key} of={data} open={query.value ?? null} reload={values.reload} />}</Loaded>}
            </div>
        </>
    );
}

export const DataText = ({ value }: { value: RegistryValue }) => {
    if (!value.set || value.data === null) return <span class="muted">{value.default ? <>{t.registry.default} <code>{value.default}</code></> : t.common.notSet}</span>;
    if (value.type === 'MULTI_SZ') return <span class="mono">{multiToLines(value.data).split('\n').map((line, i) => <div key={i}>{line}</div>)}</span>;
    return <span class="mono">{value.data === '' ? t.common.emptyText : value.data}{value.unit && value.unit.length < 24 && /WORD/.test(value.type) ? ` ${value.unit}` : ''}</span>;
};

function Values({ of, open, reload }: { of: RegistryKey; open: string | null; reload: () => void }) {
    const [all, setAll] = useState(of.values.every((each) => !each.set));
    const [editing, setEditing] = useState<RegistryValue | 'new' | null>(null);
    const [removing, setRemoving] = useState<RegistryValue | null>(null);
    const administrator = may('administrator');
    useEffect(() => {
        const wanted = of.values.find((each) => each.name === open);
        if (wanted) setEditing(wanted);
    }, [open]);
    const rows = of.values.filter((each) => all || each.set);
    return (
        <Card title={<span class="mono wrap-anywhere">{of.key}</span>} actions={<><CheckField label={t.registry.showUnset} checked={all} change={setAll} />{administrator && <button type="button" class="button small" onClick={() => setEditing('new')}><Icon name="add" />{t.registry.newValue}</button>}</>}>
            <Table caption={of.key} rows={rows} keyOf={(row) => row.name} empty={<Empty icon="registry" title={t.registry.noValues} />} columns={[
                { title: t.registry.name, cell: (row) => <><button type="button" class="linklike attribute-name" onClick={() => setEditing(row)}>{row.name}</button>{row.flaw && <span class="sub"><Badge tone="warn">{row.flaw}</Badge></span>}</> },
                { title: t.registry.type, class: 'p2', cell: (row) => <span class="muted nowrap">{row.type}</span> },
                { title: t.registry.data, class: 'roomy', cell: (row) => <DataText value={row} /> },
                { title: t.registry.about, class: 'p3', cell: (row) => <span class="muted clamp">{row.text}</span> },
                { title: <span class="hidden-visually">{t.common.actions}</span>, class: 'number', cell: (row) => administrator && row.set ? <button type="button" class="button small quiet" aria-label={t.registry.removeOne(row.name)} onClick={() => setRemoving(row)}><Icon name="close" /></button> : null },
            ]} />
            {editing && <EditValue at={of.key} value={editing === 'new' ? null : editing} readOnly={!administrator} close={() => setEditing(null)} done={() => { setEditing(null); reload(); }} />}
            {removing && <DeleteValue at={of.key} value={removing} close={() => setRemoving(null)} done={() => { setRemoving(null); reload(); }} />}
        </Card>
    );
}

interface Hit { key: string; name: string; type: string; data: string | null }

function Results({ text }: { text: string }) {
    const found = useResource((signal) => list<Hit>('/registry/search', { text }, signal).then((page) => page.rows), [text]);
    return (
        <Card title={t.directory.results(text)}>
            <Loaded of={found} padded>
                {(rows) => (
                    <Table caption={t.directory.results(text)} rows={rows} keyOf={(row, i) => `${row.key}${row.name}${i}`} empty={<Empty icon="tracking" title={t.registry.notFound} />} columns={[
                        { title: t.registry.name, cell: (row) => <><a class="attribute-name" href={`/registry?key=${encodeURIComponent(row.key)}&value=${encodeURIComponent(row.name)}`}>{row.name}</a><span class="sub mono wrap-anywhere">{row.key}</span></> },
                        { title: t.registry.type, class: 'p2', cell: (row) => row.type },
                        { title: t.registry.data, cell: (row) => row.data === null ? <span class="muted">{t.common.notSet}</span> : <span class="mono">{row.type === 'MULTI_SZ' ? multiToLines(row.data) : row.data}</span> },
                    ]} />
                )}
            </Loaded>
        </Card>
    );
}
