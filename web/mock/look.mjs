#!/usr/bin/env node
// Pictures of the pages by Debian's chromium: node mock/look.mjs BASE-URL OUT-FOLDER [PATH...]; each light and dark, wide and as on a phone.
// LOOK=light-wide,dark-phone chooses; CLICK="selector" presses something first. Tells what the console said (a broken CSP says so there).
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws'; // happy-dom brings it

const [base, out, ...paths] = process.argv.slice(2);
const looks = (process.env.LOOK ?? 'light-wide,dark-wide,light-phone').split(',');
mkdirSync(out, { recursive: true });
const browser = spawn('chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-port=0', `--user-data-dir=${mkdtempSync(join(tmpdir(), 'look-'))}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
const url = await new Promise((found) => browser.stderr.on('data', (text) => { const at = /ws:\/\/\S+/.exec(String(text)); if (at) found(at[0]); }));
const socket = new WebSocket(url, { perMessageDeflate: false });
await new Promise((open) => socket.on('open', open));
const waiting = new Map();
const problems = new Set();
let number = 0;
socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (message.id) return waiting.get(message.id)?.(message.result ?? message.error);
    if (message.method === 'Runtime.exceptionThrown') problems.add(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
    if (message.method === 'Log.entryAdded' && message.params.entry.level === 'error') problems.add(message.params.entry.text);
});
const send = (method, params = {}, sessionId) => new Promise((done) => { waiting.set((number += 1), done); socket.send(JSON.stringify({ id: number, method, params, sessionId })); });
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
const page = (method, params) => send(method, params, sessionId);
await page('Page.enable');
await page('Runtime.enable');
await page('Log.enable');
for (const look of looks) {
    const [colours, width] = look.split('-');
    const phone = width === 'phone';
    await page('Emulation.setDeviceMetricsOverride', { width: phone ? 390 : 1440, height: phone ? 844 : 900, deviceScaleFactor: 1, mobile: phone });
    await page('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: colours }] });
    for (const path of paths.length > 0 ? paths : ['/']) {
        await page('Page.navigate', { url: base + path });
        await sleep(Number(process.env.WAIT ?? 900));
        if (process.env.CLICK) {
            for (const selector of process.env.CLICK.split('|')) {
                await page('Runtime.evaluate', { expression: `(() => { const text = ${JSON.stringify(selector)}; const found = [...document.querySelectorAll('button, a, summary')].filter((each) => each.textContent.trim() === text || each.getAttribute('aria-label') === text).pop() ?? document.querySelector(/^[.#\\[a-z]/.test(text) ? text : '#none'); found?.click(); return !!found; })()` });
                await sleep(500);
            }
        }
        const { result } = await page('Runtime.evaluate', { expression: 'JSON.stringify([document.documentElement.scrollWidth, document.documentElement.scrollHeight, innerWidth])', returnByValue: true });
        const [wide, tall, inner] = JSON.parse(result.value);
        if (wide > inner) problems.add(`${look} ${path} is ${wide} px wide, ${inner} are there`);
        const full = process.env.FULL ? { clip: { x: 0, y: 0, width: inner, height: Math.min(tall, 4000), scale: 1 }, captureBeyondViewport: true } : {};
        const { data } = await page('Page.captureScreenshot', { format: 'png', ...full });
        writeFileSync(join(out, `${path.replace(/[^a-z0-9]+/gi, '_') || '_'}-${look}${process.env.NAME ?? ''}.png`), Buffer.from(data, 'base64'));
    }
}
for (const problem of problems) console.log(`! ${problem}`);
socket.close();
browser.kill();
