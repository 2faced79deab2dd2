import { signal } from '@preact/signals';
import { useRoute } from 'preact-iso';
import { useState } from 'preact/hooks';
import { get } from '../api/client';
import type { Config, Field } from '../api/types';
import { Badge, Card } from '../components/bits';
import { TextField } from '../components/fields';
import { Icon } from '../components/icons';
import { PageHead, Tabs } from '../components/page';
import { Setting } from '../components/setting';
import { Empty, Loaded } from '../components/states';
import { overview } from '../state/overview';
import { may, whenOver } from '../state/session';
import { useResource } from '../state/resource';
import { changesOf, type Edits } from '../logic/settings';
import * as t from '../texts';
import { ApplyDialog } from './connector_apply';
import { DiagnosticsCard } from './diagnostics';

const tabs = ['general', 'connections', 'internet-mail', 'address-space', 'routing', 'security', 'delivery-restrictions', 'queues', 'diagnostics', 'schedule'] as const;

/** What was typed and not applied stays while one goes from page to page. */
const edits = signal<Edits>({});
whenOver(() => (edits.value = {}), 'left');

export function Connector() {
    const { params } = useRoute();
    const tab = tabs.find((each) => each === params.tab) ?? 'general';
    // The service takes a change a moment after it was stored, and takes it back by itself when it is not kept: then the number differs.
    const config = useResource<Config>((signal_) => get('/config', {}, signal_), [overview.value?.generation]);
    const [applying, setApplying] = useState(false);
    const [only, setOnly] = useState('');
    const edit = (key: string, value: string | null | undefined): void => {
        const now = { ...edits.value };
        if (value === undefined) delete now[key];
        else now[key] = value;
        edits.value = now;
    };
    return (
        <>
            {config.data === undefined && <PageHead title={t.connector.title} />}
            <Loaded of={config}>
                {(data) => {
                    const changes = changesOf(data.fields, edits.value);
                    const changed = Object.keys(changes);
                    const words = only.trim().toLowerCase();
                    const matches = (field: Field): boolean => `${field.label} ${field.name} ${field.help ?? ''}`.toLowerCase().includes(words);
                    const shown = data.fields.filter((field) => (words === '' ? field.tab === tab : matches(field)));
                    const sections = [...new Set(shown.map((field) => field.section))];
                    return (
                        <>
                            <PageHead
                                title={t.connector.title}
                                note={data.generation ? t.connector.note(data.generation, data.author) : undefined}
                                actions={<><TextField label={t.connector.find} hideLabel placeholder={t.connector.find} type="search" value={only} change={setOnly} />{data.connector && <a class="button" href={`/organization?dn=${encodeURIComponent(data.connector)}`}>{t.connector.object}</a>}<a class="button" href="/connector/history">{t.connector.history}</a></>}
                            />
                            {data.waits_for_restart.length > 0 && <div class="notice warn"><Icon name="info" /><div class="body"><p>{t.connector.waits(data.waits_for_restart.join(', '))}</p></div></div>}
                            {data.differs > 0 && <div class="notice warn"><Icon name="info" /><div class="body"><p>{t.connector.differs(data.differs)}</p></div></div>}
                            <Tabs label={t.connector.pages} current={words === '' ? tab : ''} tabs={tabs.map((each) => ({ id: each, text: t.connector.tabs[each], href: `/connector/${each}`, mark: data.fields.some((field) => field.tab === each && changed.includes(field.key)) }))} />
                            <p class="muted">{words === '' ? t.connector.tabNotes[tab] : t.connector.found(shown.length)}</p>
                            {tab === 'diagnostics' && words === '' && <DiagnosticsCard />}
                            {shown.length === 0 && <Card><Empty title={t.connector.nothing} text={t.connector.nothingText} /></Card>}
                            {sections.map((section) => (
                                <Card key={section} title={<span class="row">{t.connector.sections[section] ?? section}<Badge>{shown.filter((field) => field.section === section).length}</Badge></span>}>
                                    {shown.filter((field) => field.section === section).map((field) => (
                                        <Setting key={field.key} field={field} edited={edits.value[field.key]} edit={(value) => edit(field.key, value)} readOnly={!may('administrator')} />
                                    ))}
                                </Card>
                            ))}
                            {changed.length > 0 && (
                                <div class="apply-bar" role="region" aria-label={t.connector.apply}>
                                    <span>{t.connector.changed(changed.length)} <span class="muted">{changed.map((key) => data.fields.find((field) => field.key === key)?.label ?? key).join(', ')}</span></span>
                                    <div class="row">
                                        <button type="button" class="button" onClick={() => (edits.value = {})}>{t.connector.discard}</button>
                                        <button type="button" class="button primary" onClick={() => setApplying(true)}>{t.connector.review}</button>
                                    </div>
                                </div>
                            )}
                            {applying && <ApplyDialog changes={changes} close={() => setApplying(false)} done={() => { setApplying(false); edits.value = {}; config.reload(); }} />}
                        </>
                    );
                }}
            </Loaded>
        </>
    );
}
