import { defineConfig } from 'vite';

// The same sources give the same octets: names follow from contents, nothing tells the time or the machine.
export default defineConfig({
    base: '/',
    build: {
        target: 'es2022',
        outDir: 'dist',
        assetsDir: 'assets',
        assetsInlineLimit: 0, // the Content-Security-Policy knows no data: URLs
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        sourcemap: false,
    },
});
