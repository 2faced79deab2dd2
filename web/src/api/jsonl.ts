// JSON Lines: one JSON value a line. A last line without its line end counts; a torn one is an error that names the line.

export class LineError extends Error {
    constructor(readonly line: number, cause: unknown) {
        super(`line ${line}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
}

export function parseLines<T>(text: string): T[] {
    const out: T[] = [];
    let number = 0;
    for (const line of text.split('\n')) {
        number += 1;
        const trimmed = line.trim();
        if (trimmed === '') continue;
        try {
            out.push(JSON.parse(trimmed) as T);
        } catch (cause) {
            throw new LineError(number, cause);
        }
    }
    return out;
}

/** A list as the service sends it: lines today, an array from older ones. */
export function parseList<T>(text: string): T[] {
    const begin = text.trimStart();
    if (begin.startsWith('[')) return JSON.parse(begin) as T[];
    return parseLines<T>(text);
}
