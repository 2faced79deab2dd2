import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type uPlot from 'uplot';
import { TimeChart, type Series } from '../src/components/chart';

const made = vi.hoisted(() => [] as unknown[]);
vi.mock('uplot', async (load) => {
    const Real = ((await load()) as { default: new (...given: unknown[]) => object }).default;
    function Kept(...given: unknown[]): object {
        const one = new Real(...given);
        made.push(one);
        return one;
    }
    return { default: Object.assign(Kept, Real) };
});

const series = (value: number): Series[] => [{ text: 'in', colour: 1, values: Array<number>(1440).fill(value) }];
const from = 1_800_000_000;
const end = from + 1440 * 60;
let box: HTMLElement;
const settle = (): Promise<void> => act(async () => { for (let i = 0; i < 5; i += 1) await new Promise((done) => setTimeout(done)); });
const draw = (value: number): Promise<void> => act(() => render(<TimeChart from={from} step={60} series={series(value)} label="Mail" />, box));
const plot = (): uPlot => made.at(-1) as uPlot;
const shown = (): (number | undefined)[] => [plot().scales.x!.min, plot().scales.x!.max];

beforeEach(async () => {
    // there is nothing to draw on
    const nothing: object = new Proxy(() => nothing, { get: (_, name) => (name === 'width' ? 8 : nothing), set: () => true });
    vi.stubGlobal('Path2D', class { moveTo() {} lineTo() {} arc() {} rect() {} addPath() {} });
    vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(nothing as never);
    box = document.createElement('div');
    document.body.append(box);
    await draw(7);
    await settle();
});
afterEach(() => {
    render(null, box);
    box.remove();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
});

describe('a chart', () => {
    it('shows the stretch of its button, in finer steps where it is short', async () => {
        expect(shown()).toEqual([end - 24 * 3600, end]);
        for (const [text, hours] of [['1 h', 1], ['24 h', 24], ['6 h', 6]] as const) {
            await act(() => [...box.querySelectorAll('button')].find((each) => each.textContent === text)!.click());
            await settle();
            expect(shown()).toEqual([end - hours * 3600, end]);
            expect(box.querySelector('button[aria-pressed=true]')?.textContent).toBe(text);
            expect(plot().data[0]).toHaveLength(hours > 8 ? 288 : 1440); // five minutes a point, or one
        }
    });
    it('keeps the stretch that was drawn with the mouse when new figures come', async () => {
        const before = plot();
        await act(() => plot().setScale('x', { min: end - 1800, max: end - 600 })); // as uPlot does after a drag
        await settle();
        await draw(9);
        await settle();
        expect(plot()).toBe(before);
        expect(shown()).toEqual([end - 1800, end - 600]);
        expect(Math.max(...(plot().data[1] as number[]))).toBe(9);
    });
    it('lets a stretch be drawn from left to right, and not a height', () => {
        expect(plot().cursor.drag).toMatchObject({ x: true, y: false, setScale: true });
    });
});
