// Which letters differ. Names are compared by the connector byte for byte, so the eye needs to see a space or a letter case.

export interface Piece { text: string; differs: boolean }

/** Marks in both texts what the other one does not have (longest common subsequence of letters; long ones by their ends only). */
export function markDifferences(left: string, right: string): [Piece[], Piece[]] {
    const a = [...left];
    const b = [...right];
    let head = 0;
    while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
    let tail = 0;
    while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
    const middleA = a.slice(head, a.length - tail);
    const middleB = b.slice(head, b.length - tail);
    const [sameA, sameB] = middleA.length * middleB.length > 250_000 ? [new Set<number>(), new Set<number>()] : common(middleA, middleB);
    const alike = head + tail + sameA.size >= 0.5 * Math.max(a.length, b.length) || kindOfDifference(left, right) !== 'letters';
    return alike ? [pieces(a, head, tail, sameA), pieces(b, head, tail, sameB)] : [whole(left), whole(right)];
}

/** Two texts with little in common: marks would only be in the way. */
const whole = (text: string): Piece[] => (text === '' ? [] : [{ text, differs: false }]);

function common(a: string[], b: string[]): [Set<number>, Set<number>] {
    const width = b.length + 1;
    const length = new Uint16Array((a.length + 1) * width);
    for (let i = a.length - 1; i >= 0; i -= 1) {
        for (let j = b.length - 1; j >= 0; j -= 1) {
            length[i * width + j] =
                a[i] === b[j]
                    ? length[(i + 1) * width + j + 1]! + 1
                    : Math.max(length[(i + 1) * width + j]!, length[i * width + j + 1]!);
        }
    }
    const inA = new Set<number>();
    const inB = new Set<number>();
    for (let i = 0, j = 0; i < a.length && j < b.length; ) {
        if (a[i] === b[j]) {
            inA.add(i++);
            inB.add(j++);
        } else if (length[(i + 1) * width + j]! >= length[i * width + j + 1]!) i += 1;
        else j += 1;
    }
    return [inA, inB];
}

function pieces(letters: string[], head: number, tail: number, same: Set<number>): Piece[] {
    const out: Piece[] = [];
    letters.forEach((letter, i) => {
        const differs = i >= head && i < letters.length - tail && !same.has(i - head);
        const last = out[out.length - 1];
        if (last !== undefined && last.differs === differs) last.text += letter;
        else out.push({ text: letter, differs });
    });
    return out;
}

/** What a space, a tab or a letter from elsewhere is called, so that it is not only seen. */
export function nameLetters(text: string): string {
    return [...text].map((letter) => {
        if (letter === ' ') return '␣';
        if (letter === '\t') return '⇥';
        if (letter === '\u00a0') return '⍽';
        return letter;
    }).join('');
}

/** In words, for those who do not see marks: how two texts differ. */
export function kindOfDifference(left: string, right: string): 'same' | 'case' | 'space' | 'case and space' | 'letters' {
    if (left === right) return 'same';
    const squeezed = (text: string): string => text.replace(/\s+/g, '');
    const lower = (text: string): string => text.toLowerCase();
    if (lower(left) === lower(right)) return 'case';
    if (squeezed(left) === squeezed(right)) return 'space';
    if (lower(squeezed(left)) === lower(squeezed(right))) return 'case and space';
    return 'letters';
}
