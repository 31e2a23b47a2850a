// The first page's JavaScript, gzipped, has a budget; every text file also gets a packed copy for the server to send.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_BYTES = 350 * 1024;
const packed = (name) => {
  const small = gzipSync(readFileSync(`dist/${name}`), { level: 9 });
  writeFileSync(`dist/${name}.gz`, small);
  return small.length;
};

for (const name of ['index.html', 'icon.svg', 'scheme.js']) packed(name);
const sizes = new Map();
for (const name of readdirSync('dist/assets')) {
  if (/\.(js|css|svg)$/.test(name)) sizes.set(`assets/${name}`, packed(`assets/${name}`));
}
const page = readFileSync('dist/index.html', 'utf8');
const first = [...page.matchAll(/(?:src|href)="\/console\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]);
const bytes = first.reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
console.log(`first page: ${(bytes / 1024).toFixed(1)} kB of JavaScript, gzipped, in ${first.length} files (budget 350 kB)`);
if (first.length === 0 || bytes > BUDGET_BYTES) {
  console.error('the first page is over its budget');
  process.exit(1);
}
