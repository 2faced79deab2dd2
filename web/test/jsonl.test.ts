import { describe, expect, it } from 'vitest';
import { LineError, parseLines, parseList } from '../src/api/jsonl';

describe('JSON Lines', () => {
    it('reads an object a line and passes over empty ones', () => expect(parseLines('{"a":1}\n\n{"a":2}\r\n')).toEqual([{ a: 1 }, { a: 2 }]));
    it('takes a last line without its line end', () => expect(parseLines('{"a":1}\n{"a":2}')).toEqual([{ a: 1 }, { a: 2 }]));
    it('gives nothing for nothing', () => expect(parseLines('')).toEqual([]));
    it('names the line that is torn', () => {
        expect(() => parseLines('{"a":1}\n{"a":')).toThrow(LineError);
        expect(() => parseLines('{"a":1}\n{"a":')).toThrow(/^line 2: /);
    });
    it('takes an array, too, where a list is expected', () => expect(parseList(' [{"a":1}]')).toEqual([{ a: 1 }]));
});
