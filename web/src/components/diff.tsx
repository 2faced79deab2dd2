import type { DiffLine, DiffRow } from '../api/types';
import { kindOfDifference, markDifferences, nameLetters, type Piece } from '../logic/diff';
import * as t from '../texts';

const Marked = ({ pieces }: { pieces: Piece[] }) => (
    <div class="marked">
        {pieces.map((piece, i) => (piece.differs ? <mark key={i}>{nameLetters(piece.text)}</mark> : <span key={i}>{piece.text}</span>))}
    </div>
);

/** Found and expected side by side, the differing letters marked and, in words, what kind of difference it is. */
export function FoundExpected({ found, expected, where }: { found: string; expected: string; where?: string }) {
    const [left, right] = markDifferences(found, expected);
    return (
        <>
            <div class="pair">
                <div>
                    <h3>{t.verdict.found}</h3>
                    {found === '' ? <div class="muted">{t.verdict.nothing}</div> : <Marked pieces={left} />}
                    {where && <small class="muted">{where}</small>}
                </div>
                <div>
                    <h3>{t.verdict.expected}</h3>
                    {expected === '' ? <div class="muted">{t.verdict.nothing}</div> : <Marked pieces={right} />}
                    {right.some((piece) => piece.differs) && <small class="muted">{t.verdict.difference[kindOfDifference(found, expected)]}</small>}
                </div>
            </div>
        </>
    );
}

export const DiffLines = ({ lines }: { lines: DiffLine[] }) => {
    const near = lines.map((line, i) => line.op !== ' ' || lines.slice(Math.max(0, i - 3), i + 4).some((each) => each.op !== ' '));
    if (!lines.some((line) => line.op !== ' ')) return <p class="muted">{t.common.noDifference}</p>;
    return (
        <div class="diff" role="group" aria-label={t.common.differences}>
            {lines.map((line, i) => {
                if (!near[i]) return near[i - 1] ? <div key={i} class="muted">⋯</div> : null;
                return (
                    <div key={i} class={line.op === '+' ? 'added' : line.op === '-' ? 'removed' : ''}>
                        {line.op} {line.line}
                    </div>
                );
            })}
        </div>
    );
};

export const DiffTable = ({ rows }: { rows: DiffRow[] }) => (
    <div class="table-wrap">
        <table class="plain">
            <thead><tr><th>{t.common.setting}</th><th>{t.common.before}</th><th>{t.common.after}</th></tr></thead>
            <tbody>
                {rows.map((row) => (
                    <tr key={`${row.section}/${row.name}`}>
                        <th scope="row">{row.name}<span class="sub">{row.section}</span></th>
                        <td><Values of={row.before} /></td>
                        <td><Values of={row.after} /></td>
                    </tr>
                ))}
            </tbody>
        </table>
    </div>
);

export const Values = ({ of }: { of: string[] | null }) =>
    of === null || of.length === 0 ? <span class="muted">{t.common.notSet}</span> : <span class="mono">{of.map((value, i) => <div key={i}>{value === '' ? t.common.emptyText : value}</div>)}</span>;
