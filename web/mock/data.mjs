// Made mail of a made organization: the same at every start.
let seed = 7;
const random = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);
const pick = (list) => list[Math.floor(random() * list.length)];
const now = () => Date.now();
export const at = (secondsAgo) => new Date(now() - secondsAgo * 1000).toISOString();

export const reasons = {
    due_later: 'tried before; the next attempt is due later', site_down: 'no host of the site answered; one message tries for all', connection_limit: 'as many connections to the site as it takes', held: 'an administrator holds it',
    tls_unmet: 'the host does not offer the TLS that the domain must have', directory_cannot_say: 'the directory did not answer', in_delivery: 'a connection carries it now', no_route: 'nothing carries this address', outside_window: 'the link opens later',
};
const replies = { due_later: '451 4.7.1 Greylisted, try again in 300 seconds', site_down: 'connect to 203.0.113.8:25: timed out after 30 s', tls_unmet: '220 mx.partner.example ESMTP (no STARTTLS)', in_delivery: '', held: '', connection_limit: '421 4.7.0 too many connections', directory_cannot_say: '', no_route: '', outside_window: '' };
const outside = ['example.net', 'example.org', 'partner.example', 'supplier.example', 'slow.example'];
const people = ['alice', 'bob', 'carol', 'dan', 'erin'];
const strange = '<script>alert(1)</script>@evil.example';

export const queueSize = Number(process.env.MOCK_QUEUE ?? 214);
export function message(index) {
    seed = index * 7919 + 3;
    random();
    const reason = pick(['due_later', 'due_later', 'due_later', 'site_down', 'site_down', 'connection_limit', 'held', 'tls_unmet', 'directory_cannot_say', 'in_delivery']);
    const domain = reason === 'tls_unmet' ? 'partner.example' : reason === 'site_down' ? 'slow.example' : pick(outside);
    const age = 86400 * 1.4 * (1 - index / queueSize) + random() * 60;
    const id = String(481516 + index).padStart(13, '0');
    const many = random() < 0.2 ? 3 : 1;
    return {
        id, sender: index === 5 ? strange : random() < 0.1 ? '' : `${pick(people)}@contoso.example`, arrived_at: at(age), octets: Math.floor(random() ** 3 * 4e6) + 900, priority: pick(['normal', 'normal', 'normal', 'urgent', 'non-urgent']),
        recipients: Array.from({ length: many }, (_, i) => ({
            address: `${pick(['sales', 'info', 'ann', 'press', 'orders'])}${i || ''}@${domain}`, reason, explained: reasons[reason], why: reasons[reason], since: at(age * 0.9), until: reason === 'held' ? null : at(-600 * random()), expires: at(age - 48 * 3600), route: `mx:${domain}`,
            next_host: `mx1.${domain}`, attempts: Math.floor(random() * 6), next_attempt: at(-600 * random()), last_reply: replies[reason], last_host: `mx1.${domain} [203.0.113.8]`, last_status: '4.4.1',
            ...(reason === 'held' ? { held_until: 'never', by: 'operator', text: 'Waits for the legal department' } : {}),
            decided: { text: `gen=42;other=${domain};relay=authenticated;space=SMTP:*;to=mx:${domain}`, facts: [{ word: 'gen', meaning: 'configuration', value: '42' }, { word: 'other', meaning: 'domain of somebody else', value: domain }, { word: 'relay', meaning: 'may relay by', value: 'authenticated' }, { word: 'space', meaning: 'address space', value: 'SMTP:*' }, { word: 'to', meaning: 'goes to', value: `mx:${domain}` }], cut: false },
        })),
    };
}
const sample = Array.from({ length: Math.min(queueSize, 300) }, (_, i) => message(i));
export const messages = { sample };
export function byReason() {
    const out = new Map();
    for (const each of sample) for (const recipient of each.recipients) {
        const row = out.get(recipient.reason) ?? { reason: recipient.reason, explained: recipient.explained, recipients: 0, oldest: each.arrived_at, sample: each.id };
        row.recipients += 1;
        out.set(recipient.reason, row);
    }
    return [...out.values()].sort((a, b) => b.recipients - a.recipients);
}

