import type { Assertion, Check } from '../api/types';
import * as t from '../texts';
import { Badge, Command, EventLink, type Tone } from './bits';
import { FoundExpected } from './diff';
import type { ComponentChildren } from 'preact';

const tone: Record<string, Tone> = { failed: 'bad', warning: 'warn', passed: 'ok' };
export const statusOf = (assertion: Assertion): string => assertion.status.replace(' ', '_');

export const StatusBadge = ({ status }: { status: string }) => <Badge tone={tone[status] ?? ''}>{t.verdict.status[status] ?? status}</Badge>;

export const AssertionView = ({ of, deciding, actions }: { of: Assertion; deciding: boolean; actions?: ComponentChildren }) => (
    <article class="assertion">
        <div class="assertion-head">
            <StatusBadge status={statusOf(of)} />
            <code>{of.id}</code>
            {deciding && <Badge tone="bad">{t.verdict.decides}</Badge>}
            <span class="end"><EventLink id={of.event} /></span>
        </div>
        {of.why && <p>{of.why}</p>}
        {(of.found !== '' || of.expected !== '') && <FoundExpected found={of.found} expected={of.expected} where={of.where} />}
        {of.fix && (
            <div class="stack tight">
                <small class="muted">{of.fix.what || t.verdict.fixBy}</small>
                <Command text={of.fix.command} />
                {actions && <div class="row">{actions}</div>}
            </div>
        )}
    </article>
);

/** The checks as a dialog shows them: what does not pass in full, the rest as a number. */
export function CheckSummary({ check }: { check: Check }) {
    const open = check.assertions.filter((each) => each.status !== 'passed');
    const passed = check.assertions.length - open.length;
    return (
        <div class="stack tight">
            <div class="row">
                <Badge tone={check.passed ? 'ok' : 'bad'}>{check.passed ? t.verdict.passes : t.verdict.fails}</Badge>
                {passed > 0 && <span class="muted">{t.verdict.passedCount(passed)}</span>}
            </div>
            {open.map((each) => <AssertionView key={each.id} of={each} deciding={each.id === check.deciding} />)}
        </div>
    );
}
