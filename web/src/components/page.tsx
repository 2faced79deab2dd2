import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import * as t from '../texts';

let first = true; // the first page leaves the focus at the top, before the link that skips to the content

/** The head of a page. Its heading takes the focus after a change of page, so that a reader of the screen hears where one is. */
export function PageHead({ title, note, actions, crumb }: { title: string; note?: ComponentChildren; actions?: ComponentChildren; crumb?: ComponentChildren }) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        document.title = `${title} – ${t.app.name}`;
        const active = document.activeElement;
        if (first) first = false;
        else if (active === null || active === document.body || active.closest('.sidebar') !== null) heading.current?.focus({ preventScroll: true });
    }, [title]);
    return (
        <header class="page-head">
            <div class="grow">
                {crumb && <div class="crumb">{crumb}</div>}
                <h1 ref={heading} tabIndex={-1}>{title}</h1>
                {note && <p>{note}</p>}
            </div>
            {actions && <div class="actions">{actions}</div>}
        </header>
    );
}

export const Tabs = ({ label, tabs, current }: { label: string; tabs: { id: string; href: string; text: string; mark?: boolean }[]; current: string }) => (
    <nav class="tabs" aria-label={label}>
        {tabs.map((tab) => (
            <a class="tab" href={tab.href} key={tab.id} aria-current={tab.id === current ? 'page' : undefined}>
                {tab.text}
                {tab.mark && <span class="changed" title={t.common.changed}>•</span>}
            </a>
        ))}
    </nav>
);
