#!/usr/bin/env node
// Serves web/dist and answers the API with made data, so that pages can be looked at without the service.
// node mock/server.mjs [PORT]   MOCK_STATE=held MOCK_QUEUE=1000000 MOCK_ROLE=view MOCK_SIGNED_OUT=1 MOCK_EMPTY=1 MOCK_FAIL=/queue
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { route } from './api.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
export const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

function serveFile(path, answer) {
    let file = join(dist, normalize(path).replace(/^(\.\.[/\\])+/, ''));
    if (!existsSync(file) || statSync(file).isDirectory()) file = join(dist, 'index.html');
    answer.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-security-policy': policy, 'x-content-type-options': 'nosniff', 'cache-control': file.includes('assets') ? 'max-age=31536000, immutable' : 'no-cache' });
    createReadStream(file).pipe(answer);
}

const server = createServer((request, answer) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (!url.pathname.startsWith('/api/')) return serveFile(url.pathname, answer);
    let text = '';
    request.on('data', (piece) => (text += piece));
    request.on('end', () => {
        try {
            route(request, url, text === '' ? null : JSON.parse(text), answer);
        } catch (cause) {
            console.error(cause);
            answer.writeHead(500, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { event: 40402, detail: String(cause) } }));
        }
    });
});
server.listen(Number(process.argv[2] ?? 8026), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
