import type { FunctionComponent } from 'preact';
import { Route, Router, useRoute } from 'preact-iso';
import { PageHead } from './components/page';
import { Shell } from './components/shell';
import { Loading } from './components/states';
import { Accounts } from './pages/accounts';
import { Audit } from './pages/audit';
import { Badmail, BadmailItem } from './pages/badmail';
import { Certificates } from './pages/certificates';
import { Connector } from './pages/connector';
import { Counters } from './pages/counters';
import { Events } from './pages/events';
import { ExplainEvent } from './pages/explain_event';
import { Explain } from './pages/explain';
import { Help } from './pages/help';
import { History } from './pages/history';
import { Message } from './pages/message';
import { Organization } from './pages/organization';
import { OverviewPage } from './pages/overview';
import { Quarantine, QuarantineItem } from './pages/quarantine';
import { Queues } from './pages/queues';
import { RegistryPage } from './pages/registry';
import { RegistryBackups } from './pages/registry_backups';
import { RejectItem, Rejects } from './pages/rejects';
import { SignIn } from './pages/sign_in';
import { StoryPage } from './pages/story';
import { Tracking } from './pages/tracking';
import { Verdict } from './pages/verdict';
import { session } from './state/session';
import * as t from './texts';

const Missing = () => (
    <>
        <PageHead title={t.errors.noPage} note={t.errors.noPageText} />
        <div><a class="button" href="/">{t.nav.overview}</a></div>
    </>
);

/** Another object is another page: nothing of the one before may stand under its name. */
const each = (Page: FunctionComponent, parameter: string): FunctionComponent => () => <Page key={useRoute().params[parameter]} />;
const pages = {
    message: each(Message, 'id'), story: each(StoryPage, 'id'), reject: each(RejectItem, 'code'), quarantined: each(QuarantineItem, 'id'),
    bad: each(BadmailItem, 'id'), event: each(ExplainEvent, 'number'),
};

/** Who has not signed in sees that page, wherever he wanted to go; then he is there. */
export function App() {
    if (session.value === undefined) return <Loading />;
    if (session.value === null) return <SignIn />;
    return (
        <Shell>
            <Router>
                <Route path="/" component={OverviewPage} />
                <Route path="/verdict" component={Verdict} />
                <Route path="/queues" component={Queues} />
                <Route path="/queues/message/:id/:tab?" component={pages.message} />
                <Route path="/tracking" component={Tracking} />
                <Route path="/tracking/:id" component={pages.story} />
                <Route path="/rejects" component={Rejects} />
                <Route path="/rejects/:code" component={pages.reject} />
                <Route path="/explain/:what?" component={Explain} />
                <Route path="/quarantine" component={Quarantine} />
                <Route path="/quarantine/:id" component={pages.quarantined} />
                <Route path="/badmail" component={Badmail} />
                <Route path="/badmail/:id" component={pages.bad} />
                <Route path="/organization" component={Organization} />
                <Route path="/connector/history" component={History} />
                <Route path="/connector/:tab?" component={Connector} />
                <Route path="/registry" component={RegistryPage} />
                <Route path="/registry/backups" component={RegistryBackups} />
                <Route path="/certificates" component={Certificates} />
                <Route path="/events" component={Events} />
                <Route path="/events/explain/:number" component={pages.event} />
                <Route path="/counters" component={Counters} />
                <Route path="/audit" component={Audit} />
                <Route path="/accounts" component={Accounts} />
                <Route path="/manual" component={Help} />
                <Route default component={Missing} />
            </Router>
        </Shell>
    );
}
