// Names of the directory, RFC 4514: parts end at a comma that is not escaped.

export function partsOf(dn: string): string[] {
    const out: string[] = [];
    let part = '';
    for (let i = 0; i < dn.length; i += 1) {
        const letter = dn[i]!;
        if (letter === '\\' && i + 1 < dn.length) {
            part += letter + dn[i + 1]!;
            i += 1;
        } else if (letter === ',') {
            out.push(part.trim());
            part = '';
        } else part += letter;
    }
    if (part.trim() !== '' || out.length > 0) out.push(part.trim());
    return out;
}

export const parentOf = (dn: string): string => partsOf(dn).slice(1).join(',');

/** From the top down, without the object itself. */
export function ancestorsOf(dn: string): string[] {
    const parts = partsOf(dn);
    const out: string[] = [];
    for (let i = parts.length - 1; i >= 1; i -= 1) out.push(parts.slice(i).join(','));
    return out;
}

/** cn=a\, b → a, b */
export function valueOf(rdn: string): string {
    const text = rdn.slice(rdn.indexOf('=') + 1);
    return text.replace(/\\([0-9a-fA-F]{2})|\\(.)/g, (_, hex: string | undefined, letter: string) => (hex ? String.fromCharCode(parseInt(hex, 16)) : letter));
}

/** A value as it may stand in a name. */
export const escapeValue = (value: string): string => value.replace(/([,+"\\<>;=])/g, '\\$1').replace(/^([ #])/, '\\$1').replace(/ $/, '\\ ');
