import { useRef, useState } from 'preact/hooks';
import { post, remove } from '../api/client';
import type { QueueDone } from '../api/types';
import { finished } from '../api/undo';
import { address, Badge, toneOfReason } from '../components/bits';
import { Dialog } from '../components/dialog';
import { CheckField, SelectField, TextField } from '../components/fields';
import { ErrorView } from '../components/states';
import { Table } from '../components/table';
import * as format from '../logic/format';
import { filled, periodSeconds } from '../logic/parse';
import { attempt, say } from '../state/toasts';
import * as t from '../texts';

export interface Action { verb: 'retry' | 'hold' | 'release' | 'reroute' | 'expire' | 'bounce' | 'delete' | 'undelete'; text: string; danger?: boolean }

export const actions: Action[] = [
    { verb: 'retry', text: t.queues.verbs.retry },
    { verb: 'hold', text: t.queues.verbs.hold },
    { verb: 'release', text: t.queues.verbs.release },
    { verb: 'reroute', text: t.queues.verbs.reroute },
    { verb: 'expire', text: t.queues.verbs.expire },
    { verb: 'bounce', text: t.queues.verbs.bounce, danger: true },
    { verb: 'delete', text: t.queues.verbs.delete, danger: true },
    { verb: 'undelete', text: t.queues.verbs.undelete },
];

type Words = Record<string, unknown>;

/** Say what, see what it would meet (dry run), do it, watch it go on. */
export function ActionDialog({ action, selector, close, done }: { action: Action; selector: Record<string, unknown>; close: () => void; done: () => void }) {
    const [form, setForm] = useState({ in: '', text: '', to: '', normal: false, now: false, when: 'now' });
    const [counted, setCounted] = useState<QueueDone | null>(null);
    const [failure, setFailure] = useState<unknown>(null);
    const [progress, setProgress] = useState<QueueDone | null>(null);
    const [busy, setBusy] = useState(false);
    const under = useRef(false);
    const change = (part: Partial<typeof form>): void => {
        setForm({ ...form, ...part });
        setCounted(null);
    };
    const words = (): Words => {
        if (action.verb === 'hold') return filled({ in: form.in, text: form.text });
        if (action.verb === 'reroute') return form.normal ? { normal: true } : filled({ to: form.to });
        if (action.verb === 'expire') return form.when === 'in' ? filled({ in: form.in }) : { [form.when]: true };
        if (action.verb === 'bounce') return filled({ text: form.text });
        if (action.verb === 'delete') return form.now ? { now: true } : {};
        return {};
    };
    const ask = async (dry: boolean): Promise<QueueDone> => post<QueueDone>(`/queue/${action.verb}`, { ...selector, ...words(), ...(dry ? { dry_run: true } : {}) });

    const noPeriod = periodSeconds(form.in) === null;
    const lacks = // the service would read less than is meant: "expires in nothing" is now
        (action.verb === 'reroute' && !form.normal && form.to.trim() === '') ||
        (action.verb === 'hold' && form.in.trim() !== '' && noPeriod) ||
        (action.verb === 'expire' && form.when === 'in' && noPeriod) ||
        (action.verb === 'bounce' && form.text.trim() === '');
    const badPeriod = form.in.trim() !== '' && noPeriod ? t.queues.badPeriod : null;
    const submit = async (): Promise<void> => {
        if (under.current || lacks) return;
        under.current = true;
        setBusy(true);
        setFailure(null);
        try {
            if (counted === null) {
                setCounted(await ask(true));
            } else {
                const answer = await finished(await ask(false), setProgress);
                say({ text: (answer.cancelled ? `${t.queues.stopped} ` : '') + t.queues.actionDone(action.text, answer.recipients, answer.messages) + (answer.action ? ` ${t.queues.actionNumber(answer.action)}` : ''),
                    undoBy: answer.undo_by, after: done,
                    undo: answer.undo !== undefined ? answer.undo : action.verb === 'delete' && !form.now && answer.action ? `imc queue undelete --action ${answer.action}` : null });
                done();
                return;
            }
        } catch (cause) {
            setFailure(cause);
            setProgress(null);
        }
        setBusy(false);
        under.current = false;
    };
    return (
        <Dialog
            title={action.text}
            close={close}
            submit={() => void submit()}
            wide
            foot={
                <>
                    <button type="button" class="button" onClick={close}>{t.common.cancel}</button>
                    <button type="submit" class={`button ${counted && action.danger ? 'danger' : 'primary'}`} disabled={busy || lacks || (counted !== null && counted.recipients === 0)}>
                        {busy ? t.common.working : counted === null ? t.queues.dryRun : t.queues.doIt(action.text, counted.recipients)}
                    </button>
                </>
            }
        >
            <p class="muted">{t.queues.verbHelp[action.verb]}</p>
            <SelectorText selector={selector} />
            {action.verb === 'hold' && <div class="form-grid"><TextField label={t.queues.holdFor} value={form.in} change={(value) => change({ in: value })} placeholder="2h" hint={t.queues.holdHint} problem={badPeriod} /><TextField label={t.queues.holdText} value={form.text} change={(value) => change({ text: value })} /></div>}
            {action.verb === 'reroute' && <div class="stack tight"><TextField label={t.queues.rerouteTo} value={form.to} change={(value) => change({ to: value })} placeholder="relay.contoso.example:25" disabled={form.normal} /><CheckField label={t.queues.rerouteNormal} checked={form.normal} change={(value) => change({ normal: value })} /></div>}
            {action.verb === 'expire' && <div class="form-grid"><SelectField label={t.queues.expireWhen} value={form.when} change={(value) => change({ when: value })} options={[['now', t.queues.expireNow], ['in', t.queues.expireIn], ['normal', t.queues.expireNormal]]} />{form.when === 'in' && <TextField label={t.queues.period} value={form.in} change={(value) => change({ in: value })} placeholder="12h" required problem={badPeriod} />}</div>}
            {action.verb === 'bounce' && <TextField label={t.queues.bounceText} value={form.text} change={(value) => change({ text: value })} hint={t.queues.bounceHint} required />}
            {action.verb === 'delete' && <CheckField label={t.queues.deleteNow} checked={form.now} change={(value) => change({ now: value })} hint={t.queues.deleteHint} />}
            {failure !== null && <ErrorView failure={failure} />}
            {progress && <div class="stack tight" role="status"><progress class="bar" aria-label={action.text} max={progress.of ?? 1} value={progress.done ?? 0} /><div class="row between"><span class="muted">{t.queues.progress(format.count(progress.done ?? 0), format.count(progress.of ?? 0))}</span><button type="button" class="button small" disabled={progress.cancelled} onClick={() => void attempt(() => remove(`/queue-actions/${progress.number}`))}>{t.queues.stop}</button></div></div>}
            {counted && !progress && <Counted of={counted} />}
        </Dialog>
    );
}