const shape = (minute) => 0.25 + 0.75 * Math.max(0, Math.sin(((minute - 300) / 1440) * Math.PI * 1.6));
export function rates() {
    seed = 99;
    const from = Math.floor(now() / 60000) * 60000 - 1439 * 60000;
    const day = new Date(from);
    const first = day.getHours() * 60 + day.getMinutes();
    const make = (most) => Array.from({ length: 1440 }, (_, i) => Math.max(0, Math.round(most * shape((first + i) % 1440) * (0.6 + 0.8 * random()))));
    return { step: 60, from: new Date(from).toISOString(), in: make(86), out: make(52), refused: make(24) };
}

const eventRows = [
    [4086, 'Error', 'Initialization/Termination', 'The configuration could not be loaded from the directory or the registry: o=contoso found, o=Contoso expected.', { detail: 'identity.organization' }],
    [1000, 'Information', 'Initialization/Termination', 'The service has started, version 0.1.0.', { version: '0.1.0' }],
    [4183, 'Failure Audit', 'SMTP Interface Events', '[198.51.100.23] could not sign in as "alice" by PLAIN: wrong password.', { peer: '198.51.100.23', user: 'alice', mechanism: 'PLAIN' }],
    [40113, 'Information', 'Initialization/Termination', 'Configuration 42 is in force: MaxHops 50 -> 30.', { number: '42' }],
    [4151, 'Information', 'SMTP Interface Events', 'bob at [192.0.2.44] may not send as ceo@contoso.example: the address is not his.', { account: 'bob', address: 'ceo@contoso.example', peer: '192.0.2.44' }],
    [40160, 'Warning', 'Internal Processing', 'Message 0000000481300 stopped the service twice and is set aside.', { message: '0000000481300' }],
    [40721, 'Warning', 'SMTP Interface Events', 'Refusals come faster than 100 a second; those beyond are counted.', { peer: '198.51.100.23' }],
    [40400, 'Information', 'Internal Processing', 'The service is not running: nobody answers on the control socket.', { detail: 'a subject <b onmouseover=alert(1)>x</b>' }],
];
export const events = (() => {
    seed = 5;
    return Array.from({ length: 260 }, (_, i) => {
        const [id, type, category, description, fields] = eventRows[i % eventRows.length];
        return { time: at(i * 470 + random() * 300), id, source: 'MSExchangeIMC', type, category, description, fields };
    });
})();

export function tracks() {
    seed = 11;
    const out = [];
    for (let i = 0; i < 60; i += 1) {
        const id = String(481000 - i).padStart(13, '0');
        const inbound = random() < 0.6;
        const person = pick(people);
        const other = `${pick(['ann', 'info', 'orders'])}@${pick(outside)}`;
        const sender = inbound ? other : `${person}@contoso.example`;
        const recipient = inbound ? `${person}@contoso.example` : other;
        const start = i * 840 + 20;
        const shared = { id, sender, recipient, octets: 900 + Math.floor(random() * 200000), priority: 0, message_id: `<${id}.x@${sender.split('@')[1]}>` };
        out.push({ ...shared, time: at(start), event: 1012, what: 'received', partner: inbound ? '[203.0.113.25]:4711' : '[192.0.2.44]:51312', helo: inbound ? 'mx1.example.net' : 'laptop', tls: 'TLSv1.3 TLS_AES_256_GCM_SHA384', ...(inbound ? {} : { account: person }), decided: message(i).recipients[0].decided });
        if (inbound) out.push({ ...shared, time: at(start - 0.4), event: 1013, what: 'delivered', route: `maildir:${person}`, status: '2.0.0', text: 'stored', delivered: true });
        else {
            out.push({ ...shared, time: at(start - 0.2), event: 1010, what: 'queued', route: `mx:${recipient.split('@')[1]}` });
            if (i % 4 === 0) out.push({ ...shared, time: at(start - 30), event: 40731, what: 'attempt failed', partner: `mx1.${recipient.split('@')[1]}`, status: '4.7.1', text: '451 4.7.1 Greylisted' });
            if (i % 7 === 3) out.push({ ...shared, time: at(start - 600), event: 40732, what: 'given up', status: '5.1.1', text: '550 5.1.1 no such user', delivered: false });
            else if (i % 9 !== 2) out.push({ ...shared, time: at(start - 400), event: 1011, what: 'transferred', partner: `mx1.${recipient.split('@')[1]} [203.0.113.8]:25`, tls: 'TLSv1.3', status: '2.0.0', text: '250 2.0.0 queued as 7F3A', delivered: true });
        }
    }
    return out;
}

