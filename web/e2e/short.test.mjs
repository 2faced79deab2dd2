import { flow, signedIn, visit, accessible, settled } from './kit.mjs';
flow('x', async () => {
    const page = await signedIn();
    await accessible(page, 'overview');
});
