// A queue of 1,000,000 messages, made by web/mock: what is in the document, what is asked for, and how long that takes.
import { spawn } from 'node:child_process';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assert, flow, open, until, visit, world } from './kit.mjs';

const mock = spawn(process.execPath, [fileURLToPath(new URL('../mock/server.mjs', import.meta.url)), '0'], { env: { ...process.env, MOCK_QUEUE: '1000000' }, stdio: ['ignore', 'pipe', 'inherit'] });
after(() => mock.kill());
world.url = await new Promise((found) => mock.stdout.once('data', (text) => found(/http:\S+\d/.exec(String(text))[0])));

flow('of a million rows those in sight are in the document, and pages are asked for by cursor as one scrolls', async () => {
    const page = await open();
    const asked = [];
    const took = [];
    page.on('request', (request) => {
        const url = new URL(request.url());
        if (url.pathname === '/api/v1/queue') asked.push(url.searchParams);
    });
    page.on('requestfinished', (request) => request.url().includes('/api/v1/queue?') && took.push(request.timing().responseEnd));
    await visit(page, '/queues');
    await page.getByText('The first 200 of 1,000,000').or(page.getByText('The first 400 of 1,000,000')).waitFor();
    const box = page.getByRole('region', { name: 'Messages' });
    const rows = box.locator('tbody tr:not(.spacer)');
    const most = Math.ceil((await box.boundingBox()).height / 36) + 14;
    const seen = new Set();
    for (let turn = 0; turn < 40; turn += 1) {
        await box.evaluate((each) => each.scrollTo(0, each.scrollHeight));
        await until(async () => (await box.locator('.pending').count()) === 0 && (await page.getByText('Loading …').count()) === 0, 'the rows in sight');
        const there = await rows.count();
        assert.ok(there <= most, `${there} rows are in the document, at most ${most} fit`);
        seen.add(await rows.last().getAttribute('aria-rowindex'));
    }
    assert.ok(seen.size > 30, `the list grows as one scrolls: ${[...seen].join(', ')}`);
    assert.ok(asked.every((each) => each.get('limit') === '200'), 'pages of 200');
    const cursors = asked.map((each) => each.get('after'));
    assert.equal(cursors[0], null);
    assert.equal(new Set(cursors).size, cursors.length, 'no page is asked for twice while one scrolls down');
    assert.ok(cursors.slice(1).every((each) => each !== null), 'each by the cursor of the one before');

    // Back at the top: the first pages may have been dropped; they come again, by the same cursors.
    await box.evaluate((each) => each.scrollTo(0, 0));
    await until(async () => (await rows.first().getAttribute('aria-rowindex')) === '2' && (await box.locator('.pending').count()) === 0, 'the first row');
    console.log(`# ${took.length} pages, the slowest ${Math.round(Math.max(...took))} ms, the middle one ${Math.round(took.sort((a, b) => a - b)[took.length >> 1])} ms`);
});

flow('scrolling through what is loaded draws frame after frame', async () => {
    const page = await open();
    await visit(page, '/queues');
    const box = page.getByRole('region', { name: 'Messages' });
    const frames = await box.evaluate(async (each) => {
        const times = [];
        let last = performance.now();
        for (let i = 0; i < 240; i += 1) {
            each.scrollBy(0, 120);
            await new Promise(requestAnimationFrame);
            times.push(performance.now() - last);
            last = performance.now();
        }
        return times.sort((a, b) => a - b);
    });
    console.log(`# 240 steps of 120 px: the middle frame ${frames[120].toFixed(1)} ms, of ten the slowest ${frames[216].toFixed(1)} ms, of a hundred ${frames[237].toFixed(1)} ms, the slowest ${frames[239].toFixed(1)} ms`);
    await until(async () => (await box.locator('.pending').count()) === 0, 'the rows in sight');
});
