// Drawn here, 16 by 16, one stroke: no font, no external picture.

const paths = {
    overview: 'M2 9h3l2-5 3 9 2-4h2',
    tree: 'M3 2.500h4v3H3zM9 7h4v3H9zM9 12h4v2.500H9zM5 5.500v8h4M5 8.500h4',
    connector: 'M2 4h12v8H2zM2 4l6 5 6-5',
    registry: 'M3 3h10v10H3zM3 6.500h10M6.500 6.500V13',
    verdict: 'M3 8.500 6 11.500 13 4',
    queue: 'M2 4h12M2 8h12M2 12h8',
    tracking: 'M7 12a5 5 0 1 0 0-10 5 5 0 0 0 0 10zM10.800 10.800 14 14',
    reject: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM4 4l8 8',
    events: 'M8 2.500 14 13H2zM8 6.500v3M8 11.300v.1',
    explain: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.300 6.300C6.300 5 7 4.600 8 4.600s1.800.6 1.800 1.600C9.800 7.500 8 7.600 8 9.200M8 11.300v.1',
    quarantine: 'M2.500 4h11v2.500h-11zM3.500 6.500V13h9V6.500M6.500 9h3',
    badmail: 'M8 2 14 5v6l-6 3-6-3V5zM8 6v3M8 11v.1',
    certificate: 'M4 7h8v6H4zM5.500 7V5a2.500 2.500 0 0 1 5 0v2',
    accounts: 'M8 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 8 8zM3 14c.4-2.600 2.300-4 5-4s4.600 1.400 5 4',
    audit: 'M4 2h6l2.500 2.500V14H4zM6 7h4.500M6 9.500h4.500M6 12h3',
    counters: 'M3 13V8M7 13V3M11 13V6M14.500 13h-13',
    help: 'M3 3.500C5 2.800 6.800 3 8 4c1.200-1 3-1.200 5-.5v9c-2-.7-3.800-.5-5 .5-1.200-1-3-1.200-5-.5zM8 4v9',
    menu: 'M2 4h12M2 8h12M2 12h12',
    sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1 1M11.600 11.600l1 1M3.400 12.600l1-1M11.600 4.400l1-1',
    moon: 'M13 9.500A5.500 5.500 0 0 1 6.500 3 5.500 5.500 0 1 0 13 9.500z',
    auto: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 2v12M8 4.500l4 4M8 8.500l3 3',
    out: 'M6 3H3v10h3M7 8h6.500M11 5.500 13.500 8 11 10.500',
    close: 'M4 4l8 8M12 4l-8 8',
    copy: 'M6 5.500h7V14H6zM10 5.500V2.500H3V11h3',
    right: 'M6 4l4 4-4 4',
    warn: 'M8 2.500 14 13H2zM8 6.500v3M8 11.300v.1',
    info: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.500V11M8 5v.1',
    add: 'M8 3v10M3 8h10',
    empty: 'M2 9l2-6h8l2 6v4H2zM2 9h3.500l1 1.500h3l1-1.500H14',
    server: 'M3 2.500h10v5H3zM3 8.500h10v5H3zM5.500 5h.1M5.500 11h.1',
    person: 'M8 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 8 8zM3 14c.4-2.600 2.300-4 5-4s4.600 1.400 5 4',
    people: 'M6 8a2.300 2.300 0 1 0 0-4.600A2.300 2.300 0 0 0 6 8zM2 13c.3-2.200 1.800-3.300 4-3.300s3.700 1.100 4 3.300M10.500 8a2 2 0 1 0-.5-4M11 9.800c1.700.2 2.700 1.300 3 3.200',
    contact: 'M2.500 3.500h11v9h-11zM6 8.300a1.400 1.400 0 1 0 0-2.800 1.400 1.400 0 0 0 0 2.800zM4 11c.3-1.100 1-1.500 2-1.500s1.700.4 2 1.500M10 6.500h2M10 9h2',
    folder: 'M2 4h4.500l1.500 1.500h6V13H2z',
    globe: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM2 8h12M8 2c2 1.700 2.700 3.700 2.700 6S10 12.300 8 14c-2-1.700-2.700-3.700-2.700-6S6 3.700 8 2z',
    pause: 'M5.500 3.500v9M10.500 3.500v9',
    refresh: 'M13 8a5 5 0 1 1-1.500-3.600L13 6M13 2.500V6H9.500',
};

export type IconName = keyof typeof paths;

export const Icon = ({ name, class: more = '' }: { name: IconName; class?: string }) => (
    <svg class={`icon ${more}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <path d={paths[name]} />
    </svg>
);

export const kindIcon = (kind: string): IconName =>
    (({
        organization: 'globe', site: 'folder', container: 'folder', server: 'server', connector: 'connector', 'site-addressing': 'audit',
        mailbox: 'person', contact: 'contact', list: 'people', 'domain-profile': 'globe',
    }) as Record<string, IconName>)[kind] ?? 'folder';
