// Looks for the words in search-index.js, among the commands and fields that this page lists, and in the man pages, whose sections it has unseen. Every word must occur; where it occurs decides the order.
'use strict';
const box = document.getElementById('words');
const list = document.getElementById('found');
const count = document.getElementById('count');
const more = document.getElementById('more');

const rows = helpIndex.map(([href, page, heading, text]) => ({ href, page, heading, text }));
for (const head of document.querySelectorAll('#more dt, #sections dt')) {
    const link = head.querySelector('a');
    if (link) rows.push({ href: link.getAttribute('href'), page: link.textContent, heading: '', text: head.nextElementSibling ? head.nextElementSibling.textContent : '' });
}
for (const row of rows) row.lower = [row.heading || row.page, row.page, row.text].map((text) => text.toLowerCase());

function worth(row, words) {
    let sum = 0;
    for (const word of words) {
        const at = row.lower.findIndex((text) => text.includes(word));
        if (at < 0) return 0;
        sum += [12, 6, 1][at] + (row.lower[0].split(/[\s/]+/).includes(word) ? 12 : 0);
    }
    return sum;
}

/** The text around the first word. */
function around(row, words) {
    const at = Math.max(0, Math.min(...words.map((word) => row.lower[2].indexOf(word)).filter((place) => place >= 0), row.text.length));
    const from = at >= row.text.length ? 0 : Math.max(0, at - 60);
    return (from > 0 ? '…' : '') + row.text.slice(from, from + 220) + (from + 220 < row.text.length ? '…' : '');
}

function shown(row, words) {
    const item = document.createElement('li');
    const link = document.createElement('a');
    link.href = row.href;
    link.textContent = row.heading === '' ? row.page : `${row.page}: ${row.heading}`;
    const text = document.createElement('p');
    text.textContent = around(row, words);
    item.append(link, text);
    return item;
}

function look() {
    const words = box.value.toLowerCase().split(/\s+/).filter((word) => word !== '');
    const found = words.length === 0 ? [] : rows.map((row) => [worth(row, words), row]).filter(([sum]) => sum > 0).sort((a, b) => b[0] - a[0]);
    list.replaceChildren(...found.slice(0, 60).map(([, row]) => shown(row, words)));
    count.textContent = words.length === 0 ? '' : found.length === 0 ? 'Nothing has all of these words.' : `${found.length} found`;
    more.hidden = words.length > 0;
}

box.value = new URLSearchParams(location.search).get('q') ?? '';
box.addEventListener('input', look);
document.getElementById('search').addEventListener('submit', (event) => {
    event.preventDefault();
    const first = list.querySelector('a');
    if (first) location.href = first.href;
});
look();
