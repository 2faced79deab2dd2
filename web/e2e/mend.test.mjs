// The 4086 story with the mouse: the service is held, the verdict says why, Fix mends it, it runs; the undo brings the flaw back.
import { accessible, assert, button, dialog, flow, heading, imc, open, settled, signedIn, signIn, state, until, visit } from './kit.mjs';

flow('while the service is held the sign-in page says that accounts of the directory cannot sign in, and what can', async () => {
    const page = await open();
    await visit(page, '/');
    await page.locator('small', { hasText: 'imc admin link' }).waitFor();
    await signIn(page, 'administrator', 'whatever');
    const told = page.getByRole('alert');
    await told.getByRole('heading', { name: 'The service is held' }).waitFor();
    assert.match(await told.innerText(), /accounts of the directory cannot sign in[\s\S]*imc admin link/);
    assert.deepEqual(await accessible(page, 'the sign-in page of a held service'), []);
});

flow('a held service says why on every page, is mended by the Fix button, and the undo brings the flaw back', async () => {
    const page = await signedIn();
    await page.getByRole('heading', { name: 'The service is held: event 4086' }).waitFor();
    const badge = page.locator('.topbar .badge').first();
    assert.equal(await badge.innerText(), 'Held');
    await visit(page, '/queues');
    await page.getByRole('heading', { name: 'The service is held: event 4086' }).waitFor();
    await page.getByRole('link', { name: 'See the verdict' }).click();
    await heading(page, 'Start-up verdict').waitFor();
    await settled(page);

    const decides = page.locator('.assertion', { hasText: 'decides' });
    await decides.getByRole('link', { name: 'Event 4086' }).waitFor();
    assert.deepEqual(await decides.locator('mark').allTextContents(), ['c', 'C'], 'the letters that differ are marked, found and expected');
    assert.match(await decides.locator('.command').innerText(), /imc /, 'the command that the button equals');
    assert.deepEqual(await accessible(page, 'the verdict of a held service'), []);

    await button(decides, 'Fix').click();
    await dialog(page).getByText('This will be changed:').waitFor();
    assert.match(await dialog(page).innerText(), /SiteDN/);
    assert.deepEqual(await accessible(page, 'the Fix dialog'), []);
    assert.equal(state(), 'held', 'looking changed something');
    await button(dialog(page), 'Fix').click();
    await dialog(page).waitFor({ state: 'detached' });

    await page.waitForFunction(() => document.querySelector('.topbar .badge')?.textContent === 'Running'); // nobody reloads the page
    await page.getByText('A start now would succeed.').waitFor();
    assert.equal(state(), 'running');
    assert.equal(await page.getByText('The service is held').count(), 0);

    await button(page.locator('.toast'), 'Undo').click();
    await until(async () => (await page.locator('mark').count()) > 0, 'the flaw to be back on the page');
    assert.match(imc('reg', 'query', '-v', 'SiteDN'), /o=contoso/);
    await visit(page, '/audit');
    await page.getByRole('cell', { name: 'check.fix' }).first().waitFor();
    await page.getByRole('cell', { name: 'undo' }).first().waitFor();
});
