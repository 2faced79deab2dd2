// A list of any length behind cursors. Rows are kept by page; pages far from where one looks are dropped and, since
// their cursors are kept, asked for again.

import type { Page } from './client';

export type Fetch<T> = (after: string | null, limit: number, signal: AbortSignal) => Promise<Page<T>>;

export class PagedRows<T> {
    private pages = new Map<number, T[]>();
    private cursors: (string | null)[] = [null]; // cursors[i] begins page i
    private lastPage: number | null = null;
    private lastLength = 0;
    private running = new Map<number, AbortController>();
    failure: unknown = null;

    constructor(
        private readonly fetch: Fetch<T>,
        private readonly changed: () => void,
        readonly pageSize = 200,
        private readonly keep = 40,
    ) {}

    /** Rows that are known to exist; one page more while there is more to come. */
    get length(): number {
        if (this.lastPage !== null) return this.lastPage * this.pageSize + this.lastLength;
        return this.known;
    }

    get known(): number {
        if (this.lastPage !== null) return this.lastPage * this.pageSize + this.lastLength;
        return (this.cursors.length - 1) * this.pageSize;
    }

    get ended(): boolean {
        return this.lastPage !== null;
    }

    get loading(): boolean {
        return this.running.size > 0;
    }

    get keptPages(): number {
        return this.pages.size;
    }

    row(index: number): T | undefined {
        return this.pages.get(Math.floor(index / this.pageSize))?.[index % this.pageSize];
    }

    /** Ask for what rows [from, to) need, and for the next page when they come near the end. */
    async need(from: number, to: number): Promise<void> {
        const first = Math.max(0, Math.floor(from / this.pageSize));
        const last = Math.floor(Math.max(from, to - 1) / this.pageSize);
        const wanted: Promise<void>[] = [];
        for (let page = first; page <= last; page += 1) {
            if (page < this.cursors.length && !this.pages.has(page)) wanted.push(this.load(page));
        }
        const next = this.cursors.length - 1;
        if (this.lastPage === null && to + this.pageSize / 2 >= this.known && !this.pages.has(next)) wanted.push(this.load(next));
        this.forget(first, last);
        await Promise.all(wanted);
    }

    private async load(page: number): Promise<void> {
        if (this.running.has(page) || this.failure !== null) return;
        const control = new AbortController();
        this.running.set(page, control);
        try {
            const answer = await this.fetch(this.cursors[page] ?? null, this.pageSize, control.signal);
            if (!control.signal.aborted) this.take(page, answer);
        } catch (cause) {
            if (!control.signal.aborted) this.failure = cause;
        } finally {
            if (this.running.get(page) === control) this.running.delete(page);
            if (!control.signal.aborted) this.changed();
        }
    }

    /** A page as it is now. Where the next one begins elsewhere than before, the old one is not shown under this. */
    private take(page: number, answer: Page<T>): void {
        this.pages.set(page, answer.rows);
        if (answer.next === null) {
            this.lastPage = page;
            this.lastLength = answer.rows.length;
            this.cursors.length = page + 1;
            for (const each of [...this.pages.keys()]) if (each > page) this.pages.delete(each);
            return;
        }
        if (this.lastPage !== null && this.lastPage <= page) this.lastPage = null;
        if (this.cursors[page + 1] !== answer.next) this.pages.delete(page + 1);
        this.cursors[page + 1] = answer.next;
    }

    /**
     * Rows [from, to) as they are now, read where they begin: not all that stands before them. What was shown stays until all of
     * the new is there; other pages are asked for when they come in sight.
     */
    async refresh(from: number, to: number): Promise<void> {
        this.stop();
        this.running.clear();
        this.failure = null;
        const first = Math.max(0, Math.min(Math.floor(from / this.pageSize), this.cursors.length - 1));
        const last = Math.max(first, Math.floor(Math.max(from, to - 1) / this.pageSize));
        const control = new AbortController();
        this.running.set(first, control);
        try {
            const found: Page<T>[] = [];
            let cursor: string | null = this.cursors[first] ?? null;
            for (let page = first; page <= last; page += 1) {
                const answer = await this.fetch(cursor, this.pageSize, control.signal);
                if (control.signal.aborted) return;
                if (answer.rows.length === 0 && page > 0 && page === first) return await this.refresh(0, Math.max(1, to - from)); // there is no such place any more
                found.push(answer);
                cursor = answer.next;
                if (cursor === null) break;
            }
            this.pages.clear();
            this.lastPage = null; // the end is certain only where it was read
            found.forEach((answer, i) => this.take(first + i, answer));
        } catch (cause) {
            if (!control.signal.aborted) this.failure = cause;
        } finally {
            if (this.running.get(first) === control) this.running.delete(first);
            if (!control.signal.aborted) this.changed();
        }
    }

    private forget(first: number, last: number): void {
        if (this.pages.size <= this.keep) return;
        const middle = (first + last) / 2;
        const far = [...this.pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
        for (const page of far.slice(0, this.pages.size - this.keep)) this.pages.delete(page);
    }

    retry(): void {
        this.failure = null;
        this.changed();
    }

    stop(): void {
        this.running.forEach((control) => control.abort());
    }
}

/** Cursor of the queue, whose older services send no imc-next: the id of the last row of a full page. */
export function nextOf<T>(page: Page<T>, limit: number, idOf: (row: T) => string): string | null {
    if (page.next !== null) return page.next;
    const last = page.rows[page.rows.length - 1];
    return page.rows.length >= limit && last !== undefined ? idOf(last) : null;
}
