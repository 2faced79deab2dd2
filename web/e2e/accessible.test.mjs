// Every page, light and dark, and as on a phone (whose colours are the same): axe finds nothing serious, and nothing is wider than the window.
import { accessible, assert, fits, flow, open, phone, signedIn, visit, wide, world } from './kit.mjs';
import { everyPath } from './paths.mjs';

for (const [name, how] of [['light and wide', { size: wide }], ['dark and wide', { size: wide, dark: true }], ['light on a phone', { size: phone }]]) {
    flow(`every page can be used by everybody, ${name}`, async () => {
        const page = await signedIn(how);
        const found = [];
        for (const [place, path] of await everyPath(page, world)) {
            await visit(page, path);
            found.push(...await accessible(page, place), ...await fits(page, place));
        }
        assert.equal(found.length, 0, found.join('\n'));
    });
    flow(`so can the page that signs in, ${name}`, async () => {
        const page = await open(how);
        await visit(page, '/');
        assert.deepEqual([...await accessible(page, 'sign-in'), ...await fits(page, 'sign-in')], []);
    });
}
