import { useState } from 'preact/hooks';
import { list, post, remove } from '../api/client';
import type { Administrator, Change, Role, Token } from '../api/types';
import { Ago, Badge, Card, Clock, Command } from '../components/bits';
import { Dialog } from '../components/dialog';
import { SelectField, TextField } from '../components/fields';
import { Icon } from '../components/icons';
import { PageHead } from '../components/page';
import { Empty, ErrorView, Loaded } from '../components/states';
import { Table } from '../components/table';
import { useResource } from '../state/resource';
import { may } from '../state/session';
import { sayDone } from '../state/toasts';
import * as t from '../texts';

export function Accounts() {
    const administrator = may('administrator');
    const accounts = useResource((signal) => (administrator ? list<Administrator>('/administrators', {}, signal).then((page) => page.rows) : Promise.resolve([])), []);
    const tokens = useResource((signal) => (administrator ? list<Token>('/tokens', {}, signal).then((page) => page.rows) : Promise.resolve([])), []);
    const [making, setMaking] = useState(false);
    const [removing, setRemoving] = useState<Token | null>(null);
    return (
        <>
            <PageHead title={t.accounts.title} note={t.accounts.note} />
            {!administrator && <div class="notice"><p>{t.common.needsRole(t.roles.administrator)}</p></div>}
            {administrator && <Card title={t.accounts.people}>
                <Loaded of={accounts} padded>
                    {(rows) => (
                        <Table caption={t.accounts.people} rows={rows} keyOf={(row) => row.account} empty={<Empty title={t.accounts.nobody} />} columns={[
                            { title: t.accounts.account, cell: (row) => <a href={`/organization?search=${encodeURIComponent(row.account)}`}>{row.account}</a> },
                            { title: t.accounts.role, cell: (row) => <Badge tone={row.role === 'administrator' ? 'info' : ''}>{t.roles[row.role] ?? row.role}</Badge> },
                            { title: t.accounts.domain, class: 'p2', cell: (row) => row.domain },
                            { title: t.accounts.from, class: 'p2', cell: (row) => row.where },
                        ]} />
                    )}
                </Loaded>
            </Card>}
            <Card title={t.accounts.roles}>
                <Table plain caption={t.accounts.roles} rows={Object.entries(t.roles)} keyOf={([role]) => role} columns={[
                    { title: t.accounts.role, class: 'nowrap', cell: ([, name]) => <b>{name}</b> },
                    { title: t.accounts.mayDo, cell: ([role]) => t.roleTexts[role as Role] },
                ]} />
            </Card>
            {administrator && <Card title={t.accounts.tokens} note={t.accounts.tokensNote} actions={<button type="button" class="button small" onClick={() => setMaking(true)}><Icon name="add" />{t.accounts.newToken}</button>}>
                <Loaded of={tokens} padded>
                    {(rows) => (
                        <Table caption={t.accounts.tokens} rows={rows} keyOf={(row) => row.name} empty={<Empty icon="accounts" title={t.accounts.noTokens} />} columns={[
                            { title: t.accounts.name, cell: (row) => <b>{row.name}</b> },
                            { title: t.accounts.role, class: 'p2', cell: (row) => <><Badge>{t.roles[row.role] ?? row.role}</Badge>{row.domain && <span class="sub">{row.domain}</span>}</> },
                            { title: t.accounts.expires, cell: (row) => row.expired ? <Badge tone="bad">{t.accounts.expired}</Badge> : <Clock time={row.expires} /> },
                            { title: t.accounts.madeBy, class: 'p2', cell: (row) => <>{row.by}<span class="sub"><Ago time={row.made} /></span></> },
                            { title: <span class="hidden-visually">{t.common.actions}</span>, class: 'number', cell: (row) => <button type="button" class="button small danger" onClick={() => setRemoving(row)}>{t.accounts.revoke}</button> },
                        ]} />
                    )}
                </Loaded>
            </Card>}
            {making && <NewToken close={() => setMaking(false)} done={tokens.reload} />}
            {removing && <Revoke token={removing} close={() => setRemoving(null)} done={() => { setRemoving(null); tokens.reload(); }} />}
        </>
    );
}

function Revoke({ token, close, done }: { token: Token; close: () => void; done: () => void }) {
    const [failure, setFailure] = useState<unknown>(null);
    const go = async (): Promise<void> => {
        try {
            sayDone((await remove<Change | null>(`/tokens/${encodeURIComponent(token.name)}`)) ?? { done: t.accounts.revoked(token.name), undo: null });
            done();
        } catch (cause) {
            setFailure(cause); // the token still works
        }
    };
    return (
        <Dialog title={t.accounts.revokeTitle(token.name)} close={close} submit={() => void go()} foot={<><button type="button" class="button" onClick={close}>{t.common.cancel}</button><button type="submit" class="button danger">{t.accounts.revoke}</button></>}>
            {failure !== null && <ErrorView failure={failure} />}
            <p>{t.accounts.revokeText}</p>
        </Dialog>
    );
}

function NewToken({ close, done }: { close: () => void; done: () => void }) {
    const [name, setName] = useState('');
    const [role, setRole] = useState<Role>('view');
    const [days, setDays] = useState('90');
    const [domain, setDomain] = useState('');
    const [made, setMade] = useState<string | null>(null);
    const [failure, setFailure] = useState<unknown>(null);
    const valid = name.trim() !== '' && /^[1-9]\d{0,3}$/.test(days);
    const go = async (): Promise<void> => {
        if (!valid || made !== null) return;
        try {
            setMade((await post<{ token: string }>('/tokens', { name: name.trim(), role, days: Number(days), ...(domain.trim() !== '' ? { domain: domain.trim() } : {}) })).token);
            done();
        } catch (cause) {
            setFailure(cause);
        }
    };
    return (
        <Dialog title={t.accounts.newToken} close={close} submit={() => void go()} foot={made === null
            ? <><button type="button" class="button" onClick={close}>{t.common.cancel}</button><button type="submit" class="button primary" disabled={!valid}>{t.accounts.make}</button></>
            : <button type="button" class="button primary" onClick={close}>{t.accounts.kept}</button>}>
            {failure !== null && <ErrorView failure={failure} />}
            {made === null ? (
                <div class="form-grid">
                    <TextField label={t.accounts.name} value={name} change={setName} placeholder="prometheus" autofocus />
                    <SelectField label={t.accounts.role} value={role} change={(value) => setRole(value as Role)} options={Object.entries(t.roles)} />
                    {role === 'help_desk' && <TextField label={t.accounts.domain} value={domain} change={setDomain} placeholder="contoso.example" />}
                    <TextField label={t.accounts.days} value={days} change={setDays} inputMode="numeric" />
                </div>
            ) : (
                <div class="stack tight"><p>{t.accounts.shownOnce}</p><Command text={made} /></div>
            )}
        </Dialog>
    );
}
