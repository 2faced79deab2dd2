import type { ComponentChildren } from 'preact';
import { detailOf } from '../logic/failure';
import type { Resource } from '../state/resource';
import * as t from '../texts';
import { Icon, type IconName } from './icons';

export const Loading = ({ text = t.common.loading }: { text?: string }) => (
    <div class="state" role="status">
        <div class="spinner" />
        <p>{text}</p>
    </div>
);

export const Empty = ({ title, text, icon = 'empty', children }: { title: string; text?: string; icon?: IconName; children?: ComponentChildren }) => (
    <div class="state">
        <Icon name={icon} />
        <h2>{title}</h2>
        {text && <p>{text}</p>}
        {children}
    </div>
);

/** Every error of the service names its event; the number leads to cause and cure. */
export function ErrorView({ failure, retry }: { failure: unknown; retry?: () => void }) {
    const { event, title, detail } = detailOf(failure);
    return (
        <div class="notice bad" role="alert">
            <Icon name="warn" />
            <div class="body">
                <h2>{title}</h2>
                {detail && <p>{detail}</p>}
                {event !== null && <p><a href={`/events/explain/${event}`}>{t.errors.why(event)}</a></p>}
            </div>
            {retry && <button type="button" class="button small" onClick={retry}>{t.common.retry}</button>}
        </div>
    );
}

/** Loading, failed, or the content; an older answer stays while a new one is under way. */
export function Loaded<T>({ of, children, padded = false }: { of: Resource<T>; children: (data: T) => ComponentChildren; padded?: boolean }) {
    if (of.failure && of.data === undefined) {
        const error = <ErrorView failure={of.failure} retry={of.reload} />;
        return padded ? <div class="card-body">{error}</div> : error;
    }
    if (of.data === undefined) return <Loading />;
    return (
        <>
            {of.failure !== null && <ErrorView failure={of.failure} retry={of.reload} />}
            {children(of.data)}
        </>
    );
}
