// Objects as text: one is edited, any are brought in, all are taken out.

import { useState } from 'preact/hooks';
import { getText, post } from '../api/client';
import type { Change, Consequence } from '../api/types';
import { ChangeDialog, Dialog } from '../components/dialog';
import { AreaField } from '../components/fields';
import { download } from '../logic/download';
import { changeRecord } from '../logic/ldif';
import { sayDone } from '../state/toasts';
import * as t from '../texts';
import { Consequences } from './directory_consequences';

type Imported = Change & { consequences?: Consequence[]; consequences_total?: number };

/** @param before  the object as it is, to be edited; else what is typed goes as it is */
export function LdifDialog({ title, begin, before, close, done }: { title: string; begin: string; before?: string; close: () => void; done: () => void }) {
    const [text, setText] = useState(begin);
    const [checking, setChecking] = useState(false);
    const made = before === undefined ? (text.trim() === '' ? { problem: 'record' as const } : { text }) : changeRecord(before, text);
    if (checking && 'text' in made) {
        return (
            <ChangeDialog<Imported> title={title} verb={t.common.save} wide close={() => setChecking(false)}
                plan={() => post('/directory/import', { ldif: made.text }, { dry_run: true })}
                show={(planned) => <><p>{planned.done}</p><pre class="code">{made.text}</pre><Consequences of={planned.consequences} total={planned.consequences_total} /></>}
                commit={async () => {
                    sayDone(await post<Change>('/directory/import', { ldif: made.text }), done);
                    done();
                }} />
        );
    }
    const read = async (file: File | undefined): Promise<void> => {
        if (file) setText(await file.text());
    };
    return (
        <Dialog title={title} close={close} submit={() => 'text' in made && setChecking(true)} wide foot={<><button type="button" class="button" onClick={close}>{t.common.cancel}</button><button type="submit" class="button primary" disabled={'problem' in made}>{t.common.review}</button></>}>
            {before === undefined && <div class="field"><label for="ldif-file">{t.directory.ldifFile}</label><input id="ldif-file" type="file" accept=".ldif,.ldf,text/plain" onChange={(event) => void read(event.currentTarget.files?.[0])} /></div>}
            <AreaField label={t.directory.ldif} rows={16} value={text} change={setText} hint={before === undefined ? t.directory.ldifHint : t.directory.ldifEditHint} problem={'problem' in made && made.problem !== 'same' && text.trim() !== '' ? t.directory.ldifProblems[made.problem] : null} />
        </Dialog>
    );
}

/** Without secrets. @param dn  it and all below it; null: everything */
export async function exportLdif(dn: string | null): Promise<void> {
    download('directory.ldif', await getText('/directory/export', { dn }));
}

/** What a new object begins with. */
export const templateBelow = (parent: string | null): string => `dn: cn=New,${parent ?? 'o=…'}\nobjectClass: imcContainer\ncn: New\n`;
