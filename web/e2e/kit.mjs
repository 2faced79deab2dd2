// What the flows share: the service they were given, a browser, and an eye on what must never happen in it.
// A scenario starts the service and says in IMC_E2E where it is (tests/scenario/kit_pages.py).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { extname, join } from 'node:path';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';

export { assert };
export const world = JSON.parse(process.env.IMC_E2E ?? '{}');
const patience = (world.patience ?? 60) * 1000;

// ---- the host -------------------------------------------------------------------------------------

const run = (words) => spawnSync(world.imc[0], [...world.imc.slice(1), ...words], { encoding: 'utf8', cwd: '/' });

/** A command as the administrator types it there. */
export function imc(...words) {
    const done = run(words);
    assert.equal(done.status, 0, `imc ${words.join(' ')} ended with ${done.status}:\n${done.stdout}${done.stderr}`);
    return done.stdout;
}

const rowsOf = (text) => text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
export const queue = (...words) => rowsOf(imc('queue', 'ls', '--json', ...words));
export const state = () => JSON.parse(run(['service', 'status', '--json']).stdout || '{}').state; // ends with 3 while it is held
export const oneTimeLink = () => imc('admin', 'link').split('\n')[0];

/** A session of SMTP with the service: what it answers to each line. */
export async function smtp(...lines) {
    const socket = connect(world.smtp, '127.0.0.1');
    const replies = [];
    let text = '';
    for await (const octets of socket) {
        text += octets;
        if (!/^\d{3} .*\r\n$/m.test(text)) continue; // more lines of this reply follow
        replies.push(text.trim());
        text = '';
        if (replies.length > lines.length + 1) break;
        socket.write(`${['EHLO client.example.net', ...lines, 'QUIT'][replies.length - 1]}\r\n`);
    }
    return replies.slice(2);
}

/** Asks until it is true; the bound only limits how long a failure takes. */
export async function until(condition, what) {
    const end = Date.now() + patience;
    for (;;) {
        const value = await condition();
        if (value) return value;
        assert.ok(Date.now() < end, `waited in vain for ${what}`);
        await new Promise((done) => setTimeout(done, 50));
    }
}

// ---- the browser ----------------------------------------------------------------------------------

export const wide = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };
let browser;
let pages = [];
after(async () => browser?.close());

async function launch() {
    const asRoot = process.getuid?.() === 0; // chromium's sandbox wants another user
    browser ??= await chromium.launch({ executablePath: world.chromium, chromiumSandbox: !asRoot, args: ['--disable-gpu', '--disable-dev-shm-usage'] });
    return browser;
}

/** IMC_PAGES=FOLDER: the pages of a folder instead of those in the executable, so that what changes there is seen without a C++ build. */
async function fromFolder(route) {
    const file = join(process.env.IMC_PAGES, new URL(route.request().url()).pathname);
    const path = extname(file) === '' ? join(process.env.IMC_PAGES, 'index.html') : file;
    if (!existsSync(path)) return route.continue(); // of the executable's index.html, to which a redirect led
    await route.fulfill({ path, headers: { 'content-security-policy': policy, 'content-type': typeOf[extname(path)] ?? 'application/octet-stream' } });
}
const typeOf = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** A window with cookies of its own, and with a list of what must not happen in it. `foreign`: another site's page, which may complain. */
export async function open({ dark = false, size = wide, foreign = false } = {}) {
    const context = await (await launch()).newContext({
        viewport: size, colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce', isMobile: size === phone, hasTouch: size === phone, baseURL: world.url,
    });
    if (process.env.IMC_PAGES) await context.route((url) => url.origin === new URL(world.url).origin && !/^\/(api|link|help|metrics)(\/|$)/.test(url.pathname), fromFolder);
    const page = await context.newPage();
    page.setDefaultTimeout(patience);
    const flaws = [];
    page.on('pageerror', (error) => flaws.push(`exception: ${error.stack ?? error}`));
    page.on('dialog', (dialog) => {
        flaws.push(`a script spoke: ${dialog.message()}`);
        void dialog.dismiss();
    });
    if (!foreign) {
        // What the service refuses is said by the pages; the browser's own line about it is no flaw. A broken CSP is one.
        page.on('console', (message) => message.type() === 'error' && !message.text().startsWith('Failed to load resource') && flaws.push(`console: ${message.text()}`));
        page.on('request', (request) => !request.url().startsWith(world.url) && !/^(data|blob|about):/.test(request.url()) && flaws.push(`asked elsewhere: ${request.url()}`));
    }
    pages.push({ page, context, flaws });
    return page;
}

