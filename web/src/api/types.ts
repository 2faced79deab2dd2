// What the service answers (docs/formats/admin-api.md and openapi.json). Keys that are not used here are left out.

export type Role = 'view' | 'help_desk' | 'operator' | 'administrator';

export interface Session { account: string; role: Role; csrf: string; expires: string; domain?: string; sees?: string[] }

export type UndoStep = Record<string, unknown>; // as the service gave it, for POST /undo
export interface Change {
    done: string;
    undo: string | null;
    undo_by?: UndoStep[] | null;
    dry_run?: boolean;
    lost?: string[];
    warnings?: string[];
}

export interface Fix { command: string; what: string; automatic: boolean }
export interface Assertion {
    id: string;
    event: number;
    symbol?: string;
    status: 'passed' | 'warning' | 'failed' | 'not_evaluated' | 'not evaluated';
    found: string;
    where: string;
    expected: string;
    why: string;
    fix: Fix | null;
}
export interface Check { passed: boolean; deciding?: string | null; event?: number | null; assertions: Assertion[] }

export interface Reason { reason: string; explained: string; recipients: number; oldest: string | null; sample?: string }
export interface Certificate { name: string; subject: string; issuer?: string; expires: string | null; days: number | null; flaw?: string; path?: string }
export interface Pending { generation: number; revert_at: string; seconds: number; who: string; undo: string; diff: string[] }
export interface Overview {
    state: 'starting' | 'running' | 'held' | 'stopping';
    version: string;
    host: string;
    organization: string;
    site: string;
    server: string;
    connector?: string;
    since: string | null;
    generation?: number | null;
    held: { event: number | null; deciding: string | null; text?: string } | null;
    queue: { messages: number; recipients: number; octets?: number; by_reason: Reason[] } | null;
    disk: { path?: string; free: number | null; total: number | null; low: number; is_low: boolean };
    directory: { engine: string; base?: string; answer: string; detail: string; latency_ms: number | null };
    certificates: Certificate[];
    changes: { number: number; time: string; by: string; changes: string[]; more: number }[];
    pending: Pending | null;
    counters: Record<string, number>;
    refused_by_rule: { rule: string; count: number }[];
    loading?: string;
}
export interface Rates { step: number; from: string; in: number[]; out: number[]; refused: number[] }

export interface EventRecord { time: string; id: number; type: string; category: string; description: string; fields: Record<string, string> }
export interface CauseOrRemedy { text: string; command?: string }
export interface EventKind {
    kind: string; id: number; symbol: string; type: string; category: string; template?: string; meaning: string;
    causes: CauseOrRemedy[]; remedies: CauseOrRemedy[]; kb?: string;
}
export interface Explained {
    number: number | null;
    kinds: EventKind[];
    status?: { code: string; class: string; subject: string; title: string; text: string; source: string } | null;
}

export interface RegistryValue {
    name: string; type: string; data: string | null; default?: string; unit?: string; min?: number; max?: number; choices?: string[];
    text?: string; effect?: string; reader?: string; kb?: string; set: boolean; known?: boolean; flaw?: string;
}
export interface RegistryKey { key: string; subkeys: string[]; values: RegistryValue[] }
export interface Backup { id: string; time: string; octets: number }
export interface DiffLine { op: '+' | '-' | ' '; line: string }

export interface TreeChild { dn: string; rdn: string; display: string; classes: string[]; kind: string; has_children: boolean | null }
export interface Attribute { name: string; values: string[]; text: string; type: string; single: boolean; secret: boolean; set: boolean }
export interface Entry {
    dn: string; rdn: string; x500?: string; directory_name?: string; display_name: string; kind: string; classes: string[];
    attributes: Attribute[]; ldif: string; writable?: boolean;
}
export interface Consequence { dn: string; what: string }

export interface Field {
    key: string; name: string; section: string; tab: string; label: string; type: 'text' | 'list' | 'number' | 'boolean' | 'choice';
    unit?: string; default?: string; value: string | string[] | number | boolean | null; set: boolean; choices?: string[]; range?: string;
    min?: number | null; max?: number | null; where?: { layer: string; where: string } | null; effect?: string; help?: string;
    attribute?: string; waits?: boolean; shadowed: { layer: string; where: string; value: string[]; flaw?: string }[];
}
export interface Config { generation: number | null; author: string; time: string | null; running: boolean; differs: number; waits_for_restart: string[]; connector?: string; fields: Field[] }
export interface DiffRow { section: string; name: string; before: string[] | null; after: string[] | null; text: string }
export interface Plan { diff: DiffRow[]; check: Check; passes: boolean; needs_restart: string[]; hash: string; could_lock_out?: string[] | null }
export interface Generation { number: number; time: string; author: string; changes: DiffRow[]; settings?: string; diff_to_now?: DiffRow[] }

