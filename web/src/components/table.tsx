import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { PagedRows, type Fetch } from '../api/paged';
import * as format from '../logic/format';
import * as t from '../texts';
import { ErrorView, Loading } from './states';

export interface Column<T> {
    title: ComponentChildren;
    cell: (row: T) => ComponentChildren;
    class?: string; // p2, p3: left out on narrow screens
    width?: number; // of a virtual table, in px; the others share the rest
}

/** What scrolls sideways must scroll without a mouse, too: it is a stop of Tab then, and only then. */
function Sideways({ label, children }: { label: string; children: ComponentChildren }) {
    const box = useRef<HTMLDivElement>(null);
    const [scrolls, setScrolls] = useState(false);
    useEffect(() => {
        const seen = box.current;
        if (!seen || typeof ResizeObserver === 'undefined') return;
        const sized = new ResizeObserver(() => setScrolls(seen.scrollWidth > seen.clientWidth));
        sized.observe(seen);
        if (seen.firstElementChild) sized.observe(seen.firstElementChild);
        return () => sized.disconnect();
    }, []);
    return <div class="table-wrap" ref={box} {...(scrolls ? { tabIndex: 0, role: 'region', 'aria-label': label } : {})}>{children}</div>;
}

export function Table<T>({ rows, columns, keyOf, caption, empty, plain }: {
    rows: T[]; columns: Column<T>[]; keyOf: (row: T, index: number) => string | number; caption: string; empty?: ComponentChildren; plain?: boolean;
}) {
    if (rows.length === 0 && empty !== undefined) return <>{empty}</>;
    return (
        <Sideways label={caption}>
            <table class={plain ? 'plain' : ''}>
                <caption class="hidden-visually">{caption}</caption>
                <thead><tr>{columns.map((column, i) => <th key={i} scope="col" class={column.class}>{column.title}</th>)}</tr></thead>
                <tbody>
                    {rows.map((row, i) => (
                        <tr key={keyOf(row, i)}>{columns.map((column, j) => <td key={j} class={column.class}>{column.cell(row)}</td>)}</tr>
                    ))}
                </tbody>
            </table>
        </Sideways>
    );
}

const rowHeight = 36;
const tallest = 12_000_000; // browsers draw nothing taller than about 17 million px

/** Where row `index` begins, and which row a scroll position shows, when there are more rows than pixels. */
export function scaleOf(rows: number): number {
    return Math.max(1, (rows * rowHeight) / tallest);
}

