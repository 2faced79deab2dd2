// Pictures of every page, light and dark, wide and as on a phone. tests/scenario/shots.py starts the service, and says where they go and which are wanted.
import { join } from 'node:path';
import { test } from 'node:test';
import { fits, heading, oneTimeLink, follow, open, phone, settled, signIn, visit, wide, world } from './kit.mjs';
import { everyPath } from './paths.mjs';

const tallest = 2400;
const wanted = (name) => world.names.length === 0 || world.names.some((each) => name.startsWith(each));
const dialogs = { // a page, what is pressed on it, and what then must be there
    'registry-value': ['/registry', 'button:text-is("MaxHops")'], 'queue-action': ['/queues', 'button:text-is("Hold")'], 'new-object': ['/organization', 'button:text-is("New")'], 'new-token': ['/accounts', 'button:text-is("New token")'],
};
let made = 0;

/** The window is made as tall as the page, for what stays in place while one scrolls. */
async function shoot(page, name, look, whole = true) {
    const { width, height } = page.viewportSize();
    if (whole) await page.setViewportSize({ width, height: Math.min(Math.max(await page.evaluate(() => document.documentElement.scrollHeight), height), tallest) });
    await page.screenshot({ path: join(world.out, `${name}-${look}.png`) });
    await page.setViewportSize({ width, height });
    made += 1;
}

for (const [look, how] of [['light-wide', { size: wide }], ['dark-wide', { size: wide, dark: true }], ['light-phone', { size: phone }], ['dark-phone', { size: phone, dark: true }]]) {
    test(look, async () => {
        const page = await open(how);
        await visit(page, '/');
        if (!world.held && wanted('sign-in')) await shoot(page, 'sign-in', look);
        await signIn(page, 'emergency', 'the axe behind glass').catch(() => {});
        if (world.held) await follow(page, oneTimeLink());
        await heading(page, 'Overview').waitFor();
        const all = world.held ? [['held-overview', '/'], ['held-verdict', '/verdict']] : await everyPath(page, world);
        for (const [name, path] of all.filter(([name]) => wanted(name))) {
            await visit(page, path);
            if (name === 'organization-connector') await page.getByRole('treeitem', { selected: true }).waitFor();
            for (const flaw of await fits(page, name)) console.log(`! ${look}: ${flaw}`);
            await shoot(page, name, look);
        }
        for (const [name, [path, press]] of Object.entries(dialogs).filter(([name]) => !world.held && wanted(name))) {
            await visit(page, path);
            await page.locator(press).click();
            await settled(page);
            await shoot(page, name, look, false);
        }
        await page.context().close();
    });
}
test('told', () => console.log(`! ${made} pictures`));
