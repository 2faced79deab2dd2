import { useId } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';

interface Common { label: string; hint?: ComponentChildren; problem?: string | null; class?: string; hideLabel?: boolean }

function Around({ label, hint, problem, class: more = '', id, children, hideLabel }: Common & { id: string; children: ComponentChildren }) {
    return (
        <div class={`field ${more}`}>
            <label for={id} class={hideLabel ? 'hidden-visually' : ''}>{label}</label>
            {children}
            {problem ? <span class="problem" id={`${id}-p`}>{problem}</span> : hint ? <span class="hint" id={`${id}-h`}>{hint}</span> : null}
        </div>
    );
}

interface InputProps {
    type?: 'text' | 'password' | 'search'; placeholder?: string; required?: boolean; disabled?: boolean; autofocus?: boolean;
    autocomplete?: string; inputMode?: 'numeric';
}

export function TextField({ value, change, ...rest }: Common & { value: string; change: (value: string) => void } & InputProps) {
    const id = useId();
    const { label, hint, problem, class: more, hideLabel, ...input } = rest;
    return (
        <Around {...{ label, hint, problem, class: more, hideLabel, id }}>
            <input
                {...(input as JSX.IntrinsicElements['input'])}
                id={id}
                value={value}
                spellcheck={false}
                autocomplete={input.autocomplete ?? 'off'}
                aria-invalid={problem ? 'true' : undefined}
                aria-describedby={problem ? `${id}-p` : hint ? `${id}-h` : undefined}
                onInput={(event) => change(event.currentTarget.value)}
            />
        </Around>
    );
}

export function AreaField({ value, change, rows = 4, ...common }: Common & { value: string; change: (value: string) => void; rows?: number }) {
    const id = useId();
    return (
        <Around {...common} id={id}>
            <textarea id={id} rows={rows} spellcheck={false} value={value} aria-describedby={common.problem ? `${id}-p` : common.hint ? `${id}-h` : undefined}
                onInput={(event) => change(event.currentTarget.value)} />
        </Around>
    );
}

export function SelectField({ value, change, options, disabled, ...common }: Common & { value: string; change: (value: string) => void; options: [string, string][]; disabled?: boolean }) {
    const id = useId();
    return (
        <Around {...common} id={id}>
            <select id={id} value={value} disabled={disabled} onChange={(event) => change(event.currentTarget.value)}>
                {options.map(([each, text]) => <option value={each} key={each} selected={each === value}>{text}</option>)}
            </select>
        </Around>
    );
}

export const CheckField = ({ label, checked, change, hint }: { label: ComponentChildren; checked: boolean; change: (checked: boolean) => void; hint?: string }) => (
    <div class="check">
        <label>
            <input type="checkbox" checked={checked} onChange={(event) => change(event.currentTarget.checked)} />
            <span>{label}{hint && <small class="muted"><br />{hint}</small>}</span>
        </label>
    </div>
);
