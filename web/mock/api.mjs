// The REST contract, with made answers.
import { explainNumber, fields, parameters, registrySet, registryValues, share } from './config.mjs';
import * as data from './data.mjs';
import * as directory from './directory.mjs';

const held = process.env.MOCK_STATE === 'held';
const empty = !!process.env.MOCK_EMPTY;
const state = { session: process.env.MOCK_SIGNED_OUT ? null : { account: 'administrator', role: process.env.MOCK_ROLE ?? 'administrator', csrf: 'c5rf', expires: data.at(-3600) }, fixed: !held, pending: null, tokens: [{ name: 'prometheus', role: 'view', expires: data.at(-86400 * 60), made: data.at(86400), by: 'administrator', expired: false }, { name: 'backup', role: 'operator', expires: data.at(-86400 * 9), made: data.at(86400*3), by: 'root', expired: true }] };
const started = data.at(86400 * 3.2);

const json = (answer, body, status = 200, headers = {}) => answer.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
const fail = (answer, status, event, detail) => json(answer, { error: { event, detail } }, status);
const done = (text, more = {}) => ({ done: text, undo: 'imc dir undo 20261127T051500.123Z-0001.ldif', undo_by: [{ directory: '20261127T051500.123Z-0001.ldif' }], dry_run: false, ...more });
function lines(answer, rows, query, idOf = null) {
    if (empty) rows = [];
    const limit = Number(query.get('limit') ?? 100);
    const from = Number(query.get('after')?.replace(/^c/, '') ?? 0);
    const page = rows.slice(from, from + limit);
    const headers = from + limit < rows.length && !idOf ? { 'imc-next': `c${from + limit}` } : {};
    answer.writeHead(200, { 'content-type': 'application/x-ndjson', ...headers }).end(page.map((row) => JSON.stringify(row) + '\n').join(''));
}

const assertion = (id, event, status, found, where, expected, why, fix = null) => ({ id, event, symbol: '', status, found, where, expected, why, fix });
function check() {
    const open = state.fixed ? [] : [
        assertion('identity.organization', 4086, 'failed', '/o=contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1', '/etc/imc/registry.reg, value SiteDN', '/o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1', 'SiteDN’s o= differs from the name in the directory (ldap://ldap.contoso.example). Every name must be equal, byte for byte.', { command: 'imc reg add -v SiteDN -t SZ -d /o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1 -f', what: 'registry value SiteDN = /o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1', automatic: true }),
        assertion('admin.mailbox', 4071, 'not_evaluated', '', 'imcAdministratorMailbox of the connector object', '', 'Not asked: the connector object is not certain while the identity is not.'),
    ];
    return {
        passed: state.fixed, deciding: state.fixed ? null : 'identity.organization', event: state.fixed ? null : 4086,
        assertions: [...open,
            assertion('tls.certificates', 40170, 'warning', 'mail.contoso.example expires in 9 days', '/etc/imc/tls/mail.crt', 'more than 14 days', 'Others would refuse us, or go on in the clear, after that.', { command: 'imc cert renew mail.contoso.example', what: 'Renew the certificate', automatic: false }),
            ...[['registry.file', '/etc/imc/registry.reg, 41 values'], ['registry.types', 'every value has its type'], ['directory.answers', 'ldap://ldap.contoso.example in 3 ms'], ['identity.site', 'ou=Oslo'], ['identity.server', 'cn=MAIL1'], ['connector.object', 'cn=Internet Mail Connector (MAIL1)'], ['host.name', 'mail1.contoso.example'], ['spool.folder', '/var/lib/imc/spool, 0700, 61 GiB free'], ['listeners', '0.0.0.0:25, 0.0.0.0:587'], ['clock', '2026']].map(([id, found]) => assertion(id, 4086, 'passed', found, '', found, '')),
        ],
    };
}

