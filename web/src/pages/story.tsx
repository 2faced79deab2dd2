import { useRoute } from 'preact-iso';
import { get } from '../api/client';
import type { Story } from '../api/types';
import { address, Card, Clock, Facts } from '../components/bits';
import { DecidedView } from '../components/decided';
import { PageHead } from '../components/page';
import { Loaded } from '../components/states';
import * as format from '../logic/format';
import { toneOfRecord } from '../logic/tracking';
import { useResource } from '../state/resource';
import { sees } from '../state/session';
import * as t from '../texts';

export function StoryPage() {
    const { params } = useRoute();
    const id = params.id ?? '';
    const story = useResource<Story>((signal) => get(`/track/${encodeURIComponent(id)}`, {}, signal), [id]);
    return (
        <>
            <PageHead title={t.tracking.storyTitle(id)} crumb={<a href="/tracking">{t.tracking.title}</a>}
                actions={story.data?.in_queue && sees('queue') ? <a class="button" href={`/queues/message/${encodeURIComponent(id)}`}>{t.tracking.stillQueued}</a> : undefined} />
            <Loaded of={story}>
                {(data) => (
                    <>
                        <Card><div class="card-body"><Facts rows={[
                            [t.tracking.fields.sender, address(data.sender)],
                            [t.queues.recipients, data.recipients.map((each) => <div key={each}>{each}</div>)],
                            [t.tracking.fields.message, <span class="mono">{data.message_id}</span>],
                            [t.queues.size, format.octets(data.octets)],
                        ]} /></div></Card>
                        <Card title={t.tracking.story}><div class="card-body"><StoryView of={data} /></div></Card>
                        {data.decided.length > 0 && (
                            <Card title={t.tracking.decided} note={t.tracking.decidedNote}>
                                <div class="card-body stack">{data.decided.map((each, i) => <div key={i}><h3>{each.recipient}</h3><DecidedView of={each} /></div>)}</div>
                            </Card>
                        )}
                    </>
                )}
            </Loaded>
        </>
    );
}

/** From the connection to the last result, with the evidence of each decision. */
export const StoryView = ({ of }: { of: Story }) => (
    <ol class="story">
        {of.story.map((record, i) => (
            <li key={i}>
                <Clock time={record.time} />
                <i class={`dot ${toneOfRecord(record) === 'info' ? '' : toneOfRecord(record)}`} />
                <div>
                    <span class="what">{t.tracking.what[record.event] ?? record.what}</span> <a class="muted" href={`/events/explain/${record.event}`}><small>{record.event}</small></a>
                    {record.recipient && <div>{record.recipient}</div>}
                    <div class="detail">{[record.partner, record.route, record.status, record.text, record.tls, record.account && t.tracking.as(record.account)].filter(Boolean).join(' · ')}</div>
                    {record.decided && <DecidedView of={record.decided} />}
                </div>
            </li>
        ))}
    </ol>
);
