// Every word the pages say. Another language is another file of this shape.

const many = (n: number, one: string, more: string): string => `${n.toLocaleString('en')} ${n === 1 ? one : more}`;

export const app = { name: 'imc Administrator', short: 'imc Administrator' };

export const common = {
    loading: 'Loading …', looking: 'Looking at what this would do …', working: 'Working …', retry: 'Try again', refresh: 'Refresh', close: 'Close', cancel: 'Cancel',
    save: 'Save', edit: 'Edit', review: 'Review …', search: 'Search', filter: 'Filter', clear: 'Clear', more: 'Show more', undo: 'Undo', any: 'Any', none: 'none', from: 'From',
    value: 'Value', setting: 'Setting', before: 'Before', after: 'After', notSet: 'not set', emptyText: '(empty)', changed: 'Changed, not applied', actions: 'Actions',
    copied: 'Copied', copyCommand: 'Copy', differences: 'Differences', noDifference: 'No difference.',
    event: (n: number) => `Event ${n}`,
    plus: (n: number) => `+${n}`,
    allRows: (n: string) => `${n} in all`,
    rowsSoFar: (n: string, of: string | null) => (of ? `The first ${n} of ${of}` : `The first ${n}; more follow`),
    pageFailed: 'The next rows could not be read. Try again',
    needsRole: (role: string) => `Needs the role ${role}.`,
    serviceLoads: (progress: string) => `The service still reads what waited before its start (${progress}). Lists are not whole yet.`,
};

export const errors = {
    failed: 'That did not work', forbidden: 'Your role does not allow this', missing: 'There is no such thing',
    unreachable: 'The service does not answer', unreachableDetail: 'Is it running? On the host: imc service status',
    why: (event: number) => `Event ${event}: what it means and what to do`,
    noPage: 'No such page', noPageText: 'The address leads nowhere. The menu has all pages.',
};

export const problems = {
    empty: () => 'A number is needed.',
    number: () => 'Not a whole number.',
    range: (min?: number | null, max?: number | null) => `Must be from ${min ?? 0} to ${max ?? 4294967295}.`,
    hex: () => 'Pairs of hexadecimal digits, as in 0a ff.',
    choice: () => 'Not one of the choices.',
};

export const state: Record<string, string> = { running: 'Running', held: 'Held', starting: 'Starting', stopping: 'Stopping' };
export const live: Record<string, string> = { live: 'Live', polling: 'Every 10 s', off: 'No live data' };
export const theme = { system: 'as the system', light: 'light', dark: 'dark', label: (now: string) => `Colours: ${now}` };
export const roles = { view: 'View', help_desk: 'Help desk', operator: 'Operator', administrator: 'Administrator' };
export const roleTexts = {
    view: 'Sees state, charts, queues, events and settings; no text of mail, no tracking.',
    help_desk: 'Also tracks messages and refusals and explains addresses, of the own domain.',
    operator: 'Also acts on the queues and the link, reads mail that waits, and releases what was set aside.',
    administrator: 'Also changes connector, registry, directory and diagnostics levels, and makes tokens.',
};

export const signIn = {
    account: 'Account', password: 'Password', go: 'Sign in', out: 'Sign out', wrong: 'Account or password is wrong, or the account has no role here.',
    tooMany: 'Too many attempts. Wait a little, then try again.',
    hint: 'While the service is held, accounts of the directory cannot sign in. On the host, this prints a link that signs in once, then and for whoever is locked out:',
    heldTitle: 'The service is held',
    heldText: 'So accounts of the directory cannot sign in, whatever the password: it does not ask a directory whose identity it has not proved. The account “emergency” can, if it has a password. Or print a link that signs in once, on the host:',
};

export const nav = {
    label: 'Pages', menu: 'Menu', skip: 'Skip to the content', held: 'held', mail: 'Mail', organization: 'Configuration', record: 'Records', overview: 'Overview',
    verdict: 'Start-up verdict', queues: 'Queues', tracking: 'Message tracking', rejects: 'Refused mail', explain: 'Explain', quarantine: 'Quarantine', badmail: 'Badmail',
    directory: 'Organization', connector: 'Connector', registry: 'Registry', certificates: 'Certificates', events: 'Events', audit: 'Audit', counters: 'Counters', accounts: 'Accounts and tokens', help: 'Help',
};

