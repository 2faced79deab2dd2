import { useLocation, useRoute } from 'preact-iso';
import { useState } from 'preact/hooks';
import { get } from '../api/client';
import type { CauseOrRemedy, Explained } from '../api/types';
import { Badge, Card, Command, Lead, ManualLink, toneOfEvent } from '../components/bits';
import { TextField } from '../components/fields';
import { PageHead } from '../components/page';
import { Loaded } from '../components/states';
import { useResource } from '../state/resource';
import { sees } from '../state/session';
import * as t from '../texts';

export function ExplainEvent() {
    const { params } = useRoute();
    const { route } = useLocation();
    const number = params.number ?? '';
    const [other, setOther] = useState('');
    const about = useResource<Explained>((signal) => get(`/events/explain/${encodeURIComponent(number)}`, {}, signal), [number]);
    return (
        <>
            <PageHead
                title={t.events.explainTitle(number)}
                crumb={<Lead asks="events" href="/events">{t.events.title}</Lead>}
                actions={
                    <form class="row" onSubmit={(event) => {
                        event.preventDefault();
                        if (other.trim() !== '') route(`/events/explain/${encodeURIComponent(other.trim())}`);
                    }}>
                        <TextField label={t.events.another} hideLabel placeholder={t.events.another} value={other} change={setOther} />
                        <button type="submit" class="button">{t.events.explain}</button>
                    </form>
                }
            />
            <Loaded of={about}>
                {(data) => (
                    <>
                        {data.status && (
                            <Card title={`${data.status.code} ${data.status.title}`}><div class="card-body stack tight"><p>{data.status.text}</p><small class="muted">{data.status.source}</small></div></Card>
                        )}
                        <Kinds of={data} cards />
                        {data.number !== null && <p class="row">{sees('events') && <a class="button" href={`/events?id=${data.number}`}>{t.events.showRecords}</a>}<ManualLink class="button quiet" to={`events.html#${data.number}`} /></p>}
                    </>
                )}
            </Loaded>
        </>
    );
}

const List = ({ title, rows }: { title: string; rows: CauseOrRemedy[] }) =>
    rows.length === 0 ? null : (
        <div>
            <h3>{title}</h3>
            {rows.map((row) => (
                <div class="cause" key={row.text}>
                    <p>{row.text}</p>
                    {row.command && <Command text={row.command} />}
                </div>
            ))}
        </div>
    );

export function Kinds({ of, cards = false }: { of: Explained; cards?: boolean }) {
    return (
        <>
            {of.kinds.map((kind) => {
                const body = (
                    <div class={cards ? 'card-body stack' : 'stack'}>
                        <p>{kind.meaning}</p>
                        <List title={t.events.causes} rows={kind.causes} />
                        <List title={t.events.remedies} rows={kind.remedies} />
                        {kind.kb && <small class="muted">{t.events.heritage(kind.kb)}</small>}
                    </div>
                );
                const title = <span class="row"><code>{kind.symbol}</code><Badge tone={toneOfEvent(kind.type)}>{kind.type}</Badge><span class="muted">{kind.category}</span></span>;
                return cards ? <Card key={kind.symbol} title={title}>{body}</Card> : <div key={kind.symbol} class="stack tight">{title}{body}</div>;
            })}
        </>
    );
}
