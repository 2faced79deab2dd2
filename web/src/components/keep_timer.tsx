import { useState } from 'preact/hooks';
import * as t from '../texts';
import { CheckField, TextField } from './fields';

export interface KeepTimer {
    seconds: (locks: boolean) => number | null; // null: for good
    valid: (locks: boolean) => boolean;
    view: (locks: boolean) => preact.JSX.Element;
}

/** "Revert by itself unless I keep it": ticked by itself where the change could lock out who makes it. */
export function useKeepTimer(): KeepTimer {
    const [keep, setKeep] = useState<boolean | null>(null);
    const [text, setText] = useState('60');
    const fits = /^\d+$/.test(text.trim()) && Number(text) >= 10 && Number(text) <= 3600;
    return {
        seconds: (locks) => ((keep ?? locks) ? Number(text) : null),
        valid: (locks) => !(keep ?? locks) || fits,
        view: (locks) => (
            <div class="row">
                <CheckField label={t.connector.keepTimer} checked={keep ?? locks} change={setKeep} hint={t.connector.keepHint} />
                {(keep ?? locks) && <TextField label={t.connector.seconds} value={text} change={setText} inputMode="numeric" problem={fits ? null : t.problems.range(10, 3600)} />}
            </div>
        ),
    };
}
