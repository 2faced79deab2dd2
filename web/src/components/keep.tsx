// A change that waits to be kept: it goes back by itself unless somebody who can still reach the page says so.

import { useEffect, useState } from 'preact/hooks';
import { post } from '../api/client';
import type { Change } from '../api/types';
import { overview, readOverview } from '../state/overview';
import { may } from '../state/session';
import { attempt, sayDone } from '../state/toasts';
import * as format from '../logic/format';
import * as t from '../texts';
import { Icon } from './icons';

export function KeepBanner() {
    const pending = overview.value?.pending;
    const [now, setNow] = useState(Date.now());
    useEffect(() => {
        if (!pending) return;
        const timer = setInterval(() => setNow(Date.now()), 500);
        return () => clearInterval(timer);
    }, [pending?.generation]);
    const left = pending ? Math.max(0, (Date.parse(pending.revert_at) - now) / 1000) : 0;
    useEffect(() => {
        if (pending && left === 0) void readOverview().catch(() => {});
    }, [left === 0]);
    if (!pending) return null;
    const act = async (verb: 'keep' | 'revert'): Promise<void> => {
        const change = await attempt(() => post<Change>(`/config/${verb}`, { generation: pending.generation }));
        if (change) sayDone(change);
        await readOverview().catch(() => {});
    };
    return (
        <div class="notice warn keep" role="region" aria-label={t.keep.title}>
            <Icon name="info" />
            <div class="body">
                <div role="alert"><h2>{t.keep.title}</h2></div>
                <p>{t.keep.text(pending.generation, pending.who)} <b aria-live="off">{format.period(left)}</b></p>
                {pending.diff.length > 0 && <div class="mono">{pending.diff.map((line) => <div key={line}>{line}</div>)}</div>}
            </div>
            {may('administrator') && (
                <div class="actions">
                    <button type="button" class="button small" onClick={() => void act('revert')}>{t.keep.revert}</button>
                    <button type="button" class="button small primary" onClick={() => void act('keep')}>{t.keep.keep}</button>
                </div>
            )}
        </div>
    );
}
