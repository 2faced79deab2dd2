// Organization Contoso, site Oslo, as a directory.
import { share } from './config.mjs';

const base = 'dc=contoso,dc=example';
const entries = new Map();
const add = (rdn, parent, kind, classes, attributes = {}) => {
    const dn = parent ? `${rdn},${parent}` : rdn;
    entries.set(dn, { dn, rdn, parent, kind, classes, attributes });
    return dn;
};
const org = add('o=Contoso', base, 'organization', ['organization', 'imcDefaults'], { o: ['Contoso'], imcMaxMessageKB: ['20480'] });
const site = add('ou=Oslo', org, 'site', ['organizationalUnit', 'imcDefaults'], { ou: ['Oslo'], imcNoticeHours: ['4,24'] });
add('ou=Bergen', org, 'site', ['organizationalUnit'], { ou: ['Bergen'] });
const configuration = add('cn=Configuration', site, 'container', ['imcContainer'], { cn: ['Configuration'] });
const servers = add('cn=Servers', configuration, 'container', ['imcContainer'], { cn: ['Servers'] });
const server = add('cn=MAIL1', servers, 'server', ['imcServer'], { cn: ['MAIL1'], imcLocation: ['Head office'] });
add('cn=MAIL2', servers, 'server', ['imcServer'], { cn: ['MAIL2'] });
const connections = add('cn=Connections', configuration, 'container', ['imcContainer'], { cn: ['Connections'] });
add('cn=Internet Mail Connector (MAIL1)', connections, 'connector', ['imcConnector'], {
    cn: ['Internet Mail Connector (MAIL1)'], displayName: ['Internet Mail Service (MAIL1)'], imcHomeServer: [server], imcAdministratorMailbox: [`cn=administrator,cn=Recipients,${site}`], imcTransferMode: ['both'],
    imcAddressSpace: ['SMTP:*;1;organization'], imcRetryHours: ['0.25,0.5,1,4'], imcMaxMessageKB: ['51200'], imcNotifyAdministrator: ['TRUE'], imcGeneration: ['42 91ab33c2d0e4f511'],
});
add('cn=Internet Mail Connector (MAIL2)', connections, 'connector', ['imcConnector'], { cn: ['Internet Mail Connector (MAIL2)'], displayName: ['Internet Mail Service (MAIL2)'], imcTransferMode: ['inbound'] });
add('cn=Site Addressing', configuration, 'site-addressing', ['imcSiteAddressing'], { cn: ['Site Addressing'], imcSiteDomain: ['contoso.example', 'contoso.test'], imcAddressFormat: ['SMTP:%m@contoso.example'], imcRoutingRow: ['contoso.example;inbound'] });
const domains = add('cn=E-Mail Domains', configuration, 'container', ['imcContainer'], { cn: ['E-Mail Domains'] });
add('cn=partner.example', domains, 'domain-profile', ['imcDomainProfile'], { cn: ['partner.example'], imcTls: ['verify'], imcSmartHost: ['relay.partner.example:25'] });
const recipients = add('cn=Recipients', site, 'container', ['imcContainer'], { cn: ['Recipients'] });
const people = [['administrator', 'Administrator', '', 'Administrator'], ['alice', 'Alice', 'Ampere', 'Alice Ampere'], ['bob', 'Bob', 'Becquerel', 'Bob Becquerel'], ['carol', 'Carol', 'Curie', 'Carol Curie'], ['dan', 'Dan', 'Davy', 'Dan Davy'], ['erin', 'Erin', 'Euler', 'Erin Euler']];
for (const [alias, given, surname, display] of people) {
    add(`cn=${alias}`, recipients, 'mailbox', ['imcMailbox'], {
        cn: [alias], mailNickname: [alias], displayName: [display], ...(surname ? { givenName: [given], sn: [surname] } : {}), homeMDB: [`maildir:${alias}`], userPassword: ['x'],
        proxyAddresses: [`SMTP:${alias}@contoso.example`, ...(surname ? [`smtp:${given}.${surname}@contoso.example`.toLowerCase()] : ['smtp:postmaster@contoso.example'])],
    });
}
add('cn=supplier', recipients, 'contact', ['imcContact'], { cn: ['supplier'], mailNickname: ['supplier'], displayName: ['Supplier (outside)'], targetAddress: ['SMTP:sales@supplier.example'], proxyAddresses: ['SMTP:supplier@contoso.example'] });
add('cn=staff', recipients, 'list', ['imcList'], { cn: ['staff'], mailNickname: ['staff'], displayName: ['All staff'], member: people.slice(1).map(([alias]) => `cn=${alias},${recipients}`), proxyAddresses: ['SMTP:staff@contoso.example'] });
for (let i = 1; i <= 40; i += 1) add(`cn=user${String(i).padStart(3, '0')}`, recipients, 'mailbox', ['imcMailbox'], { cn: [`user${String(i).padStart(3, '0')}`], mailNickname: [`user${i}`], displayName: [`User ${i}`], proxyAddresses: [`SMTP:user${i}@contoso.example`] });