export const overview = {
    title: 'Overview', service: 'Service', queue: 'Queue', connections: 'Connections', directory: 'Directory', disk: 'Spool disk', certificate: 'Certificate',
    runs: (state_: string, since: string, version: string, generation: number | null) => `${state_}${since === '–' ? '' : ` for ${since}`}, version ${version}${generation ? `, configuration ${generation}` : ''}.`,
    since: (how: string) => (how === '–' ? '' : `for ${how}`), messages: (n: number) => (n === 1 ? 'message' : 'messages'), recipientsWait: (n: number) => many(n, 'recipient waits', 'recipients wait'), in: 'in', out: 'out',
    total: (in_: string, out: string) => `${in_} in, ${out} out since the start`, free: 'free', diskUsed: (percent: number) => `${percent} % used`, daysLeft: 'days left',
    rates: 'Mail per minute', ratesNote: 'Draw over a stretch to look closer; double-click for all of it.', zoom: 'Stretch of time', hours: (n: number) => `${n} h`,
    refusedShort: 'refused', noRates: 'No figures yet', byReason: 'Why mail waits', refused: 'Refused in the last 24 h', nothingRefused: 'Nothing was refused',
    changes: 'Last changes', noChanges: 'No changes yet', firstGeneration: 'As it was set up', andMore: (n: number) => `and ${n} more`,
    certificates: 'Certificates', queueEmpty: 'Nothing waits', queueHeld: 'Not open while the service is held',
    toQueues: 'Queues', toRejects: 'Refused mail', toHistory: 'History', toCertificates: 'Certificates', toVerdict: 'See the verdict',
    heldTitle: (event: number | null) => (event ? `The service is held: event ${event}` : 'The service is held'),
    heldText: (id: string | null) => `It accepts no mail${id ? `, because ${id} did not pass` : ''}. What is queued stays. It starts by itself when the verdict passes.`,
};

export const verdict = {
    title: 'Start-up verdict', note: 'Everything the connector proves before it starts, asked anew. Nothing is left out after the first failure.',
    again: 'Check again', checking: 'Checking …', found: 'Found', expected: 'Expected', nothing: 'nothing', decides: 'decides', fix: 'Fix', fixAll: 'Fix all that can be',
    fixOne: (id: string) => `Fix ${id}`, fixBy: 'This command mends it:', byHand: 'Only you can know which is right: run it, or change it yourself.',
    willChange: 'This will be changed:', equals: 'Which equals:', undoIsThere: 'Afterwards there is an undo.',
    status: { passed: 'passed', warning: 'warning', failed: 'failed', not_evaluated: 'not evaluated' } as Record<string, string>,
    difference: {
        same: 'They are equal.', case: 'They differ in upper and lower case only. Names are compared byte for byte.', space: 'They differ in spaces only. Names are compared byte for byte.',
        'case and space': 'They differ in spaces and letter case only. Names are compared byte for byte.', letters: 'The marked letters differ.',
    },
    passes: 'passes', fails: 'does not pass', passedCount: (n: number) => `${many(n, 'assertion passes', 'assertions pass')}`,
    openTitle: (n: number) => many(n, 'assertion needs attention', 'assertions need attention'), passedTitle: (n: number) => many(n, 'assertion passed', 'assertions passed'),
    allPassed: 'Everything passes', passedWithWarnings: 'It passes, with warnings', wouldStart: 'A start now would succeed.', startsSoon: 'The service starts by itself within seconds.',
    heldBy: (id: string) => `The service is held by ${id}`, wouldNot: (id: string) => `A start now would fail: ${id}`,
    oldMessage: 'In 1998 you would have read “Error 2140: an internal error occurred”. What it is:',
};

