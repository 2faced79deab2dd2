import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Role } from '../api/types';
import * as format from '../logic/format';
import { may, sees } from '../state/session';
import * as t from '../texts';
import { Icon } from './icons';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | '';

export const Badge = ({ tone = '', children }: { tone?: Tone; children: ComponentChildren }) => <span class={`badge ${tone}`}>{children}</span>;

export const Ago = ({ time }: { time: string | null | undefined }) =>
    time ? <time dateTime={time} title={`${format.clock(time)} · ${format.utc(time)}`} class="nowrap">{format.ago(time)}</time> : <span class="muted">–</span>;

export const Clock = ({ time }: { time: string | null | undefined }) =>
    time ? <time dateTime={time} title={format.utc(time)} class="nowrap">{format.clock(time)}</time> : <span class="muted">–</span>;

/** A page of the manual, which is served beside these and keeps its own window. */
export const ManualLink = ({ to, text = t.help.inManual, class: names }: { to: string; text?: string; class?: string }) => <a class={names} href={`/help/${to}`} target="_blank" rel="noopener">{text}</a>;

export const EventLink = ({ id }: { id: number | null | undefined }) => (id ? <a class="nowrap" href={`/events/explain/${id}`}>{t.common.event(id)}</a> : null);

/** A link to a page, for who may see what it is made of; else its text alone. */
export const Lead = ({ href, asks, needs = 'view', class: names, as: Plain = 'span', children }: { href: string; asks: string; needs?: Role; class?: string; as?: 'span' | 'div'; children: ComponentChildren }) =>
    sees(asks) && may(needs) ? <a class={names} href={href}>{children}</a> : <Plain class={names}>{children}</Plain>;

export async function copy(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        return false; // not a secure context: the text can be selected
    }
}

export function Command({ text }: { text: string }) {
    const [copied, setCopied] = useState(false);
    const press = async (): Promise<void> => {
        if (!(await copy(text))) return;
        setCopied(true);
        setTimeout(() => setCopied(false), 2000);
    };
    return (
        <div class="command">
            <code>{text}</code>
            <button type="button" class="button small quiet" onClick={press} aria-label={t.common.copyCommand}>
                {copied ? <Icon name="verdict" /> : <Icon name="copy" />}
                <span class="hidden-visually" role="status">{copied ? t.common.copied : ''}</span>
            </button>
        </div>
    );
}

export const Facts = ({ rows }: { rows: [string, ComponentChildren][] }) => (
    <dl class="facts">
        {rows.filter(([, value]) => value !== null && value !== undefined && value !== '').map(([name, value]) => (
            <>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </>
        ))}
    </dl>
);

export const Card = ({ title, note, actions, children, class: more = '', id }: {
    title?: ComponentChildren; note?: ComponentChildren; actions?: ComponentChildren; children?: ComponentChildren; class?: string; id?: string;
}) => (
    <section class={`card ${more}`} id={id}>
        {(title || actions) && (
            <div class="card-head">
                <div>
                    {title && <h2>{title}</h2>}
                    {note && <p>{note}</p>}
                </div>
                {actions && <div class="row">{actions}</div>}
            </div>
        )}
        {children}
    </section>
);

export const toneOfEvent = (type: string): Tone =>
    (({ Error: 'bad', Warning: 'warn', 'Failure Audit': 'warn', 'Success Audit': 'ok', Information: 'info' }) as Record<string, Tone>)[type] ?? '';

export const toneOfVerdict = (verdict: string): Tone =>
    (({ accepted: 'ok', refused: 'bad', deferred: 'warn', passed: 'ok', failed: 'bad', warning: 'warn', info: 'info' }) as Record<string, Tone>)[verdict] ?? '';

export const toneOfReason = (reason: string): Tone => {
    if (reason === 'in_delivery' || reason === 'connecting') return 'ok';
    if (['due_later', 'waiting_for_etrn', 'outside_window', 'connection_limit', 'rate_limit', 'paused'].includes(reason)) return '';
    if (['site_down', 'tls_unmet', 'directory_cannot_say', 'held', 'expansion_limit'].includes(reason)) return 'warn';
    if (['no_route', 'spool_unhealthy', 'disk_low'].includes(reason)) return 'bad';
    return '';
};

export const address = (sender: string): string => (sender === '' ? '<>' : sender);