const overview = () => ({
    state: state.fixed ? 'running' : 'held', version: '0.1.0', pid: 812, host: 'mail1.contoso.example', organization: 'Contoso', site: 'Oslo', server: 'MAIL1', connector: 'Internet Mail Connector (MAIL1)', since: started, generation: 42,
    held: state.fixed ? null : { event: 4086, deciding: 'identity.organization', text: 'SiteDN says o=contoso, the directory says o=Contoso. Nothing is accepted; what is queued stays. It starts by itself when they are equal.' },
    queue: state.fixed ? { messages: empty ? 0 : data.queueSize, recipients: empty ? 0 : Math.round(data.queueSize * 1.4), octets: 91234567, by_reason: empty ? [] : data.byReason() } : null,
    disk: { path: '/var/lib/imc', free: 65498251264, total: 107374182400, low: 10485760, is_low: false }, directory: { engine: 'ldap://ldap.contoso.example', base: 'dc=contoso,dc=example', answer: 'found', detail: '', latency_ms: 3 },
    certificates: [{ name: 'mail.contoso.example', subject: 'CN=mail.contoso.example', issuer: 'CN=Contoso CA', expires: data.at(-9 * 86400), days: 9, flaw: '', path: '/etc/imc/tls/mail.crt' }, { name: '*', subject: 'CN=mail1.contoso.example', issuer: 'CN=mail1.contoso.example', expires: data.at(-3000 * 86400), days: 3000, flaw: '', path: '/etc/imc/tls/imc.crt' }],
    changes: empty ? [] : Array.from({ length: 8 }, (_, i) => ({ number: 42 - i, time: data.at(3600 * (2 + i * i * 5)), by: ['administrator', 'root', 'operator'][i % 3], changes: [['[registry] MaxHops: 50 -> 30'], ['[connector] imcRetryHours: not set -> 0.25,0.5,1,4', '[connector] imcNoticeHours: 4 -> 4,24'], ['[registry] RelayAllowList: 192.0.2.0/24 -> 192.0.2.0/24, 198.51.100.7']][i % 3], more: i % 3 === 1 ? 2 : 0 })),
    pending: state.pending, counters: { sessions_inbound: 14, sessions_outbound: 6, inbound_messages: 48211, outbound_messages: 31877 },
    refused_by_rule: empty ? [] : [['recipient: unknown, the directory proved it absent', 1841], ['relay: nobody', 822], ['filter: @spam.example', 310], ['connection: 198.51.100.0/24', 97], ['size: inbound', 4]].map(([rule, count]) => ({ rule, count })), loading: '',
});

const steps = (address) => [
    { step: 'domain', finding: `${address.split('@')[1]} is a domain of this site`, decides: false, domain: address.split('@')[1] }, { step: 'address', finding: `SMTP:${address} is held by cn=alice,cn=Recipients,ou=Oslo,o=Contoso`, decides: true, attribute: 'proxyAddresses', csn: '20261127050000.1Z' },
    { step: 'restrictions', finding: 'nobody is left out', decides: false }, { step: 'store', finding: 'homeMDB is maildir:alice', decides: true },
];
const routed = (address) => ({
    address, verdict: 'accepted', reply: '250 2.1.5', why: 'goes to other hosts by DNS', next_hop: `mx:${address.split('@')[1]}`, as: address, looked_at: ['SMTP:*@partner.example;1 (not this domain)', 'SMTP:*;1;organization (chosen)'],
    hosts: { by: 'MX', hosts: [{ name: `mx1.${address.split('@')[1]}`, port: 25, preference: 10, addresses: ['203.0.113.8', '2001:db8::8'], ttl: 300, secure: true, fate: 'tried first', why: 'lowest preference' }, { name: `mx2.${address.split('@')[1]}`, port: 25, preference: 20, addresses: ['203.0.113.9'], ttl: 300, secure: true, fate: 'tried second', why: '' }] },
    steps: [{ step: 'domain', finding: `${address.split('@')[1]} is not ours`, decides: false }, { step: 'delivery rows', finding: 'none matches', decides: false }, { step: 'address space', finding: 'SMTP:* of Internet Mail Connector (MAIL1), cost 1', decides: true }],
    profile: { domain: '*', subdomains: true, values: { imcTls: { value: 'may', from: 'built in' }, imcRetryHours: { value: '0.25,0.5,1,4', from: 'connector' } } },
});
const relay = (query) => ({ peer: query.get('peer'), recipient: query.get('to'), domain: (query.get('to') ?? '').split('@')[1] ?? '', local: false, allowed: false, rule: 'nobody', reply: '550 5.7.1 Relaying denied', steps: [{ rule: 'deny list', finding: 'RelayFlags does not ask it', decides: false }, { rule: 'allow list', finding: `${query.get('peer')} is in none of 192.0.2.0/24, 198.51.100.7`, decides: false }, { rule: 'authenticated', finding: 'nobody has signed in', decides: false }, { rule: 'nobody', finding: 'no rule lets it: nobody may relay', decides: true }] });