export const reasons: Record<string, string> = {
    in_delivery: 'in delivery', due_later: 'due later', connecting: 'connecting', site_down: 'site does not answer', connection_limit: 'connection limit', rate_limit: 'rate limit',
    held: 'held', no_route: 'no route', directory_cannot_say: 'directory cannot say', tls_unmet: 'TLS policy not met', outside_window: 'outside window',
    waiting_for_etrn: 'waits for ETRN', spool_unhealthy: 'spool unhealthy', disk_low: 'disk is low', paused: 'paused', deleted: 'deleted', expansion_limit: 'list limit',
};
export const priorities: Record<string, string> = { urgent: 'urgent', normal: 'normal', 'non-urgent': 'non-urgent' };

export const queues = {
    title: 'Queues', note: 'What waits, and why. Choose rows or a filter, see what an action would meet, then do it.', live: 'Follow', actions: 'Actions',
    views: {
        'inbound awaiting conversion': 'Inbound awaiting conversion', 'inbound awaiting delivery': 'Inbound awaiting delivery',
        'outbound awaiting conversion': 'Outbound awaiting conversion', 'outbound awaiting delivery': 'Outbound awaiting delivery',
    } as Record<string, string>,
    view: 'Queue', nothing: 'empty', viewSub: (recipients: number, size: string) => `${many(recipients, 'recipient', 'recipients')}, ${size}, oldest`,
    groupBy: 'Grouped by', messages: 'Messages', byReason: 'By reason', byRoute: 'By route', bySite: 'By site', byDomain: 'By domain', bySender: 'By sender',
    groupNames: { route: 'Route', site: 'Site', domain: 'Domain', sender: 'Sender' } as Record<string, string>, noWayYet: 'not known yet',
    restOfGroups: (groups: string | null, recipients: string, octets: string) => `And ${groups === null ? 'many more groups' : groups === '1' ? 'one more group' : `${groups} more groups`} with ${recipients} recipients, ${octets}.`,
    id: 'Id', sender: 'Sender', recipient: 'Recipient', recipients: 'Recipients', domain: 'Domain', route: 'Route', reason: 'Reason', lastReply: 'Last reply', size: 'Size', arrived: 'Arrived',
    oldest: 'Oldest', sample: 'For example', priority: 'Priority', nextAttempt: 'Next attempt', older: 'Older than', younger: 'Younger than', larger: 'Larger than', smaller: 'Smaller than',
    deleted: 'Deleted', deletedHidden: 'Hidden', deletedToo: 'Shown, too', deletedOnly: 'Only these', moreFilters: 'More filters', badPeriod: 'As in 90s, 30m, 2h, 7d.', badSize: 'As in 500, 20k, 3m, 1g.',
    noMatch: 'Nothing matches', noMatchText: 'Nothing that waits fits the filter.', tick: 'Choose', tickOne: (id: string) => `Choose ${id}`, untick: 'Choose none',
    ticked: (n: number) => many(n, 'message chosen', 'messages chosen'), allThatMatch: 'Actions: all that match the filter', everything: 'Actions: everything in the queue', all: 'everything in the queue', selects: 'Applies to',
    verbs: { retry: 'Retry', hold: 'Hold', release: 'Release', reroute: 'Reroute', expire: 'Change expiry', bounce: 'Bounce', delete: 'Delete', undelete: 'Undelete' },
    verbHelp: {
        retry: 'Tries now, whatever the retry time says. What is held stays held.', hold: 'Keeps recipients back until a time, or until they are released.', release: 'Lets go what was held.',
        reroute: 'Sends to another host than routing says.', expire: 'Changes when mail that cannot be delivered is returned.', bounce: 'Gives up now: the sender gets a report.',
        delete: 'Takes recipients out without a report. For a day it can be undone.', undelete: 'Brings back what was deleted.',
    },
    dryRun: 'See what it meets', doIt: (verb: string, n: number) => `${verb}: ${many(n, 'recipient', 'recipients')}`, holdFor: 'For', holdHint: 'As in 90s, 30m, 2h, 7d. Empty: until released.', holdText: 'Note',
    rerouteTo: 'To host', rerouteNormal: 'Back to normal routing', expireWhen: 'Expires', expireNow: 'now', expireIn: 'in', expireNormal: 'as usual', period: 'Period',
    bounceText: 'Text for the sender', bounceHint: 'Stands in the report: say why, and what to do.', deleteNow: 'Keep nothing', deleteHint: 'Then it cannot be undone.',
    meets: (recipients: number, messages: number) => `${many(recipients, 'recipient', 'recipients')} of ${many(messages, 'message', 'messages')}.`,
    inDelivery: (n: number) => many(n, 'is being delivered and is left alone.', 'are being delivered and are left alone.'),
    heldAlone: (n: number) => many(n, 'is held and is left alone.', 'are held and are left alone.'), progress: (done: string, of: string) => `${done} of ${of}`,
    actionDone: (verb: string, recipients: number, messages: number) => `${verb}: ${many(recipients, 'recipient', 'recipients')} of ${many(messages, 'message', 'messages')}.`, actionNumber: (n: number) => `Action ${n}.`, stop: 'Stop here', stopped: 'Stopped.',
};

