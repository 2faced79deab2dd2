import { render } from 'preact';
import { LocationProvider } from 'preact-iso';
import { App } from './app';
import { startLive } from './state/overview';
import { findSession } from './state/session';
import { startTheme } from './state/theme';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/pages.css';

startTheme();
startLive();
void findSession();
render(
    <LocationProvider scope={/^\/(?!help(\/|$)|api\/|link\/|metrics)/}>
        <App />
    </LocationProvider>,
    document.getElementById('app')!,
);
