import { dismiss, toasts, undo } from '../state/toasts';
import * as t from '../texts';
import { Command } from './bits';
import { Icon } from './icons';

export const Toasts = () => (
    <div class="toasts" role="status" aria-live="polite">
        {toasts.value.map((toast) => (
            <div class={`toast ${toast.bad ? 'bad' : ''}`} key={toast.key}>
                <div class="row between">
                    <span class="grow wrap-anywhere">{toast.text}</span>
                    <button type="button" class="button icon small quiet" onClick={() => dismiss(toast.key)} aria-label={t.common.close}><Icon name="close" /></button>
                </div>
                {toast.event && <div><a href={`/events/explain/${toast.event}`}>{t.errors.why(toast.event)}</a></div>}
                {toast.undo && <Command text={toast.undo} />}
                {toast.undoBy && <div><button type="button" class="button small" onClick={() => void undo(toast)}>{t.common.undo}</button></div>}
            </div>
        ))}
    </div>
);
