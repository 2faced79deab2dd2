import { signal } from '@preact/signals';
import { useLocation } from 'preact-iso';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { liveMode, overview } from '../state/overview';
import { loadingProgress, sees, session, signOut } from '../state/session';
import { attempt } from '../state/toasts';
import { chooseTheme, theme, type Theme } from '../state/theme';
import * as format from '../logic/format';
import * as t from '../texts';
import { Badge, type Tone } from './bits';
import { Icon, type IconName } from './icons';
import { KeepBanner } from './keep';
import { Toasts } from './toasts';

const menuOpen = signal(false);

interface Entry { path: string; text: string; icon: IconName; asks?: string } // asks: the resource that the page is made of
const groups: { title: string | null; entries: Entry[] }[] = [
    { title: null, entries: [{ path: '/', text: t.nav.overview, icon: 'overview' }, { path: '/verdict', text: t.nav.verdict, icon: 'verdict', asks: 'check' }] },
    {
        title: t.nav.mail,
        entries: [
            { path: '/queues', text: t.nav.queues, icon: 'queue', asks: 'queue' },
            { path: '/tracking', text: t.nav.tracking, icon: 'tracking', asks: 'track' },
            { path: '/rejects', text: t.nav.rejects, icon: 'reject', asks: 'rejects' },
            { path: '/explain', text: t.nav.explain, icon: 'explain', asks: 'explain' },
            { path: '/quarantine', text: t.nav.quarantine, icon: 'quarantine', asks: 'quarantine' },
            { path: '/badmail', text: t.nav.badmail, icon: 'badmail', asks: 'badmail' },
        ],
    },
    {
        title: t.nav.organization,
        entries: [
            { path: '/organization', text: t.nav.directory, icon: 'tree', asks: 'directory' },
            { path: '/connector', text: t.nav.connector, icon: 'connector', asks: 'config' },
            { path: '/registry', text: t.nav.registry, icon: 'registry', asks: 'registry' },
            { path: '/certificates', text: t.nav.certificates, icon: 'certificate', asks: 'overview' },
        ],
    },
    {
        title: t.nav.record,
        entries: [
            { path: '/events', text: t.nav.events, icon: 'events', asks: 'events' },
            { path: '/audit', text: t.nav.audit, icon: 'audit', asks: 'audit' },
            { path: '/counters', text: t.nav.counters, icon: 'counters', asks: 'stat' },
            { path: '/accounts', text: t.nav.accounts, icon: 'accounts' },
            { path: '/manual', text: t.nav.help, icon: 'help' },
        ],
    },
];

const isCurrent = (entry: Entry, path: string): boolean =>
    entry.path === '/' ? path === '/' : path === entry.path || path.startsWith(`${entry.path}/`);

function Sidebar({ path }: { path: string }) {
    const now = overview.value;
    return (
        <nav class={`sidebar ${menuOpen.value ? 'open' : ''}`} id="navigation" aria-label={t.nav.label}>
            {groups.map((group) => ({ ...group, entries: group.entries.filter((entry) => entry.asks === undefined || sees(entry.asks)) })).filter((group) => group.entries.length > 0).map((group) => (
                <div key={group.title ?? ''}>
                    {group.title && <h2 class="nav-title">{group.title}</h2>}
                    <ul>
                        {group.entries.map((entry) => (
                            <li key={entry.path}>
                                <a class="nav-link" href={entry.path} aria-current={isCurrent(entry, path) ? 'page' : undefined} onClick={() => (menuOpen.value = false)}>
                                    <Icon name={entry.icon} />
                                    {entry.text}
                                    {entry.path === '/queues' && now?.queue && now.queue.messages > 0 && <span class="count">{format.count(now.queue.messages)}</span>}
                                    {entry.path === '/verdict' && now?.state === 'held' && <span class="count bad">{t.nav.held}</span>}
                                </a>
                            </li>
                        ))}
                    </ul>
                </div>
            ))}
        </nav>
    );
}

const stateTone: Record<string, Tone> = { running: 'ok', held: 'bad', starting: 'warn', stopping: 'warn' };

function Topbar() {
    const now = overview.value;
    const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
    const icon: Record<Theme, IconName> = { system: 'auto', light: 'sun', dark: 'moon' };
    return (
        <header class="topbar">
            <button type="button" class="button icon quiet menu-button" aria-expanded={menuOpen.value} aria-controls="navigation" aria-label={t.nav.menu} onClick={() => (menuOpen.value = !menuOpen.value)}>
                <Icon name="menu" />
            </button>
            <a class="brand" href="/" aria-label={t.app.name}><img src="/icon.svg" alt="" width="22" height="22" /><span>{t.app.short}</span></a>
            {now && (
                <div class="where">
                    <Badge tone={stateTone[now.state] ?? ''}>{t.state[now.state]}</Badge>
                    <span><strong>{now.host}</strong></span>
                    <span class="wide">· {now.organization} · {now.site} · {now.server}</span>
                </div>
            )}
            <div class="account">
                {liveMode.value !== 'live' && now && <Badge tone={liveMode.value === 'off' ? 'warn' : ''}>{t.live[liveMode.value]}</Badge>}
                <button type="button" class="button icon quiet" onClick={() => chooseTheme(next[theme.value])} aria-label={t.theme.label(t.theme[theme.value])} title={t.theme.label(t.theme[theme.value])}>
                    <Icon name={icon[theme.value]} />
                </button>
                <span class="account-name">{session.value?.account}<small>{t.roles[session.value?.role ?? 'view']}</small></span>
                <button type="button" class="button icon quiet" onClick={() => void attempt(signOut)} aria-label={t.signIn.out} title={t.signIn.out}><Icon name="out" /></button>
            </div>
        </header>
    );
}

/** What concerns every page: a service that is held, and one that still reads its spool. */
function Banners({ path }: { path: string }) {
    const now = overview.value;
    return (
        <>
            {now?.state === 'held' && now.held && path !== '/verdict' && (
                <div class="notice bad" role="alert">
                    <Icon name="pause" />
                    <div class="body">
                        <h2>{t.overview.heldTitle(now.held.event)}</h2>
                        <p>{t.overview.heldText(now.held.deciding)}</p>
                    </div>
                    {sees('check') && <div class="actions"><a class="button small" href="/verdict">{t.overview.toVerdict}</a></div>}
                </div>
            )}
            {loadingProgress.value !== '' && (
                <div class="notice warn" role="status"><Icon name="info" /><div class="body"><p>{t.common.serviceLoads(loadingProgress.value)}</p></div></div>
            )}
            <KeepBanner />
        </>
    );
}

export function Shell({ children }: { children: ComponentChildren }) {
    const { path } = useLocation();
    useEffect(() => {
        const escape = (event: KeyboardEvent): void => {
            if (event.key === 'Escape') menuOpen.value = false;
        };
        addEventListener('keydown', escape);
        return () => removeEventListener('keydown', escape);
    }, []);
    return (
        <>
            <a class="button skip" href="#content" onClick={(event) => {
                event.preventDefault();
                document.getElementById('content')?.focus();
            }}>{t.nav.skip}</a>
            <div class="shell">
                <Topbar />
                <Sidebar path={path} />
                <main class="content" id="content" tabIndex={-1}>
                    <div class="content-inner">
                        <Banners path={path} />
                        {children}
                    </div>
                </main>
            </div>
            <Toasts />
        </>
    );
}
