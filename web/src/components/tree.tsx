// A tree as WAI-ARIA has it: arrows move and open, Home and End, letters jump, Enter or Space chooses; one stop of Tab.

import { useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icons';

export interface Node {
    id: string;
    text: string;
    icon?: IconName;
    leaf: boolean;
}

export interface TreeSource {
    children: (id: string | null) => Node[] | undefined; // undefined: not there yet
    open: (id: string) => void; // called when somebody looks inside
}

interface Visible { node: Node; level: number; parent: string | null }

export function Tree({ source, label, selected, choose, startOpen = [] }: {
    source: TreeSource; label: string; selected: string | null; choose: (id: string) => void; startOpen?: string[];
}) {
    const [open, setOpen] = useState<Set<string>>(new Set(startOpen));
    const [active, setActive] = useState<string | null>(null);
    const box = useRef<HTMLUListElement>(null);
    const isOpen = (id: string): boolean => open.has(id) || startOpen.includes(id);
    const [shut, setShut] = useState<Set<string>>(new Set());
    const expanded = (node: Node): boolean => !node.leaf && isOpen(node.id) && !shut.has(node.id);

    const visible: Visible[] = [];
    const walk = (parent: string | null, level: number): void => {
        for (const node of source.children(parent) ?? []) {
            visible.push({ node, level, parent });
            if (expanded(node)) walk(node.id, level + 1);
        }
    };
    walk(null, 1);
    const stop = visible.find((each) => each.node.id === (active ?? selected)) ?? visible[0];

    const focus = (id: string): void => {
        setActive(id);
        queueMicrotask(() => box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus());
    };
    const expand = (id: string, wanted: boolean): void => {
        setOpen((now) => (wanted ? new Set([...now, id]) : new Set([...now].filter((each) => each !== id))));
        setShut((now) => (wanted ? new Set([...now].filter((each) => each !== id)) : new Set([...now, id])));
        if (wanted) source.open(id);
    };

    const key = (event: KeyboardEvent): void => {
        const at = visible.findIndex((each) => each.node.id === stop?.node.id);
        const here = visible[at];
        if (here === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
        const goTo = (index: number): void => {
            const there = visible[Math.max(0, Math.min(visible.length - 1, index))];
            if (there) focus(there.node.id);
        };
        const done = (): void => event.preventDefault();
        switch (event.key) {
            case 'ArrowDown': goTo(at + 1); return done();
            case 'ArrowUp': goTo(at - 1); return done();
            case 'Home': goTo(0); return done();
            case 'End': goTo(visible.length - 1); return done();
            case 'ArrowRight':
                if (here.node.leaf) return;
                if (!expanded(here.node)) expand(here.node.id, true);
                else goTo(at + 1);
                return done();
            case 'ArrowLeft':
                if (expanded(here.node)) expand(here.node.id, false);
                else if (here.parent !== null) focus(here.parent);
                return done();
            case 'Enter':
            case ' ': choose(here.node.id); return done();
            default:
                if (event.key.length !== 1) return;
                for (let step = 1; step <= visible.length; step += 1) {
                    const index = (at + step) % visible.length;
                    if (visible[index]!.node.text.toLowerCase().startsWith(event.key.toLowerCase())) return goTo(index);
                }
        }
    };

    const rows = (parent: string | null, level: number) => (
        <ul role={level === 1 ? 'tree' : 'group'} ref={level === 1 ? box : undefined} aria-label={level === 1 ? label : undefined} onKeyDown={level === 1 ? key : undefined}>
            {(source.children(parent) ?? []).map((node) => (
                <li
                    key={node.id}
                    role="treeitem"
                    data-id={node.id}
                    aria-level={level}
                    aria-selected={node.id === selected}
                    aria-expanded={node.leaf ? undefined : expanded(node)}
                    tabIndex={stop?.node.id === node.id ? 0 : -1}
                    onFocus={(event) => {
                        event.stopPropagation();
                        setActive(node.id);
                    }}
                >
                    <div
                        class={`tree-row l${Math.min(level, 9)}`}
                        title={node.text}
                        onClick={(event) => {
                            event.stopPropagation();
                            setActive(node.id);
                            if (!node.leaf && !expanded(node)) expand(node.id, true);
                            choose(node.id);
                        }}
                    >
                        <span
                            onClick={(event) => {
                                if (node.leaf) return;
                                event.stopPropagation();
                                expand(node.id, !expanded(node));
                            }}
                        >
                            <Icon name="right" class={`twist ${node.leaf ? 'blank' : ''}`} />
                        </span>
                        {node.icon && <Icon name={node.icon} />}
                        <span>{node.text}</span>
                    </div>
                    {expanded(node) && rows(node.id, level + 1)}
                </li>
            ))}
        </ul>
    );
    return <div class="tree">{rows(null, 1)}</div>;
}