const display = (entry) => entry.attributes.displayName?.[0] ?? entry.rdn.slice(entry.rdn.indexOf('=') + 1);
const childrenOf = (dn) => [...entries.values()].filter((entry) => entry.parent === dn);
const asChild = (entry) => ({ dn: entry.dn, rdn: entry.rdn, display: display(entry), classes: entry.classes, kind: entry.kind, has_children: childrenOf(entry.dn).length > 0 });

export const tree = (dn) => ({ dn: dn || base, base, children: childrenOf(dn || base).map(asChild).sort((a, b) => a.display.localeCompare(b.display)) });

const known = new Map([...(share.schema.attributes ?? []), ...(share.schema.standard ?? [])].map((row) => [row.name, row]));
const classes = new Map([...(share.schema.classes ?? []), ...(share.schema.standard_classes ?? [])].map((row) => [row.name, row]));

export function entry(dn) {
    const found = entries.get(dn);
    if (!found) return null;
    const names = [...new Set(['objectClass', ...Object.keys(found.attributes), ...found.classes.flatMap((name) => [...(classes.get(name)?.must ?? []), ...(classes.get(name)?.may ?? [])])])];
    const attributes = names.map((name) => {
        const row = known.get(name) ?? {};
        const values = name === 'objectClass' ? found.classes : found.attributes[name] ?? [];
        return { name, values: row.secret ? [] : values, text: row.text ?? '', type: row.syntax ?? 'text', single: !!row.single, secret: !!row.secret, set: values.length > 0 };
    });
    const ldif = [`dn: ${dn}`, ...attributes.filter((each) => each.set && !each.secret).flatMap((each) => each.values.map((value) => `${each.name}: ${value}`)), ''].join('\n');
    return {
        dn, rdn: found.rdn, x500: '/' + dn.split(',').filter((part) => !part.startsWith('dc=')).reverse().join('/'), directory_name: found.rdn.slice(found.rdn.indexOf('=') + 1),
        display_name: found.attributes.displayName?.[0] ?? '', kind: found.kind, classes: found.classes, attributes, ldif, writable: true,
    };
}

export const search = (text) => [...entries.values()].filter((each) => JSON.stringify(each).toLowerCase().includes(text.toLowerCase())).map((each) => ({ ...asChild(each), mail: each.attributes.proxyAddresses?.[0]?.slice(5) ?? '' }));
export const consequencesOf = (dn) => [...entries.values()].filter((each) => each.dn !== dn && (each.dn.endsWith(`,${dn}`) || Object.values(each.attributes).flat().includes(dn)))
    .map((each) => ({ dn: each.dn, what: each.dn.endsWith(`,${dn}`) ? 'stands below it, and goes with it' : 'refers to it; the reference is changed, too' }));
export function change(dn, changes) {
    const found = entries.get(dn);
    for (const each of changes) {
        if (each.op === 'delete') delete found.attributes[each.attribute];
        else if (each.op === 'add') found.attributes[each.attribute] = [...(found.attributes[each.attribute] ?? []), ...each.values];
        else found.attributes[each.attribute] = each.values;
    }
}