const queueAction = (body) => {
    const hits = body?.ids ? body.ids.length : body?.all ? data.queueSize : data.messages.sample.filter((each) => each.recipients.some((recipient) => !body?.reason || recipient.reason === body.reason)).length;
    const sample = data.messages.sample.slice(0, 5).map((each) => ({ id: each.id, sender: each.sender, address: each.recipients[0].address, reason: each.recipients[0].reason }));
    return { messages: hits, recipients: hits, in_delivery: 3, held: 0, sample, ...(body?.dry_run ? {} : { action: 17 }) };
};

const get = {
    '/session': (q, answer) => (state.session ? json(answer, state.session) : fail(answer, 401, 40450, 'nobody has signed in')),
    '/overview': (q, answer) => json(answer, overview()),
    '/rates': (q, answer) => json(answer, data.rates()),
    '/check': (q, answer) => json(answer, check()),
    '/events': (q, answer) => lines(answer, data.events.filter((each) => (!q.get('id') || String(each.id) === q.get('id')) && (!q.get('type') || each.type === q.get('type')) && (!q.get('text') || each.description.includes(q.get('text')))), q),
    '/registry/keys': (q, answer) => json(answer, { keys: [parameters, `${parameters}\\Diagnostics`, parameters.replace('Parameters', 'Performance'), 'HKEY_LOCAL_MACHINE\\SOFTWARE\\imc'] }),
    '/registry': (q, answer) => json(answer, { key: q.get('key') ?? parameters, subkeys: [`${parameters}\\Diagnostics`], values: !q.get('key') || q.get('key') === parameters ? registryValues() : [] }),
    '/registry/search': (q, answer) => lines(answer, registryValues().filter((each) => `${each.name} ${each.text} ${each.data}`.toLowerCase().includes(q.get('text').toLowerCase())).map(({ name, type, data: value }) => ({ key: parameters, name, type, data: value })), q),
    '/registry/backups': (q, answer) => lines(answer, Array.from({ length: 6 }, (_, i) => ({ id: `registry-202611${27 - i}T051500.123Z-000${i}.reg`, time: data.at(i * 86400 + 500), octets: 4211 + i })), q),
    '/registry/export': (q, answer) => answer.writeHead(200, { 'content-type': 'text/plain' }).end(`Windows Registry Editor Version 5.00\r\n\r\n[${parameters}]\r\n`),
    '/directory/export': (q, answer) => answer.writeHead(200, { 'content-type': 'text/plain' }).end('dn: o=Contoso\nobjectClass: imcContainer\n'),
    '/directory/tree': (q, answer) => json(answer, directory.tree(q.get('dn') ?? '')),
    '/directory/entry': (q, answer) => { const found = directory.entry(q.get('dn')); return found ? json(answer, found) : fail(answer, 404, 40001, 'no such object'); },
    '/directory/search': (q, answer) => lines(answer, directory.search(q.get('text') ?? ''), q),
    '/config': (q, answer) => json(answer, { generation: 42, author: 'administrator', time: data.at(7200), running: state.fixed, differs: 0, connector: 'cn=Internet Mail Connector (MAIL1),cn=Connections,cn=Configuration,ou=Oslo,o=Contoso,dc=contoso,dc=example', waits_for_restart: ['TrackingLogDays'], fields: fields() }),
    '/config/keep': (q, answer) => json(answer, state.pending),
    '/config/history': (q, answer) => lines(answer, overview().changes.map((each) => ({ number: each.number, time: each.time, author: each.by, changes: [{ section: 'registry', name: 'MaxHops', before: ['50'], after: ['30'], text: each.changes[0] }] })), q),
    '/queue': (q, answer) => {
        const limit = Number(q.get('limit') ?? 100);
        const words = ['reason', 'sender', 'domain', 'recipient'].filter((word) => q.get(word));
        if (words.length > 0) {
            const hits = data.messages.sample.filter((each) => (!q.get('reason') || each.recipients.some((recipient) => recipient.reason === q.get('reason'))) && (!q.get('sender') || each.sender === q.get('sender').replace('<>', '')) && (!q.get('domain') || each.recipients[0].address.endsWith(q.get('domain'))));
            return lines(answer, q.get('after') ? [] : hits, new URLSearchParams({ limit: '1000' }), true);
        }
        const from = q.get('after') ? Number(q.get('after')) - 481516 + 1 : 0;
        const to = empty ? 0 : Math.min(data.queueSize, from + limit);
        answer.writeHead(200, { 'content-type': 'application/x-ndjson' });
        for (let i = from; i < to; i += 1) answer.write(JSON.stringify(data.message(i)) + '\n');
        answer.end();
    },
    '/stat': (q, answer) => lines(answer, [['sessions_inbound', 14, 'Sessions now'], ['sessions_outbound', 6, 'Connections to other hosts now'], ['inbound_messages', 48211, 'Messages taken'], ['outbound_messages', 31877, 'Messages handed to other hosts, one for each transaction'], ['queued_messages', data.queueSize, 'Messages in the queue']].map(([name, value, help]) => ({ name, value, help })), q),
    '/queue-reasons': (q, answer) => lines(answer, data.byReason(), q),
    '/queue-groups': (q, answer) => {
        const groups = empty ? [] : Array.from({ length: 12 }, (_, i) => ({ key: { sender: `list${i}@contoso.example`, site: `mx${i}.example.net:25`, route: `mx:example${i}.net` }[q.get('by')] ?? `example${i}.net`, messages: 900 - 70 * i, recipients: 1300 - 100 * i, octets: (13 - i) * 1234567, oldest: data.at(90000 - i * 4000), next_attempt: data.at(-60 * i), reason: i % 3 === 0 ? 'site_down' : 'due_later', last_reply: i % 3 === 0 ? '421 4.3.2 Service not available' : '' }));
        if (groups.length > 0) groups.push({ key: null, rest: true, groups: 204, messages: 260, recipients: 310, octets: 4123456, oldest: data.at(80000), next_attempt: null, reason: null, last_reply: null });
        return lines(answer, groups, q);
    },
    '/queue-views': (q, answer) => json(answer, ['inbound awaiting conversion', 'inbound awaiting delivery', 'outbound awaiting conversion', 'outbound awaiting delivery'].map((view, i) => ({ view, messages: empty ? 0 : [0, 3, 0, data.queueSize - 3][i], recipients: [0, 3, 0, Math.round(data.queueSize * 1.4)][i], octets: [0, 18211, 0, 91216356][i], oldest: [null, data.at(4), null, data.at(118000)][i] }))),
    '/link': (q, answer) => json(answer, { state: 'open', why: 'inside a window', since: data.at(4000), opens_at: null, opens_when: '', schedule: ['Mon-Fri 07:00-19:00'], waiting: 12, oldest: data.at(900), failure: '' }),
    '/track': (q, answer) => lines(answer, data.tracks().filter((each) => ['sender', 'recipient', 'id'].every((word) => !q.get(word) || each[word].includes(q.get(word)))), new URLSearchParams({ limit: '1000' })),
    '/rejects': (q, answer) => lines(answer, data.rejects.filter((each) => (!q.get('recipient') || each.recipients.some((address) => address.includes(q.get('recipient')))) && (!q.get('rule') || each.rule.includes(q.get('rule')))), q),
    '/explain/rcpt': (q, answer) => json(answer, { address: q.get('address'), verdict: 'accepted', reply: '250 2.1.5', why: 'a mailbox of this site', next_hop: 'maildir:alice', as: q.get('address'), steps: steps(q.get('address')) }),
    '/explain/route': (q, answer) => json(answer, routed(q.get('address'))),
    '/explain/relay': (q, answer) => json(answer, relay(q)),
    '/quarantine': (q, answer) => lines(answer, data.quarantine, q),
    '/badmail': (q, answer) => lines(answer, data.badmail, q),
    '/tokens': (q, answer) => lines(answer, state.tokens, q),
    '/administrators': (q, answer) => lines(answer, [{ account: 'administrator', role: 'administrator', domain: '', where: 'imcAdministrators of o=Contoso' }, { account: 'carol', role: 'help_desk', domain: 'contoso.example', where: 'imcAdministrators of ou=Oslo' }, { account: 'emergency', role: 'administrator', domain: '', where: 'emergency account, /etc/imc/secrets/emergency' }], q),
    '/audit': (q, answer) => lines(answer, Array.from({ length: 130 }, (_, i) => ({ number: 500 - i, time: data.at(i * 5200 + 60), who: ['administrator', 'root (uid 0)', 'carol'][i % 3], from: ['192.0.2.44', 'control socket', '192.0.2.51'][i % 3], role: ['administrator', 'administrator', 'help_desk'][i % 3], action: ['registry.put', 'POST /api/v1/queue/retry', 'directory.modify'][i % 3], object: [`${parameters}\\MaxHops`, '/api/v1/queue/retry', 'cn=alice,cn=Recipients,ou=Oslo,o=Contoso'][i % 3], before: [{ type: 'DWORD', data: '50' }, null, { displayName: ['Alice A.'] }][i % 3], after: [{ type: 'DWORD', data: '30' }, { reason: 'due_later' }, { displayName: ['Alice Ampere'] }][i % 3], undo: ['imc reg add -v MaxHops -t DWORD -d 50 -f', null, 'imc dir import backup/directory-20261127T051500.123Z-0001.ldif'][i % 3] })).filter((row) => ['who', 'action', 'object'].every((name) => row[name].toLowerCase().includes((q.get(name) ?? '').toLowerCase()))), q),
    '/diagnostics': (q, answer) => lines(answer, ['Initialization/Termination', 'Addressing', 'Message Transfer', 'SMTP Interface Events', 'Internal Processing', 'Content Conversion', 'SMTP Protocol Log', 'Message Archival'].map((category, i) => ({ category, level: i === 6 ? 3 : 0 })), q),
    '/protocol-log': (q, answer) => json(answer, { level: 0, name: 'None', peers: [], temporary: { level: 3, name: 'Medium', peers: ['203.0.113.0/24'], until: data.at(-900), by: 'administrator' } }),
};

