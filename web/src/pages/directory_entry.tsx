import { useState } from 'preact/hooks';
import { get, patch, post, remove } from '../api/client';
import type { Attribute, Change, Config, Consequence, Entry } from '../api/types';
import { Badge, Card } from '../components/bits';
import { ChangeDialog, Dialog } from '../components/dialog';
import { AreaField, CheckField, TextField } from '../components/fields';
import { useKeepTimer } from '../components/keep_timer';
import { Loaded } from '../components/states';
import { Table } from '../components/table';
import { escapeValue, parentOf, valueOf } from '../logic/dn';
import { canLockOut } from '../logic/lock_out';
import { toLines } from '../logic/parse';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import { sayDone } from '../state/toasts';
import * as t from '../texts';
import { Consequences } from './directory_consequences';
import { LdifDialog } from './directory_ldif';
import { carryOut, isBlocked, planOf, PlanView, type WithPlan } from './planned_change';

type WithConsequences = Change & { consequences?: Consequence[]; consequences_total?: number; dn?: string };

export function EntryView({ dn, changed }: { dn: string; changed: (dn: string | null) => void }) {
    const entry = useResource<Entry>((signal) => get('/directory/entry', { dn }, signal), [dn]);
    const kind = entry.data?.kind;
    const connector = useResource<string | null>((signal) => (kind === 'connector' && may('administrator') ? get<Config>('/config', {}, signal).then((config) => config.connector ?? null) : Promise.resolve(null)), [kind]);
    const [view, setView] = useState<'attributes' | 'ldif'>('attributes');
    const [all, setAll] = useState(false);
    const [editing, setEditing] = useState<Attribute | null>(null);
    const [asking, setAsking] = useState<'rename' | 'delete' | 'ldif' | null>(null);
    return (
        <Loaded of={entry}>
            {(data) => {
                const writable = data.writable !== false && may('administrator');
                const name = data.directory_name ?? valueOf(data.rdn);
                const rows = data.attributes.filter((each) => all || each.set).sort((a, b) => Number(b.set) - Number(a.set));
                return (
                    <>
                        <Card title={data.display_name || name} note={<span class="mono wrap-anywhere">{data.dn}</span>} actions={writable && (
                            <>
                                {data.kind === 'connector' && <a class="button small" href="/connector">{t.directory.properties}</a>}
                                <button type="button" class="button small" onClick={() => setAsking('rename')}>{t.directory.rename}</button>
                                <button type="button" class="button small danger" onClick={() => setAsking('delete')}>{t.directory.remove}</button>
                            </>
                        )}>
                            <div class="card-body stack">
                                <div class="names">
                                    <div><div class="label">{t.directory.directoryName}</div><div class="name mono">{name}</div><small class="muted">{t.directory.directoryNameHint}</small></div>
                                    <div><div class="label">{t.directory.displayName}</div><div class="name">{data.display_name || <span class="muted">{t.common.notSet}</span>}</div><small class="muted">{t.directory.displayNameHint}</small></div>
                                </div>
                                <div class="row"><Badge tone="info">{t.directory.kinds[data.kind] ?? data.kind}</Badge>{data.classes.map((each) => <Badge key={each}>{each}</Badge>)}</div>
                                {data.x500 && <small class="muted mono wrap-anywhere">{data.x500}</small>}
                            </div>
                        </Card>
                        <Card>
                            <div class="card-head">
                                <div class="row" role="group" aria-label={t.directory.view}>
                                    <button type="button" class="button small" aria-pressed={view === 'attributes'} onClick={() => setView('attributes')}>{t.directory.attributes}</button>
                                    <button type="button" class="button small" aria-pressed={view === 'ldif'} onClick={() => setView('ldif')}>{t.directory.ldif}</button>
                                </div>
                                {view === 'ldif' && writable && <button type="button" class="button small" onClick={() => setAsking('ldif')}>{t.directory.editLdif}</button>}
                                {view === 'attributes' && <CheckField label={t.directory.showUnset} checked={all} change={setAll} />}
                            </div>
                            {view === 'ldif' ? <div class="card-body"><pre class="code">{data.ldif}</pre></div> : (
                                <Table caption={t.directory.attributes} rows={rows} keyOf={(row) => row.name} columns={[
                                    { title: t.directory.attribute, cell: (row) => <><span class="attribute-name">{row.name}</span><span class="sub">{row.text}</span></> },
                                    { title: t.common.value, class: 'roomy', cell: (row) => row.secret && row.set ? <Badge>{t.directory.secret}</Badge> : row.values.length === 0 ? <span class="muted">{t.common.notSet}</span> : <span class="mono">{row.values.map((value, i) => <div key={i}>{value}</div>)}</span> },
                                    { title: t.directory.syntax, class: 'p2', cell: (row) => <span class="muted nowrap">{row.type}{row.single ? '' : ` ${t.directory.many}`}</span> },
                                    { title: <span class="hidden-visually">{t.common.actions}</span>, class: 'number', cell: (row) => writable && !row.secret && row.name !== 'objectClass' ? <button type="button" class="button small quiet" aria-label={t.directory.editOne(row.name)} onClick={() => setEditing(row)}>{t.common.edit}</button> : null },
                                ]} />
                            )}
                        </Card>
                        {editing && <EditAttribute entry={data} ours={data.kind === 'connector' && connector.data === data.dn} attribute={editing} close={() => setEditing(null)} done={() => { setEditing(null); entry.reload(); }} />}
                        {asking === 'ldif' && <LdifDialog title={t.directory.editLdif} begin={data.ldif} before={data.ldif} close={() => setAsking(null)} done={() => { setAsking(null); entry.reload(); }} />}
                        {asking === 'rename' && <Rename entry={data} close={() => setAsking(null)} done={(to) => { setAsking(null); changed(to); }} />}
                        {asking === 'delete' && <Delete entry={data} close={() => setAsking(null)} done={() => { setAsking(null); changed(parentOf(data.dn) || null); }} />}
                    </>
                );
            }}
        </Loaded>
    );
}

