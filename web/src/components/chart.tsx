import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { shownTheme } from '../state/theme';
import * as t from '../texts';

export interface Series { text: string; colour: 1 | 2 | 3; values: number[] }

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Means of `coarse` steps each: a day of minutes would be a thicket. */
export function thinned(from: number, step: number, series: Series[], coarse: number): [number[], ...number[][]] {
    const length = Math.ceil((series[0]?.values.length ?? 0) / coarse);
    const mean = (values: number[], i: number): number => {
        const part = values.slice(i * coarse, (i + 1) * coarse);
        return Math.round(part.reduce((sum, each) => sum + each, 0) / part.length);
    };
    return [
        Array.from({ length }, (_, i) => from + i * coarse * step),
        ...series.map((each) => Array.from({ length }, (_, i) => mean(each.values, i))),
    ];
}

/** The shortest stretch that shows all there is: after a start, a day would be an empty field with a line at its edge. */
export function stretchOf(step: number, series: Series[]): number {
    const points = series[0]?.values.length ?? 0;
    const begin = Math.min(...series.map((each) => each.values.findIndex((value) => value > 0)).map((at) => (at < 0 ? points : at)));
    const hours = ((points - begin) * step) / 3600;
    return hours <= 0 || hours > 6 ? 24 : hours > 1 ? 6 : 1;
}

/** Lines over time. A stretch can be drawn with the mouse to look closer; the buttons do the same without one. */
export function TimeChart({ from, step, series, height = 220, label }: { from: number; step: number; series: Series[]; height?: number; label: string }) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const [hours, setHours] = useState(() => stretchOf(step, series));
    const dark = shownTheme.value;
    const points = series[0]?.values.length ?? 0;
    const end = from + points * step;
    const [at, setAt] = useState<number | null>(null);
    const [coarse, setCoarse] = useState(hours > 8 ? 5 : 1); // steps that one point stands for

    useEffect(() => {
        if (!box.current) return;
        const axis = { stroke: token('--muted'), grid: { stroke: token('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
        const options: uPlot.Options = {
            width: box.current.clientWidth || 600,
            height,
            legend: { show: false },
            cursor: { points: { size: 6 }, drag: { x: true, y: false }, y: false },
            scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.1)] } },
            axes: [
                { ...axis, space: 70, size: 30, values: '{HH}:{mm}' },
                { ...axis, size: 44, space: 36 },
            ],
            series: [
                {},
                ...series.map((each) => ({
                    label: each.text, stroke: token(`--series-${each.colour}`), width: 1.5, points: { show: points < 30, size: 5 }, // one minute alone makes no line
                    fill: each.colour === 1 ? `color-mix(in srgb, ${token('--series-1')} 10%, transparent)` : undefined,
                })),
            ],
            hooks: {
                setCursor: [(u) => setAt(u.cursor.idx ?? null)],
                setScale: [(u, key) => key === 'x' && setCoarse((u.scales.x?.max ?? 0) - (u.scales.x?.min ?? 0) > 8 * 3600 ? 5 : 1)],
            },
        };
        const made = new uPlot(options, thinned(from, step, series, coarse), box.current);
        plot.current = made;
        const sized = new ResizeObserver(() => box.current && made.setSize({ width: box.current.clientWidth, height }));
        sized.observe(box.current);
        return () => {
            sized.disconnect();
            made.destroy();
            plot.current = null;
        };
    }, [dark, from, points, height]);

    useEffect(() => {
        plot.current?.setData(thinned(from, step, series, coarse), false);
        plot.current?.redraw(true, true); // keeps the stretch, so it is not drawn by itself
        setAt(null);
    }, [series, coarse]);
    useEffect(() => plot.current?.setScale('x', { min: end - hours * 3600, max: end }), [hours, from, points, dark]);

    const data = thinned(from, step, series, coarse);
    const index = Math.min(at ?? data[0].length - 1, data[0].length - 1);
    const time = new Date((data[0][index] ?? 0) * 1000);
    return (
        <figure class="stack tight">
            <div class="row between">
                <figcaption class="chart-legend">
                    {series.map((each, i) => (
                        <span key={each.text}><i class={`swatch s${each.colour}`} />{each.text} <b>{data[i + 1]?.[index] ?? 0}</b></span>
                    ))}
                    <span>{Number.isNaN(time.getTime()) ? '' : time.toTimeString().slice(0, 5)}</span>
                </figcaption>
                <div class="row" role="group" aria-label={t.overview.zoom}>
                    {[1, 6, 24].map((each) => (
                        <button type="button" key={each} class="button small quiet" aria-pressed={hours === each} onClick={() => {
                            setHours(each);
                            plot.current?.setScale('x', { min: end - each * 3600, max: end });
                        }}>{t.overview.hours(each)}</button>
                    ))}
                </div>
            </div>
            <div class="chart" ref={box} role="img" aria-label={label} />
        </figure>
    );
}