/** A table of any length: only the rows in sight are in the document, only pages near them in memory. */
export function VirtualTable<T>({ fetch, columns, keyOf, caption, empty, refresh = '', total }: {
    fetch: Fetch<T>; columns: Column<T>[]; keyOf: (row: T) => string; caption: string; empty: ComponentChildren; refresh?: string; total?: number | null;
}) {
    const box = useRef<HTMLDivElement>(null);
    const [, draw] = useState(0);
    const [top, setTop] = useState(0);
    const [height, setHeight] = useState(600);
    const rows = useMemo(() => new PagedRows<T>(fetch, () => draw((n) => n + 1)), [fetch]);
    useEffect(() => () => rows.stop(), [rows]);
    useLayoutEffect(() => {
        if (!box.current) return;
        setHeight(box.current.clientHeight || 600);
        setTop(box.current.scrollTop); // a new box stands at its top
    }, [rows, rows.known > 0]);

    const scale = scaleOf(rows.length);
    const first = Math.max(0, Math.floor((top * scale) / rowHeight) - 6);
    const shown = Math.ceil(height / rowHeight) + 12;
    const last = Math.min(rows.length, first + shown);
    // Another `refresh` reads what is in sight anew, where it stands: the place one has scrolled to stays.
    const read = useRef({ rows, refresh });
    useEffect(() => {
        const again = read.current.rows === rows && read.current.refresh !== refresh;
        read.current = { rows, refresh };
        const to = Math.max(last, first + 1);
        void (again ? rows.refresh(first, to).then(() => rows.need(first, to)) : rows.need(first, to));
    }, [rows, refresh, first, last, rows.failure]);

    if (rows.known === 0) {
        if (rows.failure !== null) return <div class="card-body"><ErrorView failure={rows.failure} retry={() => rows.retry()} /></div>;
        return rows.ended ? <>{empty}</> : <Loading />;
    }
    const tall = Math.min(rows.length * rowHeight, tallest);
    const above = scale === 1 ? first * rowHeight : Math.min(Math.max(0, top - 6 * rowHeight), tall - shown * rowHeight);
    const below = Math.max(0, tall - above - (last - first) * rowHeight);
    const indexes = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
    return (
        <>
            <div class="virtual" ref={box} tabIndex={0} role="region" aria-label={caption} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
                <table aria-rowcount={rows.ended ? rows.length + 1 : -1}>
                    <caption class="hidden-visually">{caption}</caption>
                    <thead>
                        <tr aria-rowindex={1}>
                            {columns.map((column, i) => <th key={i} scope="col" class={column.class} style={column.width ? { width: `${column.width}px` } : undefined}>{column.title}</th>)}
                        </tr>
                    </thead>
                    <tbody>
                        {above > 0 && <tr class="spacer" aria-hidden="true" style={{ height: `${above}px` }}><td colSpan={columns.length} /></tr>}
                        {indexes.map((index) => {
                            const row = rows.row(index);
                            return (
                                <tr key={row === undefined ? `#${index}` : keyOf(row)} aria-rowindex={index + 2}>
                                    {columns.map((column, j) => <td key={j} class={column.class}>{row === undefined ? <span class="pending" /> : column.cell(row)}</td>)}
                                </tr>
                            );
                        })}
                        {below > 0 && <tr class="spacer" aria-hidden="true" style={{ height: `${below}px` }}><td colSpan={columns.length} /></tr>}
                    </tbody>
                </table>
            </div>
            <div class="virtual-foot" role="status">
                <span>{rows.ended ? t.common.allRows(format.count(rows.length)) : t.common.rowsSoFar(format.count(rows.known), total ? format.count(total) : null)}</span>
                {rows.failure !== null && <span><button type="button" class="linklike" onClick={() => rows.retry()}>{t.common.pageFailed}</button></span>}
                {rows.loading && <span>{t.common.loading}</span>}
            </div>
        </>
    );
}

/** Short lists behind cursors: a button asks for more. */
export function MoreTable<T>({ fetch, columns, keyOf, caption, empty, refresh = '' }: {
    fetch: Fetch<T>; columns: Column<T>[]; keyOf: (row: T, index: number) => string | number; caption: string; empty: ComponentChildren; refresh?: string;
}) {
    const [, draw] = useState(0);
    const rows = useMemo(() => new PagedRows<T>(fetch, () => draw((n) => n + 1), 100, 1000), [fetch, refresh]);
    useEffect(() => {
        void rows.need(0, 1);
        return () => rows.stop();
    }, [rows]);
    if (rows.failure !== null && rows.known === 0) {
        return <div class="card-body"><ErrorView failure={rows.failure} retry={() => { rows.retry(); void rows.need(0, 1); }} /></div>;
    }
    if (rows.known === 0) return rows.ended ? <>{empty}</> : <Loading />;
    const loaded = Array.from({ length: rows.known }, (_, i) => rows.row(i)).filter((row): row is T => row !== undefined);
    return (
        <>
            <Table rows={loaded} columns={columns} keyOf={keyOf} caption={caption} />
            {rows.failure !== null && <div class="card-body"><ErrorView failure={rows.failure} retry={() => rows.retry()} /></div>}
            {!rows.ended && (
                <div class="virtual-foot">
                    <span>{t.common.rowsSoFar(format.count(loaded.length), null)}</span>
                    <button type="button" class="button small" disabled={rows.loading} onClick={() => void rows.need(rows.known - 1, rows.known)}>{t.common.more}</button>
                </div>
            )}
        </>
    );
}
