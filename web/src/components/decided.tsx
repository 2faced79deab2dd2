import type { Decided } from '../api/types';
import * as t from '../texts';

/** By which facts a recipient was decided on, then. */
export const DecidedView = ({ of }: { of: Decided }) => (
    <details>
        <summary>{t.message.decided}</summary>
        {of.facts.length === 0 ? <p class="mono">{of.text}</p> : (
            <dl class="facts">
                {of.facts.map((fact, i) => (
                    <>
                        <dt key={i}>{fact.meaning || fact.word}</dt>
                        <dd class="mono">{fact.value}</dd>
                    </>
                ))}
            </dl>
        )}
        {of.cut && <small class="muted">{t.message.cut}</small>}
    </details>
);