export const link = { title: 'Link', states: { open: 'open', closed: 'closed' }, opens: 'opens', waiting: (n: string) => `${n} wait`, open: 'Open now', close: 'Close' };

export const message = {
    title: (id: string) => `Message ${id}`, parts: 'Parts of the message', why: 'Why it waits', headers: 'Headers', envelope: 'Envelope', history: 'History', raw: 'Raw text',
    rawNote: 'As it came. Private: who looks is in the audit log.', since: 'Since', until: 'Tried next', released: 'when released', expires: 'Expires', nextHost: 'Next host', tried: 'Asked in vain', attempts: 'Attempts',
    lastHost: 'Last host', heldBy: 'By', note: 'Note', explain: 'Explain the address', route: 'Explain the route', name: 'Name', value: 'Value', noHeaders: 'No headers',
    decided: 'By which facts it was decided', cut: 'Cut: there was no room for more.',
};

export const tracking = {
    title: 'Message tracking', note: 'The story of each message, from connection to last result.', time: 'Time', outcome: 'Outcome', last: 'Last record',
    fields: { sender: 'Sender', recipient: 'Recipient', message: 'Message-ID', id: 'Queue id', since: 'Since', until: 'Until' },
    outcomes: { delivered: 'delivered', partly: 'partly delivered', failed: 'failed', waiting: 'on its way', removed: 'removed' },
    none: 'No such message was taken', noneText: 'What was refused never got this far: it stands among the refusals.', toRejects: 'Look among refused mail',
    begin: 'Whose message?', beginText: 'Give a sender, a recipient, a message id, or a time.', storyTitle: (id: string) => `Story of ${id}`, story: 'What happened', stillQueued: 'Still in the queue',
    decided: 'By which facts each recipient was decided on', decidedNote: 'As they were then.', as: (account: string) => `as ${account}`,
    what: {
        1010: 'Queued for another host', 1011: 'Transferred', 1012: 'Received', 1013: 'Put into the mailbox', 1014: 'Rerouted by an administrator', 1015: 'A report came in', 1016: 'Report transferred',
        1017: 'A report was made', 1018: 'A report was due and is not made', 26: 'Expanded', 40730: 'Queued for a mailbox here', 40731: 'Attempt failed, tried again later', 40732: 'Given up',
        40733: 'Removed by an administrator', 40734: 'Automatic mail that policy keeps back', 40735: 'Changed by an administrator', 40736: 'Decided anew',
    } as Record<number, string>,
};

export const rejects = {
    title: 'Refused mail', note: 'What we did not take, by whom it was meant for. The code stands in the reply the sender got.', time: 'Time', recipients: 'Meant for', peer: 'Client', rule: 'Rule', reply: 'Reply',
    code: 'Code', count: 'Times', listener: 'Listener', account: 'Account', stage: 'At', evidence: 'Evidence', meaning: 'Meaning', noSender: 'no sender yet', one: (code: string) => `Refusal ${code}`,
    fields: { recipient: 'Meant for', sender: 'Sender', peer: 'Client', code: 'Code', rule: 'Rule', since: 'Since' }, none: 'Nothing was refused', noneText: 'Nothing in the journal fits.',
    explainNow: 'Explain the recipient as of now', relayNow: 'Explain relaying as of now',
};

