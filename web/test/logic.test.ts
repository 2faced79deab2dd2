import { describe, expect, it } from 'vitest';
import type { Field, TrackRecord } from '../src/api/types';
import { ancestorsOf, escapeValue, parentOf, partsOf, valueOf } from '../src/logic/dn';
import * as format from '../src/logic/format';
import { partsOfGroups } from '../src/logic/groups';
import { addresses, filled, isSize, linesToMulti, multiToLines, periodSeconds, problemOf } from '../src/logic/parse';
import { filterOf, selectorOf } from '../src/logic/selector';
import { changesOf, shownValue } from '../src/logic/settings';
import { messagesOf } from '../src/logic/tracking';
import * as t from '../src/texts';

describe('numbers and times', () => {
    it.each([[0, '0 B'], [1023, '1023 B'], [1536, '1.5 KiB'], [67108864, '64.0 MiB'], [107374182400, '100 GiB']])('%i octets read %s', (given, said) => expect(format.octets(given)).toBe(said));
    it.each([[0, '0 s'], [95, '1 min 35 s'], [3600, '1 h'], [90061, '1 d 1 h']])('%i seconds read %s', (given, said) => expect(format.period(given)).toBe(said));
    it('tells the past, the future and now', () => {
        const now = Date.parse('2026-11-27T12:00:00Z');
        expect(format.ago('2026-11-27T11:59:00Z', now)).toBe('1 min ago');
        expect(format.ago('2026-11-27T12:05:00Z', now)).toBe('in 5 min');
        expect(format.ago('2026-11-27T12:00:00Z', now)).toBe('now');
        expect(format.ago(null, now)).toBe('–');
    });
    it('shows a time that is none as it came', () => expect(format.clock('never')).toBe('never'));
});

describe('what is typed', () => {
    it('periods are numbers with a unit, as the service takes them', () => expect(['90s', '30m', '2h', '7D', '2w', '45', '2 h', 'soon', '', '999999w'].map(periodSeconds)).toEqual([90, 1800, 7200, 604800, 1209600, null, null, null, null, null]));
    it('sizes may end in k, m or g, as the service takes them', () => expect(['500', '20k', '3M', '1g', '3t', 'x', ''].map(isSize)).toEqual([true, true, true, true, false, false, false]));
    it('several texts go to lines and back', () => {
        expect(multiToLines('a\\0b')).toBe('a\nb');
        expect(linesToMulti(' a \n\nb\n')).toBe('a\\0b');
    });
    it('numbers are judged by type and range', () => {
        expect(problemOf('30', { type: 'DWORD', min: 1, max: 50 })).toBeNull();
        expect(problemOf('0x1e', { type: 'DWORD' })).toBeNull();
        expect(problemOf('51', { type: 'DWORD', min: 1, max: 50 })).toBe('range');
        expect(problemOf('4294967296', { type: 'DWORD' })).toBe('range');
        expect(problemOf('18446744073709551615', { type: 'QWORD' })).toBeNull();
        expect(problemOf('many', { type: 'DWORD' })).toBe('number');
        expect(problemOf('', { type: 'DWORD' })).toBe('empty');
        expect(problemOf('0a f', { type: 'BINARY' })).toBe('hex');
        expect(problemOf('maybe', { type: 'SZ', choices: ['off', 'on'] })).toBe('choice');
    });
    it('empty fields are left out', () => expect(filled({ a: ' x ', b: '  ' })).toEqual({ a: 'x' }));
    it('addresses come apart at commas, semicolons and spaces', () => expect(addresses('a@b, c@d;e@f\n g@h')).toEqual(['a@b', 'c@d', 'e@f', 'g@h']));
});

describe('names of the directory', () => {
    const dn = 'cn=Ampere\\, Alice,cn=Recipients,ou=Oslo,o=Contoso';
    it('come apart at commas that are not escaped', () => expect(partsOf(dn)).toEqual(['cn=Ampere\\, Alice', 'cn=Recipients', 'ou=Oslo', 'o=Contoso']));
    it('have a parent and ancestors from the top', () => {
        expect(parentOf(dn)).toBe('cn=Recipients,ou=Oslo,o=Contoso');
        expect(ancestorsOf(dn)).toEqual(['o=Contoso', 'ou=Oslo,o=Contoso', 'cn=Recipients,ou=Oslo,o=Contoso']);
    });
    it('are unescaped to be read and escaped to be written', () => {
        expect(valueOf('cn=Ampere\\, Alice')).toBe('Ampere, Alice');
        expect(valueOf('cn=a\\2Cb')).toBe('a,b');
        expect(escapeValue(' a,b+c#')).toBe('\\ a\\,b\\+c#');
    });
});

