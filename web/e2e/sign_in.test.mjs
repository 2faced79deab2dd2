// Who may come in, as what, and who may not.
import { assert, button, flow, heading, imc, oneTimeLink, open, settled, signIn, visit, world } from './kit.mjs';

const menu = (page) => page.getByRole('navigation', { name: 'Pages' });

flow('a one-time link signs in once', async () => {
    const link = oneTimeLink();
    const page = await open();
    await page.goto(link);
    await heading(page, 'Overview').waitFor();
    assert.equal(new URL(page.url()).pathname, '/', 'the link must not stay in the address');
    await page.locator('.account-name', { hasText: 'Administrator' }).waitFor();

    const other = await open();
    const answer = await other.goto(link);
    assert.equal(answer.status(), 403, 'a second use');
    await visit(other, '/');
    await other.getByLabel('Password').waitFor();
});

flow('the emergency account signs in, signs out, and nothing is left behind', async () => {
    const page = await open();
    await page.goto('/registry'); // who has not signed in sees that page, then is where he wanted to go
    await signIn(page, 'emergency', 'the axe behind glass');
    await heading(page, 'Registry').waitFor();
    await settled(page);
    const cookies = await page.context().cookies();
    assert.ok(cookies.length > 0 && cookies.every((each) => each.httpOnly && each.sameSite === 'Strict'), JSON.stringify(cookies));
    assert.equal(await page.evaluate(() => document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)), '{}{}', 'a script can read nothing of the session');
    await menu(page).getByRole('link', { name: 'Audit' }).click();
    await heading(page, 'Audit').waitFor();
    await button(page, 'Sign out').click();
    await page.getByLabel('Password').waitFor();
    await page.goBack();
    await page.getByLabel('Password').waitFor();
    assert.equal(await page.getByText('SiteDN').count(), 0, 'what was seen before is gone');
});

flow('an account of the directory has what its role may do, and no more', async () => {
    const page = await open();
    await visit(page, '/');
    await signIn(page, 'bob@contoso.example', "bob's pencil");
    await heading(page, 'Overview').waitFor();
    await page.locator('.account-name', { hasText: 'Operator' }).waitFor();
    await visit(page, '/queues');
    await page.getByRole('heading', { name: 'Nothing waits' }).waitFor();
    await page.getByRole('toolbar', { name: 'Actions' }).waitFor(); // an operator's
    await visit(page, '/connector/routing');
    assert.equal(await page.locator('.setting :is(input, textarea, select):not(:disabled)').count(), 0, 'settings are the administrator’s');
    await visit(page, '/connector/diagnostics');
    await page.getByLabel('Level of Addressing').waitFor();
    assert.equal(await page.locator('main select:not(:disabled)').count(), 0, 'levels are the administrator’s: what they write down is mail');
    await visit(page, '/accounts');
    await page.getByText('Needs the role Administrator.').waitFor();
    assert.equal(await button(page, 'New token').count(), 0);
    await visit(page, '/organization');
    assert.equal(await button(page, 'New').count(), 0);

    imc('dir', 'modify', world.connector, '--remove', 'imcAdministrator=operator bob');
    await page.getByLabel('Password').waitFor(); // the next question is answered by 401
});

flow('after wrong passwords the right one does not help either', async () => {
    const page = await open();
    await visit(page, '/');
    for (let i = 0; i < 5; i += 1) {
        await signIn(page, 'eve', `guess ${i}`);
        await page.getByRole('alert').getByText('Account or password is wrong').waitFor();
        assert.equal(await page.getByLabel('Password').inputValue(), '', 'what was typed is gone');
    }
    await signIn(page, 'eve', "eve's pencil");
    await page.getByRole('alert').getByText('Too many attempts').waitFor();
    assert.equal(await page.locator('.shell').count(), 0);
    assert.equal(await page.locator('.sidebar').count(), 0);
    await signIn(page, 'administrator', "administrator's pencil"); // others are not locked with her
    await heading(page, 'Overview').waitFor();
    await visit(page, '/events');
    await page.getByText('eve').first().waitFor();
    assert.ok((await menu(page).getByRole('link').count()) >= 17, 'every page in the menu');
});