const change = {
    'POST /session': (body, answer) => (body.password === 'wrong' ? fail(answer, 401, 40451, 'account or password is wrong') : json(answer, (state.session = { account: body.account, role: 'administrator', csrf: 'c5rf', expires: data.at(-3600) }))),
    'DELETE /session': (body, answer) => { state.session = null; answer.writeHead(204).end(); },
    'POST /check/fix': (body, answer, dry) => { if (!dry) state.fixed = true; json(answer, done(dry ? 'would change 1 value' : 'SiteDN is changed', { changed: ['registry value SiteDN = /o=Contoso/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1'], undo: 'imc reg restore registry-20261127T051500.123Z-0001.reg', check: check() })); },
    'PUT /registry': (body, answer, dry) => { if (!dry) registrySet[body.name] = body.data; json(answer, done(`${body.name} = ${body.data}`, { before: null, after: body, warnings: [] })); },
    'DELETE /registry': (body, answer, dry, q) => { if (!dry) delete registrySet[q.get('name')]; json(answer, done(`${q.get('name')} ${dry ? 'would be' : 'is'} deleted`)); },
    'PATCH /directory/entry': (body, answer, dry) => { if (!dry) directory.change(body.dn, body.changes); json(answer, done(`${body.changes[0].attribute} ${dry ? 'would be' : 'is'} changed`, { before: [], after: [] })); },
    'POST /directory/entry': (body, answer, dry) => json(answer, done(`${body.alias} ${dry ? 'would be' : 'is'} made`, { dn: `cn=${body.alias},cn=Recipients,ou=Oslo,o=Contoso,dc=contoso,dc=example`, ldif: `dn: cn=${body.alias},cn=Recipients,ou=Oslo,o=Contoso\nchangetype: add\nobjectClass: imcMailbox\ncn: ${body.alias}\nmailNickname: ${body.alias}\nproxyAddresses: SMTP:${body.alias}@contoso.example\n` })),
    'POST /directory/rename': (body, answer, dry) => json(answer, done(`${body.dn} ${dry ? 'would be' : 'is'} renamed to ${body.to}`, { dn: body.dn, consequences: directory.consequencesOf(body.dn) })),
    'DELETE /directory/entry': (body, answer, dry, q) => json(answer, done(`${q.get('dn')} ${dry ? 'would be' : 'is'} deleted`, { consequences: directory.consequencesOf(q.get('dn')) })),
    'POST /config/plan': (body, answer) => json(answer, { diff: Object.entries(body.changes).map(([key, value]) => { const field = fields().find((each) => each.key === key); return { section: field.section, name: field.name, before: field.value === null ? null : [].concat(field.value), after: value === null ? null : [].concat(value).map(String), text: `${key}` }; }), check: { ...check(), passed: true }, passes: true, needs_restart: [], hash: '91ab33' }),
    'POST /config/apply': (body, answer) => { if (body.keep_seconds) state.pending = { generation: 43, revert_at: data.at(-body.keep_seconds), seconds: body.keep_seconds, who: 'administrator', undo: 'imc config rollback 42', diff: Object.keys(body.changes) }; json(answer, done('Configuration 43 is in force.', { generation: 43, undo: 'imc config rollback 42', diff: [] })); },
    'POST /config/keep': (body, answer) => { state.pending = null; json(answer, { done: 'Configuration 43 is kept.', undo: null }); },
    'POST /config/revert': (body, answer) => { state.pending = null; json(answer, done('Configuration 42 is in force again.')); },
    'POST /config/rollback': (body, answer) => json(answer, done('Configuration 43 is as 40 was.', { diff: [{ section: 'registry', name: 'MaxHops', before: ['30'], after: ['50'], text: '' }], check: { passed: true, assertions: [] } })),
    'POST /explain/message': (body, answer) => json(answer, { verdict: 'accepted', steps: [{ step: 'connect', subject: body.peer, verdict: 'accepted', reply: '220', why: 'no row of ConnectionTable matches' }, { step: 'sender', subject: body.from, verdict: 'accepted', reply: '250 2.1.0', why: 'no filter row matches' }, ...body.to.flatMap((to) => [{ step: 'recipient', subject: to, verdict: 'accepted', reply: '250 2.1.5', why: 'a mailbox of this site' }, { step: 'route', subject: to, verdict: 'info', reply: '', why: 'maildir:alice' }])] }),
    'POST /tokens': (body, answer) => { state.tokens.push({ ...body, expires: data.at(-86400 * body.days) }); json(answer, { token: 'imc_3kX9vQ2mZp7Lr8sTn4Wb6Yc1', done: 'made', undo: null }); },
    'POST /directory/import': (body, answer, dry) => json(answer, done(`1 change ${dry ? 'would be' : 'is'} imported`, { consequences: [] })),
    'POST /undo': (body, answer) => json(answer, done('As it was before.')),
    'PUT /diagnostics': (body, answer) => json(answer, { done: 'changed', undo: null }), 'PUT /protocol-log': (body, answer) => json(answer, { done: 'changed', undo: null }),
    'POST /registry/backups': (body, answer) => json(answer, done('Backed up.')), 'POST /link/open': (body, answer) => json(answer, {}), 'POST /link/close': (body, answer) => json(answer, {}),
};

