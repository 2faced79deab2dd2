import { useLocation } from 'preact-iso';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { list, send } from '../api/client';
import type { TreeChild } from '../api/types';
import { Badge, Card } from '../components/bits';
import { TextField } from '../components/fields';
import { Icon, kindIcon } from '../components/icons';
import { PageHead } from '../components/page';
import { Empty, ErrorView, Loading } from '../components/states';
import { Table } from '../components/table';
import { Tree, type Node } from '../components/tree';
import { ancestorsOf } from '../logic/dn';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import { attempt } from '../state/toasts';
import * as t from '../texts';
import { CreateDialog } from './directory_create';
import { EntryView } from './directory_entry';
import { exportLdif, LdifDialog, templateBelow } from './directory_ldif';

interface TreeAnswer { dn: string; base?: string; children: TreeChild[] }
const most = 500;
const moreOf = '\u0000'; // no name of an object has it: behind it stand parent and cursor of a row "more"

/** Organization, site, Configuration, Servers, Connections, Recipients on the left as in the old program; the object on the right. */
export function Organization() {
    const { query, route } = useLocation();
    const selected = query.dn ?? null;
    const [known, setKnown] = useState<Map<string | null, Node[]>>(new Map());
    const [base, setBase] = useState('');
    const [failure, setFailure] = useState<unknown>(null);
    const [turn, setTurn] = useState(0);
    const [creating, setCreating] = useState(false);
    const [importing, setImporting] = useState<string | null>(null);
    const [asked] = useState(() => new Set<string>());

    const read = async (dn: string | null, again = false, after: string | null = null): Promise<Node[]> => {
        const key = dn ?? '';
        if (asked.has(key) && !again && after === null) return [];
        asked.add(key);
        try {
            const response = await send('GET', '/directory/tree', { query: { dn, limit: most, after } });
            const answer = (await response.json()) as TreeAnswer;
            const next = response.headers.get('imc-next');
            const nodes: Node[] = answer.children.map((child) => ({ id: child.dn, text: child.display || child.rdn, icon: kindIcon(child.kind), leaf: child.has_children === false }));
            if (next !== null) nodes.push({ id: `${moreOf}${next}${moreOf}${dn ?? ''}`, text: t.common.more, icon: 'right', leaf: true });
            if (dn === null) setBase(answer.base ?? answer.dn);
            setKnown((before) => new Map(before).set(dn, [...(after === null ? [] : (before.get(dn) ?? []).filter((each) => !each.id.startsWith(moreOf))), ...nodes]));
            setFailure(null);
            return nodes;
        } catch (cause) {
            asked.delete(key);
            setFailure(cause);
            return [];
        }
    };
    const startOpen = useMemo(() => (selected ? ancestorsOf(selected) : []), []);
    useEffect(() => {
        void (async () => {
            const top = await read(null);
            // as far as the connector: organization and site stand open at once
            for (const node of top.slice(0, 3)) if (!node.leaf) await Promise.all((await read(node.id)).slice(0, 8).map((each) => (each.leaf ? null : read(each.id))));
            for (const dn of startOpen) await read(dn);
        })();
    }, []);
    const opened = [...startOpen, ...(known.get(null) ?? []).slice(0, 3).flatMap((node) => [node.id, ...(known.get(node.id) ?? []).map((each) => each.id)])];
    const again = (dn: string | null): void => {
        setTurn((n) => n + 1);
        asked.forEach((key) => void read(key === '' ? null : key, true));
        if (dn !== selected) route(dn === null ? '/organization' : `/organization?dn=${encodeURIComponent(dn)}`);
    };
    const choose = (dn: string): void => {
        if (!dn.startsWith(moreOf)) return route(`/organization?dn=${encodeURIComponent(dn)}`);
        const [, cursor, parent] = dn.split(moreOf);
        void read(parent || null, false, cursor);
    };
    return (
        <>
            <PageHead title={t.directory.title} note={base} actions={may('administrator') && (
                <>
                    <button type="button" class="button" onClick={() => void attempt(() => exportLdif(selected))}>{t.directory.exportLdif}</button>
                    <button type="button" class="button" onClick={() => setImporting('')}>{t.directory.importLdif}</button>
                    <button type="button" class="button primary" onClick={() => setCreating(true)}><Icon name="add" />{t.directory.create}</button>
                </>
            )} />
            <Search />
            <div class="split">
                <Card class="side">
                    {failure !== null && known.size > 0 && <div class="card-body"><ErrorView failure={failure} /></div>}
                    {failure !== null && known.size === 0 ? <div class="card-body"><ErrorView failure={failure} retry={() => void read(null)} /></div>
                        : !known.has(null) ? <Loading />
                        : <Tree key={known.size > 1 ? 'tree' : 'first'} label={t.directory.title} selected={selected} choose={choose} startOpen={opened}
                            source={{ children: (id) => known.get(id), open: (id) => void read(id) }} />}
                </Card>
                <div class="stack">
                    {query.search !== undefined ? <Results text={query.search} kind={query.kind ?? ''} />
                        : selected ? <EntryView key={`${selected}${turn}`} dn={selected} changed={again} />
                        : <Card><Empty icon="tree" title={t.directory.choose} text={t.directory.chooseText} /></Card>}
                </div>
            </div>
            {importing !== null && <LdifDialog title={t.directory.importLdif} begin={importing} close={() => setImporting(null)} done={() => { setImporting(null); again(selected); }} />}
            {creating && <CreateDialog other={() => { setCreating(false); setImporting(templateBelow(selected)); }} close={() => setCreating(false)} done={(dn) => { setCreating(false); again(dn); }} />}
        </>
    );
}

function Search() {
    const { query, route } = useLocation();
    const [text, setText] = useState(query.search ?? '');
    return (
        <form role="search" class="row" onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== '') route(`/organization?search=${encodeURIComponent(text.trim())}`);
        }}>
            <TextField class="grow" label={t.directory.search} hideLabel placeholder={t.directory.search} value={text} change={setText} type="search" />
            <button type="submit" class="button">{t.common.search}</button>
        </form>
    );
}

type Found = TreeChild & { mail?: string };

function Results({ text, kind }: { text: string; kind: string }) {
    const found = useResource((signal) => list<Found>('/directory/search', { text, kind, limit: 200 }, signal), [text, kind]);
    if (found.failure !== null) return <ErrorView failure={found.failure} retry={found.reload} />;
    return (
        <Card title={t.directory.results(text)}>
            {found.data === undefined ? <Loading /> : (
                <Table caption={t.directory.results(text)} rows={found.data.rows} keyOf={(row) => row.dn} empty={<Empty icon="tracking" title={t.directory.notFound} text={t.directory.notFoundText} />} columns={[
                    { title: t.directory.displayName, cell: (row) => <><a href={`/organization?dn=${encodeURIComponent(row.dn)}`}>{row.display || row.rdn}</a><span class="sub mono wrap-anywhere">{row.dn}</span></> },
                    { title: t.directory.kind, cell: (row) => <Badge>{t.directory.kinds[row.kind] ?? row.kind}</Badge> },
                    { title: t.directory.mail, class: 'p2', cell: (row) => row.mail },
                ]} />
            )}
        </Card>
    );
}
