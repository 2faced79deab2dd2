import type { Consequence } from '../api/types';
import * as t from '../texts';

/** @param total  how many there are, when not all are told */
export const Consequences = ({ of, total }: { of?: Consequence[]; total?: number }) =>
    of === undefined ? null : of.length === 0 ? <p class="muted">{t.directory.noConsequences}</p> : (
        <div>
            <h3>{t.directory.consequences(total ?? of.length)}</h3>
            <ul class="stack tight">{of.map((each, i) => <li key={i}>{each.what}<div class="muted mono wrap-anywhere">{each.dn}</div></li>)}</ul>
            {(total ?? 0) > of.length && <p>{t.overview.andMore(total! - of.length)}</p>}
        </div>
    );
