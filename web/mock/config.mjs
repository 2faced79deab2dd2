// Property pages: the connector object's attributes and the host's registry as /config has them.
import { readShare } from './share.mjs';

export const share = readShare();
export const parameters = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\MSExchangeIMC\\Parameters';

const tabOfFile = { identity: 'general', network: 'connections', relay: 'routing', auth: 'security', tls: 'security', policy: 'connections', lists: 'delivery-restrictions', tracking: 'diagnostics', transport: 'queues' };
export const registrySet = {
    SiteDN: '/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1', CommonName: 'Internet Mail Connector (MAIL1)', HomeDSA: 'ldap://ldap.contoso.example', DirectoryBase: 'dc=contoso,dc=example',
    DirectoryBindDN: 'cn=imc,dc=contoso,dc=example', DirectoryTLS: 'starttls', Hostname: 'mail1.contoso.example', Listeners: '0.0.0.0:25 role=mx\\00.0.0.0:587 role=submission', RelayFlags: '10', RelayAllowList: '192.0.2.0/24\\0198.51.100.7',
    TlsCertificates: '*;imc.crt;imc.key\\0mail.contoso.example;mail.crt;mail.key', TurfTable: '@spam.example;quarantine\\0#@lists.spam.example;reject', MaxHops: '30', AdminListen: '127.0.0.1:8025', TrackingLogDays: '60',
};

const connector = [
    ['imcMaxMessageKB', 'general', 'Message size', 'number', 'KiB', '', '51200', 1, 2097151, 'Largest message that is carried, in either direction.'],
    ['description', 'general', 'Notes', 'text', '', '', 'The only way out of Oslo', null, null, 'For people.'],
    ['imcTransferMode', 'connections', 'Transfer mode', 'choice', '', 'both', 'both', null, null, 'Inbound and outbound, one of them, or none: then the queues are emptied and nothing is taken.', ['both', 'inbound', 'outbound', 'none']],
    ['imcSmartHost', 'connections', 'Forward all messages to host', 'list', '', '', [], null, null, 'HOST[:PORT] all mail is forwarded to, unless a delivery row says otherwise. Empty: DNS.'],
    ['imcDeliveryRouting', 'connections', 'Delivery by domain', 'list', '', '', ['partner.example;relay.partner.example:25;host', 'example.org;;dns'], null, null, 'DOMAIN;HOST[:PORT][,HOST...];host or DOMAIN;;dns'],
    ['imcRetryHours', 'connections', 'Retry interval', 'text', 'hours', '0.25,0.5,1,4', '0.25,0.5,1,4', null, null, 'Hours until the next attempt; the last repeats.'],
    ['imcMessageTimeoutHours', 'queues', 'Time-out, normal mail', 'number', 'hours', '48', '48', 1, 1000, 'Hours after which mail that cannot be delivered is returned.'],
    ['imcMessageTimeoutHoursUrgent', 'queues', 'Time-out, urgent mail', 'number', 'hours', '24', '24', 1, 1000, 'As above, for urgent mail.'],
    ['imcNoticeHours', 'queues', 'Delay notice', 'text', 'hours', '4', '4,24', null, null, 'Hours after which the sender is told that mail waits; 0: never.'],
    ['imcAdministratorMailbox', 'internet-mail', 'Administrator’s mailbox', 'text', '', '', 'cn=administrator,cn=Recipients,ou=Oslo,o=Contoso,dc=contoso,dc=example', null, null, 'The mailbox that gets postmaster’s mail. Without it the connector does not start (event 4071).'],
    ['imcNotifyAdministrator', 'internet-mail', 'Copies of failure reports', 'boolean', '', 'FALSE', 'TRUE', null, null, 'Copies of failure reports go to the administrator.'],
    ['imcEightBit', 'internet-mail', '8-bit mail to hosts that cannot', 'choice', '', 'convert', 'convert', null, null, '8-bit mail to hosts without 8BITMIME: convert, as-is or refuse.', ['convert', 'as-is', 'refuse']],
    ['imcAllowAutoReplies', 'internet-mail', 'Automatic replies to the Internet', 'boolean', '', 'FALSE', 'FALSE', null, null, 'Automatic replies may leave to other domains.'],
    ['imcAllowOutOfOffice', 'internet-mail', 'Out-of-office replies to the Internet', 'boolean', '', 'FALSE', 'FALSE', null, null, 'Out-of-office replies may leave to other domains.'],
    ['imcAddressSpace', 'address-space', 'Address space', 'list', '', '', ['SMTP:*;1;organization'], null, null, 'What the connector carries, TYPE:PATTERN;COST;SCOPE. The closest pattern wins, then the lowest cost.'],
    ['imcTls', 'security', 'TLS to other hosts', 'choice', '', 'may', 'may', null, null, 'none, may (when offered), encrypt, verify (the name must match), or implicit (port 465).', ['none', 'may', 'encrypt', 'verify', 'implicit']],
    ['imcAuthUser', 'security', 'Sign in as', 'text', '', '', '', null, null, 'Who we sign in as at the smart host.'],
    ['imcMaxConnections', 'connections', 'Connections to one site', 'number', 'connections', '10', '10', 1, 500, 'Connections to one site at the same time.'],
    ['imcSchedule', 'schedule', 'When mail leaves', 'list', '', 'always', ['Mon-Fri 07:00-19:00', 'queued 30'], null, null, 'always, DAYS HH:MM-HH:MM [UTC], queued MINUTES, on-demand; one a line.'],
    ['imcLinkTimeoutMinutes', 'schedule', 'Close the link after', 'number', 'minutes', '60', '60', 1, 10080, 'Minutes after which a link that opened for what waited is closed.'],
    ['imcEtrn', 'schedule', 'Whom we ask for our mail', 'list', '', '', ['mx.provider.example;contoso.example'], null, null, 'HOST[:PORT];DOMAIN: asked by ETRN when the link opens.'],
];

