import { describe, expect, it } from 'vitest';
import type { Page } from '../src/api/client';
import { nextOf, PagedRows } from '../src/api/paged';
import { scaleOf } from '../src/components/table';

function listOf(total: number, asked: (string | null)[] = []) {
    return async (after: string | null, limit: number): Promise<Page<number>> => {
        asked.push(after);
        const from = after === null ? 0 : Number(after);
        const rows = Array.from({ length: Math.max(0, Math.min(limit, total - from)) }, (_, i) => from + i);
        return { rows, next: from + limit < total ? String(from + limit) : null };
    };
}

describe('rows behind cursors', () => {
    it('follow the cursor of the page before', async () => {
        const asked: (string | null)[] = [];
        const rows = new PagedRows<number>(listOf(25, asked), () => {}, 10);
        await rows.need(0, 10);
        expect(asked).toEqual([null]);
        await rows.need(8, 10);
        await rows.need(18, 20);
        expect(asked).toEqual([null, '10', '20']);
        expect([rows.row(0), rows.row(24), rows.row(25)]).toEqual([0, 24, undefined]);
        expect(rows.ended).toBe(true);
        expect(rows.length).toBe(25);
    });
    it('are known to end when there are none', async () => {
        const rows = new PagedRows<number>(listOf(0), () => {}, 10);
        await rows.need(0, 1);
        expect([rows.ended, rows.length]).toEqual([true, 0]);
    });
    it('far from where one looks are forgotten and come again by their cursor', async () => {
        const asked: (string | null)[] = [];
        const rows = new PagedRows<number>(listOf(1000, asked), () => {}, 10, 4);
        for (let at = 0; at < 200; at += 10) await rows.need(at, at + 10);
        expect(rows.keptPages).toBeLessThanOrEqual(6);
        expect(rows.row(0)).toBeUndefined();
        asked.length = 0;
        await rows.need(0, 10);
        expect(asked).toContain(null);
        expect(rows.row(3)).toBe(3);
    });
    it('keep what they have when a page fails, and try again when asked to', async () => {
        let broken = true;
        const good = listOf(30);
        const rows = new PagedRows<number>((after, limit) => (broken && after !== null ? Promise.reject(new Error('no')) : good(after, limit)), () => {}, 10);
        await rows.need(0, 10);
        await rows.need(8, 10);
        expect(rows.failure).toBeInstanceOf(Error);
        expect(rows.row(9)).toBe(9);
        broken = false;
        rows.retry();
        await rows.need(8, 10);
        expect(rows.row(15)).toBe(15);
    });
    it('do not ask twice for a page that is under way', async () => {
        const asked: (string | null)[] = [];
        const rows = new PagedRows<number>(listOf(100, asked), () => {}, 10);
        await Promise.all([rows.need(0, 10), rows.need(0, 10)]);
        expect(asked.filter((each) => each === null)).toHaveLength(1);
    });
    it('of a queue that sends no cursor go on after the last id of a full page', () => {
        expect(nextOf({ rows: ['a', 'b'], next: null }, 2, (row) => row)).toBe('b');
        expect(nextOf({ rows: ['a'], next: null }, 2, (row) => row)).toBeNull();
        expect(nextOf({ rows: ['a'], next: 'c' }, 2, (row) => row)).toBe('c');
    });
    it('more than a browser can draw are scaled', () => {
        expect(scaleOf(1000)).toBe(1);
        expect(scaleOf(1_000_000)).toBeCloseTo(3);
    });
});

describe('rows that are read anew', () => {
    // cursors are the row before, as those of the queue
    const listed = (rows: { now: number[] }) => async (after: string | null, limit: number): Promise<Page<number>> => {
        const left = rows.now.filter((row) => after === null || row > Number(after));
        return { rows: left.slice(0, limit), next: left.length > limit ? String(left[limit - 1]) : null };
    };
    const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
    it('are each there once, though rows went meanwhile', async () => {
        const all = { now: upTo(50) };
        const rows = new PagedRows<number>(listed(all), () => {}, 10);
        for (let at = 0; at < 50; at += 10) await rows.need(at, at + 10);
        all.now = all.now.filter((row) => row % 2 === 1);
        await rows.refresh(10, 30);
        for (let at = 0; at < rows.length; at += 10) await rows.need(at, at + 10);
        for (let at = 0; at < rows.length; at += 10) await rows.need(at, at + 10);
        const shown = Array.from({ length: rows.length }, (_, i) => rows.row(i)).filter((row) => row !== undefined);
        expect(new Set(shown).size).toBe(shown.length);
        expect(rows.ended).toBe(true);
    });
    it('end where they end now', async () => {
        const all = { now: upTo(25) };
        const rows = new PagedRows<number>(listed(all), () => {}, 10);
        for (const at of [0, 8, 18]) await rows.need(at, at + 2);
        expect(rows.length).toBe(25);
        all.now = upTo(7);
        await rows.refresh(0, 7);
        expect([rows.ended, rows.length]).toEqual([true, 7]);
        all.now = upTo(42);
        await rows.refresh(0, 7);
        expect(rows.ended).toBe(false);
        await rows.need(0, 10);
        expect(rows.known).toBeGreaterThan(10);
    });
    it('stay as they were when they cannot be read', async () => {
        let fails = false;
        const rows = new PagedRows<number>(async (after, limit) => {
            if (fails) throw new Error('no answer');
            return listOf(25)(after, limit);
        }, () => {}, 10);
        await rows.need(0, 10);
        fails = true;
        await rows.refresh(0, 10);
        expect(rows.row(3)).toBe(3);
        expect(rows.failure).toBeInstanceOf(Error);
    });
});