export interface Recipient {
    address: string; why?: string; reason: string; explained?: string; since?: string | null; until: string | null; expires?: string | null; route?: string;
    hosts?: string[]; tried?: { host: string; said: string }[]; next_host?: string; attempts: number; next_attempt?: string | null; last_status?: string; last_reply?: string;
    last_host?: string; held_until?: string; deleted?: string; by?: string; text?: string; decided?: Decided;
}
export interface Message { id: string; sender: string; arrived_at: string; octets: number; priority: string; recipients: Recipient[] }
export interface QueueView { view: string; messages: number; recipients: number; octets: number; oldest: string | null }
export interface QueueDone {
    action?: number; messages: number; recipients: number; in_delivery: number; held: number;
    sample?: { id: string; sender: string; address: string; reason: string }[]; number?: number; finished?: boolean; cancelled?: boolean; done?: number; of?: number;
    undo?: string | null; undo_by?: UndoStep[] | null;
}
export interface Header { name: string; value: string }

export interface Fact { word: string; meaning: string; value: string }
export interface Decided { text: string; facts: Fact[]; cut?: boolean; recipient?: string }
export interface TrackRecord {
    time: string; event: number; what: string; id: string; sender: string; recipient?: string; priority?: number; octets: number; seconds?: number;
    partner?: string; gateway?: string; route?: string; status?: string; text?: string; decided?: Decided; message_id?: string; helo?: string;
    tls?: string; account?: string; delivered?: boolean; report_id?: string;
}
export interface Story {
    message: string; message_id: string; sender: string; octets: number; recipients: string[]; story: TrackRecord[]; decided: Decided[]; in_queue: boolean | null;
}
export interface Reject {
    time: string; code: string; count: number; peer: string; peer_name: string; helo: string; listener: string; account: string;
    sender: string | null; recipients: string[]; stage: string; rule: string; evidence: string; reply: string;
    status?: { title?: string; text?: string } | null;
}

export interface Step { step?: string; rule?: string; finding: string; decides: boolean; [fact: string]: unknown }
export interface MailHost { name: string; port: number; preference: number; addresses: string[]; ttl?: number; secure?: boolean | string; fate: string; why: string }
export interface AddressAnswer {
    address: string; verdict: 'accepted' | 'refused' | 'deferred'; reply: string; why: string; next_hop?: string; as?: string;
    hosts?: { by?: string; hosts: MailHost[]; none?: string }; steps: Step[]; looked_at?: string[];
    profile?: { domain: string; subdomains: boolean; values: Record<string, { value: string; from: string }> };
}
export interface RelayAnswer { peer: string; recipient: string; domain: string; local: boolean; allowed: boolean; rule: string; reply: string; steps: Step[]; malformed?: string }
export interface TryAnswer { steps: { step: string; subject: string; verdict: string; reply: string; why: string; detail?: Record<string, unknown> }[]; verdict: string }

export interface Quarantined { id: string; kept_at_ms: number; sender: string; recipients: string[]; peer: string; helo?: string; rule: string; matched: string; where: string; octets: number; headers?: Header[]; text?: string; cut?: boolean }
export interface Bad { id: string; set_aside_at: string; octets: number; sender: string; recipients: { address: string; waits: boolean; attempts: number; last_status: string; last_reply: string }[]; why: string; headers?: Header[]; text?: string; cut?: boolean }

export interface Token { name: string; role: Role; expires: string | null; expired?: boolean; made?: string; by?: string; domain?: string }
export interface Administrator { account: string; role: Role; where?: string; domain?: string }
export interface AuditRow { number: number; time: string; who: string; from: string; role: string; action: string; object: string; before: unknown; after: unknown; undo: string | null; undo_by?: UndoStep[] | null; of?: number; failed?: string }
export interface Link { state: 'open' | 'closed'; why: string; since: string | null; opens_at: string | null; opens_when: string; schedule: string[]; waiting: number; oldest: string | null; failure: string }