const words = (name) => name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/\b(Tls|Dns|Dsa|Auth)\b/g, (each) => each.toUpperCase()).replace(/^./, (each) => each.toUpperCase());

export function fields() {
    const out = connector.map(([name, tab, label, type, unit, def, value, min, max, help, choices = []]) => {
        const set = type === 'list' ? value.length > 0 : value !== '' && value !== def;
        const fromSite = name === 'imcNoticeHours';
        return {
            key: `connector/${name}`, name, section: 'connector', tab, label, type, unit, default: def, value: type === 'list' ? value : value === '' ? null : value, set, choices, range: '', min, max,
            where: fromSite ? { layer: 'site', where: 'ou=Oslo,o=Contoso,dc=contoso,dc=example' } : set ? { layer: 'connector', where: 'cn=Internet Mail Connector (MAIL1)' } : { layer: 'default', where: '' },
            effect: 'at once', help, attribute: name, waits: false,
            shadowed: name === 'imcMaxMessageKB' ? [{ layer: 'organization', where: 'o=Contoso', value: ['20480'], flaw: '' }, { layer: 'default', where: '', value: ['no limit'], flaw: '' }] : [],
        };
    });
    out.push(
        { key: 'site addressing/imcSiteDomain', name: 'imcSiteDomain', section: 'site addressing', tab: 'routing', label: 'Domains of this site', type: 'list', unit: '', default: '', value: ['contoso.example', 'contoso.test'], set: true, choices: [], range: '', where: { layer: 'site', where: 'cn=Site Addressing' }, effect: 'at once', help: 'A mail domain of this site; the first is the site’s own.', attribute: 'imcSiteDomain', waits: false, shadowed: [] },
        { key: 'site addressing/imcRoutingRow', name: 'imcRoutingRow', section: 'site addressing', tab: 'routing', label: 'Routing table', type: 'list', unit: '', default: '', value: ['contoso.example;inbound', '#old.contoso.example;rewrite;contoso.example'], set: true, choices: [], range: '', where: { layer: 'site', where: 'cn=Site Addressing' }, effect: 'at once', help: 'What becomes of mail that comes in, by domain. # leaves out subdomains.', attribute: 'imcRoutingRow', waits: false, shadowed: [] },
    );
    for (const row of share.registry) {
        const raw = registrySet[row.name];
        const type = row.choices ? 'choice' : row.type === 'MULTI_SZ' ? 'list' : row.type.endsWith('WORD') ? (row.max === 1 ? 'boolean' : 'number') : 'text';
        const value = raw === undefined ? (type === 'list' ? [] : row.default ?? null) : type === 'list' ? raw.split('\\0') : raw;
        out.push({
            key: `registry/${row.name}`, name: row.name, section: 'registry', tab: tabOfFile[row.file] ?? 'general', label: words(row.name), type, unit: row.unit ?? '', default: String(row.default ?? ''),
            value: value === null ? null : Array.isArray(value) ? value : String(value), set: raw !== undefined, choices: row.choices ?? [], range: '', min: row.min ?? null, max: row.max ?? null,
            where: raw === undefined ? { layer: 'default', where: '' } : { layer: 'registry', where: '/etc/imc/registry.reg' }, effect: row.effect ?? '', help: row.text, attribute: row.name, waits: row.name === 'TrackingLogDays', shadowed: [],
        });
    }
    return out;
}

export const registryValues = () => share.registry.map((row) => ({
    name: row.name, type: row.type, data: registrySet[row.name] ?? null, default: String(row.default ?? ''), unit: row.unit ?? '', ...(row.min === undefined ? {} : { min: row.min, max: row.max }), choices: row.choices ?? [],
    text: row.text, effect: row.effect ?? '', reader: row.reader ?? '', kb: row.kb ?? '', set: registrySet[row.name] !== undefined, known: true, flaw: '',
})).sort((a, b) => a.name.localeCompare(b.name));

export function explainNumber(what) {
    const kinds = share.events.filter((row) => String(row.id) === what || row.symbol === what.toUpperCase()).map((row) => ({
        kind: row.kind ?? 'event', id: row.id, symbol: row.symbol, type: row.type, category: row.category, template: row.template, meaning: (row.meaning ?? '').trim(),
        causes: row.causes ?? [], remedies: row.remedies ?? [], kb: row.kb ?? '',
    }));
    if (kinds.length === 0) return null;
    return { number: kinds[0].id, kinds, status: null };
}
