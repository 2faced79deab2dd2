// Every page there is, with a name for its picture. What needs an id takes the first that the service has.

const tabs = ['general', 'connections', 'internet-mail', 'address-space', 'routing', 'security', 'delivery-restrictions', 'queues', 'diagnostics', 'schedule'];

const first = (page, path) => page.evaluate(async (path_) => {
    const answer = await fetch(`/api/v1${path_}`);
    return answer.ok ? JSON.parse((await answer.text()).split('\n')[0] || 'null') : null;
}, path);

export async function everyPath(page, { connector }) {
    const out = [
        ['overview', '/'], ['verdict', '/verdict'],
        ['queues', '/queues'], ...['reason', 'route', 'site', 'domain', 'sender'].map((by) => [`queues-by-${by}`, `/queues?by=${by}`]),
        ['tracking-empty', '/tracking'], ['tracking', '/tracking?since=24h'], ['rejects', '/rejects'],
        ['explain-recipient', '/explain/rcpt?address=alice%40contoso.example&dns=false'], ['explain-route', '/explain/route?address=ann%40example.net&dns=false'],
        ['explain-relay', '/explain/relay?peer=192.0.2.10&to=ann%40example.net'], ['explain-message', '/explain/message'],
        ['quarantine', '/quarantine'], ['badmail', '/badmail'],
        ['organization', '/organization'], ['organization-connector', `/organization?dn=${encodeURIComponent(connector)}`], ['organization-search', '/organization?search=alice'],
        ...tabs.map((tab) => [`connector-${tab}`, `/connector/${tab}`]), ['connector-history', '/connector/history'],
        ['registry', '/registry'], ['registry-search', '/registry?search=relay'], ['registry-backups', '/registry/backups'],
        ['certificates', '/certificates'], ['events', '/events'], ['event', '/events/explain/4086'],
        ['counters', '/counters'], ['audit', '/audit'], ['accounts', '/accounts'], ['help', '/manual'], ['no-page', '/nowhere'],
    ];
    const with_ = async (list, pathOf) => {
        const row = await first(page, list);
        if (row !== null) out.push(...pathOf(row));
    };
    await with_('/queue?limit=1', ({ id }) => [['message', `/queues/message/${id}`], ...['headers', 'envelope', 'history', 'raw'].map((tab) => [`message-${tab}`, `/queues/message/${id}/${tab}`])]);
    await with_('/track?since=24h&limit=1', ({ id }) => [['story', `/tracking/${id}`]]);
    await with_('/rejects?limit=1', ({ code }) => [['reject', `/rejects/${code}`]]);
    await with_('/quarantine?limit=1', ({ id }) => [['quarantined', `/quarantine/${encodeURIComponent(id)}`]]);
    await with_('/badmail?limit=1', ({ id }) => [['bad', `/badmail/${encodeURIComponent(id)}`]]);
    return out;
}
