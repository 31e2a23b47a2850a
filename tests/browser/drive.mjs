// Starts a browser with one page and obeys lines of JSON: {"id", "what", "details"} in, {"id", "value"} or {"id", "error"} out.
import { createServer } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];

const bundle = await build({
  entryPoints: [join(import.meta.dirname, "page.js")],
  bundle: true,
  write: false,
  format: "iife",
  logLevel: "error",
});
const script = bundle.outputFiles[0].text;
const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.setHeader("content-type", isScript ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8");
  response.end(isScript ? script : "<!doctype html><title>phone</title><script src=/page.js></script>");
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const address = `http://127.0.0.1:${server.address().port}/`;

const profile = mkdtempSync(join(tmpdir(), "tandem-browser-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.TANDEM_CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: FLAGS,
});
let page;
async function openPage() {
  page = await context.newPage();
  page.on("console", (message) => console.error("[page]", message.text()));
  page.on("pageerror", (error) => console.error("[page error]", error.message));
  await page.goto(address);
}
await openPage();

const own = {
  async reload() {
    await page.reload();
  },
  /** The renderer dies without a word; a person would open the page again. */
  async crash() {
    const gone = new Promise((done) => page.once("crash", done));
    page.goto("chrome://crash").catch(() => {});
    await gone;
  },
  async reopen() {
    await openPage();
  },
};

async function obey({ what, details = [] }) {
  if (what in own) return own[what](...details);
  return page.evaluate(([what, details]) => window.phone.obey(what, details), [what, details]);
}

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  // Orders may overlap: one that waits must not keep the ears from being asked.
  obey(order).then(
    (value) => console.log(JSON.stringify({ id: order.id, value: value ?? null })),
    (error) => console.log(JSON.stringify({ id: order.id, error: String(error.message ?? error) })),
  );
}
await context.close().catch(() => {});
server.close();
rmSync(profile, { recursive: true, force: true });