const rules = [['recipient: unknown, the directory proved it absent', 'RCPT', 'no object of the directory has this address; asked: ldap://ldap.contoso.example; directory revision 345', '550 5.1.1 No such recipient'], ['relay: nobody', 'RCPT', 'no rule lets 198.51.100.23 relay', '550 5.7.1 Relaying denied'], ['filter: @spam.example', 'MAIL', 'row "@spam.example;reject" of TurfTable', '550 5.7.1 Refused by policy'], ['connection: 198.51.100.0/24', 'connect', 'row of ConnectionTable', '521 5.3.2 Access denied'], ['size: inbound', 'MAIL', 'SIZE=81788928 is more than 67108864', '552 5.3.4 Message too large']];
export const rejects = (() => {
    seed = 21;
    const code = () => Array.from({ length: 8 }, () => pick([...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'])).join('');
    return Array.from({ length: 140 }, (_, i) => {
        const [rule, stage, evidence, reply] = rules[Math.floor(random() ** 2 * rules.length)];
        return { time: at(i * 311), code: code(), count: 1, peer: `198.51.100.${Math.floor(random() * 250)}`, peer_name: random() < 0.5 ? `host${i}.example.net` : '', helo: 'friend', listener: '0.0.0.0:25', account: '', sender: stage === 'connect' ? null : pick(['ann@example.net', 'promo@spam.example', '']), recipients: stage === 'connect' ? [] : [`${pick([...people, 'nobody', 'sales'])}@contoso.example`], stage, rule, evidence, reply };
    });
})();

const headers = [['Received', 'from mx1.example.net (mx1.example.net [203.0.113.25]) by mail1.contoso.example with ESMTPS id 0000000481516; Fri, 27 Nov 2026 05:12:10 +0000'], ['From', 'Ann Other <ann@example.net>'], ['To', 'Alice Ampere <alice@contoso.example>'], ['Subject', 'Offer <img src=x onerror=alert(1)> for you'], ['Message-ID', '<20261127051210.1@example.net>'], ['MIME-Version', '1.0'], ['Content-Type', 'text/plain; charset=utf-8']].map(([name, value]) => ({ name, value }));
export const messageHeaders = headers;
export const rawText = headers.map((each) => `${each.name}: ${each.value}`).join('\r\n') + '\r\n\r\nDear Alice,\r\n\r\nas discussed, the drawings follow on Monday.\r\n\r\nAnn\r\n';
export const quarantine = Array.from({ length: 9 }, (_, i) => ({ id: `20261127T0${i}3511123Z-0f3a9c2${i}`, kept_at_ms: now() - i * 7200_000 - 60_000, sender: `promo${i}@spam.example`, recipients: ['alice@contoso.example', ...(i % 3 === 0 ? ['bob@contoso.example'] : [])], peer: `198.51.100.${20 + i}`, helo: 'spam.example', rule: '@spam.example;quarantine', matched: `promo${i}@spam.example`, where: i % 2 ? 'From' : 'MAIL FROM', octets: 3211 + i * 700 }));
export const badmail = [{ id: '0000000481300', set_aside_at: at(40000), octets: 48211, sender: 'scanner@example.org', recipients: [{ address: 'erin@contoso.example', waits: true, attempts: 2, last_status: '', last_reply: '' }], why: 'the service died of it 2 times while its text was parsed' }];
