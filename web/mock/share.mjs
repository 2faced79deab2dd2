// The project's own tables (share/*.yaml) as JSON. Python reads them: the mock has no packages of its own.
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const share = join(dirname(fileURLToPath(import.meta.url)), '../../share');
const program = `
import glob, json, sys, yaml
def rows(kind):
    out = []
    for name in sorted(glob.glob(f"{sys.argv[1]}/{kind}/*.yaml")):
        for row in yaml.safe_load(open(name)) or []:
            out.append({**row, "file": name.rsplit("/", 1)[1][:-5]})
    return out
print(json.dumps({"events": rows("events"), "registry": rows("registry"), "schema": yaml.safe_load(open(f"{sys.argv[1]}/schema/imc.yaml"))}))
`;

export function readShare() {
    try {
        return JSON.parse(execFileSync('python3', ['-c', program, share], { encoding: 'utf8', maxBuffer: 64 << 20 }));
    } catch (cause) {
        console.error(`share/ could not be read (${cause.message}); events and registry are empty`);
        return { events: [], registry: [], schema: { attributes: [], classes: [], standard: [] } };
    }
}
