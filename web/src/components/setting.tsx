import { useId } from 'preact/hooks';
import type { Field } from '../api/types';
import { isSwitch, isTrue, problemOfField, shownValue } from '../logic/settings';
import * as t from '../texts';
import { Badge, ManualLink } from './bits';

/** One field of a property page: what it is for, the control, and type, default, origin and when it takes effect. */
export function Setting({ field, edited, edit, readOnly }: { field: Field; edited: string | null | undefined; edit: (value: string | null | undefined) => void; readOnly: boolean }) {
    const id = useId();
    const before = shownValue(field);
    const value = edited === undefined ? before : edited === null ? (isSwitch(field) ? String(isTrue(field.default ?? '')) : field.default ?? '') : edited;
    const changed = edited !== undefined && (edited === null ? field.set : edited !== before);
    const problem = edited === undefined ? null : problemOfField(field, edited);
    const change = (text: string): void => edit(text === before ? undefined : text);
    const shared = { id, disabled: readOnly, 'aria-describedby': `${id}-help`, 'aria-invalid': problem ? ('true' as const) : undefined };
    return (
        <div class={`setting ${changed ? 'changed' : ''}`}>
            <div>
                <label class="title" for={id}>{field.label}</label>
                <div class="help" id={`${id}-help`}>{field.help}</div>
            </div>
            <div class="control">
                {isSwitch(field) ? (
                    <div class="check"><label><input type="checkbox" {...shared} checked={value === 'true'} onChange={(event) => change(event.currentTarget.checked ? 'true' : 'false')} /><span>{t.connector.on}</span></label></div>
                ) : field.type === 'choice' ? (
                    <select {...shared} value={value} onChange={(event) => change(event.currentTarget.value)}>
                        {!field.choices?.includes(value) && <option value={value}>{value === '' ? t.common.notSet : value}</option>}
                        {field.choices?.map((each) => <option key={each} value={each} selected={each === value}>{each}</option>)}
                    </select>
                ) : field.type === 'list' ? (
                    <textarea {...shared} rows={Math.min(8, Math.max(2, value.split('\n').length + 1))} spellcheck={false} value={value} placeholder={t.connector.oneALine} onInput={(event) => change(event.currentTarget.value)} />
                ) : (
                    <div class={`with-unit ${field.type === 'number' ? 'number' : ''}`}>
                        <input {...shared} value={value} spellcheck={false} autocomplete="off" inputMode={field.type === 'number' ? 'numeric' : undefined} placeholder={field.default || undefined} onInput={(event) => change(event.currentTarget.value)} />
                        {field.type === 'number' && field.unit && <span class="muted">{field.unit}</span>}
                    </div>
                )}
                {problem && <span class="problem">{t.problems[problem](field.min, field.max)}</span>}
                <div class="row">
                    {changed && <button type="button" class="linklike" onClick={() => edit(undefined)}><small>{t.connector.takeBack}</small></button>}
                    {field.set && !readOnly && edited !== null && <button type="button" class="linklike" onClick={() => edit(null)}><small>{t.connector.toDefault}</small></button>}
                    {edited === null && <Badge tone="info">{t.connector.willBeDefault}</Badge>}
                    {field.waits && <Badge tone="warn">{t.connector.waitsBadge}</Badge>}
                </div>
            </div>
            <div class="meta">
                <span><b>{t.connector.types[isSwitch(field) ? 'boolean' : field.type]}</b>{field.unit && field.type !== 'number' ? `, ${field.unit}` : ''}{rangeOf(field)}</span>
                <span>{t.connector.defaultIs} {field.default ? <code>{field.default.split('\n')[0]}</code> : t.common.none}</span>
                <span>{t.connector.comesFrom} {field.where ? <span title={field.where.where}><b>{t.connector.layers[field.where.layer] ?? field.where.layer}</b></span> : t.connector.layers.default}</span>
                {field.shadowed.length > 0 && <details><summary>{t.connector.shadowed(field.shadowed.length)}</summary>{field.shadowed.map((each, i) => <div key={i}>{t.connector.layers[each.layer] ?? each.layer}: <code>{each.value.join(', ')}</code> {each.flaw && <Badge tone="warn">{each.flaw}</Badge>}</div>)}</details>}
                {field.effect && <span>{t.connector.takesEffect} <b>{field.effect}</b></span>}
                {field.attribute && <span class="mono"><ManualLink to={`property-${field.tab}.html#${field.name}`} text={field.attribute} /></span>}
            </div>
        </div>
    );
}

const rangeOf = (field: Field): string => {
    if (field.range) return `, ${field.range}`;
    const { min, max } = field;
    if (min !== null && min !== undefined && max !== null && max !== undefined) return `, ${min} – ${max}`;
    return '';
};
