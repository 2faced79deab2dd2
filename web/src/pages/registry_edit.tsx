import { useState } from 'preact/hooks';
import { put, remove } from '../api/client';
import type { Change, RegistryValue } from '../api/types';
import { Facts, ManualLink } from '../components/bits';
import { ChangeDialog, Dialog } from '../components/dialog';
import { AreaField, SelectField, TextField } from '../components/fields';
import { useKeepTimer } from '../components/keep_timer';
import { linesToMulti, multiToLines, problemOf } from '../logic/parse';
import { sayDone } from '../state/toasts';
import * as t from '../texts';
import { carryOut, isBlocked, planOf, PlanView, registryChanges, type Changes, type WithPlan } from './planned_change';

const planned = async (changes: Changes | null, dry: Promise<Change>): Promise<WithPlan<Change>> => ({ ...(await dry), plan: await planOf(changes) });

const types = ['SZ', 'DWORD', 'QWORD', 'MULTI_SZ', 'EXPAND_SZ', 'BINARY'];

/** Typed: what the value may be stands beside it, and what it would do comes before it is done. */
export function EditValue({ at, value, readOnly, close, done }: { at: string; value: RegistryValue | null; readOnly: boolean; close: () => void; done: () => void }) {
    const [name, setName] = useState(value?.name ?? '');
    const [type, setType] = useState(value?.type ?? 'SZ');
    const first = value?.data ?? (value?.set ? '' : value?.default ?? '');
    const [text, setText] = useState(type === 'MULTI_SZ' ? multiToLines(first) : first);
    const [checking, setChecking] = useState(false);
    const problem = problemOf(text, { type, min: value?.min, max: value?.max, choices: value?.choices });
    const body = { key: at, name: name.trim(), type, data: type === 'MULTI_SZ' ? linesToMulti(text) : text.trim() };
    const changes = registryChanges(at, body.name, body);
    const timer = useKeepTimer();
    const ready = body.name !== '' && problem === null && !readOnly;
    if (checking) {
        return (
            <ChangeDialog<WithPlan<Change>> title={value ? value.name : t.registry.newValue} verb={t.common.save} close={() => setChecking(false)}
                plan={() => planned(changes, put('/registry', body, { dry_run: true }))}
                blocked={(plan) => isBlocked(changes, plan, timer)}
                show={(planned) => (
                    <>
                        <div class="pair">
                            <div><h3>{t.common.before}</h3><pre>{value?.set ? (type === 'MULTI_SZ' ? multiToLines(value.data ?? '') : value.data) : t.common.notSet}</pre></div>
                            <div><h3>{t.common.after}</h3><pre>{text || t.common.emptyText}</pre></div>
                        </div>
                        {(planned.warnings ?? []).map((each) => <p key={each} class="notice warn">{each}</p>)}
                        {value?.effect && <p class="muted">{t.connector.takesEffect} <b>{value.effect}</b></p>}
                        <PlanView changes={changes} of={planned} timer={timer} />
                        <p class="muted">{t.registry.backupFirst}</p>
                    </>
                )}
                commit={async (plan) => {
                    sayDone(await carryOut(changes, plan, timer, () => put<Change>('/registry', body)), done);
                    done();
                }} />
        );
    }
    return (
        <Dialog title={value?.name ?? t.registry.newValue} close={close} submit={() => ready && setChecking(true)} foot={readOnly ? undefined : <><button type="button" class="button" onClick={close}>{t.common.cancel}</button><button type="submit" class="button primary" disabled={!ready}>{t.common.review}</button></>}>
            {value?.text && <p>{value.text} <ManualLink to={`registry.html#${value.name}`} /></p>}
            {value === null && <div class="form-grid"><TextField label={t.registry.name} value={name} change={setName} autofocus /><SelectField label={t.registry.type} value={type} change={setType} options={types.map((each): [string, string] => [each, each])} /></div>}
            {type === 'MULTI_SZ' ? <AreaField label={t.registry.data} rows={6} value={text} change={setText} hint={t.directory.oneALine} />
                : value?.choices && value.choices.length > 0 ? <SelectField label={t.registry.data} value={text} change={setText} options={[...(value.choices.includes(text) ? [] : [text]), ...value.choices].map((each): [string, string] => [each, each || t.common.emptyText])} />
                : <TextField label={value?.unit ? `${t.registry.data} (${value.unit})` : t.registry.data} value={text} change={setText} problem={problem && text !== '' ? t.problems[problem](value?.min, value?.max) : null} autofocus={value !== null} />}
            {value && <Facts rows={[
                [t.registry.type, value.type],
                [t.registry.default, value.default ? <code>{value.default}</code> : null],
                [t.registry.range, value.min !== undefined && value.max !== undefined ? `${value.min} – ${value.max}` : null],
                [t.connector.takesEffect, value.effect],
                [t.registry.reader, value.reader],
                [t.registry.heritage, value.kb],
            ]} />}
        </Dialog>
    );
}

export function DeleteValue({ at, value, close, done }: { at: string; value: RegistryValue; close: () => void; done: () => void }) {
    const timer = useKeepTimer();
    const changes = registryChanges(at, value.name, null);
    return (
        <ChangeDialog<WithPlan<Change>> title={t.registry.removeOne(value.name)} verb={t.registry.remove} danger close={close}
            plan={() => planned(changes, remove('/registry', { key: at, name: value.name, dry_run: true }))}
            blocked={(plan) => isBlocked(changes, plan, timer)}
            show={(plan) => <><p>{plan.done}</p><p class="muted">{value.default ? t.registry.thenDefault(value.default) : t.registry.thenNothing}</p><PlanView changes={changes} of={plan} timer={timer} /></>}
            commit={async (plan) => {
                sayDone(await carryOut(changes, plan, timer, () => remove<Change>('/registry', { key: at, name: value.name })), done);
                done();
            }} />
    );
}
