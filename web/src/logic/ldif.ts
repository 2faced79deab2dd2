// One record of LDIF (RFC 2849), as lines: values are not looked into, base64 stays base64.

interface Record_ { dn: string; attributes: Map<string, { name: string; lines: string[] }> }

/** Null: it is not one content record. */
export function recordOf(text: string): Record_ | null {
    const lines: string[] = [];
    for (const line of text.replace(/\r/g, '').split('\n')) {
        if (line.startsWith(' ') && lines.length > 0) lines[lines.length - 1] += line.slice(1); // folded
        else if (line !== '' && !line.startsWith('#') && !/^version:/i.test(line)) lines.push(line);
    }
    const [dn, ...rest] = lines;
    if (dn === undefined || !/^dn::?/i.test(dn)) return null;
    const attributes: Record_['attributes'] = new Map();
    for (const line of rest) {
        const name = /^([A-Za-z][\w.;-]*)::?/.exec(line)?.[1];
        if (name === undefined || /^(dn|changetype)$/i.test(name)) return null;
        const key = name.toLowerCase();
        const known = attributes.get(key);
        if (known) known.lines.push(line);
        else attributes.set(key, { name, lines: [line] });
    }
    return { dn, attributes };
}

export type LdifProblem = 'record' | 'name' | 'same';

/** What was typed over what is there, as a change record: only attributes that differ are in it. */
export function changeRecord(before: string, after: string): { text: string } | { problem: LdifProblem } {
    const was = recordOf(before);
    const is = recordOf(after);
    if (was === null || is === null) return { problem: 'record' };
    if (was.dn !== is.dn) return { problem: 'name' };
    const parts: string[] = [];
    const sorted = (lines: string[]): string => [...lines].sort().join('\n');
    for (const [key, { name, lines }] of is.attributes) {
        if (sorted(lines) !== sorted(was.attributes.get(key)?.lines ?? [])) parts.push([`replace: ${name}`, ...lines, '-'].join('\n'));
    }
    for (const [key, { name }] of was.attributes) if (!is.attributes.has(key)) parts.push(`delete: ${name}\n-`);
    return parts.length === 0 ? { problem: 'same' } : { text: `${is.dn}\nchangetype: modify\n${parts.join('\n')}\n` };
}