export const explain = {
    title: 'Explain', go: 'Explain', walk: 'Walk it through', walking: 'Walking the steps …', walked: 'What would happen', askDns: 'Ask DNS for mail hosts', steps: 'Step by step', decides: 'decides',
    tabs: { rcpt: 'Recipient', route: 'Route', relay: 'Relay', message: 'Try a message' },
    notes: {
        rcpt: 'Who an address is, and what a client would hear at RCPT.', route: 'Where mail to an address goes, with every candidate, and the mail hosts in the order of trial.',
        relay: 'Whether a client may send through us, with every rule looked at.', message: 'Walks a message through all of it. Nothing is sent, nothing is stored.',
    },
    fields: { address: 'Address', from: 'Sender', to: 'Recipient', peer: 'Client address', auth: 'Signed in as', cert: 'Client certificate' } as Record<string, string>,
    toMany: 'Recipients', toHint: 'Separated by commas, spaces or lines.', why: 'Why', nextHop: 'Goes to', as: 'As', lookedAt: 'Looked at', hosts: 'Mail hosts', host: 'Host', preference: 'Preference',
    secure: 'secure', insecure: 'insecure', fate: 'What becomes of it', profile: (domain: string) => `Terms of ${domain}`, rule: 'Rule', domain: 'Last domain', local: 'Local', localYes: 'One of our domains: no relay rule is asked',
    malformed: 'Malformed', relayAllowed: 'may relay', relayDenied: 'may not relay',
    verdicts: { accepted: 'accepted', refused: 'refused', deferred: 'deferred', info: 'noted' } as Record<string, string>,
    tryStep: { connect: 'Connect', sender: 'MAIL FROM', recipient: 'RCPT TO', relay: 'Relay', route: 'Route' } as Record<string, string>,
};

export const setAside = {
    when: 'Set aside', release: 'Release', remove: 'Delete', releaseTitle: 'Release this message?', removeTitle: 'Delete this message?', released: (id: string) => `Released; it is in the queue as ${id}.`,
    cut: 'Only the beginning is shown.',
};
export const quarantine = {
    title: 'Quarantine', note: 'What a row of the filter table set aside instead of refusing it.', rule: 'Rule', matched: 'Matched', none: 'The quarantine is empty', noneText: 'No filter row has set mail aside.',
    releaseText: 'It is queued for all its recipients, with all that was said of it at MAIL and RCPT.', removeText: 'It is gone for good. Nobody is told.',
};
export const badmail = {
    title: 'Badmail', note: 'Messages that the service died of twice. They are kept apart, and the service goes on.', why: 'Why', waits: 'waits', none: 'No badmail', noneText: 'The service has not died of any message.',
    releaseText: 'It is queued under a new id for the recipients that waited. If the service dies of it again, it comes back here.', removeText: 'It is gone for good. Nobody is told.',
};