function EditAttribute({ entry, ours, attribute, close, done }: { entry: Entry; ours: boolean; attribute: Attribute; close: () => void; done: () => void }) {
    const [text, setText] = useState(attribute.values.join('\n'));
    const [checking, setChecking] = useState(false);
    const values = attribute.type === 'boolean' ? (text === '' ? [] : [text]) : attribute.single ? (text.trim() === '' ? [] : [text.trim()]) : toLines(text);
    const body = { dn: entry.dn, changes: [values.length === 0 ? { op: 'delete', attribute: attribute.name, values: [] } : { op: 'replace', attribute: attribute.name, values }] };
    const timer = useKeepTimer();
    // The connector of this host is what the property pages show; another one's settings are not.
    const changes = ours && canLockOut(attribute.name) ? { [`connector/${attribute.name}`]: values.length === 0 ? null : attribute.single ? values[0]! : values } : null;
    if (checking) {
        return (
            <ChangeDialog<WithPlan<WithConsequences>>
                title={t.directory.editOne(attribute.name)}
                verb={t.common.save}
                close={() => setChecking(false)}
                plan={async () => ({ ...(await patch<WithConsequences>('/directory/entry', body, { dry_run: true })), plan: await planOf(changes) })}
                blocked={(planned) => isBlocked(changes, planned, timer)}
                show={(planned) => (
                    <>
                        <p>{planned.done}</p>
                        <div class="pair">
                            <div><h3>{t.common.before}</h3><pre>{attribute.values.join('\n') || t.common.notSet}</pre></div>
                            <div><h3>{t.common.after}</h3><pre>{values.join('\n') || t.common.notSet}</pre></div>
                        </div>
                        <Consequences of={planned.consequences} total={planned.consequences_total} />
                        <PlanView changes={changes} of={planned} timer={timer} />
                    </>
                )}
                commit={async (planned) => {
                    sayDone(await carryOut(changes, planned, timer, () => patch<WithConsequences>('/directory/entry', body)), done);
                    done();
                }}
            />
        );
    }
    return (
        <Dialog title={t.directory.editOne(attribute.name)} close={close} submit={() => setChecking(true)} foot={<><button type="button" class="button" onClick={close}>{t.common.cancel}</button><button type="submit" class="button primary">{t.common.review}</button></>}>
            <p class="muted">{attribute.text}</p>
            {attribute.type === 'boolean' ? (
                <div class="field"><label for="edit-boolean">{attribute.name}</label><select id="edit-boolean" value={text} onChange={(event) => setText(event.currentTarget.value)}><option value="">{t.common.notSet}</option><option>TRUE</option><option>FALSE</option></select></div>
            ) : attribute.single ? <TextField label={attribute.name} value={text} change={setText} autofocus hint={t.directory.emptyTakesAway} />
                : <AreaField label={attribute.name} rows={Math.max(4, attribute.values.length + 2)} value={text} change={setText} hint={t.directory.oneALine} />}
        </Dialog>
    );
}

function Rename({ entry, close, done }: { entry: Entry; close: () => void; done: (dn: string) => void }) {
    const type = entry.rdn.slice(0, entry.rdn.indexOf('='));
    const [name, setName] = useState(entry.directory_name ?? valueOf(entry.rdn));
    const [checking, setChecking] = useState(false);
    const body = { dn: entry.dn, to: `${type}=${escapeValue(name.trim())}` };
    if (checking) {
        return (
            <ChangeDialog<WithConsequences> title={t.directory.renameTitle(valueOf(entry.rdn))} verb={t.directory.rename} close={() => setChecking(false)}
                plan={() => post('/directory/rename', body, { dry_run: true })}
                show={(planned) => <><p>{planned.done}</p><Consequences of={planned.consequences} total={planned.consequences_total} /></>}
                commit={async () => {
                    const change = await post<WithConsequences>('/directory/rename', body);
                    sayDone(change, () => done(entry.dn));
                    done(change.dn ?? entry.dn);
                }} />
        );
    }
    return (
        <Dialog title={t.directory.renameTitle(valueOf(entry.rdn))} close={close} submit={() => name.trim() !== '' && setChecking(true)} foot={<><button type="button" class="button" onClick={close}>{t.common.cancel}</button><button type="submit" class="button primary">{t.common.review}</button></>}>
            <TextField label={t.directory.directoryName} value={name} change={setName} autofocus hint={t.directory.renameHint} />
        </Dialog>
    );
}

const Delete = ({ entry, close, done }: { entry: Entry; close: () => void; done: () => void }) => (
    <ChangeDialog<WithConsequences> title={t.directory.removeTitle(entry.display_name || valueOf(entry.rdn))} verb={t.directory.remove} danger close={close}
        plan={() => remove('/directory/entry', { dn: entry.dn, recursive: true, dry_run: true })}
        show={(planned) => <><p>{planned.done}</p><Consequences of={planned.consequences} total={planned.consequences_total} /><p class="muted">{t.directory.removeUndo}</p></>}
        commit={async () => {
            sayDone(await remove<Change>('/directory/entry', { dn: entry.dn, recursive: true }), done);
            done();
        }} />
);
