import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const stored = (): Theme => {
    try {
        const found = localStorage.getItem('imc.theme');
        return found === 'light' || found === 'dark' ? found : 'system';
    } catch {
        return 'system'; // storage may be forbidden
    }
};

export const theme = signal<Theme>('system');
export const shownTheme = signal<'light' | 'dark'>('light');

const system = (): MediaQueryList | null => (typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null);

function apply(): void {
    shownTheme.value = theme.value === 'system' ? (system()?.matches ? 'dark' : 'light') : theme.value;
    document.documentElement.dataset.theme = shownTheme.value;
}

export function startTheme(): void {
    theme.value = stored();
    apply();
    system()?.addEventListener('change', apply);
}

export function chooseTheme(chosen: Theme): void {
    theme.value = chosen;
    try {
        if (chosen === 'system') localStorage.removeItem('imc.theme');
        else localStorage.setItem('imc.theme', chosen);
    } catch {
        /* it holds for this page then */
    }
    apply();
}
