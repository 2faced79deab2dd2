import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import * as t from '../texts';
import { Icon } from './icons';
import { ErrorView } from './states';

/** The browser's own dialog: Escape closes, Enter in a field does what the first button does, focus goes back where it was. */
export function Dialog({ title, children, foot, close, submit, wide = false }: {
    title: string; children: ComponentChildren; foot?: ComponentChildren; close: () => void; submit?: () => void; wide?: boolean;
}) {
    const element = useRef<HTMLDialogElement>(null);
    const id = useId();
    useEffect(() => {
        const dialog = element.current;
        const before = document.activeElement;
        if (dialog && !dialog.open) dialog.showModal?.();
        // the cross comes first in order, and is the last thing one wants to begin with
        if (dialog?.querySelector('[autofocus]') == null) {
            dialog?.querySelector<HTMLElement>('.dialog-body :is(input, select, textarea), .dialog-foot button')?.focus();
        }
        return () => {
            if (before instanceof HTMLElement) before.focus({ preventScroll: true });
        };
    }, []);
    return (
        <dialog
            ref={element}
            class={wide ? 'wide' : ''}
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                close();
            }}
        >
            <form
                class="dialog-form"
                onSubmit={(event) => {
                    event.preventDefault();
                    submit?.();
                }}
            >
                <div class="dialog-head">
                    <h2 id={id}>{title}</h2>
                    <button type="button" class="button icon quiet" onClick={close} aria-label={t.common.close}><Icon name="close" /></button>
                </div>
                <div class="dialog-body">{children}</div>
                <div class="dialog-foot">{foot ?? <button type="button" class="button" onClick={close}>{t.common.close}</button>}</div>
            </form>
        </dialog>
    );
}

/** Look first, then change: `plan` asks what would happen (dry run), `commit` does it. */
export function ChangeDialog<P>({ title, plan, show, commit, verb, danger = false, close, wide, blocked }: {
    title: string; plan: () => Promise<P>; show: (planned: P) => ComponentChildren; commit: (planned: P) => Promise<void>; verb: string;
    danger?: boolean; close: () => void; wide?: boolean; blocked?: (planned: P) => boolean;
}) {
    const [planned, setPlanned] = useState<P | undefined>(undefined);
    const [failure, setFailure] = useState<unknown>(null);
    const [busy, setBusy] = useState(false);
    const look = (): void => {
        setFailure(null);
        plan().then(setPlanned, setFailure);
    };
    useEffect(look, []);
    const under = useRef(false);
    const main = useRef<HTMLButtonElement>(null);
    useEffect(() => {
        if (planned !== undefined && !danger) main.current?.focus();
    }, [planned === undefined]);
    const go = async (): Promise<void> => {
        if (planned === undefined || under.current || blocked?.(planned)) return;
        under.current = true; // a second Enter comes before the button is drawn disabled
        setBusy(true);
        setFailure(null);
        try {
            await commit(planned);
        } catch (cause) {
            setFailure(cause);
            setBusy(false);
        }
        under.current = false;
    };
    return (
        <Dialog
            title={title}
            close={close}
            submit={go}
            wide={wide}
            foot={
                <>
                    <button type="button" class="button" onClick={close}>{t.common.cancel}</button>
                    <button type="submit" ref={main} class={`button ${danger ? 'danger' : 'primary'}`} disabled={planned === undefined || busy || (planned !== undefined && blocked?.(planned))}>
                        {busy ? t.common.working : verb}
                    </button>
                </>
            }
        >
            {failure !== null && <ErrorView failure={failure} retry={planned === undefined ? look : undefined} />}
            {planned === undefined && failure === null && <p class="muted" role="status">{t.common.looking}</p>}
            {planned !== undefined && show(planned)}
        </Dialog>
    );
}
