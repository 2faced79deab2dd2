// Everything without a mouse: Tab, Enter, Esc, arrows. Nothing here clicks.
import { assert, dialog, flow, heading, imc, open, settled, signedIn, state, toast, until, visit } from './kit.mjs';

const focused = (page) => page.evaluate(() => {
    const item = document.activeElement;
    if (item === document.body) return { text: '', seen: true, marked: true }; // between the last and the first: the browser's own part
    const at = item.querySelector(':scope > .tree-row') ?? item; // of a branch the line, not all that hangs on it
    const label = at.labels?.[0]?.textContent ?? at.getAttribute('aria-label') ?? at.textContent;
    const box = at.getBoundingClientRect();
    const style = getComputedStyle(at);
    return { text: label.trim(), seen: box.width > 0 && box.bottom > 0 && box.top < innerHeight, marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
});

/** Tab until the focus is there, at most once round the page; each stop on the way can be seen and is marked. */
async function tabTo(page, text, key = 'Tab') {
    const passed = [];
    for (let i = 0; i < 250; i += 1) {
        await page.keyboard.press(key);
        const at = await focused(page);
        assert.ok(at.seen, `the focus is out of sight at "${at.text}" after ${passed.slice(-3).join(', ')}`);
        assert.ok(at.marked, `nothing shows the focus at "${at.text}"`);
        if (typeof text === 'string' ? at.text === text : text.test(at.text)) return;
        passed.push(at.text.slice(0, 40));
    }
    assert.fail(`${key} never comes to ${text}; it went by ${[...new Set(passed)].join(' | ')}`);
}

flow('somebody without a mouse signs in, goes by the menu, and walks the tree', async () => {
    const page = await open();
    await visit(page, '/');
    await page.keyboard.type('emergency'); // the first field has the focus
    await page.keyboard.press('Tab');
    await page.keyboard.type('the axe behind glass');
    await page.keyboard.press('Enter');
    await heading(page, 'Overview').waitFor();

    await visit(page, '/');
    await page.keyboard.press('Tab');
    assert.equal((await focused(page)).text, 'Skip to the content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'content');

    await visit(page, '/');
    await tabTo(page, 'Organization');
    await page.keyboard.press('Enter');
    await heading(page, 'Organization').waitFor();
    await settled(page);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'a reader of the screen hears where one is');

    await tabTo(page, /^Contoso|^o=Contoso/);
    await page.keyboard.press('End');
    const end = (await focused(page)).text;
    await page.keyboard.press('Home');
    assert.notEqual((await focused(page)).text, end);
    await page.keyboard.press('ArrowDown');
    for (let i = 0; i < 60 && !/^Recipients/.test((await focused(page)).text); i += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('treeitem', { name: 'Alice Ampere' }).waitFor();
    await page.keyboard.type('a'); // letters jump; the site's own "Administrator" comes first, then Alice
    for (let i = 0; i < 5 && !/^Alice Ampere/.test((await focused(page)).text); i += 1) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Alice Ampere' }).waitFor();
    await page.getByRole('treeitem', { name: 'Alice Ampere', selected: true }).waitFor();
});

flow('a value is changed and undone without a mouse; Esc closes, and the focus is back where it was', async () => {
    const page = await signedIn();
    await visit(page, '/registry');
    await tabTo(page, 'TurfTable');
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    assert.equal((await focused(page)).text, 'TurfTable');

    await page.keyboard.press('Enter');
    await dialog(page).getByLabel('Data').waitFor();
    assert.match((await focused(page)).text, /^Data/, 'a dialog begins where one types');
    for (let i = 0; i < 12; i += 1) { // Tab stays in the dialog
        await page.keyboard.press('Tab');
        assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null), 'the focus left the dialog');
    }
    await dialog(page).getByLabel('Data').focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('@other.example quarantine');
    await tabTo(page, 'Review …');
    await page.keyboard.press('Enter');
    await dialog(page).getByRole('button', { name: 'Save' }).waitFor();
    await until(async () => (await focused(page)).text === 'Save', 'the focus on the main button');
    await page.keyboard.press('Enter');
    await toast(page, 'TurfTable').waitFor();
    assert.match(imc('reg', 'query', '-v', 'TurfTable'), /@other\.example/);
    await dialog(page).waitFor({ state: 'detached' });
    await tabTo(page, 'Undo', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await until(() => /@aside\.example/.test(imc('reg', 'query', '-v', 'TurfTable')), 'the undo');
});

flow('a phone’s menu opens and closes by keys', async () => {
    const page = await signedIn({ size: { width: 390, height: 844 } });
    await tabTo(page, 'Menu');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Registry' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Registry' }).waitFor({ state: 'hidden' });
    assert.equal(state(), 'running');
});
