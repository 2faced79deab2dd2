// What every commit is asked: a held service with a queue of hostile mail is mended with the Fix button, and its main pages are sound.
import { accessible, assert, button, dialog, fits, flow, harmless, heading, phone, signedIn, state, visit, world } from './kit.mjs';
import { everyPath } from './paths.mjs';

flow('a held service is mended by the Fix button, and starts', async () => {
    const page = await signedIn({ dark: true });
    await page.getByRole('link', { name: 'See the verdict' }).click();
    await heading(page, 'Start-up verdict').waitFor();
    const decides = page.locator('.assertion', { hasText: 'decides' });
    await decides.getByRole('link', { name: 'Event 4086' }).waitFor();
    assert.deepEqual(await accessible(page, 'the verdict of a held service'), []);
    await button(decides, 'Fix').click();
    await button(dialog(page), 'Fix').click();
    await dialog(page).waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.querySelector('.topbar .badge')?.textContent === 'Running');
    assert.equal(state(), 'running');
});

flow('hostile values stay text on the main pages, and axe finds nothing serious', async () => {
    const page = await signedIn({ size: phone });
    const tells = ['message', 'message-headers', 'tracking', 'rejects', 'quarantine', 'registry'];
    const main = ['overview', 'queues', 'organization-connector', 'connector-routing', 'events', 'audit', ...tells];
    const paths = new Map(await everyPath(page, world));
    const found = [];
    for (const name of main) {
        assert.ok(paths.has(name), `${name}: nothing to look at`);
        await visit(page, paths.get(name));
        await harmless(page, name, tells.includes(name));
        found.push(...await accessible(page, name), ...await fits(page, name));
    }
    assert.equal(found.length, 0, found.join('\n'));
});