export const directory = {
    title: 'Organization', create: 'New', search: 'Names, aliases, addresses', results: (text: string) => `Found for “${text}”`, notFound: 'Nobody and nothing found', notFoundText: 'Try a part of the name, the alias or the address.',
    choose: 'Choose an object', chooseText: 'Its attributes, its names and its raw LDIF are shown here. Arrow keys walk the tree.', properties: 'Property pages', rename: 'Rename', remove: 'Delete', view: 'View',
    directoryName: 'Directory Name', directoryNameHint: 'The RDN. Every rule compares this one.', displayName: 'Display Name', displayNameHint: 'For people only. No rule looks at it.',
    attributes: 'Attributes', ldif: 'LDIF (raw)', showUnset: 'Show those not set', attribute: 'Attribute', syntax: 'Syntax', many: '(many)', secret: 'secret, set', editOne: (name: string) => `Edit ${name}`,
    emptyTakesAway: 'Empty takes the attribute away.', oneALine: 'One value a line.', kind: 'Kind', mail: 'Address', domain: 'Domain',
    kinds: {
        organization: 'organization', site: 'site', container: 'container', server: 'server', connector: 'connector', 'site-addressing': 'site addressing', mailbox: 'mailbox', contact: 'custom recipient',
        list: 'distribution list', 'domain-profile': 'e-mail domain', other: 'object',
    } as Record<string, string>,
    consequences: (n: number) => many(n, 'consequence', 'consequences'), noConsequences: 'Nothing else refers to it.', renameTitle: (name: string) => `Rename ${name}`, renameHint: 'All that refers to it is listed before anything is changed.',
    removeTitle: (name: string) => `Delete ${name}`, removeUndo: 'An undo is offered afterwards. Secrets of the object are not brought back.',
    createKinds: { mailbox: 'Mailbox', contact: 'Custom recipient', list: 'Distribution list', domain: 'E-mail domain' },
    createOther: 'Any other object, as LDIF …', editLdif: 'Edit as LDIF', importLdif: 'Import LDIF', exportLdif: 'Export LDIF', ldifFile: 'From a file',
    ldifHint: 'Objects as they are to be, or change records (changetype:). What it would do is shown first.', ldifEditHint: 'Change, add or take away lines. The name and secrets stay as they are.',
    ldifProblems: { record: 'One object expected: a line dn: and lines ATTRIBUTE: VALUE.', name: 'The name cannot be changed here; rename does that.', same: '' },
    createTitles: { mailbox: 'New mailbox', contact: 'New custom recipient', list: 'New distribution list', domain: 'New e-mail domain' },
    fields: {
        alias: 'Alias', display_name: 'Display name', given_name: 'Given name', surname: 'Surname', addresses: 'Addresses', target: 'Target address', members: 'Members', hosts: 'Hosts', tls: 'TLS',
        auth_user: 'Sign in as', auth_password_file: 'Password file',
    } as Record<string, string>,
    fieldHints: {
        alias: 'Becomes the Directory Name, too.', addresses: 'Empty: made by the site’s format. The first is the primary one.', members: 'Aliases, addresses or names, one a line.', hosts: 'HOST[:PORT], in the order of trial. Empty: DNS.',
        auth_password_file: 'Name of a file in secrets/.', target: 'Where mail to it goes.',
    } as Record<string, string | undefined>,
};

export const registry = {
    title: 'Registry', note: 'What belongs to this host. A backup is made before each change.', backups: 'Backups', export: 'Export .reg', search: 'Names, data and descriptions', name: 'Name', type: 'Type', data: 'Data',
    about: 'What it is for', default: 'Default', range: 'Range', reader: 'Read by', heritage: 'Heritage', newValue: 'New value', showUnset: 'Show those not set', noValues: 'No values', notFound: 'Nothing found',
    remove: 'Delete', removeOne: (name: string) => `Delete ${name}`, thenDefault: (value: string) => `Then the default holds: ${value}`, thenNothing: 'Then nothing is said; the built-in behaviour holds.',
    wouldNotStart: 'A start would fail with this. It is not forbidden, since it may be a part of mending.', backupFirst: 'A backup is made first; an undo is offered afterwards.', backupsNote: 'Made before each change. Compare one with what is there now; restoring makes a backup, too.', backUpNow: 'Back up now',
    noBackups: 'No backups yet', copy: 'Copy', compare: 'Compare', restore: 'Restore', restoreLocks: (names: string) => `This changes ${names}, which could lock you out, and nothing takes it back by itself: be sure that you can reach the host, where imc reg restore latest brings back what is there now.`, diffNote: 'What restoring changes: lines with + come back, lines with − go.',
};

