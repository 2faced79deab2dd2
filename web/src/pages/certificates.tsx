import { useEffect } from 'preact/hooks';
import type { Certificate } from '../api/types';
import { Badge, Card, Clock, Command } from '../components/bits';
import { PageHead } from '../components/page';
import { Empty, Loading } from '../components/states';
import { Table } from '../components/table';
import { overview, readOverview } from '../state/overview';
import { sees } from '../state/session';
import * as t from '../texts';
import { toneOfDays } from './overview';

export function Certificates() {
    useEffect(() => void readOverview().catch(() => {}), []);
    const rows: Certificate[] | undefined = overview.value?.certificates;
    return (
        <>
            <PageHead title={t.certificates.title} note={t.certificates.note} actions={sees('config') && <a class="button" href="/connector/security">{t.certificates.settings}</a>} />
            <Card>
                {rows === undefined ? <Loading /> : (
                    <Table caption={t.certificates.title} rows={rows} keyOf={(row) => row.name} empty={<Empty icon="certificate" title={t.certificates.none} text={t.certificates.noneText} />} columns={[
                        { title: t.certificates.name, cell: (row) => <><b>{row.name}</b>{row.path && <span class="sub mono">{row.path}</span>}</> },
                        { title: t.certificates.subject, cell: (row) => <span class="wrap-anywhere">{row.subject}{row.issuer && <span class="sub">{t.certificates.by(row.issuer)}</span>}</span> },
                        { title: t.certificates.expires, class: 'p2', cell: (row) => <Clock time={row.expires} /> },
                        { title: t.certificates.state, cell: (row) => row.flaw ? <><Badge tone="bad">{t.certificates.flawed}</Badge><span class="sub">{row.flaw}</span></> : <Badge tone={toneOfDays(row.days)}>{row.days === null ? '–' : t.certificates.days(row.days)}</Badge> },
                    ]} />
                )}
            </Card>
            <Card title={t.certificates.renew} note={t.certificates.renewText}>
                <div class="card-body"><Command text="imc reg query -v TlsCertificates" /></div>
            </Card>
        </>
    );
}
