// Numbers, sizes and times as people read them. Times are shown in the reader's zone, with UTC in the title.

const locale = 'en';

export function count(value: number | null | undefined): string {
    return value === null || value === undefined ? '–' : value.toLocaleString(locale);
}

export function octets(value: number | null | undefined): string {
    if (value === null || value === undefined) return '–';
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let size = value;
    let unit = 0;
    while (size >= 1024 && unit < units.length - 1) {
        size /= 1024;
        unit += 1;
    }
    return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** 95 → "1 min 35 s"; two units at most. */
export function period(seconds: number): string {
    const whole = Math.max(0, Math.round(seconds));
    const parts: [number, string][] = [
        [Math.floor(whole / 86400), 'd'],
        [Math.floor((whole % 86400) / 3600), 'h'],
        [Math.floor((whole % 3600) / 60), 'min'],
        [whole % 60, 's'],
    ];
    const first = parts.findIndex(([value]) => value > 0);
    if (first === -1) return '0 s';
    return parts.slice(first, first + 2).filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`).join(' ');
}

export function ago(time: string | null | undefined, now = Date.now()): string {
    if (!time) return '–';
    const difference = (now - Date.parse(time)) / 1000;
    if (Number.isNaN(difference)) return time;
    if (Math.abs(difference) < 1.5) return 'now';
    return difference > 0 ? `${period(coarse(difference))} ago` : `in ${period(coarse(-difference))}`;
}

/** How long it has been. */
export function since(time: string | null, now = Date.now()): string {
    if (time === null) return '–';
    const seconds = (now - Date.parse(time)) / 1000;
    return Number.isNaN(seconds) ? time : period(coarse(seconds));
}

function coarse(seconds: number): number {
    if (seconds >= 86400 * 2) return seconds - (seconds % 86400);
    if (seconds >= 3600 * 6) return seconds - (seconds % 3600);
    if (seconds >= 120) return seconds - (seconds % 60);
    return seconds;
}

const two = (value: number): string => String(value).padStart(2, '0');

export function clock(time: string | null | undefined, now = new Date()): string {
    if (!time) return '–';
    const at = new Date(time);
    if (Number.isNaN(at.getTime())) return time;
    const hours = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    return at.toDateString() === now.toDateString() ? hours : `${day(time)} ${hours}`;
}

export function day(time: string | null | undefined): string {
    if (!time) return '–';
    const at = new Date(time);
    return Number.isNaN(at.getTime()) ? time : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function utc(time: string): string {
    const at = new Date(time);
    return Number.isNaN(at.getTime()) ? time : at.toISOString();
}

export function values(given: string[] | string | number | boolean | null | undefined): string {
    if (given === null || given === undefined) return '–';
    if (Array.isArray(given)) return given.join('\n');
    return String(given);
}
