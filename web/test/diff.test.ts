import { describe, expect, it } from 'vitest';
import { kindOfDifference, markDifferences, nameLetters, type Piece } from '../src/logic/diff';

const text = (pieces: Piece[]): string => pieces.map((each) => (each.differs ? `[${each.text}]` : each.text)).join('');
const marked = (a: string, b: string): [string, string] => {
    const [left, right] = markDifferences(a, b);
    return [text(left), text(right)];
};

describe('letters that differ are marked', () => {
    it('marks a letter in another case on both sides', () => expect(marked('/o=contoso/ou=Oslo', '/o=Contoso/ou=Oslo')).toEqual(['/o=[c]ontoso/ou=Oslo', '/o=[C]ontoso/ou=Oslo']));
    it('marks a letter that one side lacks on the other only', () => expect(marked('/o=Contosa Corp', '/o=Contoso Corp.')).toEqual(['/o=Contos[a] Corp', '/o=Contos[o] Corp[.]']));
    it('marks two places apart', () => expect(marked('abXdefghYj', 'abCdefghIj')).toEqual(['ab[X]defgh[Y]j', 'ab[C]defgh[I]j']));
    it('marks nothing where texts are equal', () => expect(marked('same', 'same')).toEqual(['same', 'same']));
    it('marks nothing where texts have little in common', () => expect(marked('mail expires in 9 days', 'more than 14')).toEqual(['mail expires in 9 days', 'more than 14']));
    it('keeps letters outside the basic plane whole', () => expect(marked('Büro 😀 Nord', 'Büro 😁 Nord')).toEqual(['Büro [😀] Nord', 'Büro [😁] Nord']));
    it('loses no letter whatever the two texts are', () => {
        const words = ['', 'a', '/o=A B/ou=C', '/o=AB/ou= C', 'x'.repeat(700), `${'x'.repeat(350)}y${'z'.repeat(350)}`];
        for (const a of words) for (const b of words) {
            const [left, right] = markDifferences(a, b);
            expect(left.map((each) => each.text).join('')).toBe(a);
            expect(right.map((each) => each.text).join('')).toBe(b);
        }
    });
});

describe('the kind of difference is said in words', () => {
    it.each([
        ['Contoso', 'Contoso', 'same'], ['contoso', 'Contoso', 'case'], ['Con toso', 'Contoso', 'space'], ['con toso', 'Contoso', 'case and space'], ['Contosa', 'Contoso', 'letters'],
    ])('%s and %s: %s', (a, b, kind) => expect(kindOfDifference(a, b)).toBe(kind));
    it('shows spaces that cannot be seen', () => expect(nameLetters('a b\u00a0\t')).toBe('a␣b⍽⇥'));
});
