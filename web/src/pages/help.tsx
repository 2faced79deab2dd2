import { Card, ManualLink } from '../components/bits';
import { PageHead } from '../components/page';
import { Loading } from '../components/states';
import { useResource } from '../state/resource';
import { sees } from '../state/session';
import * as t from '../texts';

/** The manual is served where it was built in; else the service answers with this very page, which tells itself by a mark. */
async function manualIsServed(signal: AbortSignal): Promise<boolean> {
    const answer = await fetch('/help/', { signal, credentials: 'same-origin' }).catch(() => null);
    if (answer === null || !answer.ok || !(answer.headers.get('content-type') ?? '').includes('html')) return false;
    return !(await answer.text()).includes('name="imc-app"');
}

export function Help() {
    const served = useResource(manualIsServed, []);
    return (
        <>
            <PageHead title={t.help.title} note={t.help.note} />
            <div class="columns">
                <Card class="half" title={t.help.manual}>
                    <div class="card-body stack tight">
                        {served.loading ? <Loading /> : served.data ? (
                            <>
                                <p>{t.help.manualText}</p>
                                <div class="row"><ManualLink class="button primary" to="index.html" text={t.help.open} /><ManualLink class="button" to="search.html" text={t.help.search} /></div>
                                <ul class="stack tight">{t.help.parts.map(([text, to]) => <li key={to}><ManualLink to={to} text={text} /></li>)}</ul>
                            </>
                        ) : (
                            <><p>{t.help.notServed}</p><code>man imc</code></>
                        )}
                    </div>
                </Card>
                <Card class="half" title={t.help.here}>
                    <div class="card-body">
                        <ul class="stack tight">{t.help.tasks.filter(([, , asks]) => sees(asks)).map(([text, href]) => <li key={href}><a href={href}>{text}</a></li>)}</ul>
                    </div>
                </Card>
                <Card class="half" title={t.help.keys}>
                    <div class="card-body"><dl class="facts">{t.help.keyList.map(([keys, text]) => <><dt><kbd>{keys}</kbd></dt><dd>{text}</dd></>)}</dl></div>
                </Card>
                <Card class="half" title={t.help.api}>
                    <div class="card-body stack tight"><p>{t.help.apiText}</p><div><a class="button" href="/api/v1/openapi.json" target="_blank" rel="noopener">openapi.json</a> <a class="button quiet" href="/licenses.txt" target="_blank" rel="noopener">{t.help.licences}</a></div></div>
                </Card>
            </div>
        </>
    );
}
