// Which settings can shut out whoever changes them: what he reaches the pages by, what he is known by, and what a start needs.

const doors = [
    /^Admin(Listen|Hosts|IdleMinutes|SessionHours)$/, // the Administrator's own door
    /^Auth(Mechanisms|Backoff|FailuresToLock|LockTime)/, /^DisableAuth$/, // signing in
    /^(Tls|MetricsNetworks$|ProxyNetworks$|ConnectionTable$|InboundLimits$|Listeners$|Hostname$)/, // who may connect, and to what
    /^(HomeDSA$|Directory)/, /^Recipient(Source|Base|BindDN|TLS|CAFile|PasswordFile|Filter|Flavour|Attributes)$/, // where accounts are found
    /^(SiteDN|CommonName)$/, /^imc(HomeServer|AdministratorMailbox|Administrator)$/, // a start compares these; and who may do what
];

export const canLockOut = (name: string): boolean => doors.some((each) => each.test(name));

/** Of lines of a .reg file that differ: names of values that could lock out. */
export const doorsIn = (lines: { op: string; line: string }[]): string[] =>
    [...new Set(lines.filter((each) => each.op !== ' ').map((each) => /^"([^"]+)"=/.exec(each.line)?.[1] ?? '').filter(canLockOut))];

/** @param said  what the service says of a plan, where it does */
export const couldLockOut = (names: string[], said?: string[] | null): boolean => (said ?? names.filter(canLockOut)).length > 0;