describe('selectors of the queue', () => {
    it('take the words they know and nothing else', () => expect(filterOf({ reason: 'held', by: 'route', older: ' 2h ', x: 'y' })).toEqual({ reason: 'held', older: '2h' }));
    it('say "all" only when nothing narrows them', () => {
        expect(selectorOf({}, [])).toEqual({ all: true });
        expect(selectorOf({ reason: 'held' }, [])).toEqual({ reason: 'held' });
        expect(selectorOf({ reason: 'held' }, ['7'])).toEqual({ ids: ['7'] });
    });
    it('say "all" of the deleted when only which of them is said: the service takes that for nobody', () => {
        expect(selectorOf({ deleted: 'only' }, [])).toEqual({ all: true, deleted: 'only' });
        expect(selectorOf({ deleted: 'only', domain: 'x.example' }, [])).toEqual({ deleted: 'only', domain: 'x.example' });
    });
});

describe('groups', () => {
    const counted = { messages: 1, recipients: 2, octets: 3, oldest: null };
    it('are the lines with a key; the line without one is the rest', () => {
        const group = { key: '', next_attempt: null, reason: 'held', last_reply: '', ...counted };
        const rest = { key: null, rest: true as const, groups: 7, ...counted };
        expect(partsOfGroups([group, rest])).toEqual({ groups: [group], rest });
        expect(partsOfGroups([group]).rest).toBeNull();
    });
});

describe('tracking records become messages', () => {
    const record = (id: string, event: number, to: string): TrackRecord => ({ id, event, what: '', time: `2026-11-27T10:00:0${event % 10}Z`, sender: 'a@x', recipient: to, octets: 1 });
    it('with the outcome that the records prove', () => {
        const found = messagesOf([
            record('1', 1012, 'b@y'), record('1', 1013, 'b@y'), record('2', 1012, 'b@y'), record('2', 1012, 'c@y'), record('2', 1011, 'b@y'), record('3', 1012, 'b@y'), record('3', 40732, 'b@y'), record('4', 1012, 'b@y'),
        ]);
        expect(found.map((each) => each.outcome)).toEqual(['delivered', 'partly', 'failed', 'waiting']);
    });
    it('waits after an attempt that is made again', () => {
        const [found] = messagesOf([record('1', 1012, 'b@y'), { ...record('1', 40731, 'b@y'), delivered: false }]);
        expect(found?.outcome).toBe('waiting');
    });
});

const field = (more: Partial<Field>): Field => ({ key: 'registry/MaxHops', name: 'MaxHops', section: 'registry', tab: 'queues', label: 'Max hops', type: 'number', value: '30', set: true, shadowed: [], ...more });

describe('settings', () => {
    it('send only what differs, in their type', () => {
        const fields = [field({}), field({ key: 'a', type: 'boolean', value: 'FALSE' }), field({ key: 'b', type: 'list', value: ['x', 'y'] }), field({ key: 'c', type: 'text', value: null, set: false })];
        expect(changesOf(fields, { 'registry/MaxHops': '30', a: 'false', b: 'x\ny', c: '' })).toEqual({});
        expect(changesOf(fields, { 'registry/MaxHops': '40', a: 'true', b: 'x', c: 'new' })).toEqual({ 'registry/MaxHops': 40, a: true, b: ['x'], c: 'new' });
    });
    it('take a value away only where one is set', () => {
        expect(changesOf([field({})], { 'registry/MaxHops': null })).toEqual({ 'registry/MaxHops': null });
        expect(changesOf([field({ set: false })], { 'registry/MaxHops': null })).toEqual({});
    });
    it('show lists a line each and booleans as two words', () => {
        expect(shownValue(field({ type: 'list', value: ['a', 'b'] }))).toBe('a\nb');
        expect(shownValue(field({ type: 'boolean', value: '1' }))).toBe('true');
        expect(shownValue(field({ value: null }))).toBe('');
    });
});

describe('switches', () => {
    const zeroOrOne = field({ min: 0, max: 1, value: null, default: '0', set: false });
    it('are numbers that can be 0 or 1 only, and are sent as such', () => {
        expect(shownValue(zeroOrOne)).toBe('false');
        expect(changesOf([zeroOrOne], { 'registry/MaxHops': 'true' })).toEqual({ 'registry/MaxHops': 1 });
        expect(changesOf([zeroOrOne], { 'registry/MaxHops': 'false' })).toEqual({});
    });
});

describe('what an action met', () => {
    it('is told with one and with many', () => {
        expect(t.queues.meets(1, 1)).toBe('1 recipient of 1 message.');
        expect(t.queues.meets(2000, 1)).toBe('2,000 recipients of 1 message.');
        expect(t.queues.doIt('Hold', 1)).toBe('Hold: 1 recipient');
        expect(t.queues.heldAlone(1)).toBe('1 is held and is left alone.');
    });
});
