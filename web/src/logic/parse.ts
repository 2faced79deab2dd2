// What people type, made into what the service takes; and back.

/** One value a line; empty lines are none. */
export const toLines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '');

/** MULTI_SZ as the service writes it: texts separated by the two letters \0. */
export const multiToLines = (data: string): string => data.split('\\0').join('\n');
export const linesToMulti = (text: string): string => toLines(text).join('\\0');

/** 90s 30m 2h 7d 2w, as the service takes them: a number alone is none; null: no period. */
export function periodSeconds(text: string): number | null {
    const found = /^(\d+)([smhdw])$/i.exec(text.trim());
    if (found === null) return null;
    const seconds = Number(found[1]) * { s: 1, m: 60, h: 3600, d: 86400, w: 604800 }[found[2]!.toLowerCase() as 's' | 'm' | 'h' | 'd' | 'w'];
    return seconds <= 100 * 366 * 86400 ? seconds : null;
}

/** 500 20k 3m 1g as sizes of the selectors. */
export const isSize = (text: string): boolean => /^\d+[kmg]?$/i.test(text.trim());

export type Problem = 'empty' | 'number' | 'range' | 'hex' | 'choice' | null;

interface Limits { type: string; min?: number | null; max?: number | null; choices?: string[] }

/** Why a typed value cannot be: the service judges again. */
export function problemOf(text: string, limits: Limits): Problem {
    const value = text.trim();
    if (limits.type === 'DWORD' || limits.type === 'QWORD' || limits.type === 'number') {
        if (value === '') return 'empty';
        if (!/^(0x[0-9a-f]+|\d+)$/i.test(value)) return 'number';
        const number = BigInt(value);
        const most = limits.max ?? (limits.type === 'QWORD' ? null : 4294967295);
        if (limits.min !== undefined && limits.min !== null && number < BigInt(Math.ceil(limits.min))) return 'range';
        if (most !== null && number > BigInt(Math.floor(most))) return 'range';
    }
    if (limits.type === 'BINARY' || limits.type.startsWith('hex')) {
        if (!/^([0-9a-f]{2}[\s,]*)*$/i.test(value)) return 'hex';
    }
    if (limits.choices !== undefined && limits.choices.length > 0 && value !== '' && limits.type === 'SZ') {
        if (!limits.choices.includes(value)) return 'choice';
    }
    return null;
}

/** A form of text fields as a query or selector: what is empty is left out. */
export function filled(form: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(form).map(([name, value]) => [name, value.trim()]).filter(([, value]) => value !== ''));
}

/** Addresses separated by commas, semicolons, spaces or lines. */
export const addresses = (text: string): string[] => text.split(/[\s,;]+/).filter((each) => each !== '');