const SelectorText = ({ selector }: { selector: Record<string, unknown> }) => (
    <div class="row">
        <span class="muted">{t.queues.selects}</span>
        {Array.isArray(selector.ids) ? <Badge tone="info">{t.queues.ticked(selector.ids.length)}</Badge>
            : selector.all ? <Badge tone="warn">{t.queues.all}</Badge>
            : Object.entries(selector).map(([word, value]) => <Badge tone="info" key={word}>{word}: {String(value)}</Badge>)}
    </div>
);

const Counted = ({ of }: { of: QueueDone }) => (
    <div class="stack tight">
        <div class="notice" role="status"><p><b>{t.queues.meets(of.recipients, of.messages)}</b>{of.in_delivery > 0 && <> {t.queues.inDelivery(of.in_delivery)}</>}{of.held > 0 && <> {t.queues.heldAlone(of.held)}</>}</p></div>
        {of.sample && of.sample.length > 0 && (
            <Table plain caption={t.queues.sample} rows={of.sample} keyOf={(row) => `${row.id}${row.address}`} columns={[
                { title: t.queues.id, cell: (row) => <span class="mono">{row.id}</span> },
                { title: t.queues.sender, class: 'p2', cell: (row) => address(row.sender) },
                { title: t.queues.recipient, cell: (row) => row.address },
                { title: t.queues.reason, class: 'p2', cell: (row) => <Badge tone={toneOfReason(row.reason)}>{t.reasons[row.reason] ?? row.reason}</Badge> },
            ]} />
        )}
    </div>
);
