export interface Group {
    key: string; messages: number; recipients: number; octets: number; oldest: string | null; next_attempt: string | null; reason: string; last_reply: string;
}

/** The last line of a long list: all groups that have no line of their own. */
export interface Rest {
    key: null; rest: true; groups: number | null; messages: number; recipients: number; octets: number; oldest: string | null;
}

/** Rows as the service counted them over all that waits, and what they leave over. */
export function partsOfGroups(lines: (Group | Rest)[]): { groups: Group[]; rest: Rest | null } {
    return { groups: lines.filter((line): line is Group => line.key !== null), rest: lines.find((line): line is Rest => line.key === null) ?? null };
}