export const connector = {
    title: 'Internet Mail Connector', note: (n: number, author: string) => `Configuration ${n} is in force${author ? `, by ${author}` : ''}.`, pages: 'Property pages', history: 'History', object: 'Object', find: 'Find a setting',
    found: (n: number) => many(n, 'setting matches', 'settings match'),
    tabs: {
        general: 'General', connections: 'Connections', 'internet-mail': 'Internet Mail', 'address-space': 'Address Space', routing: 'Routing', security: 'Security', 'delivery-restrictions': 'Delivery Restrictions', queues: 'Queues',
        diagnostics: 'Diagnostics Logging', schedule: 'Schedule',
    },
    tabNotes: {
        general: 'What this connector is, and the largest message it carries.', connections: 'Who may connect, where mail goes out, how many at a time, and when it is tried again.',
        'internet-mail': 'The administrator’s mailbox, content, reports and automatic mail.', 'address-space': 'Which addresses this connector carries, at which cost.',
        routing: 'What becomes of mail that comes in: ours, rewritten, relayed, refused; and who may relay.', security: 'Signing in and TLS, both ways.', 'delivery-restrictions': 'Who may send, and how much.',
        queues: 'Spool, time-outs, limits and records.', diagnostics: 'What is written down, and in how much detail.', schedule: 'When mail for other hosts leaves.',
    },
    sections: { registry: 'Registry of this host', connector: 'Connector object', 'site addressing': 'Site Addressing', server: 'Server object' } as Record<string, string>,
    types: { text: 'Text', list: 'List', number: 'Number', boolean: 'On or off', choice: 'Choice' }, on: 'On', oneALine: 'One a line', defaultIs: 'Default:', comesFrom: 'Comes from:', takesEffect: 'Takes effect:',
    layers: { default: 'built in', 'built-in': 'built in', 'site addressing': 'site addressing', organization: 'organization', site: 'site', server: 'server', connector: 'connector object', registry: 'registry', domain: 'e-mail domain' } as Record<string, string>,
    shadowed: (n: number) => many(n, 'other place says', 'other places say'), takeBack: 'Take back', toDefault: 'Use the default', willBeDefault: 'default', waitsBadge: 'waits for a restart',
    nothing: 'Nothing to set here', nothingText: 'This page has no settings in this version.', changed: (n: number) => `${many(n, 'change', 'changes')}:`, discard: 'Discard', review: 'Review and apply …', apply: 'Apply', applyTitle: 'Apply these changes',
    checks: 'Checks', noDifference: 'Nothing differs from what is in force.', needsRestart: (names: string) => `Takes effect with the next start: ${names}`, waits: (names: string) => `Stored, and in force after the next start: ${names}`,
    differs: (n: number) => `${many(n, 'setting is', 'settings are')} stored and not in force.`, keepTimer: 'Revert by itself unless I keep it', keepHint: 'For changes that could lock you out.', seconds: 'Seconds',
};

export const keep = {
    title: 'A change waits to be kept', text: (n: number, who: string) => `Configuration ${n} by ${who} goes back by itself in`, keep: 'Keep it', revert: 'Revert now',
};

export const diagnostics = {
    levels: 'Diagnostics levels', note: 'Changed at once, without a restart.', level: 'Level', levelOf: (category: string) => `Level of ${category}`,
    names: { none: 'None', minimum: 'Minimum', medium: 'Medium', maximum: 'Maximum' } as Record<string, string>, changed: (category: string, level: string) => `${category} is now at ${level}.`,
    protocol: 'SMTP protocol log', now: (level: string, peers: string) => `Now ${level}${peers ? ` for ${peers}` : ''}`, ends: ', ends', peers: 'Only these clients', minutes: 'For minutes', set: 'Set', protocolChanged: 'The protocol log is set.',
};

export const history = {
    title: 'Configurations', note: 'Each configuration that was in force, who made it so, and the way back.', generation: 'Number', what: 'What changed', who: 'Who', time: 'When', one: (n: string) => `Configuration ${n}`,
    changed: 'What it changed', toNow: 'From then to now', isNow: 'Nothing differs: this is in force', settings: 'Settings', rollback: 'Roll back to this', rollbackTitle: (n: number) => `Roll back to configuration ${n}`,
};

export const certificates = {
    title: 'Certificates', note: 'What we show to others, by name. Files that change are taken anew by themselves.', settings: 'TLS settings', name: 'Name', subject: 'Subject', expires: 'Expires', state: 'State', by: (issuer: string) => `by ${issuer}`,
    days: (n: number) => (n < 0 ? `expired ${-n} d ago` : `${n} days`), flawed: 'flawed', none: 'No certificate', noneText: 'STARTTLS is not offered.', renew: 'To renew one',
    renewText: 'Put the new files in place of the old ones; the service sees it. Rows NAME;CERTIFICATE;KEY of TlsCertificates say which files:',
};

