// Why does a message wait, let it go, and what became of it.
import { assert, button, dialog, flow, heading, imc, queue, settled, signedIn, smtp, toast, until, visit } from './kit.mjs';

flow('why a message waits is found, it is released, and its story is told to the end', async () => {
    const page = await signedIn();
    await page.getByRole('link', { name: 'held', exact: true }).click(); // "Why mail waits"
    await heading(page, 'Queues').waitFor();
    await page.waitForURL(/reason=held/);
    await settled(page);
    await page.getByRole('link', { name: 'ann@example.net' }).click();
    await heading(page, /^Message /).waitFor();
    const why = page.locator('.card', { hasText: 'ann@example.net' }).last();
    await why.getByText('ticket 4711').waitFor(); // the note of who held it
    await why.getByText('451 4.7.1 Greylisted').waitFor(); // and what the other host had said before
    const [id] = /[0-9a-z]{13}$/.exec(page.url());

    for (const [tab, text] of [['Headers', 'Drawings for the bridge'], ['Envelope', 'alice@contoso.example'], ['History', 'Greylisted'], ['Raw text', 'As discussed.']]) {
        await page.getByRole('navigation', { name: 'Parts of the message' }).getByRole('link', { name: tab }).click();
        await page.getByText(text).first().waitFor();
    }

    await button(page, 'Release').click();
    await button(dialog(page), 'See what it meets').click();
    await dialog(page).getByText('1 recipient of 1 message.').waitFor();
    assert.equal(queue('--reason', 'held').length, 1, 'looking changed something');
    await button(dialog(page), 'Release: 1 recipient').click();
    await dialog(page).waitFor({ state: 'detached' });
    await toast(page, 'Release: 1 recipient of 1 message.').waitFor();
    assert.equal(queue('--reason', 'held').length, 0);

    await until(() => queue('--recipient', 'ann@example.net').length === 0, 'the message to leave');
    await visit(page, '/queues?recipient=ann@example.net');
    await page.getByRole('heading', { name: 'Nothing matches' }).waitFor();

    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Message tracking' }).click();
    await page.getByLabel('Recipient').fill('ann@example.net');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: new RegExp(id) }).getByRole('link').first().click();
    await page.waitForURL(new RegExp(`/tracking/${id}`));
    const story = page.locator('.story');
    for (const part of ['451 4.7.1 Greylisted', '250']) await story.getByText(part).first().waitFor();
    assert.match(await story.innerText(), /hold[^]*release/i, 'who held and released it');
});

flow('one message of many is chosen and tried now', async () => {
    const page = await signedIn();
    const [{ id }] = queue('--recipient', 'orders@supplier.example');
    await visit(page, '/queues');
    await page.getByLabel(`Choose ${id}`).check();
    await page.getByRole('toolbar', { name: 'Actions' }).getByText('1 message chosen').waitFor();
    await button(page, 'Retry').click();
    await button(dialog(page), 'See what it meets').click();
    await dialog(page).getByText('orders@supplier.example').waitFor();
    await button(dialog(page), 'Retry: 1 recipient').click();
    await dialog(page).waitFor({ state: 'detached' });
    await until(() => queue('--recipient', 'orders@supplier.example').length === 0, 'the message to leave');
    await button(page, 'Refresh').click();
    await page.getByLabel(`Choose ${id}`).waitFor({ state: 'detached' });
    assert.equal(queue('--recipient', 'press@example.org').length, 1, 'another one went with it');
});

flow('what is set aside is looked at, released and delivered; what was refused is explained', async () => {
    const page = await signedIn();
    await visit(page, '/quarantine');
    await page.getByRole('link', { name: 'promo@aside.example' }).click();
    await page.getByText('Buy now').first().waitFor();
    await button(page, 'Release').click();
    await button(dialog(page), 'Release').click();
    await toast(page, 'Released').waitFor();
    await until(() => imc('track', '--sender', 'promo@aside.example').includes('alice@contoso.example'), 'it to be delivered');

    await visit(page, '/rejects?recipient=nobody@contoso.example');
    await page.getByRole('row').nth(1).getByRole('link').click();
    await page.getByText('5.1.1').first().waitFor();
    await page.getByRole('link', { name: /xplain/ }).last().waitFor();
});

flow('the list stays where one has scrolled to, though the queue moves', async () => {
    for (let i = 0; i < 60; i += 1) await smtp('MAIL FROM:<alice@contoso.example>', `RCPT TO:<many${i}@many.example>`, 'DATA', 'Subject: many\r\n\r\nAs discussed.\r\n.');
    await until(() => queue('--domain', 'many.example').length === 60, 'all of them in the queue');
    const page = await signedIn();
    await visit(page, '/queues?domain=many.example');
    const list = page.getByRole('region', { name: 'Messages' });
    await list.evaluate((box) => (box.scrollTop = 1000));
    const row = list.getByRole('row').filter({ hasText: 'many35@' });
    await row.waitFor();
    const top = await list.evaluate((box) => box.scrollTop);
    await button(page, 'Follow').click();
    imc('queue', 'hold', '--domain', 'many.example');
    await row.getByText('held').waitFor();
    assert.equal(await list.evaluate((box) => box.scrollTop), top);
    await button(page, 'Refresh').click();
    await settled(page);
    assert.ok(await row.isVisible(), 'the row in sight is gone after Refresh');
    assert.equal(await list.evaluate((box) => box.scrollTop), top);

    await page.locator('a.stat', { hasText: 'Outbound awaiting delivery' }).click(); // one of the four historic queues, opened
    await page.waitForURL(/view=outbound-awaiting-delivery/);
    await settled(page);
    await list.getByText('many0@').first().waitFor();
    imc('queue', 'delete', '--domain', 'many.example', '--now');
});
