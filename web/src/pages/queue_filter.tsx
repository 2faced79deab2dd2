import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { SelectField, TextField } from '../components/fields';
import { filled, isSize, periodSeconds } from '../logic/parse';
import { viewWord, type Filter, type Word } from '../logic/selector';
import * as t from '../texts';

/** The selector as a form. It stands in the address of the page: a view can be kept, sent, and gone back to. */
export function QueueFilter({ filter }: { filter: Filter }) {
    const { route } = useLocation();
    const [form, setForm] = useState<Record<string, string>>({ ...filter });
    const [more, setMore] = useState(['route', 'reply', 'view', 'priority', 'younger', 'larger', 'smaller', 'deleted'].some((each) => each in filter));
    const set = (word: Word) => (value: string): void => setForm({ ...form, [word]: value });
    const value = (word: Word): string => form[word] ?? '';
    const period = (word: Word): string | null => (value(word) !== '' && periodSeconds(value(word)) === null ? t.queues.badPeriod : null);
    const size = (word: Word): string | null => (value(word) !== '' && !isSize(value(word)) ? t.queues.badSize : null);
    const wrong = period('older') ?? period('younger') ?? size('larger') ?? size('smaller');
    return (
        <form class="filters" onSubmit={(event) => {
            event.preventDefault();
            if (wrong === null) route(`/queues?${new URLSearchParams(filled(form)).toString()}`);
        }}>
            <TextField label={t.queues.sender} value={value('sender')} change={set('sender')} placeholder="ann@example.net" />
            <TextField label={t.queues.recipient} value={value('recipient')} change={set('recipient')} />
            <TextField label={t.queues.domain} value={value('domain')} change={set('domain')} placeholder="example.net" />
            <SelectField label={t.queues.reason} value={value('reason')} change={set('reason')} options={[['', t.common.any], ...Object.entries(t.reasons)]} />
            <TextField class="slim" label={t.queues.older} value={value('older')} change={set('older')} placeholder="2h" problem={period('older')} />
            {more && (
                <>
                    <TextField class="slim" label={t.queues.younger} value={value('younger')} change={set('younger')} placeholder="30m" problem={period('younger')} />
                    <TextField label={t.queues.route} value={value('route')} change={set('route')} placeholder="mx:example.net" />
                    <TextField label={t.queues.lastReply} value={value('reply')} change={set('reply')} placeholder="greylist" />
                    <SelectField label={t.queues.view} value={value('view')} change={set('view')} options={[['', t.common.any], ...Object.entries(t.queues.views).map(([name, text]): [string, string] => [viewWord(name), text])]} />
                    <SelectField class="slim" label={t.queues.priority} value={value('priority')} change={set('priority')} options={[['', t.common.any], ...Object.entries(t.priorities)]} />
                    <TextField class="slim" label={t.queues.larger} value={value('larger')} change={set('larger')} placeholder="20k" problem={size('larger')} />
                    <TextField class="slim" label={t.queues.smaller} value={value('smaller')} change={set('smaller')} placeholder="3m" problem={size('smaller')} />
                    <SelectField class="slim" label={t.queues.deleted} value={value('deleted')} change={set('deleted')} options={[['', t.queues.deletedHidden], ['too', t.queues.deletedToo], ['only', t.queues.deletedOnly]]} />
                </>
            )}
            <button type="submit" class="button primary">{t.common.filter}</button>
            {!more && <button type="button" class="button quiet" onClick={() => setMore(true)}>{t.queues.moreFilters}</button>}
            {Object.keys(filter).length > 0 && <button type="button" class="button quiet" onClick={() => route('/queues')}>{t.common.clear}</button>}
        </form>
    );
}
