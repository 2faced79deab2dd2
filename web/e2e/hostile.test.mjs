// Values of somebody who means harm stay text on every page, in every list; and another site's page changes nothing here.
import { createServer } from 'node:http';
import { assert, button, dialog, flow, harmless, heading, imc, open, queue, settled, signedIn, signIn, toast, visit, world } from './kit.mjs';
import { everyPath } from './paths.mjs';

flow('hostile senders, recipients, subjects, replies, names and DNs stay text on every page', async () => {
    const page = await open();
    await visit(page, '/');
    await signIn(page, world.hostile, 'guess'); // becomes an event
    await page.getByRole('alert').waitFor();
    await page.goto(imc('admin', 'link').split('\n')[0]);
    await heading(page, 'Overview').waitFor();

    const tells = ['queues', 'tracking', 'rejects', 'quarantine', 'registry', 'events', 'message', 'message-headers', 'message-envelope', 'message-history', 'message-raw', 'story', 'reject', 'quarantined', 'queues-by-sender'];
    const paths = await everyPath(page, world);
    for (const name of tells) assert.ok(paths.some(([each]) => each === name), `${name}: nothing to look at`);
    for (const [name, path] of paths) {
        await visit(page, path);
        await harmless(page, name, tells.includes(name));
    }
});

flow('so do hostile names in the tree of the organization, in its dialogs, and in the registry', async () => {
    const page = await signedIn();
    for (const { dn } of JSON.parse(`[${imc('dir', 'search', '(objectClass=imcContact)', '--json').trim().split('\n').join(',')}]`)) {
        await visit(page, `/organization?dn=${encodeURIComponent(dn)}`);
        await page.getByRole('treeitem', { selected: true }).waitFor();
        await harmless(page, dn, true);
        await button(page, 'LDIF (raw)').click();
        await harmless(page, `LDIF of ${dn}`, true);
        for (const [press, title] of [['Rename', /^Rename /], ['Delete', /^Delete /]]) {
            await button(page, press).click();
            await dialog(page).getByRole('heading', { name: title }).waitFor();
            await harmless(page, `${press} ${dn}`, true);
            await page.keyboard.press('Escape');
            await dialog(page).waitFor({ state: 'detached' });
        }
    }
    await visit(page, `/organization?search=${encodeURIComponent('img')}`);
    await page.getByRole('link', { name: world.hostile }).first().waitFor();
    await harmless(page, 'search', true);

    await visit(page, '/registry');
    await button(page, world.hostile).click();
    await dialog(page).getByRole('heading', { name: world.hostile }).waitFor();
    await harmless(page, 'a value of the registry', true);
    await dialog(page).getByLabel('Data').fill(`${world.hostile} again`);
    await button(dialog(page), 'Review …').click();
    await harmless(page, 'what would change', true);
    await button(dialog(page), 'Save').click();
    await toast(page, world.hostile).waitFor();
    await harmless(page, 'what was changed', true);
    await visit(page, '/audit');
    await harmless(page, 'audit', true);
    await page.getByRole('row').nth(1).getByRole('button').first().click();
    await dialog(page).waitFor();
    await harmless(page, 'a line of the audit', true);
    await visit(page, '/connector/history');
    await harmless(page, 'history', false);
});

flow('what stands in the address of a page stays text', async () => {
    const page = await signedIn();
    const x = encodeURIComponent(world.hostile);
    for (const path of [`/${x}`, `/organization?search=${x}`, `/organization?dn=${x}`, `/registry?search=${x}`, `/registry?key=${x}`, `/queues?sender=${x}&by=${x}`, `/queues/message/${x}`, `/tracking?sender=${x}`, `/tracking/${x}`,
        `/rejects?rule=${x}`, `/rejects/${x}`, `/explain/rcpt?address=${x}&dns=false`, `/explain/relay?peer=${x}&to=${x}`, `/quarantine/${x}`, `/badmail/${x}`, `/events/explain/${x}`, `/connector/${x}`, `/connector/history?number=${x}`, `/#${x}`]) {
        await visit(page, path);
        await harmless(page, path, false);
    }
});

/** A page of somebody else, under another name: what it can send without being asked. */
async function elsewhere(body) {
    const server = createServer((_, answer) => answer.writeHead(200, { 'content-type': 'text/html' }).end(body)).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    return { url: (host) => `http://${host}:${server.address().port}/`, close: () => server.close() };
}

flow('another site sends forms and requests with our cookie in vain, and cannot show our pages in a frame', async () => {
    const page = await open({ foreign: true });
    await page.goto(imc('admin', 'link').split('\n')[0]);
    await heading(page, 'Overview').waitFor();
    const before = [queue().length, imc('reg', 'query'), imc('link', 'status', '--json')];
    const evil = await elsewhere(`<!doctype html><iframe name="out"></iframe><iframe name="framed" src="${world.url}/"></iframe>
        <form id="form" target="out" method="post" enctype="text/plain" action="${world.url}/api/v1/link/close"><input name='{"a":"' value='"}'></form>`);
    try {
        for (const host of ['127.0.0.1', 'localhost']) { // another port is the same site to a cookie; another name is not
            await page.goto(evil.url(host));
            const form = page.waitForResponse((answer) => answer.request().isNavigationRequest() && answer.url().endsWith('/link/close'));
            const answers = await page.evaluate(async (url) => {
                const ask = async (path, init) => {
                    try {
                        return (await fetch(url + path, { credentials: 'include', ...init })).status;
                    } catch {
                        return 0;
                    }
                };
                document.getElementById('form').submit();
                const text = { method: 'POST', mode: 'no-cors', headers: { 'content-type': 'text/plain' } }; // what needs no leave
                return [
                    await ask('/api/v1/session', {}), await ask('/api/v1/queue', {}),
                    await ask('/api/v1/link/close', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
                    await ask('/api/v1/link/close', { ...text, body: '{}' }), await ask('/api/v1/queue/delete', { ...text, body: '{"all":true}' }),
                    await ask('/api/v1/session', { method: 'DELETE' }),
                ];
            }, world.url);
            assert.deepEqual(answers, [0, 0, 0, 0, 0, 0], `${host}: it may read nothing, not even that it was refused`);
            assert.ok([401, 403, 415].includes((await form).status()), `${host}: a form was answered with ${(await form).status()}`);
            assert.equal(await page.frame('framed').locator('#app').count(), 0, 'our page in a frame of somebody else');
        }
    } finally {
        evil.close();
    }
    assert.deepEqual([queue().length, imc('reg', 'query'), imc('link', 'status', '--json')], before, 'something has changed');
    await page.goto(`${world.url}/audit`);
    await heading(page, 'Audit').waitFor(); // still signed in
    await settled(page);
    assert.equal(await page.getByText('link/close').count(), 0);
});
