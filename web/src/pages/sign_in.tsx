import { useState } from 'preact/hooks';
import { ApiError } from '../api/client';
import { TextField } from '../components/fields';
import { ErrorView } from '../components/states';
import { signIn } from '../state/session';
import * as t from '../texts';

const serviceHeld = 40115; // the event of its refusals

export function SignIn() {
    const [account, setAccount] = useState('');
    const [password, setPassword] = useState('');
    const [busy, setBusy] = useState(false);
    const [failure, setFailure] = useState<unknown>(null);

    const go = async (event: Event): Promise<void> => {
        event.preventDefault();
        setBusy(true);
        setFailure(null);
        try {
            await signIn(account.trim(), password);
        } catch (cause) {
            setFailure(cause);
            setPassword('');
        }
        setBusy(false);
    };
    const told = failure instanceof ApiError && (failure.status === 401 || failure.status === 429);
    const held = failure instanceof ApiError && failure.event === serviceHeld;
    return (
        <main class="sign-in">
            <form class="card" onSubmit={go}>
                <div class="brand"><img src="/icon.svg" alt="" width="28" height="28" /><h1>{t.app.name}</h1></div>
                {told && (
                    <div class="notice bad" role="alert"><p>{failure.status === 429 ? t.signIn.tooMany : t.signIn.wrong}</p></div>
                )}
                {held && (
                    <div class="notice warn" role="alert"><div class="body"><h2>{t.signIn.heldTitle}</h2><p>{t.signIn.heldText}</p><code>imc admin link</code></div></div>
                )}
                {failure !== null && !told && !held && <ErrorView failure={failure} />}
                <TextField label={t.signIn.account} value={account} change={setAccount} autocomplete="username" required autofocus />
                <TextField label={t.signIn.password} value={password} change={setPassword} type="password" autocomplete="current-password" required />
                <button type="submit" class="button primary" disabled={busy}>{busy ? t.common.working : t.signIn.go}</button>
                <small class="muted">{t.signIn.hint}<br /><code>imc admin link</code></small>
            </form>
        </main>
    );
}