/** A test that fails when its browser saw a flaw, and leaves a picture when it fails. */
export function flow(name, body) {
    test(name, async () => {
        pages = [];
        try {
            await body();
            for (const { flaws } of pages) assert.deepEqual(flaws, [], 'what the browser complained of');
        } catch (cause) {
            const { page, flaws } = pages.at(-1) ?? {};
            if (page && !page.isClosed()) {
                mkdirSync(world.pictures, { recursive: true });
                const file = join(world.pictures, `${name.replace(/[^a-z0-9]+/gi, '-').slice(0, 80)}.png`);
                await page.screenshot({ path: file }).catch(() => {});
                cause.message += `\nat ${page.url()}; picture: ${file}\nthe browser said: ${JSON.stringify(flaws)}`;
            }
            throw cause;
        } finally {
            for (const { context } of pages) await context.close().catch(() => {});
        }
    });
}

export const heading = (page, name) => page.getByRole('heading', { level: 1, name });
export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const dialog = (page) => page.getByRole('dialog');
export const toast = (page, text) => page.locator('.toast', { hasText: text });

export async function follow(page, link) {
    if (!process.env.IMC_PAGES) return page.goto(link);
    await page.context().request.get(link); // where a redirect leads is not taken from the folder
    return page.goto('/');
}

/** By a link that `imc admin link` printed. */
export async function signedIn(options) {
    const page = await open(options);
    await follow(page, oneTimeLink());
    await heading(page, 'Overview').waitFor();
    return page;
}

export async function signIn(page, account, password) {
    await page.getByLabel('Account').fill(account);
    await page.getByLabel('Password').fill(password);
    await button(page, 'Sign in').click();
}

/** Goes there, and waits until what it asked the service for is there. */
export async function visit(page, path) {
    await page.goto(path);
    await settled(page);
}

export async function settled(page) {
    await page.getByRole('heading', { level: 1 }).first().waitFor();
    await page.waitForFunction(() => document.querySelector('.spinner, .pending') === null);
}

// ---- what holds for every page --------------------------------------------------------------------

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** No serious finding of axe; each is told with what it is, where, and why. */
export async function accessible(page, where) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    const serious = violations.filter((each) => ['serious', 'critical'].includes(each.impact));
    return serious.flatMap((each) => each.nodes.slice(0, 3).map((node) => `${where}: ${each.impact} ${each.id}: ${node.html.slice(0, 200)}\n    ${node.failureSummary?.replace(/\n\s*/g, ' ')}`));
}

/** Nothing is wider than the window: what is, a phone shows cut off. */
export async function fits(page, where) {
    const [is, may] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    return is > may ? [`${where}: ${is} px wide, ${may} are there`] : [];
}

/** No element was made of it, and where it must be told it is told letter by letter. */
export async function harmless(page, where, told) {
    const [made, text] = await page.evaluate(() => [document.querySelectorAll('.xss, [onerror], [src="x"]').length, document.body.innerText + [...document.querySelectorAll('input, textarea')].map((each) => each.value).join('\n')]);
    assert.equal(made, 0, `${where}: an element was made of a hostile value`);
    if (told) assert.ok(text.includes(world.hostile), `${where} must tell ${world.hostile} as it is:\n${text.slice(0, 2000)}`);
}
