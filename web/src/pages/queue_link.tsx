import { useState } from 'preact/hooks';
import { post } from '../api/client';
import type { Link } from '../api/types';
import { Ago, Badge } from '../components/bits';
import { may } from '../state/session';
import { attempt } from '../state/toasts';
import * as format from '../logic/format';
import * as t from '../texts';

/** The link to other hosts, where a schedule says when it is open. */
export function LinkCard({ link, again }: { link: Link; again: () => void }) {
    const [busy, setBusy] = useState(false);
    const act = async (verb: 'open' | 'close'): Promise<void> => {
        setBusy(true);
        await attempt(() => post(`/link/${verb}`, {}));
        setBusy(false);
        again();
    };
    return (
        <section class="card card-head">
            <div class="row grow">
                <h2>{t.link.title}</h2>
                <Badge tone={link.state === 'open' ? 'ok' : ''}>{t.link.states[link.state]}</Badge>
                <span class="muted">{link.failure || link.why}{link.state === 'closed' && link.opens_at && <> · {t.link.opens} <Ago time={link.opens_at} /></>} · {t.link.waiting(format.count(link.waiting))}</span>
            </div>
            {may('operator') && (
                <button type="button" class="button small" disabled={busy} onClick={() => void act(link.state === 'open' ? 'close' : 'open')}>
                    {link.state === 'open' ? t.link.close : t.link.open}
                </button>
            )}
        </section>
    );
}
