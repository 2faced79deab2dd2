// Change something, see what it does, take it back: a relay rule, a value of the registry, a change that is not kept.
import net, { createServer } from 'node:net';
import { assert, button, dialog, flow, heading, imc, settled, signedIn, smtp, toast, until, visit, world } from './kit.mjs';

const freePort = () => new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        server.close(() => done(port));
    });
});

const relays = async () => (await smtp('MAIL FROM:<alice@contoso.example>', 'RCPT TO:<ann@example.net>'))[1];
const setting = (page, name) => page.locator('.setting', { hasText: name });

async function explained(page) {
    await visit(page, '/explain/relay?peer=127.0.0.1&to=ann@example.net');
    return page.locator('.badge', { hasText: /^may (not )?relay$/ }).innerText();
}

flow('a relay rule is changed, its effect is seen, and it is undone', async () => {
    const page = await signedIn();
    assert.equal(await explained(page), 'may relay');
    assert.match(await relays(), /^250 /);

    await visit(page, '/connector/routing');
    const field = setting(page, 'RelayAllowList').locator('textarea');
    assert.equal(await field.inputValue(), '127.0.0.0/8');
    await field.fill('127.0.0.0/8\nnot a network');
    await button(page, 'Review and apply …').click();
    await dialog(page).getByText('does not pass').first().waitFor(); // the checks come before the change
    assert.ok(await button(dialog(page), 'Apply').isDisabled());
    await page.keyboard.press('Escape');

    await field.fill('192.0.2.0/24');
    await page.getByRole('region', { name: 'Apply' }).getByText('1 change:').waitFor();
    await button(page, 'Review and apply …').click();
    await dialog(page).getByText('192.0.2.0/24').waitFor();
    assert.match(await relays(), /^250 /, 'looking changed something');
    await button(dialog(page), 'Apply').click();
    await dialog(page).waitFor({ state: 'detached' });
    await toast(page, '1 setting changed').waitFor();
    await until(async () => /^550 /.test(await relays()), 'the new rule to refuse');
    await page.getByRole('region', { name: 'Apply' }).waitFor({ state: 'detached' }); // nothing is left to apply
    await page.getByText('is stored and not in force').waitFor({ state: 'detached' });

    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Explain' }).click();
    await page.getByRole('link', { name: 'Relay', exact: true }).click();
    await page.getByLabel('Client address').fill('127.0.0.1');
    await page.getByLabel('Recipient').fill('ann@example.net');
    await page.keyboard.press('Enter');
    await page.getByText('may not relay', { exact: true }).waitFor();
    await page.locator('.steps li').first().waitFor();

    await button(toast(page, '1 setting changed'), 'Undo').click(); // the offer went with us from page to page
    await until(async () => /^250 /.test(await relays()), 'the old rule to be back');
    assert.equal(await explained(page), 'may relay');
    await visit(page, '/connector/history');
    await page.getByText('RelayAllowList').first().waitFor();
});

flow('a change that could lock out goes back unless it is kept', async () => {
    const page = await signedIn();
    await visit(page, '/connector/routing');
    await setting(page, 'RelayAllowList').locator('textarea').fill('198.51.100.0/24');
    await button(page, 'Review and apply …').click();
    await dialog(page).getByLabel('Revert by itself unless I keep it').check();
    await button(dialog(page), 'Apply').click();
    const banner = page.getByRole('region', { name: 'A change waits to be kept' });
    await banner.waitFor();
    await until(async () => /^550 /.test(await relays()), 'the change');
    await button(banner, 'Revert now').click();
    await banner.waitFor({ state: 'detached' });
    await until(async () => /^250 /.test(await relays()), 'what was before');
    await until(async () => (await setting(page, 'RelayAllowList').locator('textarea').inputValue()) === '127.0.0.0/8', 'the page to show it');
});