export const accounts = {
    title: 'Accounts and tokens', note: 'Who may sign in here, and what programs use instead.', people: 'Accounts', nobody: 'Nobody has a role yet', account: 'Account', role: 'Role', from: 'Where it is said', roles: 'Roles', mayDo: 'May do',
    tokens: 'API tokens', tokensNote: 'For programs: Authorization: Bearer imc_…', newToken: 'New token', noTokens: 'No tokens', name: 'Name', expires: 'Expires', madeBy: 'Made by', expired: 'expired', domain: 'Domain', revoke: 'Revoke', days: 'Valid for days', make: 'Make it',
    shownOnce: 'This is shown once. Keep it where the program finds it:', kept: 'I have it', revokeTitle: (name: string) => `Revoke ${name}?`, revokeText: 'Programs that use it are refused from now on.', revoked: (name: string) => `${name} is revoked.`,
};

export const audit = {
    title: 'Audit', note: 'Every change: who, when, from where, before, after, and how to undo it.', time: 'Time', who: 'Who', from: 'From', action: 'Action', object: 'Object', none: 'No changes yet', one: (n: number) => `Change ${n}`, undo: 'This undoes it:',
    number: 'Number', noneFits: 'No change fits', undoTitle: (n: number) => `Undo change ${n}`, cameToNothing: 'Came to nothing', of: (n: number) => `of change ${n}`, ofChange: 'Of change', failed: 'Why it failed',
    movedOn: (now: string) => `Somebody has changed it since; it is now: ${now}`, fields: { who: 'Who, or from where', action: 'Action', object: 'Object', since: 'Since' }, examples: { who: 'ann', action: 'registry', object: 'RelayAllowList', since: '7d' },
};

export const events = {
    title: 'Events', note: 'What the service has to say, each with its meaning, causes and remedies.', live: 'Follow', time: 'Time', type: 'Type', number: 'Event', description: 'Description', category: 'Category', since: 'Since', text: 'Text',
    fresh: 'New events', none: 'No events', noneText: 'Nothing in the log fits.', explain: 'Explain', explainTitle: (what: string) => (/^\d{4,5}$/.test(what) ? `Event ${what}` : what), another: 'Number, symbol or reply',
    causes: 'Probable causes, with a command that tests each', remedies: 'Remedies', heritage: (kb: string) => `Heritage: ${kb}`, showRecords: 'Show its records',
};

export const counters = {
    title: 'Counters', note: 'What is counted since the start. Prometheus reads the same under /metrics, with imc_ before each name.', name: 'Name', value: 'Value', help: 'What it says', find: 'Find a counter', none: 'No such counter',
};

export const help = {
    title: 'Help', note: 'The manual, the keys, and the interface for programs.', manual: 'Manual', manualText: 'Tasks, property pages, commands, events and registry values.', open: 'Open the manual', search: 'Search it', inManual: 'In the manual',
    notServed: 'This build serves no manual. On the host:', here: 'Where to begin', licences: 'Licences of libraries', api: 'For programs', apiText: 'Everything these pages do goes through the REST interface.', keys: 'Keys',
    parts: [
        ['First steps', 'getting-started.html'], ['Property pages', 'property-pages.html'], ['Commands', 'commands.html'], ['Events', 'events.html'], ['Registry values', 'registry.html'], ['REST reference', 'rest.html'], ['Files and formats', 'formats.html'],
    ] as [string, string][],
    tasks: [
        ['Why does the service not start?', '/verdict', 'check'], ['Why does a message wait?', '/queues', 'queue'], ['What became of a message?', '/tracking', 'track'], ['Why was a sender refused?', '/rejects', 'rejects'], ['Where would mail to an address go?', '/explain/route', 'explain'],
        ['May this client relay?', '/explain/relay', 'explain'], ['What does an event number mean?', '/events', 'events'], ['Who changed what?', '/audit', 'audit'],
    ] as [string, string, string][], // the resource that the page is made of
    keyList: [
        ['Tab, Shift+Tab', 'next, previous control; the first one skips to the content'], ['Enter', 'does what the main button of a dialog does'], ['Esc', 'closes a dialog or the menu'], ['↑ ↓ ← →', 'walk a tree, open and close'],
        ['Home, End, letters', 'jump in a tree'],
    ] as [string, string][],
};