function live(answer) {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    const timer = setInterval(() => answer.write(`event: overview\ndata: ${JSON.stringify({ state: overview().state, counters: overview().counters, pending: state.pending })}\n\n`), 2000);
    const event = setInterval(() => answer.write(`event: event\ndata: ${JSON.stringify({ ...data.events[2], time: new Date().toISOString() })}\n\n`), 20_000);
    answer.write(': begun\n\n');
    answer.on('close', () => { clearInterval(timer); clearInterval(event); });
}

export function route(request, url, body, answer) {
    const path = url.pathname.replace('/api/v1', '');
    const q = url.searchParams;
    if (process.env.MOCK_FAIL && path.startsWith(process.env.MOCK_FAIL)) return fail(answer, 503, 40115, 'the service is held by event 4086 (identity.organization)');
    if (!state.session && path !== '/session') return fail(answer, 401, 40450, 'nobody has signed in');
    if (request.method !== 'GET' && path !== '/session' && request.headers['x-csrf-token'] !== 'c5rf') return fail(answer, 403, 40452, 'the CSRF token is missing or wrong');
    if (path === '/live') return live(answer);
    if (request.method === 'GET' && get[path]) return get[path](q, answer);
    const other = change[`${request.method} ${path}`];
    if (other) return other(body, answer, q.get('dry_run') === 'true', q);
    const part = path.split('/').map(decodeURIComponent);
    if (part[1] === 'events' && part[2] === 'explain') { const found = explainNumber(part[3]); return found ? json(answer, found) : fail(answer, 404, 40402, `nothing is known of ${part[3]}`); }
    if (part[1] === 'queue' && request.method === 'POST') return json(answer, queueAction(body));
    if (part[1] === 'queue' && part.length === 3) return json(answer, data.message(Number(part[2]) - 481516));
    if (part[1] === 'queue' && part[3] === 'headers') return json(answer, { headers: data.messageHeaders, raw_octets: data.rawText.length });
    if (part[1] === 'queue' && part[3] === 'envelope') return json(answer, { version: 1, id: part[2], from: 'alice@contoso.example', recipients: [{ to: 'ann@example.net' }] });
    if (part[1] === 'queue' && part[3] === 'text') return answer.writeHead(200, { 'content-type': 'message/rfc822' }).end(Number(q.get('at') ?? 0) > 0 ? '' : data.rawText);
    if (part[1] === 'track') { const all = data.tracks(); const story = all.filter((each) => each.id === part[2]); const shown = story.length > 0 ? story : all.filter((each) => each.id === all[all.length - 1].id); return json(answer, { message: part[2], message_id: shown[0].message_id, sender: shown[0].sender, octets: shown[0].octets, recipients: [shown[0].recipient], story: shown, decided: [{ recipient: shown[0].recipient, ...shown[0].decided }], in_queue: false }); }
    if (part[1] === 'rejects') { const found = data.rejects.find((each) => each.code === part[2]) ?? data.rejects[0]; return json(answer, { ...found, status: { title: 'Bad destination mailbox address', text: '' } }); }
    if (part[1] === 'quarantine') { if (request.method === 'GET') return json(answer, { ...(data.quarantine.find((each) => each.id === part[2]) ?? data.quarantine[0]), headers: data.messageHeaders, text: data.rawText, cut: false }); return json(answer, { done: 'Deleted.', undo: null, id: part[2], message: '0000000481999' }); }
    if (part[1] === 'badmail') { if (request.method === 'GET') return json(answer, { ...data.badmail[0], headers: data.messageHeaders, text: data.rawText, cut: false }); return json(answer, { done: 'Deleted.', undo: null, id: part[2], message: '0000000481999' }); }
    if (part[1] === 'registry' && part[2] === 'backups' && part[4] === 'restore') return json(answer, done('Restored.'));
    if (part[1] === 'registry' && part[2] === 'backups') return json(answer, { id: part[3], time: data.at(500), text: '', diff: [{ op: ' ', line: 'Windows Registry Editor Version 5.00' }, { op: ' ', line: '' }, { op: ' ', line: `[${parameters}]` }, { op: ' ', line: '"CommonName"="Internet Mail Connector (MAIL1)"' }, { op: '-', line: '"MaxHops"=dword:0000001e' }, { op: '+', line: '"MaxHops"=dword:00000032' }, { op: ' ', line: '"Hostname"="mail1.contoso.example"' }] });
    if (part[1] === 'config' && part[2] === 'history') return json(answer, { number: Number(part[3]), time: data.at(4000), author: 'administrator', changes: [{ section: 'registry', name: 'MaxHops', before: ['50'], after: ['30'], text: '' }], settings: '[registry]\nMaxHops = 30\n', diff_to_now: part[3] === '42' ? [] : [{ section: 'registry', name: 'MaxHops', before: ['50'], after: ['30'], text: '' }] });
    if (part[1] === 'tokens') { state.tokens = state.tokens.filter((each) => each.name !== part[2]); return json(answer, { done: 'Revoked.', undo: null }); }
    return fail(answer, 404, 40402, `no such path: ${request.method} ${path}`);
}
void share;
