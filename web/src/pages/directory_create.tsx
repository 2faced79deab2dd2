import { useState } from 'preact/hooks';
import { post } from '../api/client';
import type { Change } from '../api/types';
import { ChangeDialog, Dialog } from '../components/dialog';
import { AreaField, SelectField, TextField } from '../components/fields';
import { addresses, filled, toLines } from '../logic/parse';
import { sayDone } from '../state/toasts';
import * as t from '../texts';

type Kind = 'mailbox' | 'contact' | 'list' | 'domain';
type Made = Change & { dn: string; ldif: string };
const fields: Record<Kind, string[]> = {
    mailbox: ['alias', 'display_name', 'given_name', 'surname', 'addresses'],
    contact: ['alias', 'target', 'display_name', 'addresses'],
    list: ['alias', 'display_name', 'addresses', 'members'],
    domain: ['alias', 'hosts', 'tls', 'auth_user', 'auth_password_file'],
};
const needed: Record<Kind, string[]> = { mailbox: ['alias'], contact: ['alias', 'target'], list: ['alias'], domain: ['alias'] };

export function bodyOf(kind: Kind, form: Record<string, string>): Record<string, unknown> {
    const text = filled(Object.fromEntries(fields[kind].map((name) => [name, form[name] ?? ''])));
    const out: Record<string, unknown> = { kind, ...text };
    if (text.addresses !== undefined) out.addresses = addresses(text.addresses);
    if (text.members !== undefined) out.members = toLines(text.members);
    if (text.hosts !== undefined) out.hosts = addresses(text.hosts);
    return out;
}

/** @param other  any other object: as LDIF, below the chosen one */
export function CreateDialog({ other, close, done }: { other: () => void; close: () => void; done: (dn: string) => void }) {
    const [kind, setKind] = useState<Kind>('mailbox');
    const [form, setForm] = useState<Record<string, string>>({});
    const [checking, setChecking] = useState(false);
    const ready = needed[kind].every((name) => (form[name] ?? '').trim() !== '');
    if (checking) {
        return (
            <ChangeDialog<Made> title={t.directory.createTitles[kind]} verb={t.directory.create} close={() => setChecking(false)} wide
                plan={() => post('/directory/entry', bodyOf(kind, form), { dry_run: true })}
                show={(planned) => <><p>{planned.done}</p><pre class="code">{planned.ldif}</pre></>}
                commit={async () => {
                    const made = await post<Made>('/directory/entry', bodyOf(kind, form));
                    sayDone(made);
                    done(made.dn);
                }} />
        );
    }
    return (
        <Dialog title={t.directory.createTitles[kind]} close={close} submit={() => ready && setChecking(true)} foot={<><button type="button" class="button" onClick={close}>{t.common.cancel}</button><button type="submit" class="button primary" disabled={!ready}>{t.common.review}</button></>}>
            <SelectField label={t.directory.kind} value={kind} change={(value) => (value === 'other' ? other() : setKind(value as Kind))} options={[...(Object.keys(fields) as Kind[]).map((each): [string, string] => [each, t.directory.createKinds[each]]), ['other', t.directory.createOther]]} />
            <div class="form-grid">
                {fields[kind].map((name) => {
                    const shared = { label: name === 'alias' && kind === 'domain' ? t.directory.domain : t.directory.fields[name] ?? name, hint: t.directory.fieldHints[name], value: form[name] ?? '', change: (value: string) => setForm({ ...form, [name]: value }) };
                    if (name === 'tls') return <SelectField key={name} {...shared} options={[['', t.common.notSet], ['none', 'none'], ['may', 'may'], ['encrypt', 'encrypt'], ['verify', 'verify'], ['implicit', 'implicit']]} />;
                    if (name === 'members' || name === 'addresses') return <AreaField key={name} rows={3} {...shared} />;
                    return <TextField key={name} {...shared} required={needed[kind].includes(name)} />;
                })}
            </div>
        </Dialog>
    );
}
