// What quarantine and badmail have in common: a message that is looked at, released or removed.

import type { ComponentChildren } from 'preact';
import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { post, remove } from '../api/client';
import type { Change, Header } from '../api/types';
import { Card } from '../components/bits';
import { Dialog } from '../components/dialog';
import { PageHead } from '../components/page';
import { ErrorView } from '../components/states';
import { may } from '../state/session';
import { say, sayDone } from '../state/toasts';
import * as t from '../texts';
import { HeaderTable } from './message';

export function SetAsideItem({ kind, id, facts, headers, text, cut }: {
    kind: 'quarantine' | 'badmail'; id: string; facts: ComponentChildren; headers?: Header[]; text?: string; cut?: boolean;
}) {
    const { route } = useLocation();
    const [asking, setAsking] = useState<'release' | 'delete' | null>(null);
    const [failure, setFailure] = useState<unknown>(null);
    const words = t[kind];
    const go = async (): Promise<void> => {
        try {
            if (asking === 'release') {
                const done = await post<{ message: string | number }>(`/${kind}/${encodeURIComponent(id)}/release`);
                say({ text: t.setAside.released(String(done.message)) });
            } else sayDone(await remove<Change>(`/${kind}/${encodeURIComponent(id)}`));
            route(`/${kind}`);
        } catch (cause) {
            setFailure(cause);
        }
    };
    return (
        <>
            <PageHead title={id} crumb={<a href={`/${kind}`}>{words.title}</a>} actions={may('operator') && (
                <>
                    <button type="button" class="button primary" onClick={() => setAsking('release')}>{t.setAside.release}</button>
                    <button type="button" class="button danger" onClick={() => setAsking('delete')}>{t.setAside.remove}</button>
                </>
            )} />
            <Card><div class="card-body">{facts}</div></Card>
            {headers && <Card title={t.message.headers}><HeaderTable headers={headers} /></Card>}
            {text !== undefined && text !== '' && <Card title={t.message.raw} note={cut ? t.setAside.cut : undefined}><div class="card-body"><pre class="code">{text}</pre></div></Card>}
            {asking && (
                <Dialog
                    title={asking === 'release' ? t.setAside.releaseTitle : t.setAside.removeTitle}
                    close={() => setAsking(null)}
                    submit={() => void go()}
                    foot={
                        <>
                            <button type="button" class="button" onClick={() => setAsking(null)}>{t.common.cancel}</button>
                            <button type="submit" class={`button ${asking === 'delete' ? 'danger' : 'primary'}`}>{asking === 'release' ? t.setAside.release : t.setAside.remove}</button>
                        </>
                    }
                >
                    <p>{asking === 'release' ? words.releaseText : words.removeText}</p>
                    {failure !== null && <ErrorView failure={failure} />}
                </Dialog>
            )}
        </>
    );
}