flow('a value of the registry is changed, and an older copy of all of them restored', async () => {
    const hops = () => /MaxHops\s+REG_\w+\s+(\S+)/.exec(imc('reg', 'query'))?.[1];
    const page = await signedIn();
    imc('reg', 'add', '-v', 'MaxHops', '-t', 'DWORD', '-d', '31', '-f');
    await visit(page, '/registry');
    await button(page, 'MaxHops').click();
    await dialog(page).getByLabel('Data').fill('many');
    await dialog(page).getByText('Not a whole number.').waitFor();
    assert.ok(await button(dialog(page), 'Review …').isDisabled());
    await dialog(page).getByLabel('Data').fill('17');
    await button(dialog(page), 'Review …').click();
    await dialog(page).getByText('31', { exact: true }).waitFor();
    await button(dialog(page), 'Save').click();
    await toast(page, 'MaxHops').waitFor();
    assert.match(hops(), /^(17|0x11)$/);

    await page.getByRole('link', { name: 'Backups' }).click();
    await heading(page, 'Backups').waitFor();
    await settled(page);
    await button(page.getByRole('row').nth(1), 'Compare').click();
    await dialog(page).locator('.diff .removed, .diff .added').first().waitFor();
    assert.match(await dialog(page).locator('.diff').innerText(), /MaxHops/);
    await button(dialog(page), 'Restore').click();
    await until(() => /^(31|0x1f)$/.test(hops()), 'the older value');
    await dialog(page).waitFor({ state: 'detached' });
    await button(page.locator('.toast').last(), 'Undo').click();
    await until(() => /^(17|0x11)$/.test(hops()), 'the undo of the restoring');
});

flow('pages that were moved away come back by themselves, since nobody could keep that', async () => {
    const listens = () => /AdminListen\s+REG_\w+\s+(\S+)/.exec(imc('reg', 'query'))?.[1];
    // A connection of its own each time: one that is kept outlives the listener.
    const answers = () => new Promise((done) => {
        const socket = net.connect(Number(new URL(world.url).port), '127.0.0.1');
        socket.once('connect', () => { socket.destroy(); done(true); });
        socket.once('error', () => done(false));
    });
    const before = listens();
    const elsewhere = await freePort();
    const page = await signedIn();
    await visit(page, '/connector/security');
    await page.locator('.setting', { has: page.locator('.meta', { hasText: 'AdminListen' }) }).locator('input').fill(`127.0.0.1:${elsewhere}`);
    await button(page, 'Review and apply …').click();
    const box = dialog(page).getByLabel('Revert by itself unless I keep it');
    await box.waitFor();
    assert.ok(await box.isChecked(), 'ticked by itself');
    await dialog(page).getByLabel('Seconds').fill('10');
    await button(dialog(page), 'Apply').click();
    await until(async () => !(await answers()), 'the pages to move');
    await until(answers, 'the pages to be back');
    await until(() => listens() === before, 'the former value');
});

flow('a change is found in the audit log, and undone there', async () => {
    const hops = () => /MaxHops\s+REG_\w+\s+(\S+)/.exec(imc('reg', 'query'))?.[1];
    imc('reg', 'add', '-v', 'MaxHops', '-t', 'DWORD', '-d', '31', '-f');
    imc('reg', 'add', '-v', 'MaxHops', '-t', 'DWORD', '-d', '23', '-f');
    const page = await signedIn();
    await visit(page, '/audit');
    await page.getByLabel('Object').fill('maxhops');
    await page.keyboard.press('Enter');
    await page.waitForURL(/object=maxhops/);
    await settled(page);
    await button(page.getByRole('row').nth(1), 'Undo').click();
    await dialog(page).getByText('imc reg add').waitFor();
    assert.match(hops(), /^(23|0x17)$/, 'looking changed something');
    await button(dialog(page), 'Undo').click();
    await until(() => /^(31|0x1f)$/.test(hops()), 'what was before');
    await dialog(page).waitFor({ state: 'detached' });
    await page.getByRole('row').nth(1).getByText('MaxHops').waitFor(); // the undo is a change, too
});
