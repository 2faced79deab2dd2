import type { Field } from '../api/types';
import { problemOf, toLines, type Problem } from './parse';

/** What stands in a control, by the field's key. `null`: give it back its default. */
export type Edits = Record<string, string | null>;
export type Value = string | number | boolean | string[] | null;

export const isTrue = (value: Field['value'] | string): boolean => value === true || /^(true|1|yes|on)$/i.test(String(value ?? ''));

/** A number that can be 0 or 1 is a switch, too. */
export const isSwitch = (field: Field): boolean => field.type === 'boolean' || (field.type === 'number' && field.min === 0 && field.max === 1);

/** The value as its control shows it. */
export function shownValue(field: Field): string {
    if (field.value === null || field.value === undefined) {
        if (isSwitch(field)) return String(isTrue(field.default ?? ''));
        return field.type === 'choice' ? (field.default ?? '') : '';
    }
    if (isSwitch(field)) return isTrue(field.value) ? 'true' : 'false';
    return Array.isArray(field.value) ? field.value.join('\n') : String(field.value);
}

export function typedValue(field: Field, text: string | null): Value {
    if (text === null) return null;
    if (field.type === 'list') return toLines(text);
    if (field.type === 'boolean') return text === 'true';
    if (isSwitch(field)) return text === 'true' ? 1 : 0;
    if (field.type === 'number' && /^\d+$/.test(text.trim())) return Number(text.trim());
    const value = text.trim();
    return value === '' ? null : value;
}

/** Only what differs from what is in force. */
export function changesOf(fields: Field[], edits: Edits): Record<string, Value> {
    const out: Record<string, Value> = {};
    for (const field of fields) {
        if (!(field.key in edits)) continue;
        const text = edits[field.key] ?? null;
        if (text === null ? field.set : text !== shownValue(field)) out[field.key] = typedValue(field, text);
    }
    return out;
}

export function problemOfField(field: Field, text: string | null): Problem {
    if (text === null || isSwitch(field) || field.type === 'choice' || field.type === 'list') return null;
    if (field.type === 'number' && text.trim() === '') return null;
    return problemOf(text, { type: field.type, min: field.min, max: field.max });
}
