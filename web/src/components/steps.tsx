import type { Step } from '../api/types';
import * as t from '../texts';

const known = new Set(['step', 'rule', 'finding', 'decides']);

export const Steps = ({ of }: { of: Step[] }) => (
    <ol class="steps">
        {of.map((step, i) => {
            const facts = Object.entries(step).filter(([name]) => !known.has(name));
            return (
                <li key={i} class={step.decides ? 'decides' : ''}>
                    <div>
                        <b>{step.step ?? step.rule}</b>
                        {step.decides && <span class="decides-mark">{t.explain.decides}</span>}
                        <div class="finding">{step.finding}</div>
                        {facts.length > 0 && <small class="muted mono">{facts.map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join('  ')}</small>}
                    </div>
                </li>
            );
        })}
    </ol>
);
